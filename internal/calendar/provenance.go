package calendar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// Events carry their provenance as private extended properties, which nobody sees
// but programs with access to this calendar.
//
// What begins with ours belongs to an event that we made and stays with it:
// datebook.Event has these as Ours. What begins with lastly is of the last change
// that we made to an event, whoever made that: the rule, version and message, which
// change it was, and what it found. The latter two make a change that is tried
// again know its own work, even after a crash, and tell it from a person's.
const (
	ours   = "foredesk."
	lastly = "foredesk-last."
)

// longestValue is what Google takes in one property, in bytes.
const longestValue = 1024

// birth are the properties of an event that a Make makes. The event has Ours, and
// is what Made is to be of.
func birth(ch datebook.Change, e datebook.Event) map[string]string {
	p := map[string]string{}
	for name, value := range ch.Event.Ours {
		p[ours+name] = cut(value)
	}
	p[ours+"key"], p[ours+"made"] = datebook.EventID(ch.Key), datebook.Made(e)
	return p
}

// trace are the properties that a Patch or a Respond leaves. was is what it found;
// where that is too long to keep, only the process that did it knows.
func trace(ch datebook.Change, was map[string]string) map[string]string {
	p := map[string]string{lastly + "change": sign(ch), lastly + "was": ""}
	for _, name := range []string{"rule", "version", "message"} {
		if value := ch.Event.Ours[name]; value != "" {
			p[lastly+name] = cut(value)
		}
	}
	if b, err := json.Marshal(was); err == nil && len(b) <= longestValue {
		p[lastly+"was"] = string(b)
	}
	return p
}

// sign tells a change from all others, also from one of the same key that takes it
// back, and from one of the series that an event has its properties of. The
// comment of an answer is not in it: it may name a time that is worked out for
// each try.
func sign(ch datebook.Change) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %d\n", ch.Do, ch.Key, ch.Response, ch.ID, ch.UID, ch.Original.Unix())
	for _, name := range slices.Sorted(maps.Keys(ch.Set)) {
		fmt.Fprintf(h, "%q %q\n", name, ch.Set[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// carries reports whether the last change that we made to the event is this one,
// and what that found, if it is known.
func (e *seen) carries(ch datebook.Change) (was map[string]string, ok bool) {
	p := private(e.raw)
	if p[lastly+"change"] != sign(ch) {
		return nil, false
	}
	if json.Unmarshal([]byte(p[lastly+"was"]), &was) != nil {
		return nil, true
	}
	return was, true
}

func private(e *calendar.Event) map[string]string {
	if e.ExtendedProperties == nil {
		return nil
	}
	return e.ExtendedProperties.Private
}

// cut shortens a value to what Google takes.
func cut(value string) string {
	if len(value) <= longestValue {
		return value
	}
	end := longestValue
	for !utf8.RuneStart(value[end]) {
		end--
	}
	return value[:end]
}

// signed mends the hash of what we wrote where the server keeps it otherwise: it
// may trim a title, clean the markup of notes, or find that one of the guests is
// the account. A person's change in between is not signed over (If-Match). Where
// this fails, the event is left alone later on as if a person had changed it.
func (c *Client) signed(ctx context.Context, name string, e *seen) *seen {
	if e.Untouched() {
		return e
	}
	body := &calendar.Event{ExtendedProperties: &calendar.EventExtendedProperties{
		Private: map[string]string{ours + "made": datebook.Made(e.Event)},
	}}
	raw, err := c.request(ctx, "signing an event of "+c.label(name), false, func(ctx context.Context) (*calendar.Event, error) {
		return c.patchRequest(ctx, name, e, body, false)
	})
	if err != nil {
		c.log.Warn("what was written to a calendar could not be signed: it will not be taken back by itself", "error", err)
		return e
	}
	if again, err := c.view(name, raw); err == nil {
		return again
	}
	return e
}
