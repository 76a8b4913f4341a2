package rules

import (
	"fmt"
	"slices"
	"time"
)

// How free time is looked for.
const (
	soonest   = 15 * time.Minute // nothing begins earlier from now than that
	quarter   = 15 * time.Minute // begins are round
	lookAhead = 30 * 24 * time.Hour
	farthest  = 400 * 24 * time.Hour
	apart     = 2 * time.Hour // between two that are offered on one day, if that can be
)

// Free finds free time in the diary, in the account's zone and by start: the first
// slots of a length, on round quarter hours, within the hours and days that are
// wanted and on no holiday. Of several, each is on another day; only where there
// are not enough days, two are on one. Without a To, a month is looked through, and
// never more than the diary knows. It finds nothing in a nil diary.
func (s *Set) Free(d *Diary, w Want, now time.Time) []Span {
	if d == nil || w.Length <= 0 {
		return nil
	}
	w.Margin = max(w.Margin, 0)
	in := s.searched(d, w, now)
	if in.empty() {
		return nil
	}
	f := slots{hours: s.hoursWanted(w, in), taken: d.taken(w, in), length: w.Length, margin: w.Margin, zone: s.Timezone}
	return f.pick(max(w.Count, 1))
}

// searched is between which instants free time is looked for.
func (s *Set) searched(d *Diary, w Want, now time.Time) Span {
	in := Span{now.Add(soonest), d.To}.within(Span{d.From, d.To})
	if w.From.After(in.Start) {
		in.Start = w.From
	}
	if w.To.IsZero() {
		w.To = in.Start.Add(lookAhead)
	}
	return in.within(Span{in.Start, w.To}).within(Span{in.Start, in.Start.Add(farthest)})
}

// hoursWanted are the hours in which free time may lie, merged: those that go over
// midnight are one.
func (s *Set) hoursWanted(w Want, in Span) (hours []Span) {
	days, between := s.workHours.days, [2]int{s.workHours.from, s.workHours.to}
	if w.Days != nil {
		days = *w.Days
	}
	if w.Between != [2]int{} {
		between = w.Between
	}
	first, last := dayOf(in.Start.In(s.Timezone)), dayOf(in.End.In(s.Timezone))
	for date := first; !date.After(last); date = date.AddDate(0, 0, 1) {
		if !days[date.Weekday()] || s.isHoliday(date) {
			continue
		}
		for _, span := range hoursOn(date, between[0], between[1], s.Timezone) {
			hours = append(hours, span.within(in))
		}
	}
	return merged(hours)
}

// taken is what can't be had, merged.
func (d *Diary) taken(w Want, in Span) []Span {
	spans := slices.Clone(w.Others)
	for e := range d.touching(in.Start.Add(-w.Margin), in.End.Add(w.Margin)) {
		if e.Busy && (w.Besides == "" || (e.Key != w.Besides && e.Follows != w.Besides)) {
			spans = append(spans, e.span())
		}
	}
	return merged(spans)
}

// slots is a search for free time.
type slots struct {
	hours, taken   []Span
	length, margin time.Duration
	zone           *time.Location
}

// next is the first free slot that begins at an instant or later.
func (f slots) next(from time.Time) (Span, bool) {
	for _, hours := range after(f.hours, from) {
		start := hours.Start
		if from.After(start) {
			start = from
		}
		for {
			slot := Span{Start: roundUp(start.In(f.zone))}
			slot.End = slot.Start.Add(f.length)
			if slot.End.After(hours.End) {
				break
			}
			taken := after(f.taken, slot.Start.Add(-f.margin))
			if len(taken) == 0 || !taken[0].Start.Before(slot.End.Add(f.margin)) {
				return slot, true
			}
			start = taken[0].End.Add(f.margin)
		}
	}
	return Span{}, false
}

// roundUp is the next quarter of an hour on the wall.
func roundUp(t time.Time) time.Time {
	over := time.Duration(t.Minute())*time.Minute%quarter + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	if over == 0 {
		return t
	}
	return t.Add(quarter - over)
}

