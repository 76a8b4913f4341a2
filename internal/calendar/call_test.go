package calendar

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"
	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// passes are the troubles that pass.
var passes = map[string]gcal.Fault{
	"403 rateLimitExceeded":          gcal.RateLimit403,
	"403 userRateLimitExceeded":      {Act: gcal.Refuse, Status: 403, Reason: "userRateLimitExceeded"},
	"403 quotaExceeded":              {Act: gcal.Refuse, Status: 403, Reason: "quotaExceeded"},
	"429 rateLimitExceeded":          gcal.RateLimit429,
	"500":                            gcal.BackendError,
	"502":                            {Act: gcal.Refuse, Status: 502},
	"503":                            gcal.Unavailable,
	"a dropped connection":           {Act: gcal.DropBefore},
	"a dropped connection, answered": {Act: gcal.DropAfter},
}

func TestTroubleThatPassesIsWaitedForAndNotForEver(t *testing.T) {
	for name, fault := range passes {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, nil)
			o.must(o.poll())
			o.put(dana, "later", 9)
			o.Script(fault.Next(3, "events.list"))
			calls := o.cost(func() { o.must(o.poll()) })
			o.agree(dana)
			if len(calls) != 4 {
				t.Errorf("it took %d requests", len(calls))
			}
			own := 0 // net/http asks once more by itself where a connection that it kept turns out to be dead
			if fault.Act != gcal.Refuse {
				own = 1
			}
			growing(t, o.clock.waited(), 3-own)

			o.Script(fault.Next(100, "events.list"))
			calls = o.cost(func() {
				if err := o.poll(); err == nil || errors.Is(err, ErrSignIn) {
					t.Errorf("it ended with %v", err)
				}
			})
			if len(calls) != tries+own {
				t.Errorf("it gave up after %d requests", len(calls))
			}
			growing(t, o.clock.waited(), tries-1)
			if fault.Act == gcal.Refuse {
				faulttest.Injected(t, "21", 3+tries)
			}
		})
	}
}

// growing holds pauses against 1, 2, 4 seconds and so on, each by half shorter or longer.
func growing(t *testing.T, pauses []time.Duration, n int) {
	t.Helper()
	if len(pauses) != n {
		t.Errorf("there were %d pauses, want %d: %v", len(pauses), n, pauses)
	}
	want := time.Second
	for _, p := range pauses {
		if p < want/2 || p > want+want/2 {
			t.Errorf("a pause of %s, want about %s", p, want)
		}
		want *= 2
	}
}

func TestPausesAreDrawnSoThatManyClientsDoNotComeBackAtOnce(t *testing.T) {
	o := newOffice(t, nil)
	o.Script(gcal.RateLimit429.Next(20, "calendarList.list"))
	drawn := map[time.Duration]bool{}
	for range 4 {
		_ = o.poll()
		for _, p := range o.clock.waited() {
			drawn[p] = true
		}
	}
	if len(drawn) < 15 {
		t.Errorf("of 18 pauses only %d differ", len(drawn))
	}
}

func TestWhatDoesNotPassIsNotTriedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		status       int
		reason, said string
	}{
		"no access":            {403, "forbidden", "have the calendar's owner share it"},
		"no access to write":   {403, "requiredAccessLevel", "have the calendar's owner share it"},
		"not there":            {404, "notFound", `reading the calendar "primary": Google answers 404 notFound`},
		"the API is off":       {403, "accessNotConfigured", "switch it on in Google's console"},
		"not allowed at all":   {403, "insufficientPermissions", "sign in again and allow it"},
		"not signed in":        {401, "authError", "sign in again"},
		"a day's limit is met": {403, "dailyLimitExceeded", "403 dailyLimitExceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, nil)
			o.must(o.poll())
			o.Script(gcal.Fault{On: "events.list", Act: gcal.Refuse, Status: tc.status, Reason: tc.reason, Times: 9})
			calls := o.cost(func() {
				if err := o.poll(); err == nil || !strings.Contains(err.Error(), tc.said) {
					t.Errorf("it ended with %v", err)
				}
			})
			if len(calls) != 1 {
				t.Errorf("it took %d requests", len(calls))
			}
		})
	}
}

