package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// fleet are several nodes of foredesk on one PostgreSQL database, and the mailboxes
// that they share. Each node has addresses of its own at every server, so that the
// servers know which of them does what.
type fleet struct {
	*testing.T
	dsn      string
	db       *sql.DB
	accounts []string
	offices  map[string]*office // by account
	posted   map[string]int     // messages, by account
	post     *outgoing          // what all of them have sent
	nodes    []*node

	mu   sync.Mutex
	acts []act
	on   func(act) // hears of each act, before it is done
}

// act is one command of a node to a server, for one account.
type act struct {
	*node
	at      time.Time
	account string
	command string // COPY, MOVE, STORE, or DATA for mail that is sent
}

// node is one foredesk.
type node struct {
	*fleet
	name  string
	dir   string
	cmd   *exec.Cmd
	alive bool
	died  []time.Time // when it was killed, or its session was
	ended chan error
}

// fleetPatience is how long a fleet waits for what must come: more than one node may
// be starting on a busy machine, and letters are looked at once a minute.
const fleetPatience = 4 * time.Minute

// auditRules do what is only right when it is done once: copy and send.
const auditRules = `version: 1
rules:
  - name: Board
    when: from.domain == "board.acme.example"
    irreversible: ok
    do: [{copy: Ledger}, {forward: audit@auditors.example}, {file: Board}]
`

// fileRules are for those who count moves alone.
const fileRules = `version: 1
rules:
  - name: Board
    when: from.domain == "board.acme.example"
    do: [{file: Board}]
`

func openFleet(t *testing.T, dsn string, accounts, nodes int, rules string) *fleet {
	t.Helper()
	f := &fleet{T: t, dsn: dsn, offices: map[string]*office{}, posted: map[string]int{}, post: &outgoing{}}
	var err error
	if f.db, err = sql.Open("pgx", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.db.Close() })
	for i := range accounts {
		name := fmt.Sprintf("exec%03d", i+1)
		f.accounts, f.offices[name] = append(f.accounts, name), startOffice(t, officeOptions{user: name})
	}
	for i := range nodes {
		n := &node{fleet: f, name: fmt.Sprintf("node %d", i+1), dir: t.TempDir()}
		f.nodes = append(f.nodes, n)
		n.configure(rules)
	}
	t.Cleanup(func() {
		for _, n := range f.nodes {
			n.end(syscall.SIGKILL)
			if t.Failed() {
				text, _ := os.ReadFile(n.log())
				text = regexp.MustCompile(`(?m)^.*"msg":"handled".*\n`).ReplaceAll(text, nil)
				t.Logf("%s said at last:\n%s", n.name, text[max(0, len(text)-6000):])
			}
		}
	})
	return f
}

// configure gives the node addresses of its own, and a folder with its configuration.
func (n *node) configure(rules string) {
	n.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\ndatabase: %q\naccounts:\n", n.dsn)
	smtpPort := n.openPost()
	for _, account := range n.accounts {
		addr, err := n.offices[account].open(officeOptions{before: func(command string) error {
			n.acted(account, command)
			return nil
		}}, new(atomic.Int64))
		if err != nil {
			n.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(addr)
		fmt.Fprintf(&b, "  - name: %s\n    address: dana@acme.example\n    timezone: Europe/London\n    rules: rules.yaml\n", account)
		fmt.Fprintf(&b, "    imap: {host: 127.0.0.1, port: %s, user: %s, password_file: password, tls: none}\n", port, account)
		fmt.Fprintf(&b, "    smtp: {host: 127.0.0.1, port: %s, tls: none}\n    # more of %s\n", smtpPort, account)
	}
	for file, text := range map[string]string{"foredesk.yaml": b.String(), "rules.yaml": rules, "password": officePassword} {
		if err := os.WriteFile(filepath.Join(n.dir, file), []byte(text), 0o600); err != nil {
			n.Fatal(err)
		}
	}
}

// openPost is where the node hands mail in.
func (n *node) openPost() (port string) {
	n.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &courier{sending{outgoing: n.post}, n}, nil
	}))
	server.Domain, server.ErrorLog = "post.acme.example", log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	n.Cleanup(func() { server.Close(); <-done })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// courier takes a node's mail, and says so.
type courier struct {
	sending
	node *node
}

func (c *courier) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, account := range c.node.accounts {
		if bytes.Contains(raw, []byte("Subject: Fwd: Pack "+account)) || slices.Contains(c.d.to, account+"@auditors.example") {
			c.node.acted(account, "DATA")
		}
	}
	return c.sending.Data(bytes.NewReader(raw))
}

func (n *node) acted(account, command string) {
	a := act{node: n, at: time.Now(), account: account, command: command}
	n.mu.Lock()
	n.acts = append(n.acts, a)
	on := n.on
	n.mu.Unlock()
	if on != nil {
		on(a)
	}
}

// actsOf counts what a node has done.
func (f *fleet) actsOf(n *node) (count int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.acts {
		if a.node == n {
			count++
		}
	}
	return count
}

// when has fn hear of each act from now on; nil ends that.
func (f *fleet) when(fn func(act)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = fn
}

func (n *node) log() string { return filepath.Join(n.dir, "run.log") }

