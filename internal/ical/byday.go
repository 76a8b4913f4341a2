package ical

import (
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// allows says whether a day passes the parts of the rule that are about days.
// BYMONTH has been looked at.
func (r *Rule) allows(day time.Time) bool {
	o := &r.option
	return (len(o.Bymonthday) == 0 || inMonth(o.Bymonthday, day)) &&
		(len(o.Byyearday) == 0 || inYear(o.Byyearday, day)) &&
		(len(o.Byweekno) == 0 || inWeeks(o.Byweekno, day, o.Wkst.Day())) &&
		(len(o.Byweekday) == 0 || r.onWeekday(day))
}

func inMonth(days []int, day time.Time) bool {
	length := daysIn(day.Year(), day.Month())
	return slices.Contains(days, day.Day()) || slices.Contains(days, day.Day()-length-1)
}

func inYear(days []int, day time.Time) bool {
	return slices.Contains(days, day.YearDay()) || slices.Contains(days, day.YearDay()-yearLength(day.Year())-1)
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func yearLength(year int) int {
	return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
}

// inWeeks says whether a day lies in one of the weeks. A week belongs to the year
// that has at least four of its days; wkst is its first day, 0 for Monday.
func inWeeks(weeks []int, day time.Time, wkst int) bool {
	first := day.AddDate(0, 0, -((int(day.Weekday())+6)%7-wkst+7)%7)
	fourth := first.AddDate(0, 0, 3)
	no := (fourth.YearDay()-1)/7 + 1
	total := (yearLength(fourth.Year()) - fourth.YearDay()) / 7
	return slices.Contains(weeks, no) || slices.Contains(weeks, -total-1)
}

// onWeekday looks at BYDAY. A number counts the weekdays of the month, or those of
// the year in a yearly rule without BYMONTH.
func (r *Rule) onWeekday(day time.Time) bool {
	weekday := (int(day.Weekday()) + 6) % 7
	at, length := day.Day(), daysIn(day.Year(), day.Month())
	if r.option.Freq == rrule.YEARLY && len(r.option.Bymonth) == 0 {
		at, length = day.YearDay(), yearLength(day.Year())
	}
	for _, w := range r.option.Byweekday {
		if w.Day() == weekday && (w.N() == 0 || w.N() == (at-1)/7+1 || w.N() == -((length-at)/7+1)) {
			return true
		}
	}
	return false
}

// timesOf appends the times of a day.
func (r *Rule) timesOf(day time.Time, times []time.Time) []time.Time {
	for _, hour := range r.option.Byhour {
		for _, minute := range r.option.Byminute {
			for _, second := range r.option.Bysecond {
				times = append(times, time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, 0, time.UTC))
			}
		}
	}
	return times
}

// picked returns the times at the places that BYSETPOS names, ascending.
func picked(times []time.Time, places []int) (found []time.Time) {
	for i, t := range times {
		if slices.Contains(places, i+1) || slices.Contains(places, i-len(times)) {
			found = append(found, t)
		}
	}
	return found
}
