package gcal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/api/googleapi"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

func TestTheScriptRefuses(t *testing.T) {
	for want, f := range map[string]gcal.Fault{
		"403 rateLimitExceeded": gcal.RateLimit403, "429 rateLimitExceeded": gcal.RateLimit429,
		"500 backendError": gcal.BackendError, "503 backendError": gcal.Unavailable, "401 authError": gcal.Unauthorised,
	} {
		t.Run(want, func(t *testing.T) {
			d := start(t, gcal.Account{})
			d.Script(f.Next(2, "events.insert"))
			_, err := d.api.Colors.Get().Do()
			d.must(err)
			for range 2 {
				_, err := d.api.Events.Insert("primary", meeting("abcde", 3, 9)).Do()
				refused(t, err, want)
			}
			d.insert(meeting("abcde", 3, 9)) // nothing was done by the two
			if n := d.Scripted(); n != 0 {
				t.Errorf("%d faults are left", n)
			}
		})
	}
}

func TestTheScriptDropsAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		act  gcal.Act
		then string
	}{
		"after the work": {gcal.DropAfter, "409 duplicate"},
		"before it":      {gcal.DropBefore, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, gcal.Account{})
			d.insert(meeting("fffff", 3, 9))
			d.Script(gcal.Fault{On: "events.insert", Act: tc.act, Skip: 1})
			d.insert(meeting("ggggg", 3, 9))
			_, err := d.api.Events.Insert("primary", meeting("abcde", 3, 9)).Do()
			var answered *googleapi.Error
			if err == nil || errors.As(err, &answered) {
				t.Errorf("the connection was to break, got %v", err)
			}
			_, err = d.api.Events.Insert("primary", meeting("abcde", 3, 9)).Do()
			if tc.then == "" {
				d.must(err)
			} else {
				refused(t, err, tc.then)
			}
		})
	}
}

func TestTheScriptEmptiesLists(t *testing.T) {
	d := start(t, gcal.Account{})
	d.insert(meeting("abcde", 3, 9))
	d.insert(meeting("fffff", 3, 9))
	d.Script(gcal.Fault{On: "events.list", Act: gcal.EmptyList})
	all, token, n := d.pages(d.api.Events.List("primary"))
	if len(all) != 0 || token == "" || n != 1 {
		t.Errorf("wrongly empty: %d events on %d pages", len(all), n)
	}
	d.Script(gcal.Fault{On: "events.list", Act: gcal.EmptyPage, Times: 2})
	all, _, n = d.pages(d.api.Events.List("primary").MaxResults(1))
	if ids(all) != "abcde fffff" || n != 4 {
		t.Errorf("two empty pages before two full ones: %q on %d pages", ids(all), n)
	}
}

func TestTheScriptWaits(t *testing.T) {
	d := start(t, gcal.Account{})
	d.Script(gcal.Fault{On: "events.insert", Wait: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for range time.Tick(time.Millisecond) {
			if d.Scripted() == 0 {
				return
			}
		}
	}()
	_, err := d.api.Events.Insert("primary", meeting("abcde", 3, 9)).Context(ctx).Do()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want to be called off, got %v", err)
	}
	d.Script(gcal.Fault{On: "colors.get", Wait: time.Millisecond})
	_, err = d.api.Colors.Get().Do()
	d.must(err)
	d.insert(meeting("abcde", 3, 9)) // the one that nobody waited for did nothing
}
