package trip

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/foredesk/foredesk/rules"
)

var update = flag.Bool("update", false, "write what is found into the cases")

// received is when the mails of the cases came.
var received = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// london is the account's zone of the cases.
func london(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

// TestCases reads each case of testdata: what stands above says the rule that it
// shows, page.html and *.ics are the mail, and want is what is found.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases in testdata", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			page, calendars, want := "", [][]byte(nil), -1
			for i, f := range archive.Files {
				switch {
				case f.Name == "page.html":
					page = string(f.Data)
				case strings.HasSuffix(f.Name, ".ics"):
					calendars = append(calendars, f.Data)
				case f.Name == "want":
					want = i
				}
			}
			got := describe(Find(page, calendars, london(t), received))
			if *update && want >= 0 {
				archive.Files[want].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want < 0 || got != string(archive.Files[want].Data) {
				t.Errorf("found:\n%s", got)
			}
		})
	}
}

// describe writes trips as the cases do.
func describe(trips []rules.Trip) string {
	var b strings.Builder
	for _, t := range trips {
		layout := "2006-01-02 15:04 -0700"
		if t.AllDay {
			layout = time.DateOnly
		}
		fmt.Fprintf(&b, "%s: %s\n  %s [%s] to %s [%s], sure %.1f\n", t.Kind, t.Title, t.Start.Format(layout), t.StartZone, t.End.Format(layout), t.EndZone, t.Confidence)
		fmt.Fprintf(&b, "  from %q to %q, code %q, number %q, of %q, for %q\n  key %s\n", t.From, t.To, t.Code, t.Number, t.Provider, t.Passenger, t.Key)
		if t.Cancelled {
			b.WriteString("  cancelled\n")
		}
	}
	return b.String()
}

// TestTheFilesOfPlacesAreSound reads each line: codes stand once, zones exist.
func TestTheFilesOfPlacesAreSound(t *testing.T) {
	codes, countries := map[string]bool{}, map[string]bool{}
	for f := range lines(placesFile, 4) {
		if len(f) != 4 || f[0] != "-" && (!isCode(f[0]) || codes[f[0]]) || len(f[1]) != 2 {
			t.Errorf("%q: want a new code or -, a country, a zone, names", f)
			continue
		}
		codes[f[0]] = true
		if zoneNamed(f[2]) == nil {
			t.Errorf("%s: there is no zone %s", f[0], f[2])
		}
	}
	for f := range lines(countriesFile, 3) {
		if len(f) != 3 || countries[f[0]] || zoneNamed(f[1]) == nil {
			t.Errorf("%q: want a new code, a zone, names", f)
		}
		countries[f[0]] = true
	}
	if len(codes) < 250 {
		t.Errorf("%d airports, want 250", len(codes))
	}
}

func TestPlacesTellTheirZone(t *testing.T) {
	say := func(pairs ...string) *thing {
		it := &thing{}
		for i := 0; i < len(pairs); i += 2 {
			it.says = append(it.says, property{name: pairs[i], text: pairs[i+1]})
		}
		return it
	}
	cases := []struct {
		name string
		at   place
		zone string
		sure float64
	}{
		{"an airport by its code", airport(say("iataCode", "NRT", "name", "TOKYO NARITA")), "Asia/Tokyo", certain},
		{"a station by the town that it begins with", station(say("name", "Paris Gare du Nord")), "Europe/Paris", likely},
		{"a town of two words", station(say("name", "New York Penn Station")), "America/New_York", likely},
		{"a word inside a name tells nothing", station(say("name", "Hotel London")), "", 0},
		{"a town that there is in two zones", placeOf(say("addressLocality", "San José")), "America/Costa_Rica", likely},
		{"a country that has one zone", placeOf(say("addressCountry", "Deutschland", "addressLocality", "Kleinkleckersdorf")), "Europe/Berlin", certain},
		{"a country that has several", placeOf(say("addressCountry", "US")), "", 0},
		{"a state of it", placeOf(say("addressCountry", "USA", "addressRegion", "CA", "addressLocality", "Fresno")), "America/Los_Angeles", certain},
		{"a town of another country is not the one we know", placeOf(say("addressCountry", "CA", "addressLocality", "London")), "", 0},
		{"an unknown place", station(say("name", "Platform 9")), "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			zone := ""
			if c.at.zone != nil {
				zone = c.at.zone.String()
			}
			if zone != c.zone || c.at.sure != c.sure && zone != "" {
				t.Errorf("%s is in %q (%.1f), want %q (%.1f)", c.at.name, zone, c.at.sure, c.zone, c.sure)
			}
		})
	}
}

