package summary

import (
	"slices"
	"strings"
	"testing"
)

func TestAsk(t *testing.T) {
	for _, c := range []struct {
		sentence string
		want     bool
	}{
		// English.
		{"Could you send me the signed contract by Friday?", true},
		{"Please review the attached draft.", true},
		{"Pat, can you move the call to 3pm?", true},
		{"Let me know if Tuesday works.", true},
		{"Send me the deck when it is ready.", true},
		{"Don't forget to sign the lease.", true},
		{"I need your comments ASAP.", true},
		{"I was wondering if we could meet next week.", true},
		{"Any news on the lease?", true},
		{"What is the status of the loan?", true},
		{"Who takes the minutes?", true},
		{"Should I book the flight?", true},
		{"Kindly confirm receipt.", true},
		{"RSVP by 5 May.", true},
		{"Did you know?", false},
		{"No need to reply.", false},
		{"I hope you are well.", false},
		{"The board approved the budget yesterday.", false},
		{"Thanks for your help.", false},
		{"Your invoice is attached.", false},
		{"Please find attached the minutes.", false},
		{"It was great to meet you last week.", false},
		{"We shipped version 2.3 last week.", false},
		{"I sent the figures to Marta this morning.", false},
		{"The traffic was slow all day.", false},
		{"> Could you send me the contract?", false},
		// German.
		{"Könnten Sie mir den Vertrag bis Freitag schicken?", true},
		{"Bitte prüfen Sie den Entwurf.", true},
		{"Geben Sie mir bitte Bescheid, ob Dienstag passt.", true},
		{"Passt Ihnen Donnerstag um 15 Uhr?", true},
		{"Kannst du mich morgen anrufen?", true},
		{"Ich bräuchte bis morgen Ihre Unterschrift.", true},
		{"Vergessen Sie nicht, den Vertrag zu unterschreiben.", true},
		{"Soll ich den Flug buchen?", true},
		{"Ich melde mich morgen.", false},
		{"Der Vorstand hat das Budget gestern genehmigt.", false},
		{"Vielen Dank für Ihre Hilfe.", false},
		{"Anbei erhalten Sie die Rechnung für März.", false},
		{"Das Treffen verlief gut.", false},
		{"Wir haben den Vertrag gestern unterschrieben.", false},
		// French.
		{"Pourriez-vous m'envoyer le contrat avant vendredi ?", true},
		{"Merci de me confirmer votre présence.", true},
		{"Dites-moi si mardi vous convient.", true},
		{"Peux-tu m'appeler demain ?", true},
		{"Avez-vous reçu mon message ?", true},
		{"Il nous faut votre signature d'ici demain.", true},
		{"N'oubliez pas de signer le contrat.", true},
		{"Combien ça coûte ?", true},
		{"Je vous appelle demain.", false},
		{"Le conseil a approuvé le budget hier.", false},
		{"Merci pour votre aide.", false},
		{"Veuillez trouver ci-joint la facture.", false},
		{"La réunion s'est bien passée.", false},
		{"", false},
		{"...", false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			score := Ask(c.sentence)
			if score < 0 || score > 1 || score >= askThreshold != c.want {
				t.Errorf("Ask(%q) is %.2f", c.sentence, score)
			}
		})
	}
}

func TestAsksKeepsOrderAndLeavesOutTheRest(t *testing.T) {
	got := Asks(`Hi Pat,

thanks for the deck. Could you send me the signed contract by Friday?
The board approved the budget yesterday.

- Please book the small room.
- The big one is taken.

> Please call me.

Best,
Dana`)
	want := []string{"Could you send me the signed contract by Friday?", "Please book the small room."}
	if !slices.Equal(got, want) {
		t.Errorf("asks are %q, not %q", got, want)
	}
}

// TestAskCountsEachFeatureOnce: what is said twice is not asked for twice.
func TestAskCountsEachFeatureOnce(t *testing.T) {
	once, twice := askTokens("please please"), askTokens("please please please")
	m := linearModel{weights: map[string]feature{"w please": {weight: 2}}}
	if a, b := m.score(once), m.score(twice); a != 2 || b != 2 {
		t.Errorf("scores are %v and %v, not 2", a, b)
	}
}

func FuzzAsks(f *testing.F) {
	for _, seed := range []string{
		"Could you send it?", "Bitte schicken Sie es mir bis Freitag.", "Merci de me répondre.", "please, please , : - !", "\xff?\n> x", strings.Repeat("ask ", 300),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if score := Ask(text); !(score >= 0 && score <= 1) {
			t.Errorf("the score is %v", score)
		}
		asks := Asks(text)
		if !slices.Equal(asks, Asks(text)) {
			t.Error("two readings differ")
		}
		for _, s := range asks {
			if s == "" || s[0] == '>' {
				t.Errorf("%q asks for something", s)
			}
		}
	})
}

func FuzzQuestion(f *testing.F) {
	for _, seed := range []string{"Is it?", "He said \"is it?\" ok", "« Tu viens ? »", "Who knows?", "?", "> is it?", "I was wondering if", "“a” “"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if Question(text) && len(Sentences(text)) == 0 {
			t.Error("a question without a sentence")
		}
	})
}

// normalMail is more than two kilobytes, as a person writes them.
var normalMail = `Hi Dana,

thanks for the call this morning. As agreed, the budget for the new office is EUR 340.000,00 and the deposit
of $12,500 is due on 15 December. Invoice no. 2026-0145 is attached; the order number is 4500012345.

Could you look at the draft by Friday and tell me whether section 3 works for you? The board met on Tuesday
and approved the plan with two changes, which Marta has put into version 2.3 of the paper. I sent her the
figures yesterday.

- Please book the small room for Thursday at 10.30.
- The flight is booked (booking reference: X4K9QZ), the hotel is not.

` + strings.Repeat(`The second floor was the longer talk. Half of the team would rather stay where it is, since the
light is better and the kitchen is near; the other half wants the quiet of the new wing. We did not decide, and
I do not think that we have to before the spring. Would you mind if I asked Lee to collect what each of them
needs? He has done it before, and people tell him what they think.

`, 4) + `Let me know if you need anything else.

Best regards,
Pat Hill
Head of Finance, +44 20 7946 0958
`

func BenchmarkMail(b *testing.B) {
	mail := normalMail[:2048] // it is ASCII
	for _, c := range []struct {
		name string
		read func()
	}{
		{"Sentences", func() { Sentences(mail) }},
		{"Asks", func() { Asks(mail) }},
		{"Question", func() { Question(mail) }},
		{"QuestionNone", func() { Question(strings.ReplaceAll(mail, "?", ".")) }},
		{"Amounts", func() { Amounts(mail) }},
		{"Codes", func() { Codes(mail) }},
		{"All", func() { Asks(mail); Question(mail); Amounts(mail); Codes(mail) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(mail)))
			b.ReportAllocs()
			for b.Loop() {
				c.read()
			}
		})
	}
}
