package calendar

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
)

const (
	lena   = "lena@bolt.example"
	omar   = "omar@acme.example"
	secret = "Project Falcon" // a title, which no reason may name
)

// booth is a calendar server with a client that writes to it, and a person who is
// at the same calendar.
type booth struct {
	*testing.T
	*gcal.Server
	*Client
	gate *gate
}

// gate lets a person act just before a request is sent.
type gate struct {
	http.RoundTripper
	mu     sync.Mutex
	before func(*http.Request)
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	act := g.before
	g.mu.Unlock()
	if act != nil {
		act(r)
	}
	return g.RoundTripper.RoundTrip(r)
}

// beforeThe lets act happen once, before the next request with a method.
func (g *gate) beforeThe(method string, act func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var done atomic.Bool // act may send requests of its own
	g.before = func(r *http.Request) {
		if r.Method == method && done.CompareAndSwap(false, true) {
			act()
		}
	}
}

func newBooth(t *testing.T, a gcal.Account) *booth {
	t.Helper()
	a.User, a.Zone = dana, "Europe/London"
	a.Now = func() time.Time { return monday }
	s, err := gcal.Start(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	b := &booth{T: t, Server: s}
	b.must(s.AddCalendar(gcal.Calendar{ID: family, Summary: "Family"}))
	b.again()
	return b
}

// again makes a client that knows nothing of what came before, as after a crash.
func (b *booth) again() {
	b.Helper()
	conns := &http.Transport{}
	b.Cleanup(conns.CloseIdleConnections)
	b.gate = &gate{RoundTripper: conns}
	tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: b.Token()})
	c, err := New(b.T.Context(), Config{Endpoint: b.Endpoint(), Tokens: tokens, Transport: b.gate}, slog.New(slog.DiscardHandler))
	b.must(err)
	c.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	b.Client = c
}

func (b *booth) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// do carries a change out. Whatever comes of it: each write said who is told, and
// the reason names nobody and nothing.
func (b *booth) do(ch datebook.Change) datebook.Outcome {
	b.Helper()
	out := b.Do(b.T.Context(), ch)
	for _, word := range []string{secret, "@", "Falcon"} {
		if strings.Contains(out.Reason, word) {
			b.Errorf("the reason %q has %q in it", out.Reason, word)
		}
	}
	for _, r := range b.Requests() {
		if r.Method != http.MethodGet && !slices.Contains([]string{"all", "none"}, r.Query.Get("sendUpdates")) {
			b.Errorf("%s has no explicit sendUpdates: %v", r.Call, r.Query)
		}
		if (r.Method == http.MethodPatch || r.Method == http.MethodDelete) && r.Header.Get("If-Match") == "" {
			b.Errorf("%s without an etag", r.Call)
		}
	}
	return out
}

// ends is do, with the result that is wanted.
func (b *booth) ends(ch datebook.Change, want datebook.Result) datebook.Outcome {
	b.Helper()
	out := b.do(ch)
	if out.Result != want {
		b.Fatalf("%s ended as %s (%s), not as %s", ch.Do, out.Result, out.Reason, want)
	}
	if want != datebook.Done && out.Reason == "" {
		b.Errorf("%s: no reason is given for %s", ch.Do, want)
	}
	return out
}

// writes are the requests so far that were to change something, by method of the
// API and answer.
func (b *booth) writes() (all []string) {
	for _, r := range b.Requests() {
		if r.Method != http.MethodGet {
			all = append(all, fmt.Sprintf("%s %d", strings.TrimPrefix(r.Call, "events."), r.Status))
		}
	}
	return all
}

func (b *booth) wantWrites(want ...string) {
	b.Helper()
	if got := b.writes(); !slices.Equal(got, want) {
		b.Errorf("wrote %q, not %q", got, want)
	}
}

// mails are those that the server would have sent: "invitation lena@bolt.example".
func (b *booth) wantMails(want ...string) {
	b.Helper()
	var got []string
	for _, l := range b.Outbox() {
		got = append(got, l.Kind+" "+l.To)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		b.Errorf("mails %q, not %q", got, want)
	}
}

// there are the living events of a calendar.
func (b *booth) there(name string) []*calendar.Event {
	b.Helper()
	l, err := b.svc.Events.List(name).Do()
	b.must(err)
	return l.Items
}

func (b *booth) event(id string) *calendar.Event {
	b.Helper()
	e, err := b.svc.Events.Get("primary", id).Do()
	b.must(err)
	return e
}

func (b *booth) put(e *calendar.Event) string {
	b.Helper()
	id, err := b.Put("primary", e)
	b.must(err)
	return id
}

func (b *booth) edit(id string, patch *calendar.Event) {
	b.Helper()
	b.must(b.Edit("primary", id, patch))
}

// march is a moment in London, before the clocks change.
func march(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }

// hold is a change that makes an hour's event on the third of March.
func hold(key string) datebook.Change {
	return datebook.Change{Do: datebook.Make, Key: key, Event: datebook.Event{
		Title: secret, Location: "Room 4", Notes: "Bring the figures.\nAnd the plan.", Start: march(3, 10), End: march(3, 11), Zone: "Europe/London",
		Ours: map[string]string{"rule": "Hold time", "version": "abc123", "message": "m1@bolt.example"},
	}}
}

