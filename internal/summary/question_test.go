package summary

import "testing"

func TestQuestion(t *testing.T) {
	for _, c := range []struct {
		rule string
		text string
		want bool
	}{
		{"a question with its mark", "Thanks for the deck. What time does the call start?", true},
		{"a question of one word for a person", "Lunch tomorrow?", true},
		{"a question in the middle of a text", "Hi Pat,\n\nDid you hear from the bank? I am out until Monday.\n\nDana", true},
		{"a name before it", "Pat, is Friday still good for you?", true},
		{"no mark, but the order of words", "Can you send the figures before noon.", true},
		{"no mark and a question word", "What time are you arriving on Friday", true},
		{"an indirect question", "I was wondering whether the lease is signed.", true},
		{"an indirect question in a request", "Please let me know which of the two dates suits you.", true},
		{"let me know if that works", "Let me know if Tuesday works.", true},
		{"a mark in brackets behind it", "Shall we take the early train (the 7:15)?", true},
		{"German with its mark", "Passt Ihnen Donnerstag um 15 Uhr?", true},
		{"German without a mark", "Können Sie mir den Entwurf bis Freitag schicken.", true},
		{"German, indirect", "Bitte geben Sie mir Bescheid, wann es Ihnen passt.", true},
		{"French with a space before its mark", "À quelle heure commence la réunion ?", true},
		{"French without a mark", "Pouvez-vous m'envoyer le contrat avant vendredi.", true},
		{"French, indirect", "Dites-moi quand vous êtes disponible.", true},
		{"a question after an address", "See https://example.com/a?b=c first. Do you agree?", true},

		{"nothing asked", "The board approved the budget yesterday.", false},
		{"nothing at all", "", false},
		{"a query string is no question", "The page is at https://example.com/list?page=2&sort=name and it is long.", false},
		{"an address that ends with the mark", "It moved to https://example.com/search?", false},
		{"quoted lines", "Yes, it is.\n\n> Is the room booked?\n> Thanks", false},
		{"a question of somebody else, quoted in the text", `He asked "Is the room booked?" and I said that it is.`, false},
		{"quoted in German", "Er schrieb „Kommst du mit?“ und ich sagte ab.", false},
		{"quoted in French", "Elle a demandé « Tu viens ? » et j'ai dit non.", false},
		{"a turn of speech", "Who knows? We will see in May.", false},
		{"the writer answers", "Why did we do it? Because the old one failed twice.", false},
		{"advertising", "Did you know? Members save 20%.", false},
		{"small print", "Having trouble viewing this email? Click here.", false},
		{"questions are offered an answer", "Questions? Call us any time.", false},
		{"if you have any questions", "Please let me know if you have any questions.", false},
		{"if you need anything", "Let me know if you need anything else.", false},
		{"a courtesy", "Hi Pat, I am back.\nHow are you? The trip went well.", false},
		{"a part of a sentence that begins with when", "When we are in London I will call.", false},
		{"what I have", "What I have is the old version.", false},
		{"German small print", "Newsletter abbestellen? Klicken Sie hier.", false},
		{"German courtesy", "Wie geht es Ihnen? Anbei der Bericht.", false},
		{"German, the writer answers", "Warum? Weil es schneller geht.", false},
		{"French advertising", "Le saviez-vous ? Nos membres gagnent du temps.", false},
		{"French offer", "Besoin d'aide ? Appelez-nous.", false},
		{"marks alone", "???", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := Question(c.text); got != c.want {
				t.Errorf("Question(%q) is %t", c.text, got)
			}
		})
	}
}
