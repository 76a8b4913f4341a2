package datebook

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// base32hex is RFC 4648, section 7, in lower case, which is all that Google takes
// in the id of an event: a to v and 0 to 9.
var base32hex = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// EventID is the id of the event that a Make with this Key makes, on whatever
// calendar and by whatever daemon: two that do the same Change meet at the same
// event.
func EventID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base32hex.EncodeToString(sum[:20])
}

// MadeByUs reports whether Make made the event. One that has only been changed by
// us, by tags for instance, is still the person's who made it.
func (e *Event) MadeByUs() bool { return e.Ours["key"] != "" }

// Untouched reports whether an event of ours is as we have left it.
func (e *Event) Untouched() bool { return e.MadeByUs() && e.Ours["made"] == Made(*e) }

// Made is a hash of what an event of ours says: its times, recurrence, title,
// place, notes, status, whether it makes busy, and who is invited. It is kept with
// the event, so that a person's change can be told later. What guests answer is
// no change of ours, and colours, reminders and tags are what people put on top
// without making the event theirs.
//
// Runs of white space count as one blank, as a server or a person's calendar
// program may wrap the notes in another way.
func Made(e Event) string {
	f := Fields(e)
	h := sha256.New()
	for _, name := range []string{"start", "end", "date", "until", "title", "location", "notes", "free", "status"} {
		fmt.Fprintf(h, "%s %q\n", name, strings.Join(strings.Fields(f[name]), " "))
	}
	fmt.Fprintf(h, "recurrence %q\n", e.Recurrence)
	fmt.Fprintf(h, "guests %q\n", guestsOf(e))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// guestsOf are the addresses of the guests but for the calendar's own, which a
// server may add by itself.
func guestsOf(e Event) (all []string) {
	for _, g := range e.Guests {
		if !g.Self && !g.Organizer {
			all = append(all, strings.ToLower(g.Email))
		}
	}
	slices.Sort(all)
	return all
}

// Wordless is what is kept of a private event: when it is, whether it makes busy
// (which the account's own answer is part of), and what is ours. That guests are
// left out is said. An event that is not private stays as it is.
func (e Event) Wordless() Event {
	if !e.Private || e.Cancelled() {
		return e
	}
	kept := Event{
		Calendar: e.Calendar, ID: e.ID, UID: e.UID, Etag: e.Etag, Series: e.Series, Original: e.Original,
		Start: e.Start, End: e.End, AllDay: e.AllDay, Zone: e.Zone, Recurrence: e.Recurrence,
		Status: e.Status, Kind: e.Kind, Private: true, Free: e.Free, Omitted: e.Omitted,
		Organizer: Person{Self: e.Organizer.Self},
		Created:   e.Created, Updated: e.Updated, Sequence: e.Sequence, Ours: e.Ours,
	}
	// Google makes flights that it finds in mail private by itself: nobody has asked
	// for discretion, and where they end decides what the clocks show.
	if e.Kind == "fromGmail" {
		kept.EndZone = e.EndZone
	}
	for _, g := range e.Guests {
		if g.Self {
			kept.Guests = []Guest{{Person: Person{Self: true}, Response: g.Response}}
		} else {
			kept.Omitted = true
		}
	}
	return kept
}