func TestWhatMustNotBeDoneTwiceIsRepeatedOnlyWhereItWasNotDone(t *testing.T) {
	for name, tc := range map[string]struct {
		fault gcal.Fault
		want  int // requests
	}{
		"the answer is lost":        {gcal.Fault{Act: gcal.DropAfter}, 1},
		"the connection is dropped": {gcal.Fault{Act: gcal.DropBefore}, 1},
		"500":                       {gcal.BackendError, 1},
		"429":                       {gcal.RateLimit429, 2},
		"403 rateLimitExceeded":     {gcal.RateLimit403, 2},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, nil)
			o.Script(tc.fault.Next(1, "events.insert"))
			calls := o.cost(func() {
				err := o.desk.call(t.Context(), "making an event", false, func(ctx context.Context) error {
					_, err := o.desk.svc.Events.Insert("primary", &calendar.Event{Start: at(2, 9), End: at(2, 10)}).Context(ctx).Do()
					return err
				})
				if (err == nil) != (tc.want == 2) {
					t.Errorf("it ended with %v", err)
				}
			})
			if len(calls) != tc.want {
				t.Errorf("it was asked %d times", len(calls))
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		o := newOffice(t, nil)
		shut := o.client(Config{Endpoint: "http://127.0.0.1:1/", Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"})})
		n := 0
		err := shut.call(t.Context(), "making an event", false, func(ctx context.Context) error {
			n++
			_, err := shut.svc.Events.Insert("dana@acme.example", &calendar.Event{}).Context(ctx).Do()
			return err
		})
		if n != tries || err == nil || strings.Contains(err.Error(), "acme") {
			t.Errorf("after %d tries it ended with %v", n, err)
		}
	})
}

func TestTheServerMaySayHowLongToWait(t *testing.T) {
	for name, tc := range map[string]struct {
		after string
		want  time.Duration // 0: it gives up
	}{
		"some seconds":                        {"25", 25 * time.Second},
		"more than a poll can wait":           {"600", 0},
		"more than any clock":                 {"99999999999999999999", time.Second},
		"a date, which Google does not write": {"Mon, 02 Mar 2026 10:00:00 GMT", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			canned := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if asked++; asked > 1 {
					_, _ = io.WriteString(w, `{}`)
					return
				}
				w.Header().Set("Retry-After", tc.after)
				w.WriteHeader(http.StatusTooManyRequests)
			}))
			defer canned.Close()
			o := newOffice(t, nil)
			desk := o.client(Config{Endpoint: canned.URL + "/", Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"})})
			_, err := desk.entries(t.Context())
			if pauses := o.clock.waited(); tc.want == 0 && (err == nil || len(pauses) > 0) ||
				tc.want > 0 && (err != nil || len(pauses) != 1 || pauses[0] < tc.want/2 || pauses[0] > tc.want+time.Second) {
				t.Errorf("it waited %v and ended with %v", pauses, err)
			}
		})
	}
}

