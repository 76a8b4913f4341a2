package mail

import (
	"strings"
	"testing"
)

func TestKind(t *testing.T) {
	const (
		pat      = "From: Pat <pat@example.com>\n"
		noReply  = "From: Shop <no-reply@shop.example>\n"
		calendar = "Content-Type: text/calendar; method="
		leave    = "List-Unsubscribe: <https://example.com/u>\n"
	)
	tests := []struct{ name, header, want string }{
		{"what is left is a person", pat + "Subject: Lunch?\n", kindPerson},
		{"a bounce before all", "From: MAILER-DAEMON@example.com\nSubject: Invoice\n" + leave, kindBounce},
		{"an invitation", pat + calendar + "REQUEST\n", kindInvite},
		{"an invitation from a program, about a flight", noReply + "Subject: Your flight\n" + calendar + "request\n", kindInvite},
		{"a calendar that is only published", pat + calendar + "PUBLISH\n", kindPerson},
		{"an absence note", pat + "Auto-Submitted: auto-replied\n", kindAutomatic},
		{"an absence note of Exchange", pat + "Subject: Automatische Antwort: Treffen\nX-Auto-Response-Suppress: All\n", kindAutomatic},
		{"a person may write these words", pat + "Subject: Out of office next week\n", kindPerson},
		{"a receipt names the invoice it is for", noReply + "Subject: Receipt for invoice 41\n", kindReceipt},
		{"an invoice names the flight", noReply + "Subject: Rechnung: Ihr Flug LH 123\n", kindInvoice},
		{"a person asks about an invoice", pat + "Subject: Invoice 41?\n", kindPerson},
		{"a reply about an invoice", noReply + "Subject: Re: Invoice 41\n", kindNotification},
		{"a trade address", "From: billing@example.com\nSubject: Invoice 41\n", kindInvoice},
		{"a German compound", noReply + "Subject: Rechnungsnummer 41\n", kindInvoice},
		{"part of another word is none", noReply + "Subject: Billy's overbilling\n", kindNotification},
		{"a receipt in German", noReply + "Subject: Ihre Zahlungsbestätigung\n", kindReceipt},
		{"a receipt in French", noReply + "Subject: Votre reçu\n", kindReceipt},
		{"a receipt in Spanish", noReply + "Subject: Confirmación de pago\n", kindReceipt},
		{"an invoice in French", noReply + "Subject: Facture n° 12\n", kindInvoice},
		{"an invoice in Spanish", noReply + "Subject: Su factura de mayo\n", kindInvoice},
		{"travel in English", noReply + "Subject: Your boarding pass for BA 117\n", kindTravel},
		{"travel in German", noReply + "Subject: Buchungsbestätigung Hotel\n", kindTravel},
		{"travel in French, with a curly apostrophe", noReply + "Subject: Carte d’embarquement\n", kindTravel},
		{"travel in Spanish", noReply + "Subject: Tarjeta de embarque\n", kindTravel},
		{"alerts@ notify, whatever list fields they have", "From: alerts@example.com\n" + leave, kindNotification},
		{"notifications of a tracker with a list to post to", "From: notifications@git.example\nList-Post: <mailto:r@git.example>\nList-Id: <r.git.example>\n", kindNotification},
		{"a list without an address to post to", noReply + leave, kindNewsletter},
		{"sent in bulk", pat + "Precedence: bulk\n", kindNewsletter},
		{"news@", "From: news@example.com\n", kindNewsletter},
		{"a person on a list", pat + leave + "List-Id: <go.example.com>\nList-Post: <mailto:go@example.com>\n", kindPerson},
		{"an address that takes no answer", noReply + "Subject: Your password\n", kindNotification},
		{"a word of such an address", "From: acme.do-not-reply@example.com\n", kindNotification},
		{"a name that only looks like it", "From: noreplyton@example.com\n", kindPerson},
		{"written by a program", pat + "Auto-Submitted: auto-generated\n", kindNotification},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fromHeader(tt.header).Item.Kind; got != tt.want {
				t.Errorf("kind %q, want %q", got, tt.want)
			}
		})
	}
}

// TestAPersonSendsAnInvoiceWithADocument: words alone are not enough from people.
func TestAPersonSendsAnInvoiceWithADocument(t *testing.T) {
	const head = "From: pat@example.com\nSubject: Invoice 41\n"
	with := func(part string) string { return fileFacts(t, head+ofParts("\nHello", part)).Kind }
	if got := with("Content-Type: application/pdf; name=i.pdf\n\nx"); got != kindInvoice {
		t.Errorf("with a document: %q", got)
	}
	if got := with("Content-Type: image/png; name=logo.png\nContent-ID: <1>\n\nx"); got != kindPerson {
		t.Errorf("with a picture in the text: %q", got)
	}
}

func TestSubjectWordsAreFolded(t *testing.T) {
	for _, group := range subjectWords {
		for _, w := range group.words {
			item := fromHeader("From: no-reply@example.com\nSubject: " + strings.TrimSuffix(strings.ToUpper(w), "*") + "\n").Item
			if item.Kind != group.kind {
				t.Errorf("%q is taken for %s, not %s", w, item.Kind, group.kind)
			}
		}
	}
}
