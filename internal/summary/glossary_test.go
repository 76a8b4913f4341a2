package summary

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestGlossary(t *testing.T) {
	words := map[string]string{
		"SEV1": "the highest outage level: customers can't work", "churn": "customers who leave.", "net churn": "customers who leave, less those who buy more",
		"API": "the way programs talk to us",
	}
	tests := []struct{ name, text, want string }{
		{"behind the word", "A SEV1 is open.", "A SEV1 (the highest outage level: customers can't work) is open."},
		{"in any case", "CHURN fell.", "CHURN (customers who leave) fell."},
		{"a plural", "Two APIs fail.", "Two APIs (the way programs talk to us) fail."},
		{"only the first time", "A SEV1, and then another SEV1.", "A SEV1 (the highest outage level: customers can't work), and then another SEV1."},
		{"the longer word counts", "Net churn fell.", "Net churn (customers who leave, less those who buy more) fell."},
		{"not part of a word", "Rapid churning at APIary.", "Rapid churning at APIary."},
		{"nor of a name with hyphens", "See pre-churn and SEV1-board.", "See pre-churn and SEV1-board."},
		{"not in a link", "See https://example.com/sev1 and api.example.com or sev1@example.com.", "See https://example.com/sev1 and api.example.com or sev1@example.com."},
		{"but behind one", "See api.example.com: API down.", "See api.example.com: API (the way programs talk to us) down."},
		{"at the end of a sentence", "It is a SEV1.", "It is a SEV1 (the highest outage level: customers can't work)."},
		{"what the writer explains", "A SEV1 (bad) is open.", "A SEV1 (bad) is open."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewGlossary(words).Explain(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGlossaryExplainsOnceInAnAgenda(t *testing.T) {
	o := Options{Glossary: NewGlossary(map[string]string{"SEV1": "the highest outage level"})}
	first, second := Summarize("A SEV1 is open since 09:12.", o).Text, Summarize("The SEV1 is resolved since 10:04.", o).Text
	if first != "A SEV1 (the highest outage level) is open since 09:12." || second != "The SEV1 is resolved since 10:04." {
		t.Errorf("got %q, then %q", first, second)
	}
}

// TestGlossaryWaitsForRoom: a summary stays as short as asked, and the next one
// explains the word.
func TestGlossaryWaitsForRoom(t *testing.T) {
	o := Options{Bytes: 40, Glossary: NewGlossary(map[string]string{"SEV1": "the highest outage level"})}
	if got := Summarize("A SEV1 is open since 09:12.", o).Text; got != "A SEV1 is open since 09:12." {
		t.Errorf("got %q", got)
	}
	o.Bytes = 80
	if got := Summarize("A SEV1 is open since 09:12.", o).Text; got != "A SEV1 (the highest outage level) is open since 09:12." {
		t.Errorf("got %q", got)
	}
}

func FuzzGlossary(f *testing.F) {
	f.Add("A SEV1 is open.", "sev1", "the highest (\u202eoutage) level", 100)
	f.Add("İı K ß", "k", "a\nb", 3)
	f.Fuzz(func(t *testing.T, text, word, plain string, room int) {
		text = strings.Join(strings.Fields(cleanText(text)), " ")
		got := NewGlossary(map[string]string{word: plain}).explain(text, room)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.C, r) }) {
			t.Errorf("%q has what a line must not hold", got)
		}
		if got != text && len(got) > len(text)+room {
			t.Errorf("%q adds more than %d bytes to %q", got, room, text)
		}
	})
}
