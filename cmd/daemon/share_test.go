package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// Sessions at a terminal where the database is PostgreSQL: testdata/postgres/*.txtar.
// $DATABASE is filled in.
func TestScriptsOnPostgres(t *testing.T) {
	server := storetest.Postgres(t)
	all := scripts("testdata/postgres")
	setup := all.Setup
	all.Setup = func(e *testscript.Env) error {
		return errors.Join(setup(e), fillIn(e.WorkDir, "$DATABASE", storetest.Database(t, server)))
	}
	testscript.Run(t, all)
}

// Several nodes on one PostgreSQL database share the accounts, whatever becomes of
// any of them.
func TestNodes(t *testing.T) {
	server := storetest.Postgres(t)
	for name, test := range map[string]func(*testing.T, string){
		"come and go":                            nodesComeAndGo,
		"one is killed":                          nodeIsKilled,
		"one is stopped and loses its session":   nodeIsStopped,
		"one is stopped in the middle of an act": nodeIsStoppedInAnAct,
		"one is cut off":                         nodeIsCutOff,
		"all lose their sessions":                nodesLoseTheirSessions,
		"one is told to stop at once":            nodeIsToldToStopAtOnce,
		"one meets what passes":                  nodeMeetsWhatPasses,
		"one takes from a silent database":       nodeTakesFromASilentDatabase,
		"a hundred accounts":                     nodesShareAHundred,
	} {
		t.Run(name, func(t *testing.T) { test(t, storetest.Database(t, server)) })
	}
}

// Nodes that join take their part, and what one leaves in good order is taken over.
func nodesComeAndGo(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 12, 3, auditRules)
	one, two, three := f.nodes[0], f.nodes[1], f.nodes[2]
	one.start()
	f.shared()
	f.ready()
	f.mail(2, f.accounts...)
	two.start()
	f.mail(2, f.accounts...)
	f.shared()
	f.mail(2, f.accounts...)
	three.start()
	f.shared()
	f.mail(2, f.accounts...)
	two.end(syscall.SIGTERM)
	f.mail(2, f.accounts...)
	f.shared()
	f.once(0)
	f.nobodyElseActed(0)
	one.end(syscall.SIGTERM)
	three.end(syscall.SIGTERM)
	for _, n := range f.nodes {
		text, err := os.ReadFile(n.log())
		if err != nil || !strings.Contains(string(text), "everything is written down") || regexp.MustCompile("Pack|pat@board|Dear Dana|"+officePassword).Match(text) {
			t.Errorf("%s said (%v)\n%s", n.name, err, text)
		}
	}
	faulttest.Injected(t, "32", 3)
}

// The accounts of a node that is killed are taken over; what came meanwhile is
// handled once. So is what it was at when it was killed, but for a mail of which
// nobody can know whether it was sent.
func nodeIsKilled(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 12, 2, auditRules)
	one, two := f.nodes[0], f.nodes[1]
	one.start()
	two.start()
	f.shared()
	f.ready()
	f.mail(1, f.accounts...)
	f.once(0)
	one.end(syscall.SIGKILL)
	f.mail(3, f.accounts...)
	f.shared()
	f.once(0)
	t.Logf("%d accounts were taken over %v after their node was killed", len(f.accounts)/2, f.takenOver(one))

	one.start()
	f.shared()
	const kills = 3
	for range kills {
		busy := make(chan struct{}, 1000)
		f.when(func(a act) {
			if a.node == two {
				busy <- struct{}{}
			}
		})
		f.mail(5, f.accounts...)
		f.wait(10, busy)
		two.end(syscall.SIGKILL)
		f.when(nil)
		f.mail(1, f.accounts...)
		f.shared()
		f.handled(3)
		two.start()
		f.shared()
	}
	f.once(kills * len(f.accounts))
	f.nobodyElseActed(0)
	faulttest.Injected(t, "32", 1+kills)
}

// takenOver is how long it took from the death of a node until others had taken all
// that it had.
func (f *fleet) takenOver(n *node) time.Duration {
	f.Helper()
	died := n.died[len(n.died)-1]
	last := died
	for _, s := range f.history() {
		if s.begins && s.Time.After(died) {
			last = s.Time
		}
	}
	return last.Sub(died).Round(time.Millisecond)
}

