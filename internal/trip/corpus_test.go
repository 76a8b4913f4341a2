package trip

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpusFiles returns the files of the corpora, by a pattern.
func corpusFiles(tb testing.TB, pattern string) []string {
	tb.Helper()
	root := os.Getenv("FOREDESK_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		tb.Fatal(err)
	}
	if len(files) == 0 {
		tb.Skipf("no corpus at %s: put one there or name its folder in FOREDESK_CORPORA", filepath.Join(root, pattern))
	}
	return files
}

// booked is what is found in the calendars of the corpus. They are those of people
// and of public places mostly; one is what a travel service made.
var booked = map[string]string{
	"032": `flight: US 403 Phoenix (PHX) to San Francisco (SFO)
hotel: Embassy Suites San Francisco Airport - South San Francisco
flight: CO 6256 San Francisco (SFO) to Phoenix (PHX)
hotel: Sofitel San Francisco Bay
flight: CO 6256 San Francisco (SFO) to Phoenix (PHX)
flight: US 403 Phoenix (PHX) to San Francisco (SFO)
hotel: Sofitel San Francisco Bay
flight: CO 496 San Francisco (SFO) to Phoenix (PHX)
flight: US 282 Phoenix (PHX) to San Jose (SJC)
hotel: The Beverly Heritage Hotel
flight: US 273 San Jose (SJC) to Phoenix (PHX)
flight: US 288 San Jose (SJC) to Phoenix (PHX)
flight: US 282 Phoenix (PHX) to San Jose (SJC)
hotel: Crestview Hotel
flight: US 288 San Jose (SJC) to Phoenix (PHX)
flight: US 403 Phoenix (PHX) to San Francisco (SFO)
hotel: Grand Hotel Sunnyvale
flight: CO 496 San Francisco (SFO) to Phoenix (PHX)
`,
}

// TestCorpusOfCalendars reads 301 calendar files: bookings are found, and nothing
// else is taken for one.
func TestCorpusOfCalendars(t *testing.T) {
	got := map[string]string{}
	for _, path := range corpusFiles(t, "ics/calcard/*.ics") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, trip := range readCalendar(data, london(t)) {
			name := strings.TrimSuffix(filepath.Base(path), ".ics")
			got[name] += trip.Kind + ": " + trip.Title.String() + "\n"
		}
	}
	if diff := cmp.Diff(booked, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCorpusOfMail reads the mails of the corpora as if each were a page: none of
// them has markup of reservations, so nothing must be found.
func TestCorpusOfMail(t *testing.T) {
	files := corpusFiles(t, "mail/*/*.*")
	for _, path := range append(files, corpusFiles(t, "replies/talon/*/*.*")...) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if Mentions(string(data)) {
			t.Errorf("%s speaks of reservations: what is found in it belongs into a table here", path)
		}
		if got := Find(string(data), nil, london(t), received); len(got) > 0 {
			t.Errorf("%s:\n%s", path, describe(got))
		}
	}
}
