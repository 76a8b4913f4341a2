package summary

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// lines puts a text together.
func lines(l ...string) string { return strings.Join(l, "\n") }

func TestNewTextLeavesOutQuotes(t *testing.T) {
	tests := []struct{ name, full, want string }{
		{"nothing is quoted", lines("Hello Ann,", "", "", "all is well."), lines("Hello Ann,", "", "all is well.")},
		{"marked lines", lines("Yes.", "> Shall we?", "", ">No?"), "Yes."},
		{"a mailbox's escaped From is no quote", lines("Hello,", ">From here on it is ours."), lines("Hello,", ">From here on it is ours.")},
		{"all is quoted", lines("On 3 May 2026 at 09:12, Ann <ann@example.com> wrote:", "> Shall we?"), ""},
		{"answers between the lines", lines("> One?", "Yes.", "", "> Two?", "", "No."), lines("Yes.", "", "No.")},
		{
			"an answer below the quote", lines("On 3 May, Ann wrote:", "> Shall we?", "", "Yes."), "Yes.",
		},
		{
			"the end of a quoted line that was broken", lines("> "+strings.Repeat("word ", 14), "broken", "> off", "", "Yes."), "Yes.",
		},
		{"a short answer is no broken line", lines("> Shall we?", "Yes.", "> When?"), "Yes."},
		{"a line that only begins like an attribution", lines("On Monday we wrote:", "to them all."), lines("On Monday we wrote:", "to them all.")},
		{
			"nor one that quotes by hand", lines("On 3 May 2026 the landlord wrote:", "", "\"We agree.\"", "", "Do we?"),
			lines("On 3 May 2026 the landlord wrote:", "", "\"We agree.\"", "", "Do we?"),
		},
		{
			"nor one that tells what somebody wrote", lines("On Monday at 10:00 she wrote to us and asked for two things:", "the keys and the deed."),
			lines("On Monday at 10:00 she wrote to us and asked for two things:", "the keys and the deed."),
		},
		{
			"a booking is no header block", lines("From: London", "To: Paris", "Date: 5 May 2026", "", "Have a good trip."),
			lines("From: London", "To: Paris", "Date: 5 May 2026", "", "Have a good trip."),
		},
		{
			"nor is a form that somebody filled in", lines("From: Ann <ann@example.com>", "To: the board", "Subject: keys", "", "Who has them?"),
			lines("From: Ann <ann@example.com>", "To: the board", "Subject: keys", "", "Who has them?"),
		},
		{"words without dashes are no mark", lines("Forwarded message:", "none."), lines("Forwarded message:", "none.")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewText(tt.full); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNewTextKnowsMailPrograms has what they write above a quote; what follows is
// quoted with and without marks.
func TestNewTextKnowsMailPrograms(t *testing.T) {
	tests := []struct{ name, above string }{
		{"Gmail", "On Tue, May 3, 2026 at 9:12 AM Ann Example <ann@example.com> wrote:"},
		{"Gmail, broken", lines("On Tue, May 3, 2026 at 9:12 AM Ann Example <ann@example.com>", "wrote:")},
		{"Gmail, broken twice", lines("On Tue, May 3, 2026 at 9:12 AM Ann Example", "<ann@example.com>", "wrote:")},
		{"Apple Mail", "On 3 May 2026, at 09:12, Ann Example <ann@example.com> wrote:"},
		{"Thunderbird", "On 03/05/2026 09:12, Ann Example wrote:"},
		{"Yahoo", "--- On Wed, 4/4/26, Ann Example <ann@example.com> wrote:"},
		{"German, Gmail", "Am Di., 3. Mai 2026 um 09:12 Uhr schrieb Ann Example <ann@example.com>:"},
		{"German, Gmail, broken", lines("Am Di., 3. Mai 2026 um 09:12 Uhr schrieb Ann Example <", "ann@example.com>:")},
		{"German, Apple Mail", "Am 03.05.2026 um 09:12 schrieb Ann Example <ann@example.com>:"},
		{"German, Android", "Ann Example <ann@example.com> schrieb am Di., 3. Mai 2026, 09:12:"},
		{"German, Android, broken", lines("Ann Example <ann@example.com> schrieb am Di., 3. Mai 2026,", "09:12:")},
		{"Russian, Android, broken", lines("03.05.2026 9:12 пользователь \"Ann Example\" <", "ann@example.com> написал:")},
		{"German, Thunderbird", "Am 03.05.26 um 09:12 schrieb Ann Example:"},
		{"French, Gmail", "Le mar. 3 mai 2026 à 09:12, Ann Example <ann@example.com> a écrit :"},
		{"French, Apple Mail", "Le 3 mai 2026 à 09:12, Ann Example <ann@example.com> a écrit :"},
		{"French, broken", lines("Le mar. 3 mai 2026 à 09:12, Ann Example <ann@example.com> a", "écrit :")},
		{"French, with an hour", "Le 03/05/2026 à 09h12, Ann Example a écrit :"},
		{"Spanish, Gmail", "El mar, 3 may 2026 a las 9:12, Ann Example (<ann@example.com>) escribió:"},
		{"Spanish, Apple Mail", "El 3 may 2026, a las 9:12, Ann Example <ann@example.com> escribió:"},
		{"Spanish, Thunderbird", "El 03/05/2026 a las 9:12, Ann Example escribió:"},
		{"Italian", "Il giorno mar 3 mag 2026 alle ore 09:12 Ann Example <ann@example.com> ha scritto:"},
		{"Dutch", "Op di 3 mei 2026 om 09:12 schreef Ann Example <ann@example.com>:"},
		{"any language", "2026-05-03 9:12 GMT+02:00 Ann Example <ann@example.com>:"},
		{"Outlook", lines("From: Ann Example <ann@example.com>", "Sent: Tuesday, May 3, 2026 9:12 AM", "To: Bob <bob@example.com>", "Subject: Lease")},
		{"Outlook without addresses", lines("From: Ann Example", "Sent: Tuesday, May 3, 2026 9:12 AM", "To: Bob", "Cc: Carl; Dora;", " Emil", "Subject: Lease")},
		{"Outlook below a rule", lines("________________________________", "From: Ann Example", "Sent: 3 May 2026 09:12", "To: Bob", "Subject: Lease")},
		{"Outlook, marked", lines("-----Original Message-----", "From: Ann Example", "Sent: 3 May 2026 09:12", "To: Bob", "Subject: Lease")},
		{"Outlook in bold letters", lines("*From:* Ann Example", "*Sent:* 3 May 2026 09:12", "*To:* Bob", "*Subject:* Lease")},
		{"Outlook, German", lines("Von: Ann Example <ann@example.com>", "Gesendet: Dienstag, 3. Mai 2026 09:12", "An: Bob", "Betreff: Miete")},
		{"Outlook, German, marked", lines("-----Ursprüngliche Nachricht-----", "Von: Ann Example", "Gesendet: Dienstag, 3. Mai 2026 09:12", "An: Bob", "Betreff: Miete")},
		{"Outlook, French", lines("De : Ann Example <ann@example.com>", "Envoyé : mardi 3 mai 2026 09:12", "À : Bob", "Objet : Bail")},
		{"Outlook, French, marked", lines("-----Message d'origine-----", "De : Ann Example", "Envoyé : mardi 3 mai 2026 09:12", "À : Bob", "Objet : Bail")},
		{"Outlook, Spanish", lines("De: Ann Example <ann@example.com>", "Enviado: martes, 3 de mayo de 2026 9:12", "Para: Bob", "Asunto: Alquiler")},
		{"Outlook, Spanish, marked", lines("-----Mensaje original-----", "De: Ann Example", "Enviado el: martes, 3 de mayo de 2026 9:12", "Para: Bob", "Asunto: Alquiler")},
		{"GMX", lines("Gesendet: Dienstag, 3. Mai 2026 um 09:12 Uhr", "Von: \"Ann Example\" <ann@example.com>", "An: bob@example.com", "Betreff: Miete")},
		{"Hotmail", lines("Date: Tue, 3 May 2026 09:12:00 +0200", "Subject: Lease", "From: ann@example.com", "To: bob@example.com")},
		{"Apple Mail, forwarded", "Begin forwarded message:"},
		{"Apple Mail, forwarded, German", "Anfang der weitergeleiteten Nachricht:"},
		{"Apple Mail, forwarded, French", "Début du message réexpédié :"},
		{"Apple Mail, forwarded, Spanish", "Inicio del mensaje reenviado:"},
		{"Gmail, forwarded", lines("---------- Forwarded message ---------", "From: Ann <ann@example.com>", "Date: Tue, May 3, 2026", "Subject: Lease")},
		{"Thunderbird, forwarded", lines("-------- Forwarded Message --------", "Subject: Lease", "From: Ann", "To: Bob")},
		{"Thunderbird, forwarded, German", "-------- Weitergeleitete Nachricht --------"},
		{"Gmail, forwarded, French", "---------- Message transféré ---------"},
		{"Thunderbird, forwarded, Spanish", "-------- Mensaje reenviado --------"},
		{"Notes, forwarded", "----- Forwarded by Ann Example/ACME on 03.05.2026 09:12 -----"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, quote := range []string{lines("Shall we?", "", "I say yes."), lines("> Shall we?", ">", "> I say yes.")} {
				full := lines("The lease is signed.", "", tt.above, "", quote)
				if got := NewText(full); got != "The lease is signed." {
					t.Errorf("of\n%s\nthe new text is\n%s", full, got)
				}
			}
		})
	}
}

func TestNewTextOfForwards(t *testing.T) {
	header := lines("From: Ann <ann@example.com>", "Date: Tue, May 3, 2026 at 9:12 AM", "Subject: Lease", "To: Bob <bob@example.com>")
	gmail := "---------- Forwarded message ---------\n" + header
	outlook := lines("From: Ann Example", "Sent: 3 May 2026 09:12", "To: Bob", "Subject: Lease")
	tests := []struct{ name, full, want string }{
		{"the comment above it", lines("FYI", "", gmail, "", "The lease is signed."), "FYI"},
		{"without a comment it is read itself", lines(gmail, "", "The lease is signed.", "", "> Is it?"), "The lease is signed."},
		{"and so is one that is only signed", lines("-- ", "Bob", "", gmail, "", "The lease is signed."), "The lease is signed."},
		{"Outlook writes no mark", lines(outlook, "", "The lease is signed."), "The lease is signed."},
		{"Apple Mail quotes it", lines("Begin forwarded message:", "", "> From: Ann <ann@example.com>", "> Subject: Lease", "> To: Bob", "> ", "> The lease is signed."), "The lease is signed."},
		{"from HTML", lines("> ---------- Forwarded message ---------", "> From: Ann <ann@example.com>", "> Date: 3 May 2026", "> Subject: Lease", ">", "> The lease is signed."), "The lease is signed."},
		{"twice over", lines(gmail, "", gmail, "", "The lease is signed."), "The lease is signed."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewText(tt.full); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNewTextLeavesOutSignatures(t *testing.T) {
	const text = "The lease is signed, and the keys are here."
	stripped := []struct{ name, end string }{
		{"the mark of a signature", lines("-- ", "Ann Example", "Acme Ltd")},
		{"the mark without its space", lines("--", "Ann Example")},
		{"a telephone", "Sent from my iPhone"},
		{"another", "Sent from my Galaxy"},
		{"Outlook's advertisement", "Get Outlook for iOS<https://aka.ms/o0ukef>"},
		{"German telephone", "Von meinem iPhone gesendet"},
		{"German program", "Gesendet von Outlook für Android"},
		{"German provider", "Diese Nachricht wurde von meinem Android-Gerät mit GMX Mail gesendet."},
		{"French telephone", "Envoyé de mon iPhone"},
		{"French program", "Envoyé depuis mon appareil Galaxy"},
		{"Spanish telephone", "Enviado desde mi iPhone"},
		{"closing and name", lines("Best regards,", "Ann")},
		{"closing, name and address", lines("Kind regards", "", "Ann Example", "Head of Leases", "Acme Ltd | 1 Fleet St", "+44 20 7946 0000", "https://acme.example")},
		{"closing alone", "Cheers"},
		{"thanks and name", lines("Many thanks!", "Ann")},
		{"closing and name in one line", "Best, Ann"},
		{"German closing", lines("Mit freundlichen Grüßen", "Ann Beispiel", "Leiterin Mietrecht", "Tel. +49 30 1234567")},
		{"German closing from a place", lines("Viele Grüße aus Köln", "Ann")},
		{"German abbreviation", lines("LG", "Ann")},
		{"Swiss closing", lines("Freundliche Grüsse", "Ann Beispiel")},
		{"French closing", lines("Cordialement,", "Ann Exemple", "Directrice")},
		{"long French closing", lines("Bien à vous,", "Ann")},
		{"Spanish closing", lines("Un cordial saludo,", "Ann Ejemplo")},
		{"name behind a dash", "-Ann Example"},
		{"closing above a telephone", lines("Thanks,", "Ann", "", "Sent from my iPhone")},
		{"rule above a name", lines("Regards,", "Ann", "________________________________")},
		{"mailing list", lines("_______________________________________________", "leases mailing list", "leases@lists.example.com")},
		{"English disclaimer", "This e-mail and any attachments are confidential and intended solely for the addressee."},
		{"closing and disclaimer", lines("Regards", "Ann", "", "If you are not the intended recipient, please delete this message.", "", "Acme Ltd, registered in England.")},
		{"German disclaimer", "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, vernichten Sie diese E-Mail."},
		{"German company details", lines("Beste Grüße", "Ann", "", "Acme GmbH, Sitz der Gesellschaft: Berlin, Registergericht: Charlottenburg HRB 1234")},
		{"French disclaimer", "Ce message et toutes les pièces jointes sont confidentiels et établis à l'intention exclusive de leurs destinataires."},
		{"Spanish disclaimer", "Este mensaje y sus anexos son confidenciales. Si no es usted el destinatario, elimínelo."},
		{"a wish for trees", "Please consider the environment before printing this e-mail."},
	}
	for _, tt := range stripped {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewText(lines(text, "", tt.end)); got != text {
				t.Errorf("got %q", got)
			}
			quoted := lines(text, "", tt.end, "", "On 3 May 2026 at 09:12, Ann <ann@example.com> wrote:", "> Shall we?")
			if got := NewText(quoted); got != text {
				t.Errorf("above a quote: got %q", got)
			}
		})
	}
}

func TestNewTextKeepsWhatOnlyLooksLikeAnEnd(t *testing.T) {
	tests := []struct{ name, text string }{
		{"thanks alone", lines("The keys are here.", "", "Thanks!")},
		{"thanks for something", lines("The keys are here.", "", "Thanks for the lease.")},
		{"nothing but thanks", lines("Thanks!", "Ann")},
		{"a sentence that begins like a telephone", lines("Here is the lease.", "", "Sent from my desk, which is quicker than the telephone.")},
		{"dashes within a line", "The keys -- all of them -- are here."},
		{"a list that ends with capitals", lines("We need", "- Ann Example", "- Bob Example")},
		{"best as a word", lines("Best, we meet at ten.", "Is that possible?")},
		{"a postscript", lines("The keys are here.", "", "PS: bring the lease.")},
		{"a question below a closing word", lines("Regards to all.", "", "Who has the keys?")},
		{"somebody writes about confidence", lines("Keep this confidential, please.", "", "It is about the lease.")},
		{"a courier", lines("Here is the lease.", "", "Sent via DHL today")},
		{"a depot", lines("Here is the lease.", "", "Sent from the depot in Leeds")},
		{"money for somebody", lines("Here is the lease.", "", "The intended recipient of the deposit is Ann.", "", "Is that right?")},
		{"a wish for papers", lines("Guten Tag,", "", "bitte senden Sie den Auszug aus dem Handelsregister.", "", "Geht das?")},
		{"a lawyer", lines("Ann,", "", "the memo is privileged and confidential.", "", "Send it on.")},
		{"how to answer", lines("Ann,", "", "please reply to this email directly.", "", "Can you?")},
		{"a list below a closing word", lines("The lease is signed.", "", "Thanks", "Ann", "", "- the keys", "- the deed")},
		{"a heading with a rule", lines("Lease", "-----", "It is signed.")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewText(tt.text); got != tt.text {
				t.Errorf("got %q, want %q", got, tt.text)
			}
		})
	}
}

func TestNewTextAroundTheEnd(t *testing.T) {
	tests := []struct{ name, full, want string }{
		{"a postscript below the name stays", lines("It is signed.", "", "Regards,", "Ann", "", "PS: bring the keys."), lines("It is signed.", "", "PS: bring the keys.")},
		{"the warning of a company's server", lines("CAUTION: This email originated from outside the organization. Do not click links.", "", "It is signed."), "It is signed."},
		{"the warning of Outlook", lines("You don't often get email from ann@example.com. Learn why this is important", "", "It is signed."), "It is signed."},
		{"carriage returns", "It is signed.\r\n\r\n-- \r\nAnn\r\n", "It is signed."},
		{"a closing between quotes", lines("> One?", "Yes.", "", "> Two?", "No.", "", "Regards", "Ann"), lines("Yes.", "", "No.")},
		{"signature alone", lines("-- ", "Ann"), ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewText(tt.full); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzNewText(f *testing.F) {
	for _, seed := range []string{
		"", "a\n> b", "-- \na", "On 3 May 2026 at 10:00, a <b@c> wrote:\n> x\ny", "From: a@b\nSent: c\nTo: d\nSubject: e\n\nf",
		"---------- Forwarded message ---------\n> From: a@b\n> Subject: c\n> To: d\n>\n> e", "Thanks,\nAnn\n\nPS: x",
		"Begin forwarded message:\n\n> > From: a", "\r\n\u00a0\n__________\nx@lists.example.com", "Ce message et toutes les pi\xe8ces",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, full string) {
		text := NewText(full)
		if len(text) > len(full)+len(full)/2 || utf8.ValidString(full) && !utf8.ValidString(text) {
			t.Errorf("of %q the new text is %q", full, text)
		}
		if strings.Contains(text, "\n\n\n") || strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n") {
			t.Errorf("empty lines: %q", text)
		}
	})
}

func BenchmarkNewText(b *testing.B) {
	mail := lines("Hello Ann,", "", strings.Repeat("the lease is signed, and the keys are here.\n", 30), "Best regards,", "Bob", "",
		"On 3 May 2026 at 09:12, Ann <ann@example.com> wrote:", strings.Repeat("> Shall we?\n", 60))
	b.SetBytes(int64(len(mail)))
	for b.Loop() {
		NewText(mail)
	}
}
