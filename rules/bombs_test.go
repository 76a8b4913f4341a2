package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// bombs are rules files that are small and would be large or slow to a loader that
// trusts them.
func bombs() map[string]string {
	const half = maxFile / 2
	rule := func(when string) string {
		return "version: 1\nrules:\n  - {name: a, when: " + quoted(when) + ", do: {file: A}}\n"
	}
	aliases := "version: 1\na0: &a0 [x, x]\n"
	for i := range 40 {
		aliases += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i)
	}
	merges := "version: 1\nm0: &m0 {a: 1}\n"
	for i := range 40 {
		merges += fmt.Sprintf("m%d: &m%d {<<: [*m%d, *m%d], b%d: 1}\n", i+1, i+1, i, i, i)
	}
	var stairs, patterns strings.Builder
	for i := range 700 {
		stairs.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	patterns.WriteString("version: 1\nrules:\n")
	for i := range 1000 {
		fmt.Fprintf(&patterns, "- {name: r%d, when: 'subject matches \"(a?){300}%d\"', do: {file: A}}\n", i, i)
	}
	return map[string]string{
		"aliases of aliases":             aliases,
		"merges of merges":               merges,
		"an alias of itself":             "version: 1\nrules: &a [*a]\n",
		"brackets in brackets":           "version: 1\nrules: " + strings.Repeat("[", half),
		"brackets that close":            "version: 1\nrules: " + strings.Repeat("[", half/2) + strings.Repeat("]", half/2),
		"braces in braces":               "version: 1\nrules: " + strings.Repeat("{a: ", half/4),
		"lists in lists":                 "version: 1\nrules:\n" + strings.Repeat("- ", half/2) + "x\n",
		"stairs":                         stairs.String(),
		"a name of half a megabyte":      "version: 1\n" + strings.Repeat("a", half) + ": 1\n",
		"a key a hundred thousand times": "version: 1\n" + strings.Repeat("a: 1\n", half/5),
		"documents":                      strings.Repeat("---\nversion: 1\n", half/15),
		"a file beyond its limit":        strings.Repeat("#", maxFile+1),
		"anchors":                        "version: 1\nrules: [" + strings.Repeat("&a x, ", half/6) + "]",
		"tags":                           "version: 1\nrules: [" + strings.Repeat("!!a x, ", half/7) + "]",
		"escapes":                        "version: 1\nrules: \"" + strings.Repeat(`\U0001F600`, half/10) + "\"",
		"rules by the thousand":          "version: 1\nrules:\n" + strings.Repeat("- {name: a, when: toMe, do: {file: A}}\n", half/40),
		"as many rules as there may be":  "version: 1\nrules:\n" + strings.Repeat("- {name: a, when: toMe, do: {file: A}}\n", maxRules),
		"people by the thousand":         "version: 1\npeople: {a: [" + strings.Repeat("x@y.example, ", half/13) + "]}\nrules: []\n",
		"patterns by the thousand":       patterns.String(),
		"brackets in a condition":        rule(strings.Repeat("(", 2000) + "toMe" + strings.Repeat(")", 2000)),
		"not not not":                    rule(strings.Repeat("not ", 1000) + "toMe"),
		"minus minus minus":              rule(strings.Repeat("-", 4000) + "1 > size"),
		"a list of lists":                rule(strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + " == 1"),
		"a power of powers":              rule("size > 9" + strings.Repeat(" ** 9", 400)),
		"a sum that is folded":           rule("size > " + strings.Repeat("1 + ", 1000) + "1"),
		"a text that is folded":          rule(`subject == "` + strings.Repeat("x", 1000) + `"` + strings.Repeat(` + "x"`, 200)),
		"a question of questions":        rule(strings.Repeat("toMe ? toMe : ", 250) + "toMe"),
		"a pattern of repeats":           rule(`subject matches "((((a{1,9}){1,9}){1,9}){1,9}){1,9}"`),
		"a pattern of a thousand":        rule(`subject matches "(x{1000}){1000}"`),
		"a pattern of brackets":          rule(`subject matches "` + strings.Repeat("(", 400) + `"`),
		"a pattern of classes":           rule(`subject matches "` + strings.Repeat(`\pL`, 160) + `"`),
		"a moment far ahead":             "version: 1\nrules: [{name: a, when: toMe, do: {snooze: 99999-01-01}}]\n",
		"a number beyond all":            "version: 1e999999999\nrules: []\n",
		"a number of a megabyte":         "version: " + strings.Repeat("9", half) + "\nrules: []\n",
	}
}

// TestBombs holds that each is loaded or refused, in memory that hangs on its size alone.
func TestBombs(t *testing.T) {
	all := bombs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			most := uint64(1<<30 + 500*len(all[name]))
			if strings.HasPrefix(name, "patterns") {
				most = 1000 << 23 // each is written out before it is refused, and then forgotten
			}
			cost := faulttest.Measure(func() {
				set, err := Load("rules.yaml", []byte(all[name]), Options{})
				t.Logf("%.120v", err)
				if err == nil {
					set.Plan(worstItem(), testNow)
				}
			})
			cost.Within(t, len(all[name]), most)
		})
	}
	faulttest.Injected(t, "S10", len(all))
}
