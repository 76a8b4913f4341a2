package mail

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/foredesk/foredesk/rules"
)

// Kinds of mail, in the order in which they are tried.
const (
	kindBounce       = "bounce"
	kindInvite       = "invite"
	kindAutomatic    = "automatic"
	kindReceipt      = "receipt"
	kindInvoice      = "invoice"
	kindTravel       = "travel"
	kindNotification = "notification"
	kindNewsletter   = "newsletter"
	kindPerson       = "person"
)

// kindOf says what sort of mail this is, from headers, addresses and structure
// alone. The first of these that holds decides:
//
//  1. bounce: the fact of that name
//  2. invite: a calendar part that asks or answers (RFC 5546), not one that publishes
//  3. automatic: an answer that a program gave, such as an absence note
//  4. receipt, invoice, travel: a word for it in the subject, on mail of a program
//     or with a document, and not on a reply or forward
//  5. notification: from an address such as alerts@, whatever list fields it has
//  6. newsletter: list fields without an address to post to, or sent in bulk
//  7. notification: written by a program, or from an address that takes no answer
//  8. person: what is left
//
// A receipt often names the invoice it is for, and both name the flight, so they
// are tried in that order.
func kindOf(h header, item *rules.Item, s shape) string {
	roles := rolesOf(item.From.User)
	switch {
	case item.Bounce:
		return kindBounce
	case s.invite:
		return kindInvite
	case isAutoReply(h, item):
		return kindAutomatic
	}
	if kind := subjectKind(item, s, isMachineSent(h, item, roles)); kind != "" {
		return kind
	}
	switch {
	case roles&notifier != 0:
		return kindNotification
	case isNewsletter(h, item, roles):
		return kindNewsletter
	case item.Automatic || roles&machine != 0:
		return kindNotification
	}
	return kindPerson
}

// userRole says what an address is for, by its local part.
type userRole uint8

const (
	notifier userRole = 1 << iota // sends notices of single events
	machine                       // takes no answer
	trade                         // sends invoices, receipts and bookings
	news                          // writes to many
)

// userRoles names roles by local parts, or by words of them: "no-reply" is in
// no-reply@ and in acme.no-reply@, not in noreplyton@.
var userRoles = roleTable(map[userRole]string{
	notifier: `notification notifications notify alert alerts monitoring jira confluence
		benachrichtigung benachrichtigungen notificacion notificaciones`,
	machine: `noreply no-reply donotreply do-not-reply automated automailer daemon mailer-daemon root cron system
		service robot bot keineantwort nepasrepondre ne-pas-repondre noresponder no-responder`,
	trade: `billing invoice invoices invoicing accounting receipt receipts payments order orders
		booking bookings reservation reservations tickets travel itinerary
		rechnung rechnungen buchhaltung buchung facturation factures comptabilite facturacion facturas reservas`,
	news: `newsletter newsletters news marketing digest campaign mailing infolettre boletin`,
})

func roleTable(words map[userRole]string) map[string]userRole {
	table := make(map[string]userRole)
	for role, list := range words {
		for _, w := range strings.Fields(list) {
			table[w] |= role
		}
	}
	return table
}

// rolesOf looks up a local part, and up to three words of it that stand side by
// side.
func rolesOf(user string) userRole {
	const longest, most = 64, 3 // RFC 5321 4.5.3.1.1; "ne-pas-repondre"
	user = user[:min(len(user), longest)]
	roles := userRoles[user]
	if !strings.ContainsAny(user, ".-_+") {
		return roles
	}
	words := strings.FieldsFunc(user, func(r rune) bool { return strings.ContainsRune(".-_+", r) })
	for i := range words {
		for n := 1; n <= most && i+n <= len(words); n++ {
			roles |= userRoles[strings.Join(words[i:i+n], "-")]
		}
	}
	return roles
}

// isMachineSent says that a program sent the mail, whoever is named as author.
func isMachineSent(h header, item *rules.Item, roles userRole) bool {
	return item.Automatic || roles&(machine|trade|notifier) != 0 || item.List.Unsubscribe != "" || isBulk(h)
}

func isBulk(h header) bool {
	p := h.lower("Precedence")
	return p == "bulk" || p == "junk"
}

// isNewsletter tells one-way lists from those that people write to.
func isNewsletter(h header, item *rules.Item, roles userRole) bool {
	if item.List.Post != "" {
		return false
	}
	return item.List.Unsubscribe != "" || item.List.ID != "" || roles&news != 0 || isBulk(h)
}

// autoReplySubjects start the subjects of absence notes, folded.
var autoReplySubjects = []string{
	"automatic reply", "autoreply", "auto reply", "auto-reply", "out of office", "out of the office",
	"automatische antwort", "abwesenheitsnotiz", "abwesenheit:", "réponse automatique", "absence du bureau",
	"respuesta automática", "fuera de la oficina",
}

