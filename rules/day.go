package rules

import (
	"slices"
	"time"
)

// focusLength is how long a stretch without anything must be to count as time for
// thinking.
const focusLength = 90 * time.Minute

// calendarDomain is where Google's calendars themselves have addresses: a group
// calendar is the organizer of what is on it, and nobody.
const calendarDomain = "calendar.google.com"

// DayOf works out what a local day, the one of date in the account's zone, holds by
// the diary; of a nil diary nothing is known, and the day is free. A meeting is what
// takes the executive's time and that of others, for less than all day; it counts
// on each day that it touches. Overlapping meetings take their time once. An event
// that takes all of a day leaves no free time in it.
func (s *Set) DayOf(d *Diary, date, now time.Time) Day {
	date = dayOf(date.In(s.Timezone))
	all := Span{onClock(date, 0, s.Timezone), onClock(date.AddDate(0, 0, 1), 0, s.Timezone)}
	day := Day{Date: all.Start, Ahead: int(date.Sub(dayOf(now.In(s.Timezone))) / (24 * time.Hour)), Work: s.worksOn(date)}
	var meetings, focus, busy []Span
	keys := map[string]bool{} // an event can be on two calendars
	for e := range d.touching(all.Start, all.End) {
		at := e.span().within(all)
		switch {
		case at.empty():
		case e.Kind == "focus" && e.Response != "declined":
			focus = append(focus, at)
		case s.isMeeting(e) && !keys[e.Key]:
			meetings, keys[e.Key] = append(meetings, at), e.Key != ""
			day.Meetings++
		}
	}
	if meetings = merged(meetings); len(meetings) > 0 {
		day.First, day.Last = meetings[0].Start.In(s.Timezone), meetings[len(meetings)-1].End.In(s.Timezone)
	}
	if d != nil {
		busy = d.busy
	}
	work := s.workOn(date)
	free := without(work, after(busy, all.Start))
	day.MeetingTime, day.FreeTime = total(meetings), total(free)
	// What somebody has laid into a focus block is no focus.
	free = slices.DeleteFunc(free, func(f Span) bool { return f.End.Sub(f.Start) < focusLength })
	day.FocusTime = total(merged(append(free, without(merged(focus), meetings)...)))
	if hours := total(work); hours > 0 {
		day.Load = float64(day.MeetingTime) / float64(hours)
	}
	return day
}

// isMeeting reports whether other people take part in what takes the executive's
// time.
func (s *Set) isMeeting(e *Event) bool { return e.Busy && !e.AllDay && s.withOthers(e) }

// withOthers reports whether somebody but the executive takes part.
func (s *Set) withOthers(e *Event) bool {
	return slices.ContainsFunc(e.Attendees, s.isOther) || (!e.Mine && s.isOther(e.Organizer))
}

func (s *Set) isOther(a Address) bool {
	return a.Email != "" && a.Domain != calendarDomain && !under(a.Domain, calendarDomain) && !s.me.Has(a)
}

// isOutside reports whether somebody is of another house.
func (s *Set) isOutside(a Address) bool { return s.isOther(a) && !s.home.Has(a) }

func under(domain, parent string) bool {
	return len(domain) > len(parent) && domain[len(domain)-len(parent):] == parent && domain[len(domain)-len(parent)-1] == '.'
}

// worksOn reports whether a date is a day of work: of workHours, and no holiday.
func (s *Set) worksOn(date time.Time) bool {
	return s.workHours.days[date.Weekday()] && !s.isHoliday(date)
}

func (s *Set) isHoliday(date time.Time) bool { return s.holidays[date.Format(time.DateOnly)] }

// workOn are the hours of work of a date, as instants; none on days off.
func (s *Set) workOn(date time.Time) []Span {
	if !s.worksOn(date) {
		return nil
	}
	return hoursOn(date, s.workHours.from, s.workHours.to, s.Timezone)
}

// hoursOn is what of a date lies between two minutes of the day; it is two spans
// where they go over midnight. Of hours that the clocks skip nothing is left.
func hoursOn(date time.Time, from, to int, zone *time.Location) (hours []Span) {
	add := func(from, to time.Time) {
		if s := (Span{from, to}); !s.empty() {
			hours = append(hours, s)
		}
	}
	minute := func(m int) time.Time { return onClock(date, m, zone) }
	if from < to {
		add(minute(from), minute(to))
		return hours
	}
	add(minute(0), minute(to))
	add(minute(from), minute(24*60))
	return hours
}
