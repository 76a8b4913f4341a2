package mail

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddresses(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // name|email
	}{
		{"bare", "a@example.com, B@Example.com", []string{"|a@example.com", "|b@example.com"}},
		{"with names", `Pat <p@example.com>, "Lee, Sam" <s@example.com>`, []string{"Pat|p@example.com", "Lee, Sam|s@example.com"}},
		{"an unquoted comma in a name", "Lee, Sam <s@example.com>, a@example.com", []string{"Lee, Sam|s@example.com", "|a@example.com"}},
		{"an unquoted dot in a name", "Dr. J. Lee <j@example.com>", []string{"Dr. J. Lee|j@example.com"}},
		{"semicolons between", "a@example.com; B <b@example.com>;", []string{"|a@example.com", "B|b@example.com"}},
		{"no comma between brackets", "<a@example.com> <b@example.com>", []string{"|a@example.com", "|b@example.com"}},
		{"a name without brackets", "Sam s@example.com", []string{"Sam|s@example.com"}},
		{"a comment for a name", "s@example.com (Sam (the boss) \\) Lee)", []string{"Sam (the boss) ) Lee|s@example.com"}},
		{"a group", "Board: a@example.com, B <b@example.com>;, c@example.com", []string{"|a@example.com", "B|b@example.com", "|c@example.com"}},
		{"an empty group", "undisclosed-recipients:;", nil},
		{"an encoded name", "=?utf-8?q?M=C3=BCller=2C_Pat?= <p@example.com>", []string{"Müller, Pat|p@example.com"}},
		{"an address inside an encoded name stays a name", "=?utf-8?q?boss=40acme.example=2C?= <evil@example.com>", []string{"boss@acme.example|evil@example.com"}},
		{"an address as the name", `"boss@acme.example" <evil@example.com>`, []string{"boss@acme.example|evil@example.com"}},
		{"an encoded name in quotes", `"=?utf-8?q?J=C3=BCrgen?=" <j@example.com>`, []string{"Jürgen|j@example.com"}},
		{"quotes around a name", `'Sam' <s@example.com>`, []string{"Sam|s@example.com"}},
		{"raw 8-bit", "J\xfcrgen <j@example.com>", []string{"Jürgen|j@example.com"}},
		{"a missing bracket", "Sam <s@example.com, b@example.com", []string{"Sam|s@example.com", "|b@example.com"}},
		{"two brackets", "<<s@example.com>>", []string{"|s@example.com"}},
		{"a missing quote", `"Sam <s@example.com>`, []string{`"Sam|s@example.com`}},
		{"an old route", "<@a.example,@b.example:s@example.com>", []string{"|s@example.com"}},
		{"mailto", "<mailto:s@example.com>", []string{"|s@example.com"}},
		{"blanks inside", "< s @ example.com >", []string{"|s@example.com"}},
		{"a quoted local part", `"a b"@example.com, <"c d"@example.com>`, []string{"|a b@example.com", "|c d@example.com"}},
		{"punycode", "a@xn--bcher-kva.example", []string{"|a@bücher.example"}},
		{"punycode that is not valid", "a@xn--a.example", []string{"|a@xn--a.example"}},
		{"a domain with its dot", "<a@example.com.>", []string{"|a@example.com"}},
		{"a lone name", "Sam", []string{"Sam|"}},
		{"a local user", "Cron <root>", []string{"Cron|root"}},
		{"an empty bracket", "Sam <>", nil},
		{"empty", " , ;; ", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, a := range parseAddresses(tt.in) {
				got = append(got, a.Name.String()+"|"+a.Email)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", tt.in, diff)
			}
		})
	}
}

func TestAddressLimits(t *testing.T) {
	if got := len(parseAddresses(strings.Repeat("a@example.com,", 5000))); got != maxAddresses {
		t.Errorf("%d addresses", got)
	}
	if got := parseAddresses(strings.Repeat("a", 2000) + "@example.com"); len(got) == 1 && got[0].Email != "" {
		t.Errorf("an address of %d bytes", len(got[0].Email))
	}
}

func TestTwoToFieldsAreOneList(t *testing.T) {
	if got := fromHeader("To: a@example.com\nTo: b@example.com\n").Item.To; len(got) != 2 {
		t.Errorf("%d addresses", len(got))
	}
}
