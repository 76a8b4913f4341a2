// Package ical reads calendar files: iCalendar (RFC 5545, with RFC 7986 and
// 9073 as far as places and links go), invitations (RFC 5546), and what is
// left of vCalendar 1.0. It is pure: bytes come in, plain values go out; there
// is no clock and no network, and it imports nothing of ours.
//
// The promise is that no time is wrong without a word. Whatever a file leaves
// in doubt (a zone that nobody knows, a rule that can't be read, an end before
// the start) refuses the one event it is in, and Calendar.Problems says why,
// with the line.
//
// The way of a file:
//
//   - text.go makes it UTF-8 and puts folded lines together; line.go cuts a line into
//     name, parameters and value; component.go builds the tree, within limits;
//   - zone.go finds the zone a TZID means: an IANA name, one of Windows (windows.txt),
//     or else what the VTIMEZONE in the file says (vtimezone.go, tzif.go);
//   - moment.go reads dates, times and spans; wall.go is about clock times that do
//     not exist or exist twice;
//   - event.go makes an Event of a VEVENT, people.go its guests;
//   - rule.go reads a recurrence rule, expand.go follows it, and occurrence.go
//     puts rules, extra dates, exceptions and changed instances together;
//   - recur.go follows the recurrence of an event that stands in no file;
//   - write.go repeats lines of an event and writes others, for answers to invitations.
//
// The corpus is compared with what Python's icalendar and dateutil make of it
// (compare_test.go); testdata/differences.txt says where they differ, and why.
//
// Decisions where the RFC is silent or the world does not follow it:
//
//   - A TZID with a known name means the IANA zone of that name, also where the file has
//     a VTIMEZONE for it: those are often cut down to one year. Where the two disagree
//     about the start of an event, Problems says so.
//   - A time without a zone is in the reader's zone, and Event.Floating says so.
//   - DTSTART is always an instance and counts for COUNT, also where the rule would not
//     give it. UNTIL as a date includes that day.
//   - A recurring event keeps its time on the wall over a change of the clocks. Its length
//     is exact if it was given by DTEND, and by the calendar in the days of a DURATION.
//   - An instance that was changed with RANGE=THISANDFUTURE changes all that follow: they
//     move as far as it was moved, and have its length and its words.
//   - What is cancelled is listed with its status: who counts busy time leaves it out.
//   - vCalendar 1.0: texts, dates and times are read, its recurrence rules and its
//     TZ property are refused.
package ical
