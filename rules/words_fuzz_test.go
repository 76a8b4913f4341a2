package rules

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzClock reads the lengths of time, dates, spans and hours that stand in rules and
// on the command line.
func FuzzClock(f *testing.F) {
	for _, seed := range []string{
		"3d", "1w2d", "-1h", "36500w", "36500d36500d", "1w2562047h", "9999999999999d", "1e9h", "2026-12-01", "99999-01-01", "0000-00-00", "2026-02-30T25:00", "09:00-17:00", "22:00-06:00", "24:00-24:00", "mon-fri 09:00-17:00",
		"tue,thu 9-5", "0s", "", " 3d ", "３d", "\x00", "5m5m5m", "P3D", "2026-12-01 10:00", "8:5", "-0:00",
	} {
		f.Add(seed)
	}
	zone, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDuration(text); err == nil && (d.Abs() > longestDuration || d < 0 && !strings.Contains(text, "-")) {
			t.Errorf("%q is the length %s", text, d)
		}
		if at, err := ParseDate(text, zone); err == nil {
			if _, err := at.MarshalJSON(); err != nil {
				t.Errorf("%q is a date that can't be written: %v", text, err)
			}
		}
		if from, to, err := parseSpan(text); err == nil && (from < 0 || to < 0 || from > 24*60 || to > 24*60) {
			t.Errorf("%q is from minute %d to %d of a day", text, from, to)
		}
		if minute, err := parseClock(text); err == nil && (minute < 0 || minute > 24*60) {
			t.Errorf("%q is minute %d of a day", text, minute)
		}
		if _, err := parseWorkHours(text); err != nil && !utf8.ValidString(err.Error()) && utf8.ValidString(text) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzWording fills in a wording of the assistant's with what a stranger wrote: what
// comes out is bounded text, its subject one line, and nothing of it is filled in
// a second time.
func FuzzWording(f *testing.F) {
	for _, seed := range [][2]string{
		{"Subject: {subject}\n\nDear {from.name}, {text}", "{text}"},
		{"{text}{text}{text}", strings.Repeat("x", 5000)},
		{"{", "}"},
		{"{{subject}}", "\r\nBcc: x"},
		{"Subject: a\r\nBcc: b\r\n\r\n{thread.quietDays}", "\x00"},
		{"{deadline} {amount} {code} {link} {unknown}", "{subject}"},
		{strings.Repeat("{subject}", 500), "\u202e"},
		{"\ufeffSubject:\n", "\xff"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, wording, stranger string) {
		set, err := Load("rules.yaml", []byte("version: 1\nrules: [{name: a, when: subject != 'never', do: [{draft: given}]}]\n"), Options{Templates: map[string]string{"given": wording}})
		if err != nil {
			return
		}
		item := mailOf(stranger)
		item.From, item.Text = ParseAddress(stranger, "x@stranger.example"), NewText(stranger)
		for _, e := range set.Plan(item, testNow).Effects {
			for name, value := range e.With {
				if len(value) > 2*maxFilled || strings.ContainsRune(value, 0) && !strings.ContainsRune(wording, 0) {
					t.Errorf("%s has %d bytes: %.200q", name, len(value), value)
				}
				if name == "subject" && strings.ContainsAny(value, "\r\n") {
					t.Errorf("the subject %q is more than a line", value)
				}
			}
		}
	})
}
