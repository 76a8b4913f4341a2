package summary

import (
	"strings"
	"unicode"
)

// label is what a code is announced by.
type label struct {
	kind        Kind
	strong      bool // it names a number, as "order number" does and "order" does not
	abbreviated bool // it may end with a full stop
	ambiguous   bool // it announces one-time codes as well
}

// labels are read from the tables below; maxLabel is the most words one has.
var labels = readLabels()

const maxLabel = 4

// A line is a kind, how the labels are meant (strong, weak, or ambiguous), and
// the labels in small letters, without marks.
const labelTable = `
booking strong: booking reference, booking ref, booking code, booking number, booking no, booking id, booking confirmation number
booking strong: reservation number, reservation code, reservation no, reservation id, reservation reference, record locator, pnr, airline reference
booking strong: confirmation number, confirmation no, itinerary number, trip id, e ticket number, booking confirmation
booking ambiguous: confirmation code, bestätigungscode, code de confirmation
booking weak: booking, reservation, confirmation, buchung, reservierung, réservation
booking strong: buchungsnummer, buchungscode, buchungsreferenz, buchungs nr, buchungsnr, reservierungsnummer, reservierungscode
booking strong: reservierungs nr, bestätigungsnummer, reisenummer
booking strong: référence de réservation, numéro de réservation, code de réservation, référence de dossier, numéro de confirmation, dossier de réservation
parcel strong: tracking number, tracking no, tracking id, tracking code, waybill number, waybill, air waybill, awb, consignment number, parcel number, shipment number
parcel strong: tracking reference, ups tracking, dhl tracking, fedex tracking, royal mail tracking
parcel weak: tracking, consignment, shipment, sendung, paket, colis
parcel strong: sendungsnummer, sendungs nr, paketnummer, trackingnummer, tracking nummer, frachtbriefnummer, sendungsverfolgungsnummer
parcel strong: numéro de suivi, numéro de colis, code de suivi, n de suivi, n de colis, numéro d'expédition
order strong: order number, order no, order id, order ref, order reference, purchase order number, po number, po no
order weak: order, purchase order, po, bestellung, auftrag, commande
order strong: bestellnummer, bestell nr, bestellnr, auftragsnummer, auftrags nr, numéro de commande, référence de commande, n de commande
invoice strong: invoice number, invoice no, invoice id, invoice ref, credit note number
invoice weak: invoice, credit note, rechnung, gutschrift, facture, avoir
invoice strong: rechnungsnummer, rechnungs nr, rechnungsnr, belegnummer, numéro de facture, référence de facture, n de facture
ticket strong: ticket number, ticket no, ticket id, case number, case no, case id, case reference, incident number, request number, issue number
ticket weak: ticket, case, incident, issue, request, service request, support request, jira, vorgang, fall, störung, demande, dossier
ticket strong: ticketnummer, ticket nr, fallnummer, vorgangsnummer, vorgangs nr, aktenzeichen, geschäftszeichen, anfragenummer
ticket strong: numéro de ticket, numéro de dossier, numéro d'incident, numéro de demande, n de dossier, n de ticket`

// readLabels makes a label of each name in the table.
func readLabels() map[string]label {
	all := map[string]label{}
	for line := range strings.Lines(strings.TrimSpace(labelTable)) {
		meaning, list, _ := strings.Cut(strings.TrimSpace(line), ": ")
		kind, how, _ := strings.Cut(meaning, " ")
		for name := range strings.SplitSeq(list, ", ") {
			last := name[strings.LastIndexByte(name, ' ')+1:]
			all[name] = label{
				kind: Kind(kind), strong: how == "strong", ambiguous: how == "ambiguous",
				abbreviated: labelFillers[last] || strings.HasSuffix(last, "nr"),
			}
		}
	}
	return all
}

// labelFillers may stand between a label and its code.
var (
	labelFillers = wordSet(`number num no nr nummer code id key ref reference referenz referenznummer numéro n réf référence
		is are ist lautet lauten est the your our ihre deine unsere votre with mit de for für pour number's`)
	numberWords = wordSet(`number num no nr nummer id ref reference referenz referenznummer numéro n réf référence lautet`)
)

// labelAt reads the longest label that begins with word i, and returns the word
// behind it; i if there is none.
func labelAt(text string, words []span, i int) (label, int) {
	var found label
	next, name := i, ""
	for end := i; end < min(i+maxLabel, len(words)); end++ {
		if end > i {
			if gap := text[words[end-1].end:words[end].start]; len(gap) > 3 || strings.Trim(gap, " -°º.'’\u00a0") != "" {
				break
			}
			name += " "
		} else if !labelStarts[strings.ToLower(words[i].in(text))] {
			break
		}
		name += strings.ToLower(words[end].in(text))
		if l, ok := labels[name]; ok {
			found, next = l, end+1
		}
	}
	return found, next
}

// labelStarts are the first words of all labels: most words are none.
var labelStarts = firstWords()

func firstWords() map[string]bool {
	all := map[string]bool{}
	for name := range labels {
		first, _, _ := strings.Cut(name, " ")
		all[first] = true
	}
	return all
}

// secretPhrases are the words around a code that opens something, as spoken: in
// small letters, without marks.
var secretPhrases = phraseList(`verification code, verify your, security code, one time, onetime, otp, passcode, access code, login code,
	log in code, sign in code, authentication, authenticator, two factor, 2fa, do not share, don t share, never share,
	expires in, is valid for, valid for the next, password, pin, tan, mtan, puk, recovery code, activation code,
	einmal, einmalcode, einmalpasswort, sicherheitscode, anmeldecode, verifizierungscode, verifizierung, zugangscode, passwort, kennwort,
	niemals weiter, nicht weiter, läuft in, minuten gültig, freischaltcode,
	code de vérification, code de sécurité, code de connexion, usage unique, mot de passe, ne partagez, ne communiquez, code d accès,
	expire dans, valable pendant, code d activation`)

// signInPhrases stand in ordinary mail too ("log in to manage your booking"), and
// tell only where the label is that of one-time codes.
var signInPhrases = phraseList(`sign in, log in, login, signing in, logging in, anmelden, anmeldung, einloggen, connexion, connecter, identifier`)

const (
	secretBefore = 200 // bytes that are looked at before a label
	secretAfter  = 120 // and behind its code
	longestOTP   = 10  // characters of the longest code that is typed from a mail
)

// isSecret tells whether a labelled value may open something rather than name
// something. In doubt it may.
func isSecret(text string, start, end int, value string, l label) bool {
	if len(value) > longestOTP {
		return false
	}
	if l.ambiguous && isDigits(value) {
		return true
	}
	near := spoken(text[max(start-secretBefore, 0):min(end+secretAfter, len(text))])
	return speaksOf(near, secretPhrases) || l.ambiguous && speaksOf(near, signInPhrases)
}

// spoken leaves the words of a text, in small letters, one space around each.
func spoken(text string) string {
	var b strings.Builder
	b.WriteByte(' ')
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		b.WriteString(word)
		b.WriteByte(' ')
	}
	return b.String()
}

func speaksOf(near string, phrases []string) bool {
	for _, phrase := range phrases {
		if strings.Contains(near, " "+phrase+" ") {
			return true
		}
	}
	return false
}