// A node that stands still does not know that its session has ended and that another
// has taken its accounts. When it goes on, it does nothing more for them until it
// has taken some anew.
func nodeIsStopped(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 12, 2, auditRules)
	one, two := f.nodes[0], f.nodes[1]
	one.start()
	f.shared()
	f.ready()
	sessions := f.sessions()
	two.start()
	f.shared()
	const stops = 3
	for range stops {
		one.signal(syscall.SIGSTOP)
		f.mail(1, f.accounts...)
		f.terminate(sessions)
		one.died = append(one.died, time.Now())
		f.takenBy(two)
		f.mail(1, f.accounts...)
		rest := f.sessions()
		one.signal(syscall.SIGCONT)
		f.mail(3, f.accounts...)
		f.shared()
		f.until("it has begun anew", func() bool { return len(f.sessions()) == 2 })
		sessions = slices.DeleteFunc(f.sessions(), func(pid int) bool { return slices.Contains(rest, pid) })
		f.rebalanced(one)
		f.once(0)
	}
	f.nobodyElseActed(0)
	faulttest.Injected(t, "32", stops)
}

// takenBy waits until one node has all accounts.
func (f *fleet) takenBy(n *node) {
	f.Helper()
	f.until(n.name+" has taken all", func() bool {
		owners := f.owners()
		for _, account := range f.accounts {
			if owners[account] != n {
				return false
			}
		}
		return true
	})
}

// rebalanced waits until a node has its part again.
func (f *fleet) rebalanced(n *node) {
	f.Helper()
	f.until(n.name+" has its part", func() bool {
		part := 0
		for _, owner := range f.owners() {
			if owner == n {
				part++
			}
		}
		return part == len(f.accounts)/2
	})
}

// A node is stopped while a server does what it has asked for, and another settles
// it. What the first one hears when it goes on, it cannot write down any more; and
// what it may still ask for, as it was written down as begun, finds nothing.
func nodeIsStoppedInAnAct(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 4, 2, auditRules)
	one, two := f.nodes[0], f.nodes[1]
	one.start()
	f.shared()
	f.ready()
	sent := 0
	for _, command := range []string{"COPY", "MOVE", "DATA"} {
		two.end(syscall.SIGTERM)
		f.takenBy(one)
		sessions := f.sessions()
		reached := make(chan struct{}, 1000)
		f.when(func(a act) {
			if a.node == one && a.command == command {
				one.signal(syscall.SIGSTOP)
				reached <- struct{}{}
			}
		})
		f.mail(1, f.accounts[0])
		f.wait(1, reached)
		f.when(nil)
		f.terminate(sessions)
		one.died = append(one.died, time.Now())
		two.start()
		f.takenBy(two)
		f.handled(3)
		one.signal(syscall.SIGCONT)
		f.rebalanced(one)
		if command == "DATA" {
			sent++
		}
		f.once(sent)
	}
	faulttest.Injected(t, "32", 3)
}

// A node whose line to the database is dead gives its accounts up by itself, in less
// time than a server takes to believe that nobody is there. Once the server does, they
// are taken over; and when the line is whole again, the node takes its part.
func nodeIsCutOff(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 6, 2, auditRules)
	one, two := f.nodes[0], f.nodes[1]
	line := one.behindALine()
	one.start()
	f.shared()
	f.ready()
	two.start()
	f.shared()
	f.mail(1, f.accounts...)
	f.once(0)
	line.Silence()
	began := time.Now()
	f.mail(1, f.accounts...)
	f.until("it gives up", func() bool { return !slices.Contains(slices.Collect(maps.Values(f.owners())), one) })
	took := time.Since(began)
	t.Logf("a node that was cut off gave up after %v", took.Round(time.Millisecond))
	if took > 24*time.Second {
		t.Error("a server may take it for dead after 25 seconds, and it was at work till then")
	}
	line.Mend()
	f.mail(1, f.accounts...)
	f.rebalanced(one)
	f.once(0)
	f.nobodyElseActed(0)
	faulttest.Injected(t, "32", 1)
}

// behindALine lets the node reach the database by a line that can be broken.
func (n *node) behindALine() *badline.Line {
	n.Helper()
	u, err := url.Parse(n.dsn)
	if err != nil {
		n.Fatal(err)
	}
	network, server := "tcp", u.Host
	if query := u.Query(); query.Has("host") {
		network, server = "unix", filepath.Join(query.Get("host"), ".s.PGSQL.5432")
		query.Del("host")
		query.Set("sslmode", "disable")
		u.RawQuery = query.Encode()
	}
	line := badline.Open(n.T, n.forward(network, server))
	u.Host = line.Addr()
	if err := fillIn(n.dir, strconv.Quote(n.dsn), strconv.Quote(u.String())); err != nil {
		n.Fatal(err)
	}
	return line
}

// forward listens and passes on to a server.
func (f *fleet) forward(network, server string) (addr string) {
	f.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial(network, server)
			if err != nil {
				near.Close()
				continue
			}
			go func() { io.Copy(far, near); far.Close() }()
			go func() { io.Copy(near, far); near.Close() }()
		}
	}()
	return l.Addr().String()
}

