package model

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// urgent asks once, about a text of its own.
func urgent(ctx context.Context, c *Client, n int) error {
	_, err := c.Ask(ctx, "Is it urgent?", fmt.Sprint("message ", n))
	return err
}

// An agenda of 300 messages loses seconds by an endpoint that is down, not hours.
func TestAnEndpointThatIsDownIsLeftAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		calls  int
		within time.Duration
	}{
		"it never answers":       {never, 3, 61 * time.Second},
		"it is out of order":     {plainly(503, ""), 3, time.Second},
		"it answers garbage":     {plainly(200, "<html>"), 3, time.Second},
		"it wants fewer calls":   {plainly(429, ""), 1, time.Second},
		"it does not take a key": {plainly(401, ""), 1, time.Second},
		"it is somewhere else":   {plainly(302, ""), 1, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, v := inABubble(t, Config{}, tc.answer)
				begun, away := time.Now(), 0
				for n := range 300 {
					if err := urgent(t.Context(), c, n); errors.Is(err, ErrAway) {
						away++
					} else if err == nil {
						t.Fatal("there is no error")
					}
				}
				calls := len(v.all())
				if d := time.Since(begun); calls != tc.calls || away != 300-calls || d > tc.within {
					t.Errorf("%d calls, %d times left alone, in %s", calls, away, d)
				}
			})
			faulttest.Injected(t, "43", 1)
		})
	}
}

func TestManyAtOnceGiveUpTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inABubble(t, Config{AtOnce: 4, Total: time.Hour}, never)
		begun := time.Now()
		var all sync.WaitGroup
		for n := range 300 {
			all.Go(func() {
				if urgent(t.Context(), c, n) == nil {
					t.Error("there is no error")
				}
			})
		}
		all.Wait()
		// Who gets the first free turns comes before the third failure.
		if d := time.Since(begun); d > 40*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// Rests grow from half a minute to a quarter of an hour, by about as much; one
// call ends each, and an answer ends them all.
func TestRestsGrowUntilAnAnswerComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		c, v := inABubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			if down {
				plainly(500, "")(w, r)
			} else {
				says("no")(w, r)
			}
		})
		for begun, n := time.Now(), 0; time.Since(begun) < 3*time.Hour; n++ {
			_ = urgent(t.Context(), c, n)
			time.Sleep(time.Second)
		}
		asked := v.all()
		for i, want := range []time.Duration{1, 1, 30, 60, 120, 240, 480, 900, 900, 900} {
			got := asked[i+1].Sub(asked[i])
			if want *= time.Second; got < want*7/10-time.Second || got > want*13/10+time.Second {
				t.Errorf("rest %d is %s, not about %s", i, got, want)
			}
		}
		down = false
		time.Sleep(20 * time.Minute)
		for n := range 5 {
			if err := urgent(t.Context(), c, -n); err != nil {
				t.Errorf("it is back, but %v", err)
			}
		}
		down = true
		before := len(v.all())
		for n := range 10 {
			_ = urgent(t.Context(), c, n)
		}
		if n := len(v.all()) - before; n != 3 {
			t.Errorf("after an answer %d failures make it rest", n)
		}
		time.Sleep(40 * time.Second)
		_ = urgent(t.Context(), c, 0)
		if n := len(v.all()) - before; n != 4 {
			t.Error("rests do not begin anew with the shortest")
		}
	})
}

// Calls that were under way when a rest began, and fail as well, add nothing.
func TestARestIsNotMadeLonger(t *testing.T) {
	s, now := newSpending(Config{}), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for range 9 {
		if err := s.admit(now, 0); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 9 {
		s.settle(now.Add(time.Duration(i)*time.Second), dayOf(now), 0, 0, failed, 0)
	}
	if err := s.admit(now.Add(3*time.Second+firstRest*13/10), 0); err != nil {
		t.Error(err)
	}
}

func TestOneCallFindsOutWhetherItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := false
		c, v := inABubble(t, Config{AtOnce: 10}, func(w http.ResponseWriter, r *http.Request) {
			if hang {
				never(w, r)
			}
			plainly(500, "")(w, r)
		})
		for n := range 3 {
			_ = urgent(t.Context(), c, n)
		}
		time.Sleep(time.Minute)
		hang = true
		var all sync.WaitGroup
		for n := range 10 {
			all.Go(func() { _ = urgent(t.Context(), c, n) })
		}
		all.Wait()
		if n := len(v.all()); n != 4 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestAnEndpointThatAsksForTime(t *testing.T) {
	for value, want := range map[string]time.Duration{"600": 10 * time.Minute, "0": 0, "-5": 0, "soon": 0, "99999999": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			c, v := inABubble(t, Config{}, plainly(429, "", "Retry-After", value))
			begun := time.Now()
			for n := 0; len(v.all()) < 2; n++ {
				_ = urgent(t.Context(), c, n)
				time.Sleep(time.Second)
			}
			want := max(want, 20*time.Second)
			if d := time.Since(begun); d < want || d > want+20*time.Second {
				t.Errorf("after Retry-After %q it was left alone for %s", value, d)
			}
		})
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if got := retryAfter("Sun, 01 Mar 2026 12:00:30 GMT", now); got != 30*time.Second {
		t.Errorf("until a date is %s", got)
	}
}

