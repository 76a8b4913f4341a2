package mail

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"as most programs write it", "Mon, 7 Dec 2026 18:02:11 +0100", "2026-12-07T17:02:11Z"},
		{"without the day of the week", "7 Dec 2026 18:02:11 -0500", "2026-12-07T23:02:11Z"},
		{"a comment", "Mon, 7 Dec 2026 18:02:11 +0100 (CET)", "2026-12-07T17:02:11Z"},
		{"a named zone", "Mon, 07 Dec 2026 18:02:11 GMT", "2026-12-07T18:02:11Z"},
		{"GMT and an offset", "Mon, 7 Dec 2026 18:02:11 GMT+0100", "2026-12-07T17:02:11Z"},
		{"a colon in the zone", "Mon, 7 Dec 2026 18:02:11 +01:00", "2026-12-07T17:02:11Z"},
		{"an hour as the zone", "Mon, 7 Dec 2026 18:02:11 +1", "2026-12-07T17:02:11Z"},
		{"no zone is UTC", "Mon, 7 Dec 2026 18:02:11", "2026-12-07T18:02:11Z"},
		{"no seconds", "Mon, 7 Dec 2026 18:02 +0000", "2026-12-07T18:02:00Z"},
		{"two digits of year", "Mon, 7 Dec 26 18:02:11 +0000", "2026-12-07T18:02:11Z"},
		{"one digit of hour", "Mon, 7 Dec 2026 8:02:11 +0000", "2026-12-07T08:02:11Z"},
		{"the wrong day of the week", "Fri, 7 Dec 2026 18:02:11 +0000", "2026-12-07T18:02:11Z"},
		{"the whole day of the week", "Monday, 7 Dec 2026 18:02:11 +0000", "2026-12-07T18:02:11Z"},
		{"the whole month", "7 December 2026 18:02:11 +0000", "2026-12-07T18:02:11Z"},
		{"dashes", "7-Dec-2026 18:02:11 +0000", "2026-12-07T18:02:11Z"},
		{"dots", "Mon, 7 Dec 2026 18.02.11 +0000", "2026-12-07T18:02:11Z"},
		{"asctime", "Mon Dec  7 18:02:11 2026", "2026-12-07T18:02:11Z"},
		{"RFC 3339", "2026-12-07T18:02:11+01:00", "2026-12-07T17:02:11Z"},
		{"as databases write it", "2026-12-07 18:02:11", "2026-12-07T18:02:11Z"},
		{"a zone that is none", "Mon, 7 Dec 2026 18:02:11 -9900", ""},
		{"no date", "yesterday", ""},
		{"empty", "", ""},
		{"a year without mail", "Mon, 7 Dec 0026 18:02:11 +0000", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseDate(tt.in)
			if ok != (tt.want != "") || ok && got.UTC().Format(time.RFC3339) != tt.want {
				t.Errorf("parseDate(%q) = %v %v, want %q", tt.in, got, ok, tt.want)
			}
		})
	}
}

func TestUnreadableDateFallsBackToReceived(t *testing.T) {
	item := fromHeader("Date: soon\n").Item
	if !item.Date.Equal(testNow) {
		t.Errorf("date %v", item.Date)
	}
}