func TestMoments(t *testing.T) {
	cases := []struct{ text, want string }{
		{"2026-12-08T10:00:00+01:00", "2026-12-08 10:00 fixed 3600"},
		{"2026-12-08T10:00+0100", "2026-12-08 10:00 fixed 3600"},
		{"2026-12-08T10:00:00+0:00", "2026-12-08 10:00 fixed 0"},
		{"2026-12-08T10:00:00.000Z", "2026-12-08 10:00 fixed 0"},
		{"2026-12-08 9:05", "2026-12-08 09:05"},
		{"20261208T100000Z", "2026-12-08 10:00 fixed 0"},
		{"2026-12-08", "2026-12-08 day"},
		{"2026-02-31", ""},
		{"2026-12-08T25:00", ""},
		{"02-04-2026 18:35", ""}, // the 2nd of April or the 4th of February
		{"2026-12-08T10:00:00+99:00", ""},
		{"tomorrow", ""},
		{"", ""},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			got := ""
			if m, ok := readMoment(c.text); ok {
				got = m.wall.Format("2006-01-02 15:04")
				if m.day {
					got = m.wall.Format("2006-01-02") + " day"
				}
				if m.fixed {
					got += fmt.Sprint(" fixed ", m.offset)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestHostileMailIsBounded holds pages that are made to be large: each is read in
// little time, also on a busy machine, and little comes of it.
func TestHostileMailIsBounded(t *testing.T) {
	leg := `{"@type":"FlightReservation","reservationNumber":"R%d","reservationFor":{"@type":"Flight","flightNumber":"LH %d","departureTime":"2026-12-08T10:00:00Z","departureAirport":{"iataCode":"FRA"}}}`
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprintf(leg, i, i))
	}
	script := func(s string) string { return `<script type="application/ld+json">` + s + `</script>` }
	cases := []struct {
		name, page string
		most       int
	}{
		{"more trips than anybody takes", script("[" + strings.Join(many, ",") + "]"), maxTrips},
		{"JSON nested without end", script(strings.Repeat(`{"a":[`, 100_000)), 0},
		{"things nested without end", strings.Repeat(`<div itemscope itemprop=x itemtype="http://schema.org/FlightReservation">`, 20_000), 0},
		{"elements nested without end", strings.Repeat(`<b>`, 300_000), 0},
		{"a name of a megabyte", script(fmt.Sprintf(leg, 1, 1)[:40] + strings.Repeat("x", 1<<20)), 0},
		{"scripts without end", strings.Repeat(script("{}"), 20_000), 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			if got := Find(c.page, nil, time.UTC, received); len(got) > c.most {
				t.Errorf("%d trips, want at most %d", len(got), c.most)
			}
			if spent := time.Since(begin); spent > time.Minute {
				t.Errorf("took %v", spent)
			}
		})
	}
}

func TestNamesAreFitToBeShown(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"line breaks and runs of space", "Hotel\r\n  Adlon", "Hotel Adlon"},
		{"control characters", "Ho\x00tel\x1b[31m", "Hotel[31m"},
		{"marks that turn the direction", "Hotel \u202eexe.\u202c", "Hotel exe."},
		{"entities, which JSON has no need of", "Bed &amp; Breakfast", "Bed & Breakfast"},
		{"broken UTF-8", "Caf\xff", "Caf"},
		{"too long", strings.Repeat("x", 500), strings.Repeat("x", maxText-1) + "…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := clean(c.text, maxText); got != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// FuzzFind promises that no mail breaks the reading, and that what is found is fit
// to be acted on.
func FuzzFind(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		page, calendar := "", ""
		for _, part := range archive.Files {
			switch {
			case part.Name == "page.html":
				page = string(part.Data)
			case strings.HasSuffix(part.Name, ".ics"):
				calendar = string(part.Data)
			}
		}
		f.Add(page, calendar)
	}
	f.Fuzz(func(t *testing.T, page, calendar string) {
		trips := Find(page, [][]byte{[]byte(calendar)}, time.UTC, received)
		if len(trips) > maxTrips {
			t.Errorf("%d trips", len(trips))
		}
		for _, trip := range trips {
			if trip.End.Before(trip.Start) || trip.Kind == "" || trip.Title.String() == "" || trip.Key == "" || trip.Confidence <= 0 || trip.Confidence > 1 {
				t.Errorf("no trip: %+v", trip)
			}
			for _, s := range []rules.Text{trip.Title, trip.From, trip.To, trip.Provider, trip.Passenger} {
				if strings.ContainsAny(s.String(), "\x00\r\n\x1b\u202e") || len([]rune(s.String())) > 3*maxText {
					t.Errorf("a name is not fit to be shown: %q", s)
				}
			}
		}
	})
}