// pick takes the first slot of each day, and then what else there is.
func (f slots) pick(count int) []Span {
	var all []Span
	for slot, ok := f.next(time.Time{}); ok && len(all) < count; slot, ok = f.next(f.tomorrow(slot)) {
		all = append(all, slot)
	}
	for _, slot := range slices.Clone(all) {
		again, ok := f.again(slot)
		if ok && len(all) < count && !slices.ContainsFunc(all, again.overlaps) {
			all = append(all, again)
		}
	}
	slices.SortFunc(all, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return all
}

// tomorrow is the day after a slot, or when it ends if that is later.
func (f slots) tomorrow(slot Span) time.Time {
	next := onClock(dayOf(slot.Start).AddDate(0, 0, 1), 0, f.zone)
	if slot.End.After(next) {
		return slot.End
	}
	return next
}

// again is a second slot on the day of one, some time later if that can be.
func (f slots) again(slot Span) (Span, bool) {
	for _, from := range []time.Time{slot.End.Add(apart), slot.End} {
		next, ok := f.next(from)
		if ok && dayOf(next.Start).Equal(dayOf(slot.Start)) {
			return next, true
		}
	}
	return Span{}, false
}

// Another finds another time for what was to be at some time: on the same day if
// that can be, or within two weeks. Length, From and To of the want are used where
// they are set.
func (s *Set) Another(d *Diary, at Span, w Want, now time.Time) (Span, bool) {
	if w.Length <= 0 {
		w.Length = at.End.Sub(at.Start)
	}
	if w.From.IsZero() {
		w.From = onClock(dayOf(at.Start.In(s.Timezone)), 0, s.Timezone)
	}
	if w.To.IsZero() {
		w.To = w.From.AddDate(0, 0, 14)
		if now.After(w.From) {
			w.To = now.AddDate(0, 0, 14)
		}
	}
	w.Count = 1
	w.Others = append(slices.Clone(w.Others), at) // that time is the one it can't be
	found := s.Free(d, w, now)
	if len(found) == 0 {
		return Span{}, false
	}
	return found[0], true
}

// SpanText says when a span is, for people, in the account's zone: "Thursday 26
// November, 14:00 to 14:30 (Europe/London)".
func (s *Set) SpanText(sp Span) string { return spanText(sp, s.Timezone, true) }

// SpanTextIn is SpanText for somebody in another zone: with their time, too, where
// their clocks differ then. A nil zone is the account's.
func (s *Set) SpanTextIn(sp Span, zone *time.Location) string {
	text := s.SpanText(sp)
	if zone == nil {
		return text
	}
	here, there := sp.Start.In(s.Timezone), sp.Start.In(zone)
	_, a := here.Zone()
	_, b := there.Zone()
	if a == b {
		return text
	}
	return text + ", " + spanText(sp, zone, !dayOf(here).Equal(dayOf(there)))
}

func spanText(sp Span, zone *time.Location, dated bool) string {
	return fmt.Sprintf("%s (%s)", onWall(sp, zone, dated), zone)
}

// onWall says when a span is by the clocks of a zone. Whole days have no times.
func onWall(sp Span, zone *time.Location, dated bool) string {
	const date = "Monday 2 January"
	start, end := sp.Start.In(zone), sp.End.In(zone)
	midnight := func(t time.Time) bool { return t.Equal(onClock(dayOf(t), 0, zone)) }
	if midnight(start) && midnight(end) && end.After(start) {
		last := dayOf(end).AddDate(0, 0, -1)
		if dayOf(start).Equal(last) {
			return start.Format(date)
		}
		return start.Format(date) + " to " + last.Format(date)
	}
	from, to := start.Format("15:04"), end.Format("15:04")
	if dated {
		from = start.Format(date) + ", " + from
	}
	if !dayOf(start).Equal(dayOf(end)) {
		to = end.Format(date) + ", " + to
	}
	return from + " to " + to
}
