package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
)

// An account that fails is taken anew, again and again, unless that happens too often
// in a row. After a disk that has failed nothing is tried.
func TestHowOftenAnAccountMayFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		passing := errors.New("too many connections")
		dana, erin := &desk{Account: config.Account{Name: "dana"}}, &desk{Account: config.Account{Name: "erin"}}
		s := &share{failed: map[*desk]failures{}, log: slog.New(slog.DiscardHandler)}
		fails := func(d *desk, times int, apart time.Duration) (err error) {
			for range times {
				<-time.After(apart)
				if err = s.again(d, passing); err != nil {
					return err
				}
			}
			return nil
		}
		if err := errors.Join(fails(dana, mostFailures-1, lookRound), fails(erin, mostFailures-1, lookRound)); err != nil {
			t.Errorf("it was not tried often enough: %v", err)
		}
		if err := fails(dana, 3*mostFailures, steady+time.Second); err != nil {
			t.Errorf("between any two it went well for a while: %v", err)
		}
		if err := fails(dana, mostFailures-1, lookRound); !errors.Is(err, passing) || !strings.Contains(err.Error(), `"dana"`) {
			t.Errorf("it goes on for ever: %v", err)
		}
		if err := s.again(erin, fmt.Errorf("writing: %w", store.ErrIO)); !errors.Is(err, store.ErrIO) {
			t.Errorf("after a failed disk: %v", err)
		}
	})
}

// What the database refuses one account for a while is the end of no node: the account
// is taken anew, and the others do not notice.
func nodeMeetsWhatPasses(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 2, 1, fileRules)
	one, account := f.nodes[0], f.accounts[0]
	one.runOnce()
	const times = 2 // of each kind: while it is taken, and when it is begun with
	for _, text := range []string{
		"CREATE SEQUENCE trouble_accounts", "CREATE SEQUENCE trouble_runs",
		`CREATE FUNCTION trouble() RETURNS trigger AS $$ BEGIN
			IF COALESCE(to_jsonb(NEW)->>'account', to_jsonb(NEW)->>'name') = '` + account + `' AND nextval('trouble_' || TG_TABLE_NAME) <= ` + fmt.Sprint(times) + ` THEN
				RAISE EXCEPTION 'too many connections' USING ERRCODE = '53300';
			END IF;
			RETURN NEW;
		END $$ LANGUAGE plpgsql`,
		"CREATE TRIGGER trouble BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION trouble()",
		"CREATE TRIGGER trouble BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION trouble()",
	} {
		if _, err := f.db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	one.start()
	f.mail(1, f.accounts[1])
	f.handled(1)
	f.until("the account is taken anew", func() bool { return f.troubles(one, account) == 2*times })
	f.mail(1, f.accounts...)
	f.handled(1)
	f.nobodyElseActed(0)
	one.end(syscall.SIGTERM)
	if others := f.troubles(one, f.accounts[1]); others > 0 || f.troubles(one, account) != 2*times {
		t.Errorf("the other account failed %d times", others)
	}
	faulttest.Injected(t, "32", 2*times)
}

// troubles is how often a node has said that an account is taken anew.
func (f *fleet) troubles(n *node, account string) (times int) {
	f.Helper()
	text, err := os.ReadFile(n.log())
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "it is taken anew") && strings.Contains(line, `"account":"`+account+`"`) {
			times++
		}
	}
	return times
}

// A database that falls silent in the middle of taking an account does not hold the
// node for ever.
func nodeTakesFromASilentDatabase(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 1, 1, fileRules)
	line := f.nodes[0].behindALine()
	c := &command{configFile: filepath.Join(f.nodes[0].dir, "foredesk.yaml")}
	desks, closeAll, err := c.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	defer line.Mend()
	line.Silence()
	s := &share{desks: desks, shifts: map[*desk]*shift{}, ended: make(chan *shift, 1)}
	began := time.Now()
	taken := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { taken <- s.take(ctx, desks[0]) }()
	select {
	case err := <-taken:
		if err == nil || !strings.Contains(err.Error(), "not within") {
			t.Errorf("it was taken: %v", err)
		}
		t.Logf("it was given up after %v", time.Since(began).Round(time.Millisecond))
	case <-time.After(2 * takeLimit):
		t.Error("the node waits for ever")
		cancel()
		<-taken
	}
	faulttest.Injected(t, "32", 1)
}

// Who sees that an account is free may be on the same machine, and can then listen
// where its last owner did.
func TestThePushPortIsFreeBeforeTheAccountIs(t *testing.T) {
	in := install(t, startOffice(t, officeOptions{}), fileRules)
	c := &command{configFile: filepath.Join(in.dir, "foredesk.yaml")}
	desks, closeAll, err := c.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	d := desks[0]
	if d.account, err = d.take(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.calendar, err = calendar.New(t.Context(), calendar.Config{
		Endpoint: "http://127.0.0.1:1/calendar/v3/", Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "none"}),
		Push: &calendar.Push{URL: "https://desk.example.com/push", Listener: listener},
	}, d.log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	on := &shift{desk: d, stop: stop}
	d.turning.Lock() // the shift is over, and stands still where it has let go of the account
	var watching sync.WaitGroup
	watching.Go(func() { on.watch(ctx) })
	defer watching.Wait()
	defer d.turning.Unlock()
	for owned := true; owned; {
		if owned, _, err = d.journal.Owned(t.Context(), d.Name); err != nil {
			t.Fatal(err)
		}
	}
	next, err := net.Listen("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = next.Close()
}
