package rules

import (
	"fmt"
	"maps"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// costly are conditions that the loader takes and that cost as much as a condition
// can: long texts for each of a long list, patterns that keep all their states
// alive, as many of them as fit.
var costly = map[string]string{
	"a long text for each link":      `any(links, full contains .text)`,
	"words in it for each link":      `any(links, has(full, "aaaaaaaa", "aaaaaaab"))`,
	"its length for each link":       `any(links, len(full) < 1 or len(text) < 1)`,
	"a pattern on it for each link":  `any(links, full matches "(x+x+)+y")`,
	"everyone for each link":         `any(links, everyone contains .text)`,
	"everyone's pattern":             `any(links, everyone matches "(a|b)*c" or "q@x.example" in everyone)`,
	"files for each link":            `any(links, hasFile("*a*a*a*a*a*a*b"))`,
	"a header for each link":         `any(links, header("X-Long") contains .text)`,
	"labels for each link":           `any(links, labelled("none") or .url in labels)`,
	"the journal for each link":      `any(links, seenBefore(.url, "7d"))`,
	"a calendar for each link":       `any(links, busy("09:00", "10:00") or free("23h", "60d"))`,
	"the guests of all conflicts":    `any(invite.conflicts, any(.attendees, ` + many(" or ", 20, `full contains "%04d"`) + `))`,
	"small things of all guests":     `any(invite.conflicts, any(.attendees, ` + many(" or ", 60, `.user == "%04d"`) + `))`,
	"a pattern that repeats":         `full matches "(?:x?a?y?b?){120}zz"`,
	"a pattern of one letter":        `full matches "` + strings.Repeat("a", 400) + `b+"`,
	"many patterns":                  many(" or ", 60, `full matches "(a|aa|aaa)*%d|q"`),
	"many words":                     many(" or ", 60, `has(full, "aa%d", "a")`),
	"many words of a text":           many(" or ", 100, `full contains "%04d"`),
	"many lengths":                   many(" + ", 150, "len(full)") + " < 1",
	"many lists":                     many(" or ", 80, `everyone == "%04d"`),
	"links that are looked at often": `any(links, ` + many(" or ", 80, `.url == "%04d"`) + `)`,
	"a pattern on each URL":          `any(links, .url matches "(a|b|c|d)*q{3}")`,
	"dates for each link":            `any(links, ` + many(" or ", 30, `date("2026-11-%02d") > now or dueWithin("3d")`) + `)`,
}

// many joins n of a pattern, each with its number if it takes one.
func many(joined string, n int, of string) string {
	all := make([]string, n)
	for i := range all {
		if all[i] = of; strings.Contains(of, "%") {
			all[i] = fmt.Sprintf(of, i%28+1)
		}
	}
	return strings.Join(all, joined)
}

// worstItem is a mail with as much of everything as there may be.
func worstItem() *Item {
	i := mailOf(strings.Repeat("a", 4<<10))
	i.Text, i.Full = NewText(strings.Repeat("a", 64<<10)), NewText(strings.Repeat("a", 256<<10))
	i.Header = map[string][]string{"X-Long": slices.Repeat([]string{strings.Repeat("ä", 2<<10)}, 100)}
	i.Diary = NewDiary(nil, testNow, testNow, testNow.AddDate(0, 2, 0))
	i.Seen = func(string, time.Duration) bool { return false }
	for n := range 5 * maxList {
		i.Links = append(i.Links, NewLink(strings.Repeat("b", 500), "https://x.example/"+strings.Repeat("a", 500)))
		i.To = append(i.To, ParseAddress(strings.Repeat("a", 200), fmt.Sprintf("%d%s@x.example", n, strings.Repeat("a", 900))))
		i.Files = append(i.Files, NewFile(strings.Repeat("a", 4<<10), "text/plain", 1, false))
		i.Labels = append(i.Labels, fmt.Sprintf("label%d", n))
		i.Found.Deadlines = append(i.Found.Deadlines, When{Start: testNow.Add(-time.Hour)})
	}
	i.Cc = i.To
	i.Invite.Present = true
	for range 50 {
		i.Invite.Conflicts = append(i.Invite.Conflicts, Event{Attendees: i.To})
	}
	return i
}

// TestTheWorstRuleOnTheWorstMessage holds that what the loader takes ends, whatever
// it meets: within its work, or cut short there, and in time that nobody notices.
func TestTheWorstRuleOnTheWorstMessage(t *testing.T) {
	item, cut := worstItem(), 0
	for _, name := range slices.Sorted(maps.Keys(costly)) {
		t.Run(name, func(t *testing.T) {
			set := load(t, "version: 1\nrules: [{name: Costly, when: "+quoted(costly[name])+", do: {file: A}}]\n")
			run := set.newRun(item, testNow)
			run.env.given.Find = nil
			begun := time.Now()
			held, err := run.holds(set.Rules[0].when[0])
			took := time.Since(begun)
			t.Logf("%d units, %s, holds %v, %v", run.env.work, took.Round(time.Millisecond), held, err)
			if err != nil {
				if cut++; !strings.Contains(err.Error(), "more work than a rule may need") {
					t.Error(err)
				}
			} else if run.env.work > maxWork {
				t.Errorf("%d units and no error", run.env.work)
			}
			if took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	if cut < 10 {
		t.Errorf("%d of %d conditions were cut short: they cost too little to show anything", cut, len(costly))
	}
	faulttest.Injected(t, "44", len(costly))
}

// TestACostlyRuleIsCutShort holds what becomes of a rule that needs too much: it does
// not fire and says why, what it forbids stays forbidden, and the others go on.
func TestACostlyRuleIsCutShort(t *testing.T) {
	const costs = `any(links, full matches "(x+x+)+y|q")`
	set := load(t, `version: 1
rules:
  - {name: guard, when: '`+costs+`', never: flag}
  - {name: costly, when: '`+costs+`', do: {label: Costly}}
  - {name: exception, when: subject != "", unless: '`+costs+`', do: {label: Exception}}
  - {name: two lines, when: [subject != "", '`+costs+`'], do: {label: Two}, stop: true}
  - {name: plain, when: subject != "", do: [{flag: red}, {label: Plain}]}
`)
	item := worstItem()
	item.Full = NewText(strings.Repeat("x", 256<<10))
	plan := set.Plan(item, testNow)
	if got := strings.Join(effects(plan), ", "); got != "label Plain" {
		t.Errorf("done: %s", got)
	}
	if len(plan.Failures) != 4 || len(plan.Dropped) != 1 || plan.Dropped[0].Winner.Rule != "guard" {
		t.Errorf("failures %v, dropped %v", plan.Failures, plan.Dropped)
	}
	for _, f := range plan.Failures {
		if !strings.Contains(f.Reason, "more work than a rule may need for one message") {
			t.Errorf("%s: %s", f.Rule, f.Reason)
		}
	}
	full, verdicts := set.Explain(item, testNow)
	if len(full.Failures) != 4 || verdicts[1].Matched || verdicts[1].Conditions[0].Error == "" {
		t.Errorf("explain: failures %v, verdict %+v", full.Failures, verdicts[1])
	}
	faulttest.Injected(t, "44", len(plan.Failures))
}

// TestListsAreCut holds how much of a list conditions see; what was given stays whole.
func TestListsAreCut(t *testing.T) {
	set := load(t, `version: 1
rules:
  - {name: exactly, when: [len(links) == 1000, len(to) == 1000, len(everyone) == 2000, len(files) == 1000, len(labels) == 1000, len(found.deadlines) == 1000], do: {label: A}}
`)
	item := worstItem()
	if plan := set.Plan(item, testNow); len(plan.Effects) != 1 || len(item.Links) != 5*maxList {
		t.Errorf("effects %v, failures %v; of the item's links %d are left", plan.Effects, plan.Failures, len(item.Links))
	}
}

// TestPatternWorkIsABound holds the work that a pattern is said to need against the
// states that a matcher really goes through.
func TestPatternWorkIsABound(t *testing.T) {
	for _, c := range patternsAndTexts {
		boundsPattern(t, c.source, c.text)
	}
	for _, source := range []string{"(?:x?a?y?b?){20}zz", "(a?){30}a{30}", "(a*)*b", ".*.*.*=.*", `\b(\w+)\s+\w+$`, "[^a]*ü.{0,50}"} {
		for _, text := range []string{strings.Repeat("a", 300), strings.Repeat("ab ü", 100), "zz=Ü"} {
			boundsPattern(t, source, text)
		}
	}
	faulttest.Drawn(t, func(t *rapid.T) {
		boundsPattern(t, rapid.StringOfN(rapid.SampledFrom([]rune("ab(|)*+?.{}2,[^]x")), 0, 20, -1).Draw(t, "pattern"), rapid.StringOfN(rapid.SampledFrom([]rune("abxü\n")), 0, 60, -1).Draw(t, "text"))
	})
}

func boundsPattern(t interface{ Errorf(string, ...any) }, source, text string) {
	p, err := compilePattern(source)
	if err != nil {
		return
	}
	tree, _ := syntax.Parse("(?i)"+source, syntax.Perl)
	prog, _ := syntax.Compile(tree.Simplify())
	if states, said := statesOf(prog, text), p.costs.of(text); states > said+p.costs.start && said <= maxWork {
		t.Errorf("%q on %q goes through %d states, said to be %d at most", source, text, states, said)
	}
}

// statesOf follows all states of an expression at once, from every place of the text
// on, and counts them.
func statesOf(prog *syntax.Prog, text string) (states int) {
	live := map[uint32]bool{}
	var add func(at uint32, into map[uint32]bool)
	add = func(at uint32, into map[uint32]bool) {
		if into[at] {
			return
		}
		into[at] = true
		switch in := prog.Inst[at]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			add(in.Out, into)
			add(in.Arg, into)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			add(in.Out, into)
		}
	}
	for _, r := range text {
		add(uint32(prog.Start), live)
		states += len(live)
		next := map[uint32]bool{}
		for at := range live {
			switch in := prog.Inst[at]; in.Op {
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				if in.MatchRune(r) {
					add(in.Out, next)
				}
			}
		}
		live = next
	}
	return states
}
