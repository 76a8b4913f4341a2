package rules

import (
	"fmt"
	"net/mail"
	"strings"
	"testing"
)

// TestLookalike holds who is taken for an imitation of whom.
func TestLookalike(t *testing.T) {
	set := load(t, `version: 1
me: [dana@acme.example, dana.whitfield@acme.example]
people:
  board: ["@board.acme.example"]
  bank: ["@ing.example"]
  customers: [marta.keller@bigcustomer.example, "@harbourcap.example", "@acme5.example"]
  family: [tom.whitfield@gmail.com, "@whitfield.example"]
rules: [{name: a, when: sender.lookalike != "", do: {junk: true}}]
`)
	for _, tc := range []struct{ name, from, want string }{
		{"somebody on a list is who they are", "Marta <marta.keller@bigcustomer.example>", ""},
		{"so is a colleague of theirs", "Jan <jan@bigcustomer.example>", ""},
		{"so is everybody of a domain on a list", "x@mail.harbourcap.example", ""},
		{"and everybody at home", "dana.whitfield@sub.acme.example", ""},
		{"a stranger is a stranger", "Pat Moore <pat@other.example>", ""},

		{"rn for m", "ceo@bigcustorner.example", "marta.keller@bigcustomer.example"},
		{"rn for m in a short name", "dana@acrne.example", "dana@acme.example"},
		{"one for l and zero for o", "x@b1gcust0mer.example", "marta.keller@bigcustomer.example"},
		{"Cyrillic a", "x@hаrbourcap.example", "@harbourcap.example"},
		{"Cyrillic, as it is sent", "x@xn--hrbourcap-0yh.example", "@harbourcap.example"},
		{"Greek o", "x@harbοurcap.example", "@harbourcap.example"},
		{"another alphabet, however short", "x@іng.example", "@ing.example"},
		{"an accent", "x@harboürcap.example", "@harbourcap.example"},

		{"a letter more", "x@bigcustomers.example", "marta.keller@bigcustomer.example"},
		{"a letter less, below a subdomain", "x@mail.harborcap.example", "@harbourcap.example"},
		{"two letters swapped", "x@harbuorcap.example", "@harbourcap.example"},
		{"the domain as part of another", "x@harbourcap.example.login.test", "@harbourcap.example"},

		{"short names differ in a letter by nature", "x@acne.example", ""},
		{"a short name that a letter makes longer", "x@acmee.example", ""},
		{"a number of a series", "x@acme6.example", ""},
		{"two letters away is another company", "x@harvourcaps.example", ""},
		{"the same name elsewhere may be another company", "x@harbourcap.test", ""},

		{"a local part at a public mail service", "tom.whitfleld@gmail.com", "tom.whitfield@gmail.com"},
		{"a letter less there", "tom.whitfild@gmail.com", "tom.whitfield@gmail.com"},
		{"somebody else there", "jim.whitman@gmail.com", ""},

		{"somebody's name from elsewhere", "Marta Keller <office77@mailbox.test>", "marta.keller@bigcustomer.example"},
		{"their name turned round", "\"Keller, Marta\" <office77@mailbox.test>", "marta.keller@bigcustomer.example"},
		{"their first name is not theirs alone", "Marta <marta@mailbox.test>", ""},
		{"their address as a name", "\"marta.keller@bigcustomer.example\" <office77@mailbox.test>", "marta.keller@bigcustomer.example"},
		{"the executive's own name from outside", "Dana Whitfield <dana@mailbox.test>", "dana.whitfield@acme.example"},
		{"in letters of another alphabet", "Dаna Whitfield <dana@mailbox.test>", "dana.whitfield@acme.example"},
		{"no address at all", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			item := &Item{To: []Address{ParseAddress("Dana", "dana@acme.example")}}
			if tc.from != "" {
				a, err := mail.ParseAddress(tc.from)
				if err != nil {
					t.Fatal(err)
				}
				item.From = ParseAddress(a.Name, a.Address)
			}
			if got := set.Facts(item, testNow)["sender"].(Sender).Lookalike; got != tc.want {
				t.Errorf("imitates %q, want %q", got, tc.want)
			}
			if fired := len(set.Plan(item, testNow).Effects) > 0; fired != (tc.want != "") {
				t.Errorf("the rule fired: %v", fired)
			}
		})
	}
}

// TestLookalikeOfTheNameInTheMail holds that the executive's name as the mail
// itself writes it counts, where their address does not tell it.
func TestLookalikeOfTheNameInTheMail(t *testing.T) {
	set := load(t, "version: 1\nme: [dw@acme.example]\nrules: []\n")
	item := &Item{From: ParseAddress("Dana Whitfield", "boss@mailbox.test"), To: []Address{ParseAddress("Whitfield, Dana", "dw@acme.example")}}
	if got := set.Facts(item, testNow)["sender"].(Sender).Lookalike; got != "dw@acme.example" {
		t.Errorf("imitates %q", got)
	}
}

// TestLookalikeNeedsNoHistory holds that asking for imitations makes the mail
// adapter fetch nothing more.
func TestLookalikeNeedsNoHistory(t *testing.T) {
	for source, history := range map[string]bool{`sender.lookalike != ""`: false, `sender.lookalike != "" and sender.new`: true} {
		set := load(t, "version: 1\nrules: [{name: a, when: "+quoted(source)+", do: {junk: true}}]\n")
		if got := set.Needs().History; got != history {
			t.Errorf("%s: history is asked for: %v, want %v", source, got, history)
		}
	}
}

// BenchmarkLookalike prints the cost of a stranger's mail against two thousand
// organisations.
func BenchmarkLookalike(b *testing.B) {
	var text strings.Builder
	text.WriteString("version: 1\npeople:\n  everybody:\n")
	for i := range 2000 {
		fmt.Fprintf(&text, "    - '@company%c%c%c.example'\n", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)
	}
	text.WriteString("rules: [{name: a, when: sender.lookalike != '', do: {junk: true}}]\n")
	set := load(b, text.String())
	item := &Item{From: ParseAddress("Pat Moore", "pat@other-company.example")}
	b.ReportAllocs()
	for b.Loop() {
		set.Plan(item, testNow)
	}
}
