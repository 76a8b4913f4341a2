package invite

import "time"

// Known is what tells two messages about one event apart: which came later.
type Known struct {
	UID      string
	Original time.Time // RECURRENCE-ID; zero for all of the event
	Sequence int       // SEQUENCE: the organizer counts up with each change that matters
	Stamp    time.Time // DTSTAMP: when the message was written; zero where it does not say
}

// Newer reports whether a replaces b: whether it is the later word about the same
// event, or the same instance of it (RFC 5546, 2.1.5). The higher SEQUENCE does;
// of the same, the later DTSTAMP. What is not newer was overtaken on its way and
// is ignored: neither its times nor its METHOD count. A message about something
// else, and the same message again, are not newer.
func Newer(a, b Known) bool {
	switch {
	case a.UID != b.UID || !a.Original.Equal(b.Original):
		return false
	case a.Sequence != b.Sequence:
		return a.Sequence > b.Sequence
	}
	return a.Stamp.After(b.Stamp)
}