func TestARevokedSignInIsToldFromAllOtherTrouble(t *testing.T) {
	o := newOffice(t, nil)
	app := &oauth2.Config{ClientID: "desk", ClientSecret: "x", Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL(), AuthStyle: oauth2.AuthStyleInParams}}
	refreshed := func() oauth2.TokenSource { return app.TokenSource(t.Context(), &oauth2.Token{RefreshToken: "old"}) }
	key := serviceKey(t)
	service := func() oauth2.TokenSource {
		return (&jwt.Config{Email: "desk@project.example", PrivateKey: key, TokenURL: o.TokenURL(), Subject: dana}).TokenSource(t.Context())
	}
	for name, tc := range map[string]struct {
		fault  gcal.Fault
		tokens func() oauth2.TokenSource
		signIn bool
		asked  int
	}{
		"taken back by a person":                   {gcal.InvalidGrant, refreshed, true, 1},
		"taken back from a service account":        {gcal.InvalidGrant, service, true, 1},
		"the application is gone":                  {gcal.Fault{Act: gcal.Refuse, Status: 401, Reason: "deleted_client"}, refreshed, true, 1},
		"Google's sign-in is down":                 {gcal.Fault{Act: gcal.Refuse, Status: 503, Reason: "x"}, refreshed, false, tries},
		"Google's sign-in is down for the service": {gcal.Fault{Act: gcal.Refuse, Status: 503, Reason: "x"}, service, false, tries},
		"its connection is dropped":                {gcal.Fault{Act: gcal.DropBefore}, refreshed, false, tries},
	} {
		t.Run(name, func(t *testing.T) {
			desk := o.client(Config{Endpoint: o.Endpoint(), Tokens: tc.tokens()})
			o.Script(tc.fault.Next(tc.asked, "oauth.token"))
			calls := o.cost(func() {
				_, err := desk.Sync(t.Context(), nil)
				if err == nil || errors.Is(err, ErrSignIn) != tc.signIn || strings.Contains(err.Error(), "fault script") {
					t.Errorf("it ended with %v", err)
				}
				if tc.signIn && !strings.Contains(err.Error(), "sign in again") {
					t.Errorf("it does not say what to do: %v", err)
				}
			})
			if len(calls) != tc.asked || o.Scripted() != 0 {
				t.Errorf("it took %d requests", len(calls))
			}
		})
	}
}

// serviceKey is a service account's private key as Google's console gives it.
func serviceKey(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestOnceTheSignInIsBadNoOtherCalendarIsAsked(t *testing.T) {
	o := newFamilyOffice(t)
	o.must(o.poll())
	o.ExpireAccess()
	o.Script(gcal.Unauthorised.Next(9, "events.list"))
	calls := o.cost(func() {
		if err := o.poll(); !errors.Is(err, ErrSignIn) {
			t.Errorf("it ended with %v", err)
		}
	})
	if len(calls) != 1 {
		t.Errorf("it took %d requests", len(calls))
	}
}

// roundTrip is a network without a network, for a bubble whose time is not ours.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// inABubble makes a Client that reads the bubble's clock.
func inABubble(t *testing.T, f roundTrip) *Client {
	t.Helper()
	desk, err := New(t.Context(), Config{Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"}), Transport: f}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

func TestNoMinuteHasMoreRequestsThanGoogleAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Time
		desk := inABubble(t, func(*http.Request) (*http.Response, error) {
			asked = append(asked, time.Now())
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		})
		for range 3000 {
			if _, err := desk.entries(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for i := 600; i < len(asked); i++ {
			if d := asked[i].Sub(asked[i-600]); d <= time.Minute {
				t.Fatalf("601 requests in %s", d)
			}
		}
		if d := asked[99].Sub(asked[0]); d > 0 {
			t.Errorf("a hundred calendars take %s", d)
		}
	})
}

func TestAServerThatNeverAnswersIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		desk := inABubble(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		if _, err := desk.Sync(t.Context(), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
		if d := time.Since(begun); d < tries*patience || d > tries*patience+time.Minute {
			t.Errorf("it took %s", d)
		}
	})
}

func TestAContextEndsEveryWait(t *testing.T) {
	for name, f := range map[string]roundTrip{
		"for an answer": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"between two tries": func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
				defer cancel()
				begun := time.Now()
				if _, err := inABubble(t, f).Sync(ctx, nil); err == nil {
					t.Error("there is no error")
				}
				if d := time.Since(begun); d > 1200*time.Millisecond {
					t.Errorf("it took %s", d)
				}
			})
		})
	}
	t.Run("for its turn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			desk := inABubble(t, func(*http.Request) (*http.Response, error) { return nil, io.EOF })
			desk.limit.AllowN(time.Now(), burst)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := desk.try(ctx, func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
		})
	})
}
