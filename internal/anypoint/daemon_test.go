package anypoint

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/crashpoint"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
)

// watched is something that happens while foredesk watches.
type watched struct {
	name  string
	begin func(t *testing.T) *world
	comes func(w *world) // once it watches
	again func(w *world) // once it watches after it was killed; nil for nothing
	steps int            // that are done in the end
}

// atEachPoint is crashtest.Run for a foredesk that watches. What that does it does side
// by side, so that the same point may be elsewhere the next time; and it ends only when
// it is told to.
func (s watched) atEachPoint(t *testing.T) {
	want, points := s.undisturbed(t)
	if points < 30 {
		t.Fatalf("there are %d points, which is too few to be all", points)
	}
	var killed, not atomic.Int64
	t.Run("at", func(t *testing.T) {
		for n := 1; n <= points; n += every() {
			t.Run(fmt.Sprintf("%03d", n), func(t *testing.T) {
				t.Parallel()
				w := s.begin(t)
				if !w.watch(s.steps, crashpoint.At+"="+strconv.Itoa(n), s.comes) {
					not.Add(1)
				} else {
					killed.Add(1)
					faulttest.Killed(t, "2", "watching: "+s.name)
				}
				w.noteDoubt()
				w.watch(s.steps, "", s.again)
				w.Settle()
				if got := w.State(); got != want {
					t.Errorf("killed at point %d of about %d, it ends as\n%s\nundisturbed:\n%s", n, points, got, want)
				}
			})
		}
	})
	if not.Load() > killed.Load() {
		t.Errorf("%d of %d runs ended before they could be killed", not.Load(), not.Load()+killed.Load())
	}
}

// undisturbed is how it ends where nothing crashes, and about how many points there
// are on the way.
func (s watched) undisturbed(t *testing.T) (state string, points int) {
	w, log := s.begin(t), filepath.Join(t.TempDir(), "points")
	w.watch(s.steps, crashpoint.Log+"="+log, s.comes)
	text, err := os.ReadFile(log)
	w.must(err)
	w.Settle()
	return w.State(), bytes.Count(text, []byte("\n"))
}

// watch runs a foredesk that watches, lets something come, and stops it in good order
// once all steps are done, unless it kills itself before.
func (w *world) watch(steps int, env string, comes func(*world)) (died bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	cmd := w.desk.Command(ctx, "run")
	cmd.Env = append(os.Environ(), env)
	out := &ear{watches: make(chan struct{})}
	cmd.Stderr = out
	w.must(cmd.Start())
	ended := make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		err = cmd.Wait()
	}()
	select {
	case <-out.watches:
	case <-ended:
	}
	if comes != nil {
		comes(w)
	}
	w.waitUntilDone(steps, ended)
	_ = cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	<-ended
	if ctx.Err() != nil || err != nil && cmd.ProcessState.Exited() {
		w.Fatalf("it did not end as it should: %v\n%s\n%s", err, out.said.Bytes(), strings.Join(w.rows(), "\n"))
	}
	return err != nil
}

// waitUntilDone waits for the journal to say that all is done, or for foredesk's end.
func (w *world) waitUntilDone(steps int, ended <-chan struct{}) {
	w.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for w.done() < steps {
		select {
		case <-look.C:
		case <-ended:
			return
		}
	}
}

func (w *world) done() (n int) {
	for _, s := range w.steps() {
		if s.State != store.Planned && s.State != store.Started {
			n++
		}
	}
	return n
}

// ear listens to what foredesk says.
type ear struct {
	said    bytes.Buffer
	heard   bool
	watches chan struct{} // closed when it has the account
}

func (e *ear) Write(text []byte) (int, error) {
	e.said.Write(text)
	if !e.heard && bytes.Contains(e.said.Bytes(), []byte(`"msg":"watching"`)) {
		e.heard = true
		close(e.watches)
	}
	return len(text), nil
}

// whileItWatches is the first scenario, as it goes on all day, and an agenda that
// somebody wants to have now: the other waits for the next minute.
func (g *ground) whileItWatches() []watched {
	return []watched{
		{
			name: "mail filed", steps: 15,
			begin: func(t *testing.T) *world { return g.newWorld(t, g.server, filing, false) },
			comes: func(w *world) { w.deliver(toSort...) },
		},
		{
			name: "agenda sent", steps: 3,
			begin: func(t *testing.T) *world {
				w := g.lettersDue(t, filing)
				w.again = [][]string{{"agenda", "--send"}}
				return w
			},
			comes: func(w *world) {
				w.deliver("board")
				w.wantAgenda()
			},
			again: (*world).wantAgenda,
		},
	}
}

// wantAgenda asks as "foredesk agenda --send" does while another foredesk watches: by
// the journal.
func (w *world) wantAgenda() {
	w.Helper()
	args, err := json.Marshal(engine.AgendaArgs{Date: w.today})
	w.must(err)
	_, err = w.journal.Request(w.Context(), store.Run{Account: account, Kind: store.KindAgenda, Args: args, Started: time.Now()})
	w.must(err)
}
