package rules

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text is prose written by people. It compares without regard to case and after
// Unicode normalisation (NFKC and full case folding), so "Straße", "STRASSE"
// and a decomposed "é" are what a reader takes them for.
type Text struct {
	raw    string
	folded string
}

// NewText folds s once, so that a thousand rules need not.
func NewText(s string) Text { return Text{raw: s, folded: Fold(s)} }

// String returns the text as written.
func (t Text) String() string { return t.raw }

// MarshalJSON writes the text as written.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.raw) }

// UnmarshalJSON reads a string.
func (t *Text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*t = NewText(s)
	return nil
}

// Fold returns s in the form in which Text is compared.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// orgOf returns the label that names the organisation: the one before the
// public suffix. It is empty where there is none.
func orgOf(domain string) string {
	if domain == "" {
		return ""
	}
	registrable, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return ""
	}
	org, _, _ := strings.Cut(registrable, ".")
	return org
}

// withoutAccent is the plain letter of an accented one.
func withoutAccent(r rune) rune {
	if r < utf8.RuneSelf {
		return r
	}
	plain, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	return plain
}
