package calendar

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// newPushOffice has notices come straight to the Client's listener, and a second
// Client of the same calendars that has none.
func newPushOffice(t *testing.T) *office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newOffice(t, func(c *Config) { c.Push = &Push{URL: "http://" + l.Addr().String() + "/notices", Listener: l} })
}

// woken waits for a notice.
func (o *office) woken() {
	o.Helper()
	select {
	case <-o.desk.Woken():
	case <-time.After(time.Minute):
		o.Fatal("nothing woke it")
	}
}

// calls counts requests by their call.
func calls(all []gcal.Request, call string) (n int) {
	for _, r := range all {
		if r.Call == call {
			n++
		}
	}
	return n
}

func TestAChangeWakesTheClient(t *testing.T) {
	o := newPushOffice(t)
	o.must(o.poll())
	o.put(dana, "later", 9)
	o.woken()
	o.must(o.poll())
	o.agree(dana)
}

func TestWithoutPushNothingWakes(t *testing.T) {
	o := newOffice(t, nil)
	if o.desk.Woken() != nil {
		t.Error("there is something to wait for")
	}
	if all := o.cost(func() { o.must(o.poll()) }); calls(all, "events.watch") > 0 {
		t.Error("a channel was opened")
	}
}

func TestAChannelIsRenewedBeforeItEnds(t *testing.T) {
	o := newPushOffice(t)
	o.must(o.poll())
	o.clock.pass(channelLife - handover - time.Second)
	if all := o.cost(func() { o.must(o.poll()) }); calls(all, "events.watch") != 0 {
		t.Error("it was renewed too early")
	}
	o.clock.pass(time.Second)
	if all := o.cost(func() { o.must(o.poll()) }); calls(all, "events.watch") != 1 || calls(all, "channels.stop") != 1 {
		t.Errorf("it was not renewed, or the old one not stopped: %+v", all)
	}
	o.put(dana, "later", 9)
	o.woken()
	o.clock.pass(7 * 24 * time.Hour) // suspended
	if all := o.cost(func() { o.must(o.poll()) }); calls(all, "events.watch") != 1 || calls(all, "channels.stop") != 0 {
		t.Errorf("after a week it took %+v", all)
	}
}

func TestCloseStopsTheChannels(t *testing.T) {
	o := newPushOffice(t)
	o.must(o.poll())
	all := o.cost(func() { o.must(o.desk.Close(t.Context())) })
	if calls(all, "channels.stop") != 1 || all[0].Status != http.StatusNoContent {
		t.Errorf("it took %+v", all)
	}
}

func TestWithoutAChannelPollingGoesOn(t *testing.T) {
	o := newPushOffice(t)
	o.Script(gcal.Fault{On: "events.watch", Act: gcal.Refuse, Status: http.StatusUnauthorized, Reason: "push.webhookUrlUnauthorized", Times: 2})
	all := o.cost(func() {
		for range 5 {
			o.must(o.poll())
			o.clock.pass(again / 5)
		}
	})
	if calls(all, "events.watch") != 1 || strings.Count(o.log.String(), "Google does not say at once") != 1 {
		t.Errorf("it was asked for %d times within an hour", calls(all, "events.watch"))
	}
	o.agree(dana)
	o.must(o.poll())
	o.clock.pass(again)
	o.must(o.poll())
	o.put(dana, "later", 9)
	o.woken()
}

func TestANoticeHasToCarryTheTokenOfItsChannel(t *testing.T) {
	o := newPushOffice(t)
	o.must(o.poll())
	var ch *channel
	o.desk.push.mu.Lock()
	for _, ch = range o.desk.push.channels {
	}
	o.desk.push.mu.Unlock()
	for name, tc := range map[string]struct {
		id, token, state string
		wakes            bool
	}{
		"of a change":              {ch.id, ch.token, "exists", true},
		"the first of a channel":   {ch.id, ch.token, "sync", false},
		"without a token":          {ch.id, "", "exists", false},
		"with another token":       {ch.id, ch.token + "x", "exists", false},
		"of a channel not of ours": {"one", ch.token, "exists", false},
		"of nothing":               {"", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.desk.push.url, strings.NewReader(strings.Repeat("x", 1<<16)))
			o.must(err)
			r.Header.Set("X-Goog-Channel-ID", tc.id)
			r.Header.Set("X-Goog-Channel-Token", tc.token)
			r.Header.Set("X-Goog-Resource-State", tc.state)
			answer, err := http.DefaultClient.Do(r)
			o.must(err)
			o.must(answer.Body.Close())
			if answer.StatusCode != http.StatusOK {
				t.Errorf("answered %d: everybody gets the same", answer.StatusCode)
			}
			select {
			case <-o.desk.Woken():
				if !tc.wakes {
					t.Error("it woke the client")
				}
			default:
				if tc.wakes {
					t.Error("it did not wake the client")
				}
			}
		})
	}
}

func TestNoticesNeedAPublicAddress(t *testing.T) {
	for url, good := range map[string]bool{
		"https://desk.example/notices": true, "http://127.0.0.1:8090/": true, "http://[::1]:8090/": true,
		"http://desk.example/notices": false, "desk.example": false, "": false, "https://": false, "ftp://127.0.0.1/": false,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"})
		desk, err := New(t.Context(), Config{Tokens: tokens, Push: &Push{URL: url, Listener: l}}, slog.New(slog.DiscardHandler))
		if (err == nil) != good {
			t.Errorf("%q: %v", url, err)
		}
		if err == nil {
			err = desk.Close(context.Background())
		} else {
			err = l.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}
}