// What says nothing about the endpoint does not make it rest.
func TestWhatMakesNoRest(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		limit  time.Duration // after which the caller goes away
	}{
		"answers that can't be used":    {says("perhaps"), 0},
		"messages that are refused":     {plainly(400, ""), 0},
		"a caller that is told to stop": {never, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, v := inABubble(t, Config{}, tc.answer)
				for n := range 10 {
					ctx, cancel := context.WithCancel(t.Context())
					if tc.limit > 0 {
						time.AfterFunc(tc.limit, cancel)
					}
					err := urgent(ctx, c, n)
					if cancel(); err == nil || tc.limit > 0 && !errors.Is(err, context.Canceled) {
						t.Errorf("it ended with %v", err)
					}
				}
				if n := len(v.all()); n != 10 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}

func TestEveryWaitEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		config Config
		want   time.Duration
	}{
		"after 20 seconds, if nothing is said": {Config{}, 20 * time.Second},
		"after the time for one call":          {Config{Timeout: 3 * time.Second}, 3 * time.Second},
		"after the time for all":               {Config{Timeout: 30 * time.Second, Total: 4 * time.Second}, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := inABubble(t, tc.config, never)
				begun := time.Now()
				err := urgent(t.Context(), c, 0)
				if d := time.Since(begun); d != tc.want || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v after %s", err, d)
				}
			})
		})
	}
	t.Run("a turn that comes too late is not taken", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inABubble(t, Config{Timeout: time.Minute}, says("yes"))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := urgent(ctx, c, 0); !errors.Is(err, context.DeadlineExceeded) || c.Usage().Requests != 0 {
				t.Errorf("%v after %+v", err, c.Usage())
			}
		})
	})
	t.Run("for its turn, too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inABubble(t, Config{AtOnce: 1, Timeout: time.Minute, Total: 10 * time.Second}, never)
			begun := time.Now()
			var all sync.WaitGroup
			for n := range 5 {
				all.Go(func() {
					if err := urgent(t.Context(), c, n); !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if d := time.Since(begun); d != 10*time.Second || c.Usage().Requests != 1 {
				t.Errorf("it took %s and %d requests", d, c.Usage().Requests)
			}
		})
	})
}

func TestTheAllowanceOfADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(23 * time.Hour) // an hour before midnight UTC
		c, _ := inABubble(t, Config{Requests: 3}, says("yes"))
		for n, want := range []error{nil, nil, nil, ErrSpent, ErrSpent} {
			if err := urgent(t.Context(), c, n); !errors.Is(err, want) {
				t.Errorf("request %d: %v", n, err)
			}
		}
		if got := c.Usage(); got != (Usage{"2000-01-01", 3, 300}) {
			t.Errorf("used is %+v", got)
		}
		again, _ := inABubble(t, Config{Requests: 3, Usage: c.Usage()}, says("yes"))
		if err := urgent(t.Context(), again, 9); !errors.Is(err, ErrSpent) {
			t.Errorf("after a restart: %v", err)
		}
		time.Sleep(61 * time.Minute)
		if got := c.Usage(); got != (Usage{Day: "2000-01-02"}) {
			t.Errorf("a new day begins with %+v", got)
		}
		if err := urgent(t.Context(), again, 9); err != nil {
			t.Errorf("on the next day: %v", err)
		}
	})
}

// A process that dies while a call is under way has paid for it.
func TestWhatIsUsedIsKeptBeforeAndAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept []Usage
		c, v := inABubble(t, Config{Keep: func(u Usage) { kept = append(kept, u) }}, func(w http.ResponseWriter, r *http.Request) {
			if len(kept) != 1 || kept[0].Requests != 1 || kept[0].Tokens == 0 {
				t.Errorf("while it is asked, what is kept is %+v", kept)
			}
			says("yes")(w, r)
		})
		if err := urgent(t.Context(), c, 0); err != nil || len(v.all()) != 1 {
			t.Fatal(err)
		}
		if len(kept) != 2 || kept[1] != (Usage{"2000-01-01", 1, 100}) {
			t.Errorf("afterwards, what is kept is %+v", kept)
		}
	})
}

func TestTokensAreCounted(t *testing.T) {
	counts := func(tokens string) http.HandlerFunc {
		return plainly(200, `{"choices":[{"message":{"content":"yes"}}],"usage":{"total_tokens":`+tokens+`}}`)
	}
	for name, tc := range map[string]struct {
		answer   http.HandlerFunc
		from, to int64
	}{
		"as the endpoint says":            {counts("123"), 123, 123},
		"estimated where it does not":     {uncounted("yes"), 400, 1000},
		"a count below zero is no credit": {counts("-5000"), 400, 1000},
		"a count beyond reason is cut":    {counts("9223372036854775807"), 1 << 20, 1 << 20},
		"a refusal costs none":            {plainly(500, ""), 0, 0},
		"a lost answer may have cost all": {hangUp("HTTP/1.1 200 OK\r\n\r\n{"), 400, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := inABubble(t, Config{}, tc.answer)
				_ = urgent(t.Context(), c, 0)
				if n := c.Usage().Tokens; n < tc.from || n > tc.to {
					t.Errorf("%d tokens", n)
				}
			})
		})
	}
	t.Run("and what could go beyond the allowance is not asked", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := inABubble(t, Config{Tokens: 1000}, counts("300"))
			ended := []bool{}
			for n := range 4 {
				ended = append(ended, errors.Is(urgent(t.Context(), c, n), ErrSpent))
			}
			if got := fmt.Sprint(ended); got != "[false false true true]" || c.Usage().Tokens > 1000 {
				t.Errorf("%s, %+v", got, c.Usage())
			}
		})
	})
}

// uncounted is an answer without a count.
func uncounted(words string) http.HandlerFunc {
	return choice(`"message":{"content":"` + words + `"}`)
}

// A name that can't be looked up says so, without the network's own words.
func TestANameThatLeadsNowhere(t *testing.T) {
	for says, cause := range map[string]error{
		"could not be looked up": &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host " + pathCanary, Name: pathCanary}},
		"another machine":        &net.OpError{Op: "dial", Err: errElsewhere},
		"broke":                  errors.New(pathCanary),
	} {
		err := lost(t.Context(), cause)
		if !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), pathCanary) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}
