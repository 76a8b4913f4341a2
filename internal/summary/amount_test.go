package summary

import (
	"strconv"
	"strings"
	"testing"
)

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // amounts as "1200.50 USD", with commas between them
	}{
		// Points and commas.
		{"It costs $1,200.50 today.", "1200.50 USD"},
		{"Total: EUR 3.400,00.", "3400.00 EUR"},
		{"Betrag: 1.234.567,89 EUR", "1234567.89 EUR"},
		{"CHF 1'500 per month", "1500 CHF"},
		{"CHF 1’500.50", "1500.50 CHF"},
		{"Un total de 3 400 €.", "3400 EUR"},
		{"un devis de 12\u202f345,67\u00a0€", "12345.67 EUR"},
		{"¥120,000", "120000 JPY"},
		{"1.500 €", "1500 EUR"},
		{"1,500 €", "1500 EUR"},
		{"€1.50", "1.50 EUR"},
		{"1,5 €", "1.5 EUR"},
		{"$0.125 a share", "0.125 USD"},
		{"closed at $2.895.", "2.895 USD"},
		{"£1,000,000", "1000000 GBP"},
		{"50,- €", "50 EUR"},
		{"CHF 80.–", "80 CHF"},
		{"Fr. 12.50", "12.50 CHF"},
		// Scales.
		{"a budget of £2m", "2000000 GBP"},
		{"rund 1.2 Mio. €", "1200000 EUR"},
		{"rund 1,25 Mio. EUR", "1250000 EUR"},
		{"USD 12k", "12000 USD"},
		{"$5 million", "5000000 USD"},
		{"$1.250 million", "1250000 USD"},
		{"3,5 Milliarden Euro", "3500000000 EUR"},
		{"2 millions d'euros", "2000000 EUR"},
		{"1,2 Md€", "1200000000 EUR"},
		{"12 k€ et 3 M€", "12000 EUR, 3000000 EUR"},
		{"$1.5bn in debt", "1500000000 USD"},
		{"We raised $5M. Then we hired.", "5000000 USD"},
		{"20 Tsd. Franken", "20000 CHF"},
		// Where the currency stands, and what it is.
		{"500 USD", "500 USD"},
		{"US$ 40", "40 USD"},
		{"A$40 and C$50", "40 AUD, 50 CAD"},
		{"$500 CAD", "500 CAD"},
		{"R$ 99,90", "99.90 BRL"},
		{"500 kr", "500 SEK"},
		{"kr 500", "500 NOK"},
		{"kr. 500", "500 DKK"},
		{"500 kr. i dag", "500 DKK"},
		{"Det kostar 500 kr. Tack.", "500 SEK"},
		{"a 500-dollar chair", "500 USD"},
		{"500 US dollars", "500 USD"},
		{"20 pounds sterling", "20 GBP"},
		{"99 zł", "99 PLN"},
		{"₹4,500", "4500 INR"},
		{"50€/month", "50 EUR"},
		{"500 eur", "500 EUR"},
		{"between $500 and $10000 dollars", "500 USD, 10000 USD"},
		{"EUR 100 EUR 200", "100 EUR, 200 EUR"},
		{"On March 12 EUR 300 was paid.", "300 EUR"},
		{"($500)", "500 USD"},
		{"$20M-$30M", "20000000 USD, 30000000 USD"},
		// Below zero.
		{"a change of -$50", "-50 USD"},
		{"EUR -3,50", "-3.50 EUR"},
		{"saldo −20 €", "-20 EUR"},
		{"- $50 for the taxi", "50 USD"},
		{"10-20 €", "20 EUR"},
		// No amounts.
		{"version 1.2.3 and v2.0", ""},
		{"on 12.03.2026 at 10.30", ""},
		{"call +44 20 7946 0958", ""},
		{"up 5% or 3,5 %", ""},
		{"growth of $5%", ""},
		{"PHP 8.1 and COP 26", ""},
		{"TRY 2 of them", ""},
		{"500 pounds of paper", ""},
		{"3 m of cable, 12k steps", ""},
		{"am Fr. 15 Uhr und Fr. 15.30 Uhr", ""},
		{"1.2.3 €", ""},
		{"our $1st prize", ""},
		{"room A500 €", ""},
		{"2,500 people", ""},
		{"-24A$4@```", ""},
		{"192.168.10.1", ""},
		{"ref EUROPE 500", ""},
		{"order 1234567890123456789 EUR", ""},
		{"", ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			var got []string
			for _, a := range Amounts(c.text) {
				got = append(got, a.Decimal+" "+a.Currency)
				if c.text[a.Offset:a.Offset+len(a.Text)] != a.Text {
					t.Errorf("%q is not at %d", a.Text, a.Offset)
				}
			}
			if all := strings.Join(got, ", "); all != c.want {
				t.Errorf("%q holds %q, not %q", c.text, all, c.want)
			}
		})
	}
}

func TestAmountSaysWhatIsWritten(t *testing.T) {
	all := Amounts("The flat is 1.2 Mio. € now")
	want := Amount{Text: "1.2 Mio. €", Value: 1.2e6, Decimal: "1200000", Currency: "EUR", Offset: 12}
	if len(all) != 1 || all[0] != want {
		t.Errorf("found %+v, not %+v", all, want)
	}
}

func TestAmountsAreBounded(t *testing.T) {
	if n := len(Amounts(strings.Repeat("$1 ", 10*maxAmounts))); n != maxAmounts {
		t.Errorf("%d amounts", n)
	}
}

func FuzzAmounts(f *testing.F) {
	for _, seed := range []string{"$1,200.50", "EUR 3.400,00", "1.2 Mio. €", "CHF 1'500.–", "12\u202f345,67\u00a0€", "−20 € 500 kr. i", "$-5 %", "0,0.0'0€"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, a := range Amounts(text) {
			if a.Offset < end || a.Offset+len(a.Text) > len(text) || text[a.Offset:a.Offset+len(a.Text)] != a.Text {
				t.Errorf("%+v does not stand in the text, or overlaps another", a)
			}
			end = a.Offset + len(a.Text)
			if v, err := strconv.ParseFloat(a.Decimal, 64); err != nil || v != a.Value || len(a.Currency) != 3 {
				t.Errorf("%+v is not consistent: %v", a, err)
			}
		}
	})
}
