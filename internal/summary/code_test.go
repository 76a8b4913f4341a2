package summary

import (
	"strings"
	"testing"
)

func TestCodes(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // codes as "booking X4K9QZ", with commas between them
	}{
		// Bookings.
		{"Booking reference: X4K9QZ", "booking X4K9QZ"},
		{"Your booking reference is X4K9QZ.", "booking X4K9QZ"},
		{"Booking-Ref. X4K9QZ", "booking X4K9QZ"},
		{"PNR QWERTY", "booking QWERTY"},
		{"Record locator\nABC12D", "booking ABC12D"},
		{"Hotel confirmation number: 3024519877", "booking 3024519877"},
		{"Confirmation # HX-204-118", "booking HX-204-118"},
		{"Confirmation code: K7PQ2M", "booking K7PQ2M"},
		{"Reservation number 88213345", "booking 88213345"},
		{"Sign in to manage your trip. Booking reference: X4K9QZ", "booking X4K9QZ"},
		{"Buchungscode: Z8R2KL", "booking Z8R2KL"},
		{"Ihre Buchungsnummer lautet 4471-220.", "booking 4471-220"},
		{"Reservierungs-Nr.: 5501234", "booking 5501234"},
		{"Référence de réservation : X4K9QZ", "booking X4K9QZ"},
		{"Votre numéro de réservation est 20261208.", "booking 20261208"},
		// Parcels.
		{"It left as 1Z999AA10123456784 today.", "parcel 1Z999AA10123456784"},
		{"1Z 999 AA1 01 2345 6784", "parcel 1Z999AA10123456784"},
		{"Royal Mail RM123456785GB", "parcel RM123456785GB"},
		{"RM 123 456 785 GB", "parcel RM123456785GB"},
		{"DHL 00340434161094042557", "parcel 00340434161094042557"},
		{"FedEx tracking number 7946 0958 1234", "parcel 794609581234"},
		{"Tracking: JJD000390007000000000", "parcel JJD000390007000000000"},
		{"TBA123456789012 was delivered", "parcel TBA123456789012"},
		{"Sendungsnummer: 123456789012", "parcel 123456789012"},
		{"Numéro de suivi : 6A12345678901", "parcel 6A12345678901"},
		{"N° de colis 8R12345678901", "parcel 8R12345678901"},
		// Orders.
		{"Order number: 4500012345", "order 4500012345"},
		{"Order #A-10293", "order A-10293"},
		{"order 302-1234567-7654321 shipped", "order 302-1234567-7654321"},
		{"PO 4500012345 is approved", "order 4500012345"},
		{"Purchase order no. 2026/118", "order 2026/118"},
		{"Bestellnummer 100200300", "order 100200300"},
		{"Ihre Bestellung Nr. 2026-0145", "order 2026-0145"},
		{"Auftragsnummer: AB-77120", "order AB-77120"},
		{"Numéro de commande : CMD-20931", "order CMD-20931"},
		{"Votre commande n° 778123 est partie.", "order 778123"},
		// Invoices.
		{"Invoice INV-2026-0142 is attached.", "invoice INV-2026-0142"},
		{"Invoice no. 10045", "invoice 10045"},
		{"Invoice #884", "invoice 884"},
		{"Rechnung Nr. 2026-014", "invoice 2026-014"},
		{"Rechnungs-Nr. RE20260014", "invoice RE20260014"},
		{"Rechnungsnummer: 2026.0145", "invoice 2026.0145"},
		{"Facture n° F-2026-31", "invoice F-2026-31"},
		{"Numéro de facture : FA00231", "invoice FA00231"},
		// Tickets.
		{"INC0012345 was closed", "ticket INC0012345"},
		{"see RITM0045678", "ticket RITM0045678"},
		{"Ticket OPS-42 waits for you", "ticket OPS-42"},
		{"Jira: FD-7", "ticket FD-7"},
		{"Case number 00931245", "ticket 00931245"},
		{"[Ticket #55123] Printer", "ticket 55123"},
		{"Vorgangsnummer: 2026-118834", "ticket 2026-118834"},
		{"Aktenzeichen 12/3456", "ticket 12/3456"},
		{"Numéro de dossier : 778-AB-12", "ticket 778-AB-12"},
		// Several, and each once.
		{"Order #10293, invoice #884. Order #10293 again.", "order 10293, invoice 884"},

		// What opens a door.
		{"Your verification code is 482913.", ""},
		{"Your confirmation code is 482913.", ""},
		{"Confirmation code: AB12CD. Use it to sign in; it expires in 10 minutes.", ""},
		{"One-time passcode: 118822", ""},
		{"Ihr Sicherheitscode: 118822", ""},
		{"Bestätigungscode: 445566", ""},
		{"Ihre Anmeldung: Bestätigungscode K7PQ2M", ""},
		{"Votre code de vérification : 445566", ""},
		{"Code de confirmation : 445566", ""},
		{"Do not share this. Reference number: your booking code 119922", ""},
		{"TAN 118822, Auftragsnummer 771234", ""},
		{"PIN: 1234", ""},
		{"IBAN DE89 3704 0044 0532 0130 00", ""},
		{"Rechnung GB82WEST12345698765432", ""},
		{"Order number: 4111 1111 1111 1111", ""},
		{"Invoice 4111111111111111", ""},
		// What is no code.
		{"Booking a table for 12 people", ""},
		{"Your booking is confirmed.", ""},
		{"PNR for the flight", ""},
		{"We had to order 300 chairs", ""},
		{"Invoice 12.03.2026", ""},
		{"Invoice of 2026-03-12", ""},
		{"Invoice: $1,200.50", ""},
		{"Order: 5000 €", ""},
		{"Bestellung: 12500 EUR", ""},
		{"in case 2026 comes", ""},
		{"Tracking is not available", ""},
		{"the issue 12 of the paper", ""},
		{"ABC-123 without a label", ""},
		{"X4K9QZ", ""},
		{"1Z999AA10123456785 has a wrong check digit", ""},
		{"RM123456784GB has a wrong check digit", ""},
		{"see https://example.com/order/12345678", ""},
		{"order number +44 20 7946 0958", ""},
		{"order pat.1234@example.com", ""},
		{"PO Box 12345", ""},
		{"INC12 is a company", ""},
		{"Order: 20% off", ""},
		{"In diesem Fall 2026", ""},
		{"We closed the case. 120034 people came.", ""},
		{"", ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			var got []string
			for _, code := range Codes(c.text) {
				got = append(got, string(code.Kind)+" "+code.Value)
				if !strings.HasPrefix(strings.ReplaceAll(c.text[code.Offset:], " ", ""), code.Value) {
					t.Errorf("%q is not at %d", code.Value, code.Offset)
				}
			}
			if all := strings.Join(got, ", "); all != c.want {
				t.Errorf("%q holds %q, not %q", c.text, all, c.want)
			}
		})
	}
}

func FuzzCodes(f *testing.F) {
	for _, seed := range []string{
		"Booking reference: X4K9QZ", "1Z 999 AA1 01 2345 6784", "RM123456785GB", "Rechnung Nr. 2026-014", "IBAN DE89 3704 0044 0532 0130 00",
		"Your confirmation code is 482913", "N° de colis 8R12345678901", "order 302-1234567-7654321", "00340434161094042557", "order 000000000K00000", "\xffPNR \xc3(",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		codes := Codes(text)
		if len(codes) > maxCodes {
			t.Errorf("%d codes", len(codes))
		}
		for _, c := range codes {
			if c.Value == "" || len(c.Value) > 40 || c.Offset < 0 || c.Offset >= len(text) || strings.ContainsAny(c.Value, " \n") {
				t.Errorf("%+v", c)
			}
			if isIBAN(strings.ToUpper(c.Value)) {
				t.Errorf("%q is a bank account", c.Value)
			}
		}
	})
}