func (n *node) start() {
	n.Helper()
	out, err := os.OpenFile(n.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.Fatal(err)
	}
	defer out.Close()
	n.cmd = exec.Command("foredesk", "run")
	n.cmd.Dir, n.cmd.Stderr = n.dir, out
	if err := n.cmd.Start(); err != nil {
		n.Fatal(err)
	}
	n.alive, n.ended = true, make(chan error, 1)
	go func() { n.ended <- n.cmd.Wait() }()
}

// runOnce lets the node handle what is new, and end.
func (n *node) runOnce() {
	n.Helper()
	cmd := exec.Command("foredesk", "run", "--once")
	cmd.Dir = n.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		n.Fatalf("%v\n%s", err, out)
	}
}

// end ends the node by a signal and waits for it.
func (n *node) end(signal syscall.Signal) {
	n.Helper()
	if !n.alive {
		return
	}
	n.signal(signal)
	err := <-n.ended
	n.alive, n.died = false, append(n.died, time.Now())
	if signal == syscall.SIGTERM && err != nil {
		n.Errorf("%s did not end well: %v", n.name, err)
	}
}

func (n *node) signal(signal syscall.Signal) {
	n.Helper()
	if err := n.cmd.Process.Signal(signal); err != nil {
		n.Errorf("%s: %v", n.name, err)
	}
}

// said is one line of a node's log.
type said struct {
	Time           time.Time
	Msg, Account   string
	node           *node
	begins, nobody bool // it has taken the account; it has none any more
}

// history is all that concerns ownership, the oldest first.
func (f *fleet) history() []said {
	f.Helper()
	var all []said
	for _, n := range f.nodes {
		text, err := os.ReadFile(n.log())
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			f.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			s := said{node: n}
			if json.Unmarshal(line, &s) != nil {
				continue // a line that is just being written
			}
			s.begins = s.Msg == "watching"
			s.nobody = strings.HasPrefix(s.Msg, "the session with the database is lost")
			if s.begins || s.nobody || s.Msg == "gave an account up" {
				all = append(all, s)
			}
		}
		for _, at := range n.died {
			all = append(all, said{Time: at, node: n, nobody: true})
		}
	}
	slices.SortStableFunc(all, func(a, b said) int { return a.Time.Compare(b.Time) })
	return all
}

// owners tells who looks after each account.
func (f *fleet) owners() map[string]*node {
	f.Helper()
	owners := map[string]*node{}
	for _, s := range f.history() {
		switch {
		case s.begins:
			owners[s.Account] = s.node
		case s.nobody:
			maps.DeleteFunc(owners, func(_ string, n *node) bool { return n == s.node })
		case owners[s.Account] == s.node:
			delete(owners, s.Account)
		}
	}
	return owners
}

// shared waits until the nodes that are alive have shared all accounts, and none has
// more than its part.
func (f *fleet) shared() {
	f.Helper()
	alive := f.running()
	most := (len(f.accounts) + alive - 1) / alive
	var has map[string]int
	for range ticks(fleetPatience) {
		has = map[string]int{}
		owners := f.owners()
		for _, n := range owners {
			has[n.name]++
		}
		over := false
		for _, n := range has {
			over = over || n > most
		}
		if !over && len(owners) == len(f.accounts) {
			return
		}
		f.running()
	}
	f.Fatalf("%d nodes do not come to share %d accounts: %v", alive, len(f.accounts), has)
}

// running counts the nodes that are alive, and fails if one has ended by itself.
func (f *fleet) running() (alive int) {
	f.Helper()
	for _, n := range f.nodes {
		if !n.alive {
			continue
		}
		select {
		case err := <-n.ended:
			n.alive = false
			f.Fatalf("%s has ended by itself: %v", n.name, err)
		default:
			alive++
		}
	}
	return alive
}

// wait waits until something has happened so often.
func (f *fleet) wait(times int, happens <-chan struct{}) {
	f.Helper()
	for range times {
		select {
		case <-happens:
		case <-time.After(fleetPatience):
			f.Fatalf("nothing is done: not within %s", fleetPatience)
		}
	}
}

// ready waits until every inbox was seen once: mail from then on is new.
func (f *fleet) ready() {
	f.Helper()
	f.until("every inbox was looked at", func() bool {
		return f.count("SELECT count(*) FROM cursors WHERE folder = 'INBOX'") == len(f.accounts)
	})
}

func (f *fleet) until(what string, holds func() bool) {
	f.Helper()
	for range ticks(fleetPatience) {
		if holds() {
			return
		}
		f.running()
	}
	f.Fatalf("%s: not within %s", what, fleetPatience)
}

func (f *fleet) count(query string, args ...any) (n int) {
	f.Helper()
	if err := f.db.QueryRowContext(f.Context(), query, args...).Scan(&n); err != nil {
		f.Fatal(err)
	}
	return n
}

// sessions are those that own accounts, by their process ids.
func (f *fleet) sessions() (pids []int) {
	f.Helper()
	rows, err := f.db.QueryContext(f.Context(), "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'foredesk on %' AND datname = current_database()")
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			f.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// terminate ends sessions behind their nodes' backs.
func (f *fleet) terminate(pids []int) {
	f.Helper()
	for _, pid := range pids {
		f.count("SELECT count(pg_terminate_backend($1))", pid)
	}
}
