package rules

import (
	"regexp"
	"strings"
	"testing"
)

var patternsAndTexts = []struct{ source, text string }{
	{"budget|invoice", "Your INVOICE of May"},
	{"budget|invoice", "nothing of the sort"},
	{`\bpo[- ]?(\d+)`, "PO-77 and others"},
	{"(foo|ba[rz])+x", "BAZx"},
	{"a{0,2}b", "b"},
	{"(abc){2,}", "xABCabc"},
	{"^re:", "Re: lunch"},
	{"kelvin", "300 \u212aelvin"}, // the Kelvin sign folds to k
	{"miss", "mi\u017f\u017f"},    // the long s folds to s
	{"cafe", "cafe\u0301"},        // an e with an accent of its own
	{"straße", "STRASSE"},
	{"(?-i:ACME)", "acme"},
	{"(?-i:ACME)", "ACME"},
	{"", "anything"},
	{"(|x)y?", ""},
	{`[^a]+ü`, "bÜ"},
}

// TestPatternWordsChangeNoAnswer holds the search for a pattern's words against
// the expression alone.
func TestPatternWordsChangeNoAnswer(t *testing.T) {
	for _, c := range patternsAndTexts {
		samePatternAnswer(t, c.source, c.text)
	}
}

func FuzzPattern(f *testing.F) {
	for _, c := range patternsAndTexts {
		f.Add(c.source, c.text)
	}
	f.Add("(?:x?a?y?b?){20}zz", strings.Repeat("ab", 50))
	f.Add("((a{0,9}){0,9}|[^a]+)*$", "aaab\xff\x00")
	f.Fuzz(func(t *testing.T, source, text string) {
		samePatternAnswer(t, source, text)
		boundsPattern(t, source, text)
	})
}

func samePatternAnswer(t *testing.T, source, text string) {
	t.Helper()
	p, err := compilePattern(source)
	if err != nil {
		return
	}
	for _, s := range []string{text, strings.ToUpper(text), "x" + text + "\n" + source} {
		if got, want := matches(t, p, s), regexp.MustCompile("(?i)"+source).MatchString(s); got != want {
			t.Errorf("%q matches %q: %v, by the expression alone %v (words %q)", source, s, got, want, p.words)
		}
	}
}

func TestPatternKnowsItsWords(t *testing.T) {
	for source, want := range map[string]string{
		"budget|invoice":           "budget invoice",
		`\bpo[- ]?(\d+)\s+overdue`: "overdue",
		"(invoices?)+":             "invoice",
		"a?b*":                     "",
		"x|y?":                     "",
	} {
		p, err := compilePattern(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(p.words, " "); got != want {
			t.Errorf("%q: words %q, want %q", source, got, want)
		}
	}
}

// matches is match where nothing is too much work.
func matches(t *testing.T, p *pattern, s string) bool {
	t.Helper()
	matched, err := p.match(&env{}, NewText(s))
	if err != nil {
		t.Fatal(err)
	}
	return matched
}
