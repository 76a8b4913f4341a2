package mail

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// booked is a mail whose page tells machines of a flight, and which has two
// calendar files attached: one of that flight, one of a hotel.
func booked() string {
	const leg = `<html><head><script type="application/ld+json">{"@context":"http://schema.org","@type":"FlightReservation","reservationNumber":"K7XQ2P",
"reservationFor":{"@type":"Flight","flightNumber":"LH 456","departureAirport":{"iataCode":"FRA"},"departureTime":"2026-12-08T10:15:00",
"arrivalAirport":{"iataCode":"LHR"},"arrivalTime":"2026-12-08T10:55:00"}}</script></head><body><p>Thank you f=C3=BCr booking</p></body></html>`
	ics := func(lines string) string {
		return base64.StdEncoding.EncodeToString([]byte("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1@x.example\nDTSTAMP:20261201T000000Z\n" + lines + "END:VEVENT\nEND:VCALENDAR\n"))
	}
	file := func(name, content string) string {
		return "--m\nContent-Type: text/calendar; name=" + name + "\nContent-Disposition: attachment; filename=" + name +
			"\nContent-Transfer-Encoding: base64\n\n" + content + "\n"
	}
	return strings.ReplaceAll("From: Air <noreply@air.example>\nTo: dana@acme.example\nSubject: Your booking\nMessage-ID: <b@air.example>\n"+
		"Date: Tue, 01 Dec 2026 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n"+
		"--m\nContent-Type: multipart/alternative; boundary=a\n\n"+
		"--a\nContent-Type: text/plain\n\nThank you for booking. Your card was charged 340.00 EUR.\n"+
		"--a\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"+strings.ReplaceAll(leg, `="`, `=3D"`)+"\n--a--\n"+
		file("flight.ics", ics("DTSTART:20261208T091500Z\nDTEND:20261208T105500Z\nSUMMARY:Flight LH 456 FRA-LHR\n"))+
		file("hotel.ics", ics("DTSTART;VALUE=DATE:20261208\nDTEND;VALUE=DATE:20261210\nSUMMARY:Hotel: The Savoy\n"))+"--m--\n", "\n", "\r\n")
}

func titles(f rules.Found) (all []string) {
	for _, t := range f.Trips {
		all = append(all, t.Kind+": "+t.Title.String()+", "+t.Start.Format("2 Jan 15:04 -0700"))
	}
	return all
}

var wantTitles = []string{"hotel: The Savoy, 8 Dec 00:00 +0000", "flight: LH 456 Frankfurt (FRA) to London (LHR), 8 Dec 10:15 +0100"}

func TestTripsOfAMessageFile(t *testing.T) {
	msg, err := ReadFile(strings.NewReader(booked()), Identity{Account: "dana"}, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	msg.Item.Look()
	if diff := cmp.Diff(wantTitles, titles(msg.Item.Found)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(msg.Item.Found.Amounts) != 1 {
		t.Errorf("what stands in its prose is lost: %+v", msg.Item.Found)
	}
}

func TestTripsAreFetchedOnlyIfRulesLookAtThem(t *testing.T) {
	received := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	cases := []struct {
		name  string
		needs rules.Needs
		want  []string
	}{
		{"a rule looks at them", rules.Needs{Structure: true, Text: true, Found: true, Trips: true}, wantTitles},
		{"a rule looks at the prose alone", rules.Needs{Structure: true, Text: true, Found: true}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := startMemory(t, nil)
			a := accountAt(t, m.addr)
			a.Needs(c.needs)
			m.putAt("INBOX", booked(), received)
			m.putAt("INBOX", letter("plain", "plain"), received)
			all := scan(t, openSession(t, a), "INBOX", mailbox.Query{})
			if len(all) != 2 {
				t.Fatalf("%d messages", len(all))
			}
			for i, want := range [][]string{c.want, nil} {
				all[i].Item.Look()
				if diff := cmp.Diff(want, titles(all[i].Item.Found)); diff != "" {
					t.Errorf("message %d: -want +got:\n%s", i, diff)
				}
			}
			if files := all[0].Item.Files; len(files) != 2 || files[0].Name.String() != "flight.ics" {
				t.Errorf("its files are %v", files)
			}
		})
	}
}
