package ical

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkBusyYear expands a year of 300 series and 10,000 single events.
func BenchmarkBusyYear(b *testing.B) {
	var parts []string
	day := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for i := range 10_000 {
		parts = append(parts, strings.Replace(event("DTSTART:"+day.Add(time.Duration(i)*time.Hour).Format("20060102T150405Z"), "DURATION:PT1H"), "UID:a", fmt.Sprintf("UID:s%d", i), 1))
	}
	for i := range 300 {
		rule := []string{"WEEKLY;BYDAY=MO,WE", "DAILY", "MONTHLY;BYDAY=2TU"}[i%3]
		parts = append(parts, strings.Replace(event("DTSTART;TZID=Europe/London:20240101T090000", "DURATION:PT1H", "RRULE:FREQ="+rule), "UID:a", fmt.Sprintf("UID:r%d", i), 1))
	}
	text := calendar(parts...)
	b.ReportAllocs()
	for b.Loop() {
		c, err := Read(strings.NewReader(text), time.UTC)
		if err != nil {
			b.Fatal(err)
		}
		found, err := c.Occurrences(day, day.AddDate(1, 0, 0))
		if err != nil || len(found) < 30_000 {
			b.Fatal(len(found), err)
		}
	}
}
