package summary

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		rule string
		text string
		want []string
	}{
		{"full stops, marks and questions end sentences", "We met. It went well! Did you hear? Yes.", []string{"We met.", "It went well!", "Did you hear?", "Yes."}},
		{"the last one needs no mark", "We met. See you", []string{"We met.", "See you"}},
		{"titles end nothing", "Dr. Berg and Mrs. Stone met Prof. Hill.", []string{"Dr. Berg and Mrs. Stone met Prof. Hill."}},
		{"initials end nothing", "J. R. Stone signed. We filed it.", []string{"J. R. Stone signed.", "We filed it."}},
		{"a letter that is a name ends one", "We chose plan B. We start in May.", []string{"We chose plan B.", "We start in May."}},
		{"English abbreviations", "Bring cups, plates, etc. for e.g. Monday.", []string{"Bring cups, plates, etc. for e.g. Monday."}},
		{"an abbreviation at an end", "We open at 9 a.m. The rest is closed.", []string{"We open at 9 a.m.", "The rest is closed."}},
		{"German abbreviations", "Das gilt z.B. für Fr. Berg bzw. Hrn. Stein. Danke.", []string{"Das gilt z.B. für Fr. Berg bzw. Hrn. Stein.", "Danke."}},
		{"German dates", "Wir treffen uns am 3. März. Danach am 12. Oktober.", []string{"Wir treffen uns am 3. März.", "Danach am 12. Oktober."}},
		{"German ordinals in the text", "Im 4. Quartal wird es besser. Gut so.", []string{"Im 4. Quartal wird es besser.", "Gut so."}},
		{"a number at an end", "It was built in 1998. We bought it in 2003. Then came 12. We left.", []string{"It was built in 1998.", "We bought it in 2003.", "Then came 12.", "We left."}},
		{"French abbreviations", "M. Blanc et Mme. Roy viennent. Merci.", []string{"M. Blanc et Mme. Roy viennent.", "Merci."}},
		{"French marks have spaces before them", "Vous venez ? Oui ! Très bien.", []string{"Vous venez ?", "Oui !", "Très bien."}},
		{"decimals, versions and times", "Version 1.2.3 costs 4.50 at 10.30 today. Fine.", []string{"Version 1.2.3 costs 4.50 at 10.30 today.", "Fine."}},
		{"addresses", "See https://example.com/a.b?c=d. Write to pat@example.com. Bye.", []string{"See https://example.com/a.b?c=d.", "Write to pat@example.com.", "Bye."}},
		{"a query string", "Open https://example.com/?q=x&y=z now.", []string{"Open https://example.com/?q=x&y=z now."}},
		{"an ellipsis that goes on", "Well... we could try. Hmm… maybe.", []string{"Well... we could try.", "Hmm… maybe."}},
		{"an ellipsis that ends", "I wonder... We will see.", []string{"I wonder...", "We will see."}},
		{"several marks", "What?! Really?? Yes!!!", []string{"What?!", "Really??", "Yes!!!"}},
		{"quotation marks close with their sentence", `He said "Stop." Then he left.`, []string{`He said "Stop."`, "Then he left."}},
		{"a quoted question goes on", `"Why?" he asked.`, []string{`"Why?" he asked.`}},
		{"brackets", "It works (mostly.) We go on.", []string{"It works (mostly.)", "We go on."}},
		{"a wrapped line goes on", "This is the first line of a paragraph that a mail program has wrapped\nBefore sending it.", []string{"This is the first line of a paragraph that a mail program has wrapped Before sending it."}},
		{"a small letter goes on", "The board met\nand agreed.", []string{"The board met and agreed."}},
		{"short lines stand alone", "Agenda\nBudget\nHiring", []string{"Agenda", "Budget", "Hiring"}},
		{"greetings stand alone", "Dear Pat,\nplease call.\n\nBest,\nDana", []string{"Dear Pat,", "please call.", "Best,", "Dana"}},
		{"list items stand alone, without marks", "Open points:\n- the lease\n* the loan\n• the rent\n1. a budget\n2) a plan\na) one more", []string{"Open points:", "the lease", "the loan", "the rent", "a budget", "a plan", "one more"}},
		{"a date that begins a line is no list item", "3. März ist gut.\n4. April auch.", []string{"3. März ist gut.", "4. April auch."}},
		{"an empty line ends", "one\n\ntwo", []string{"one", "two"}},
		{"quoted lines are kept apart", "Yes.\n> Is it\n> done?", []string{"Yes.", "> Is it", "> done?"}},
		{"white space becomes one space", "a \t b\u00a0c.\r\nD.", []string{"a b c.", "D."}},
		{"lines of marks are none", "Hello.\n-----\n***\nBye.", []string{"Hello.", "Bye."}},
		{"a name with a mark goes on", "We saw Yahoo! in the list.", []string{"We saw Yahoo! in the list."}},
		{"nothing", " \n\n", nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := Sentences(c.text); !slices.Equal(got, c.want) {
				t.Errorf("%q gives\n%q, not\n%q", c.text, got, c.want)
			}
		})
	}
}

func TestSentencesAreBounded(t *testing.T) {
	for _, s := range Sentences(strings.Repeat("wörd ", 100_000)) {
		if len(s) > maxSentence {
			t.Fatalf("a sentence has %d bytes", len(s))
		}
	}
	if all := Sentences(strings.Repeat("ä", maxProse)); len(strings.Join(all, "")) > maxProse || !utf8.ValidString(strings.Join(all, "")) {
		t.Error("a text without spaces is not cut between characters")
	}
	if n := len(Sentences(strings.Repeat("A b. ", maxProse))); n > maxProse/5+1 {
		t.Errorf("%d sentences: more than the cap was read", n)
	}
}

func FuzzSentences(f *testing.F) {
	for _, seed := range []string{
		"We met. It went well!", "Dr. Berg kam am 3. März.\n- a\n- b", "M. Blanc vient ? » Oui…", "> quoted\n\nx", strings.Repeat("a", 2100), "\xff.\xfe? A",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		total := 0
		for _, s := range Sentences(text) {
			total += len(s)
			if s == "" || len(s) > maxSentence+utf8.UTFMax || strings.TrimSpace(s) != s {
				t.Errorf("a sentence of %d bytes: %q", len(s), s)
			}
			if utf8.ValidString(text) && !utf8.ValidString(s) {
				t.Errorf("cut within a character: %q", s)
			}
		}
		if total > maxProse || total > len(text) {
			t.Errorf("%d bytes came out of %d", total, len(text))
		}
	})
}