func with(guests ...string) (all []datebook.Guest) {
	for _, g := range guests {
		all = append(all, datebook.Guest{Person: datebook.Person{Email: g}})
	}
	return all
}

// invited is an event that Lena organizes, with Dana and Omar among the guests.
func invited(change func(*calendar.Event)) *calendar.Event {
	e := &calendar.Event{
		Summary: secret, Start: at(4, 14), End: at(4, 15), Organizer: &calendar.EventOrganizer{Email: lena},
		Attendees: []*calendar.EventAttendee{
			{Email: lena, ResponseStatus: "accepted"}, {Email: dana}, {Email: omar, ResponseStatus: "tentative", Comment: "if the train is on time", Optional: true},
		},
	}
	if change != nil {
		change(e)
	}
	return e
}

// The faults that a single request can meet and a change has to survive.
func faults(call string) map[string][]gcal.Fault {
	drop := func(act gcal.Act) gcal.Fault { return gcal.Fault{On: call, Act: act} }
	return map[string][]gcal.Fault{
		"nothing goes wrong":                         nil,
		"the answer is lost, and nothing was done":   {drop(gcal.DropBefore)},
		"the answer is lost, and it was done":        {drop(gcal.DropAfter)},
		"lost twice, then done":                      {drop(gcal.DropBefore), drop(gcal.DropBefore)},
		"lost, done at the second try, and lost":     {drop(gcal.DropBefore), drop(gcal.DropAfter)},
		"429 three times (fault 21)":                 {gcal.RateLimit429.Next(3, call)},
		"403 rateLimitExceeded twice (fault 21)":     {gcal.RateLimit403.Next(2, call)},
		"500 once":                                   {gcal.BackendError.Next(1, call)},
		"503 once":                                   {gcal.Unavailable.Next(1, call)},
		"done, lost, and the look meets 503 (2+21)":  {drop(gcal.DropAfter), gcal.Unavailable.Next(2, "events.get")},
		"done, lost, and the look is lost as well":   {drop(gcal.DropAfter), {On: "events.get", Act: gcal.DropBefore}},
		"the server is slow, and does it in the end": {{On: call, Wait: 20 * time.Millisecond}},
	}
}

// crashes ends a change at each of its requests, before and after the server has
// done what was asked, and lets a new client finish it. check looks at the end.
func crashes(t *testing.T, start func(*testing.T) (*booth, datebook.Change), check func(*testing.T, *booth, datebook.Outcome)) {
	b, ch := start(t)
	before := len(b.Requests())
	b.do(ch)
	requests := len(b.Requests()) - before
	if requests == 0 {
		t.Fatal("the change asked nothing of the server")
	}
	for n := range requests {
		for _, act := range []gcal.Act{gcal.DropBefore, gcal.DropAfter} {
			t.Run(fmt.Sprintf("crash at request %d of %d, done %t", n+1, requests, act == gcal.DropAfter), func(t *testing.T) {
				b, ch := start(t)
				b.Script(gcal.Fault{Skip: n, Act: act, Times: 1})
				ctx, die := context.WithCancel(t.Context())
				calls := len(b.Requests())
				b.gate.before = func(*http.Request) {
					if calls++; calls > before+n+1 { // whatever it would do next, it is dead
						die()
					}
				}
				out := b.Do(ctx, ch)
				die()
				if out.Result == datebook.Done && act == gcal.DropBefore && n == requests-1 {
					t.Errorf("done, it says, without an answer")
				}
				b.again()
				check(t, b, b.do(ch))
				check(t, b, b.do(ch))
			})
		}
	}
}

func TestTroubleThatPassesIsForLater(t *testing.T) {
	for name, tc := range map[string]struct {
		fault gcal.Fault
		want  datebook.Result
		say   string
	}{
		"limits that do not end":             {gcal.RateLimit403.Next(1000, ""), datebook.Later, "rateLimitExceeded"},
		"a server that is down":              {gcal.Unavailable.Next(1000, ""), datebook.Later, "503"},
		"no server at all":                   {gcal.Fault{Act: gcal.DropBefore, Times: 1000}, datebook.Later, "no answer"},
		"a sign-in that was taken back":      {gcal.Unauthorised.Next(1000, ""), datebook.Later, "sign in again"},
		"an API that is switched off":        {gcal.Fault{Act: gcal.Refuse, Status: 403, Reason: "accessNotConfigured", Times: 1000}, datebook.Later, "switch it on"},
		"a calendar that can only be read":   {gcal.Fault{Act: gcal.Refuse, Status: 403, Reason: "requiredAccessLevel", Times: 1000}, datebook.Refused, "access"},
		"a request that makes no sense":      {gcal.Fault{Act: gcal.Refuse, Status: 400, Reason: "invalid", Times: 1000}, datebook.Refused, "invalid"},
		"a conflict that nobody can look at": {gcal.Fault{On: "events.insert", Act: gcal.Refuse, Status: 409, Reason: "duplicate", Times: 1000}, datebook.Gone, "not made again"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			b.Script(tc.fault)
			if out := b.ends(hold("k"), tc.want); !strings.Contains(out.Reason, tc.say) {
				t.Errorf("the reason is %q", out.Reason)
			}
			if n := len(b.Requests()); n > attempts*tries {
				t.Errorf("%d requests are no bounded number of tries", n)
			}
		})
	}
}

