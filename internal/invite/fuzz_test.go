package invite

import (
	"testing"
	"time"

	"github.com/foredesk/foredesk/rules"
)

func seeds(f *testing.F) {
	for _, text := range []string{
		part("REQUEST", board("SEQUENCE:2")...), part("CANCEL", "UID:1", "RECURRENCE-ID:20260609T090000Z"), part("REPLY", "UID:1", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.example"),
		wrap("REQUEST", berlin, vevent(board("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=W. Europe Standard Time:20260617T100000")...)),
		part("COUNTER", board()...), part("REQUEST", board("RECURRENCE-ID;RANGE=THISANDFUTURE:20260609T090000Z")...), part("", board()...), "BEGIN:VCALENDAR\r\nMETHOD:REQUEST",
		part("REQUEST", "UID:1", "DTSTART;VALUE=DATE;TZID=Europe/Paris:20260610", "ORGANIZER:mailto:a@b.example", "ATTENDEE;EMAIL=dana@acme.example:urn:uuid:1"),
	} {
		f.Add([]byte(text), "Thank you;\r\nATTENDEE:mailto:x@evil.example")
	}
}

// FuzzRead holds what every invitation promises: it has a known method and a UID, its
// times ascend and lie ahead, and the same bytes say the same again.
func FuzzRead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte, _ string) {
		in, known, err := Read(text, reader(t))
		if err != nil {
			if in.Present || known != (Known{}) {
				t.Errorf("an error with an invitation: %v, %+v", err, in)
			}
			return
		}
		if !in.Present || in.UID == "" || in.Method == "" || in.UID != known.UID || Newer(known, known) || in.End.Before(in.Start) {
			t.Errorf("%+v, %+v", in, known)
		}
		ascending(t, in)
		again, _, err := Read(text, reader(t))
		if err != nil || !again.Start.Equal(in.Start) || again.UID != in.UID || len(again.Times) != len(in.Times) {
			t.Errorf("read again it is %+v, %v", again, err)
		}
	})
}

func ascending(t *testing.T, in rules.Invite) {
	t.Helper()
	var last time.Time
	for _, s := range in.Times {
		if s.End.Before(s.Start) || s.Start.Before(last) || s.End.Before(now) || len(in.Times) > maxTimes {
			t.Errorf("the times are %v", in.Times)
			return
		}
		last = s.Start
	}
}

// FuzzReply holds that whatever is answered, the answer is one event of one guest.
func FuzzReply(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte, comment string) {
		for _, a := range []Answer{
			{Reader: reader(t), Response: "accept", Comment: comment},
			{Reader: reader(t), Response: "decline", Comment: comment, Start: now, End: now.Add(time.Hour)},
		} {
			answer, err := Reply(text, a)
			if err != nil {
				if answer.ICS != nil {
					t.Errorf("an error with an answer: %v", err)
				}
				continue
			}
			sound(t, answer)
		}
	})
}
