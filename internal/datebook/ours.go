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
