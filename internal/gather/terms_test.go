package gather

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/rules"
)

func TestEveryLanguageHasEveryWord(t *testing.T) {
	for name, other := range map[string]*terms{"German": &germanTerms, "French": &frenchTerms} {
		for kind, words := range map[string][2][]string{
			"deeds":  {sortedKeys(englishTerms.deeds), sortedKeys(other.deeds)},
			"worth":  {sortedKeys(englishTerms.worth), sortedKeys(other.worth)},
			"health": {sortedKeys(englishTerms.health), sortedKeys(other.health)},
			"ideas":  {sortedKeys(englishTerms.ideas), sortedKeys(other.ideas)},
		} {
			if !slices.Equal(words[0], words[1]) {
				t.Errorf("%s %s: %q, in English %q", name, kind, words[1], words[0])
			}
		}
		for verb, words := range englishTerms.deeds {
			if len(other.deeds[verb]) != len(words) {
				t.Errorf("%s: %q has %d forms, in English %d", name, verb, len(other.deeds[verb]), len(words))
			}
		}
		for what, words := range englishTerms.health {
			if fields(words) != fields(other.health[what]) {
				t.Errorf("%s: %q fills in other figures than %q", name, other.health[what], words)
			}
		}
		for what, words := range englishTerms.ideas {
			if fields(words) != fields(other.ideas[what]) {
				t.Errorf("%s: %q fills in other words than %q", name, other.ideas[what], words)
			}
		}
	}
	for _, w := range worths {
		if englishTerms.worth[w.group] == "" {
			t.Errorf("no words for what is %s", w.group)
		}
	}
	if e := (rules.Effect{Action: "forward", Arg: "bob@acme.example"}); germanTerms.wants(e) != "an bob@acme.example weiterleiten" || englishTerms.wants(e) != "forward to bob@acme.example" {
		t.Errorf("%q, %q", germanTerms.wants(e), englishTerms.wants(e))
	}
}

// fields are the signs that are filled in, sorted.
func fields(words string) string {
	var all []string
	for _, sign := range []string{"%d", "%n", "%h", "%r", "%w"} {
		all = append(all, fmt.Sprint(sign, strings.Count(words, sign)))
	}
	return strings.Join(all, " ")
}