// Where the database ends every connection, as it does when it is started anew, each
// node gives its accounts up and takes some anew.
func nodesLoseTheirSessions(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 6, 2, auditRules)
	for _, n := range f.nodes {
		n.start()
	}
	f.shared()
	f.ready()
	const times = 3
	for range times {
		f.mail(2, f.accounts...)
		before := f.sessions()
		f.count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		f.mail(2, f.accounts...)
		f.until("new sessions", func() bool {
			now := f.sessions()
			return len(now) == len(f.nodes) && !slices.ContainsFunc(now, func(pid int) bool { return slices.Contains(before, pid) })
		})
		f.shared()
		f.once(times * len(f.accounts))
	}
	// What a node had begun when its session ended, it could not call back.
	f.nobodyElseActed(2 * time.Second)
	for _, n := range f.nodes {
		n.end(syscall.SIGTERM) // it is the same process still
	}
	faulttest.Injected(t, "32", times*len(f.nodes))
}

// How long it takes to move fifty accounts in good order, and after a kill.
func nodesShareAHundred(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 100, 2, fileRules)
	one, two := f.nodes[0], f.nodes[1]
	one.start()
	f.shared()
	f.ready()
	began := time.Now()
	two.start()
	f.shared()
	t.Logf("50 of 100 accounts were handed to a second node %v after it was started", time.Since(began).Round(time.Millisecond))
	f.mail(1, f.accounts...)
	f.handled(1)
	one.end(syscall.SIGKILL)
	f.mail(1, f.accounts...)
	f.shared()
	moved := f.takenOver(one)
	f.handled(1)
	t.Logf("50 accounts were taken over %v after their node was killed, and their mail of meanwhile was filed after %v", moved, time.Since(one.died[0]).Round(time.Millisecond))
	f.nobodyElseActed(0)
	faulttest.Injected(t, "32", 1)
}

// A node is killed while it sends the agendas of many executives. The other one sends
// those that were not sent, and nobody gets two; of what was on its way at that moment
// nobody can know, and the journal says so.
func TestANodeIsKilledAmongItsLetters(t *testing.T) {
	if testing.Short() {
		t.Skip("letters are looked at once a minute, which is how long this takes")
	}
	t.Parallel()
	f := openFleet(t, storetest.Postgres(t), 30, 2, auditRules)
	one, two := f.nodes[0], f.nodes[1]
	one.runOnce()
	f.agendas()
	one.start()
	two.start()
	f.shared()
	sending := make(chan struct{}, 1000)
	f.when(func(a act) {
		if a.node == one {
			sending <- struct{}{}
		}
	})
	f.wait(5, sending)
	one.end(syscall.SIGKILL)
	f.until("each agenda was sent, or nobody knows", func() bool {
		return f.count("SELECT count(*) FROM steps WHERE rule = '(letters)' AND state IN ('done', 'uncertain')") == len(f.accounts)
	})
	got := map[string]int{}
	f.post.mu.Lock()
	for _, d := range f.post.sent {
		got[d.to[0]]++
	}
	f.post.mu.Unlock()
	unknown := f.count("SELECT count(*) FROM steps WHERE state = 'uncertain'")
	missing := len(f.accounts) - len(got)
	for to, n := range got {
		if n != 1 {
			t.Errorf("%s got %d agendas", to, n)
		}
	}
	byTwo := f.actsOf(two)
	t.Logf("%d agendas were sent, %d of them by the node that was left, and %d are uncertain", len(got), byTwo, unknown)
	if missing > unknown || unknown > len(f.accounts)/2 || byTwo < len(f.accounts)/2 {
		t.Errorf("%d were not sent, and %d are uncertain", missing, unknown)
	}
	faulttest.Injected(t, "32", 1)
}

// agendas gives each account one that was due just now, in the eyes of a foredesk that
// was there an hour ago.
func (f *fleet) agendas() {
	f.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		f.Fatal(err)
	}
	now := time.Now().In(london)
	for _, account := range f.accounts {
		for _, n := range f.nodes {
			more := fmt.Sprintf("agenda: {at: %q, days: Mon-Sun, review: off, to: [%s@auditors.example]}", now.Format("15:04"), account)
			if err := fillIn(n.dir, "# more of "+account, more); err != nil {
				f.Fatal(err)
			}
		}
		_, err := f.db.ExecContext(f.Context(), "INSERT INTO schedules (account, rule, ran_at) VALUES ($1, '(letters)', $2)", account, now.Add(-time.Hour).UnixMicro())
		if err != nil {
			f.Fatal(err)
		}
	}
}