// isAutoReply tells an answer that a program gave to a mail from what programs
// send of their own accord (RFC 3834 5). Exchange marks both as generated, so for
// it the subject decides.
func isAutoReply(h header, item *rules.Item) bool {
	if strings.HasPrefix(h.lower("Auto-Submitted"), "auto-replied") || hasAutoReplyField(h) {
		return true
	}
	subject := rules.Fold(item.Subject.String())
	return item.Automatic && slices.ContainsFunc(autoReplySubjects, func(s string) bool {
		return strings.HasPrefix(subject, s)
	})
}

// hasAutoReplyField knows the marks that programs put on absence notes before
// RFC 3834 and beside it.
func hasAutoReplyField(h header) bool {
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Auto-Reply-From", "X-Mail-Autoreply", "X-AutoReply-From"} {
		if h.has(name) {
			return true
		}
	}
	return h.lower("Precedence") == "auto_reply" || h.lower("X-Autogenerated") == "reply"
}

// Words and phrases of subjects, folded, in English, German, French and Spanish.
// They match at word boundaries; "*" at the end lets the word go on, as German
// compounds do.
var subjectWords = []struct {
	kind  string
	words []string
}{
	{kindReceipt, []string{
		"receipt", "receipts", "payment received", "payment confirmation", "payment confirmed", "order confirmation", "your order",
		"thank you for your order", "thank you for your purchase", "thanks for your order",
		"quittung", "zahlungsbestätigung", "zahlungseingang", "kaufbeleg", "beleg", "bestellbestätigung", "auftragsbestätigung", "ihre bestellung", "deine bestellung",
		"reçu", "quittance", "confirmation de paiement", "confirmation de commande", "confirmation de votre commande", "votre commande", "paiement reçu",
		"recibo", "comprobante", "confirmación de pago", "confirmación de pedido", "confirmación del pedido", "tu pedido", "su pedido", "pago recibido",
	}},
	{kindInvoice, []string{
		"invoice", "invoices", "bill", "billing statement", "payment due", "amount due", "payment reminder",
		"rechnung*", "mahnung", "zahlungserinnerung", "monatsrechnung", "schlussrechnung", "gutschrift",
		"facture", "factures", "rappel de paiement", "note d'honoraires",
		"factura", "facturas", "recordatorio de pago",
	}},
	{kindTravel, []string{
		"itinerary", "boarding pass", "boarding card", "e-ticket", "eticket", "flight confirmation", "your flight", "your trip", "travel confirmation",
		"booking confirmation", "booking confirmed", "reservation confirmation", "reservation confirmed", "hotel reservation", "check-in", "train ticket", "car rental",
		"reiseplan", "reisebestätigung", "buchungsbestätigung", "bordkarte", "ihr flug", "ihre reise", "ihre buchung", "hotelreservierung", "reservierungsbestätigung", "fahrkarte", "online-ticket",
		"itinéraire", "carte d'embarquement", "confirmation de réservation", "confirmation de votre réservation", "votre vol", "votre voyage", "votre réservation", "billet électronique", "billet de train",
		"itinerario", "tarjeta de embarque", "confirmación de reserva", "confirmación de la reserva", "su vuelo", "tu vuelo", "su viaje", "tu viaje", "su reserva", "tu reserva", "billete electrónico",
	}},
}

// replyPrefixes are what mail programs put before the subject of a reply or a
// forward.
var replyPrefixes = []string{"re:", "aw:", "sv:", "antw:", "rép:", "fw:", "fwd:", "wg:", "tr:", "rv:", "i:"}

// subjectKind looks for a word in the subject. A person who writes about an
// invoice has not sent one, so without a program as sender it takes a document.
func subjectKind(item *rules.Item, s shape, machine bool) string {
	if !machine && !hasDocument(s.files) {
		return ""
	}
	subject := strings.ReplaceAll(rules.Fold(item.Subject.String()), "’", "'")
	for _, p := range replyPrefixes {
		if strings.HasPrefix(subject, p) {
			return ""
		}
	}
	for _, group := range subjectWords {
		if slices.ContainsFunc(group.words, func(w string) bool { return hasPhrase(subject, w) }) {
			return group.kind
		}
	}
	return ""
}

// hasDocument says that there is a file that could be the invoice itself.
func hasDocument(files []rules.File) bool {
	return slices.ContainsFunc(files, func(f rules.File) bool {
		return !f.Inline && slices.Contains([]string{"pdf", "xml", "doc", "docx", "xls", "xlsx", "pkpass"}, f.Ext)
	})
}

// hasPhrase says that text has phrase at word boundaries.
func hasPhrase(text, phrase string) bool {
	phrase, open := strings.CutSuffix(phrase, "*")
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(phrase)
		if !wordBefore(text, start) && (open || !wordAfter(text, end)) {
			return true
		}
		from = end
	}
}

func wordBefore(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return isWord(r)
}

func wordAfter(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return isWord(r)
}

// isWord leaves out utf8.RuneError, which stands for the ends of the text.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