func TestAChangeThatEndsWithItsContextIsForLater(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(invited(nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ch := range []datebook.Change{
		hold("k"),
		{Do: datebook.Patch, Key: "p", ID: id, Set: map[string]string{"color": "sage"}},
		{Do: datebook.Respond, Key: "r", ID: id, Response: "declined"},
		{Do: datebook.Remove, Key: "k"},
	} {
		if out := b.Do(ctx, ch); out.Result != datebook.Later {
			t.Errorf("%s ended as %s: %s", ch.Do, out.Result, out.Reason)
		}
	}
	b.wantWrites()
}

func TestAChangeNeedsItsKindAndItsKey(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	b.ends(datebook.Change{Do: "paint", Key: "k"}, datebook.Refused)
	b.ends(datebook.Change{Do: datebook.Make}, datebook.Refused)
	b.ends(datebook.Change{Do: datebook.Make, Key: "k", Calendar: "nowhere@group.calendar.example", Event: hold("").Event}, datebook.Refused)
	b.wantWrites("insert 404")
}

// TestWhoIsToldIsChosenEachTime is the promise about mail: Google sends it to
// exactly those whom a rule wants to be told.
func TestWhoIsToldIsChosenEachTime(t *testing.T) {
	made := func(tell bool, guests ...string) datebook.Change {
		ch := hold("k")
		ch.Tell, ch.Event.Guests = tell, with(guests...)
		return ch
	}
	move := datebook.Change{Do: datebook.Patch, Key: "p", ID: datebook.EventID("k"), Set: map[string]string{"end": "2026-03-03T12:00:00Z"}}
	told := func(ch datebook.Change) datebook.Change { ch.Tell = true; return ch }
	remove := datebook.Change{Do: datebook.Remove, Key: "k"}
	for name, tc := range map[string]struct {
		changes []datebook.Change
		want    []string // sendUpdates of each write
		mails   []string
	}{
		"guests are told of what is made for them": {[]datebook.Change{made(true, lena, omar)}, []string{"all"}, []string{"invitation " + lena, "invitation " + omar}},
		"or not":                                      {[]datebook.Change{made(false, lena)}, []string{"none"}, nil},
		"a hold has nobody to tell":                   {[]datebook.Change{made(true)}, []string{"none"}, nil},
		"a move is told":                              {[]datebook.Change{made(false, lena), told(move)}, []string{"none", "all"}, []string{"update " + lena}},
		"or not told":                                 {[]datebook.Change{made(false, lena), move}, []string{"none", "none"}, nil},
		"the move of a hold has nobody to tell":       {[]datebook.Change{made(true), told(move)}, []string{"none", "none"}, nil},
		"a cancellation is told":                      {[]datebook.Change{made(false, lena), told(remove)}, []string{"none", "all"}, []string{"cancellation " + lena}},
		"or not, where the invitation was not either": {[]datebook.Change{made(false, lena), remove}, []string{"none", "none"}, nil},
		"releasing a hold tells nobody":               {[]datebook.Change{made(true), told(remove)}, []string{"none", "none"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			for _, ch := range tc.changes {
				b.ends(ch, datebook.Done)
			}
			var got []string
			for _, r := range b.Requests() {
				if r.Method != http.MethodGet {
					got = append(got, r.Query.Get("sendUpdates"))
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("sendUpdates %q, not %q", got, tc.want)
			}
			b.wantMails(tc.mails...)
		})
	}
}

// TestWhatIsGoneWhenItIsWrittenIsLookedAtAgain: Google may answer 410 or 404 before
// it looks at the etag.
func TestWhatIsGoneWhenItIsWrittenIsLookedAtAgain(t *testing.T) {
	for status, reason := range map[int]string{410: "deleted", 404: "notFound"} {
		b := newBooth(t, gcal.Account{})
		b.ends(hold("k"), datebook.Done)
		id := datebook.EventID("k")
		b.Script(gcal.Fault{On: "events.patch", Act: gcal.Refuse, Status: status, Reason: reason})
		b.gate.beforeThe(http.MethodPatch, func() { b.must(b.Server.Remove("primary", id)) })
		b.ends(datebook.Change{Do: datebook.Patch, Key: "p", ID: id, Set: map[string]string{"color": "sage"}}, datebook.Gone)
		b.Script(gcal.Fault{On: "events.delete", Act: gcal.Refuse, Status: status, Reason: reason})
		b.ends(hold("other"), datebook.Done)
		b.gate.beforeThe(http.MethodDelete, func() { b.must(b.Server.Remove("primary", datebook.EventID("other"))) })
		b.ends(datebook.Change{Do: datebook.Remove, Key: "other"}, datebook.Done)
	}
}
