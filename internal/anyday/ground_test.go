package anyday

import (
	"crypto/rand"
	"crypto/rsa"
	"database/sql"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// kind is the sort of servers that a day has.
type kind struct{ mail, journal string }

func (k kind) String() string { return "a mail server " + k.mail + ", and " + k.journal }

// mailServers are what Dovecot says that it can do, by what that means for a move.
var mailServers = map[string]string{everything: "", withoutMove: dovecot.CapabilityNoMove, bare: dovecot.CapabilityBare}

// On a server without MOVE, a move is a copy and an expunge; without UIDPLUS, too, the
// original stays, marked deleted.
const (
	everything  = "with everything"
	withoutMove = "without MOVE"
	bare        = "without MOVE and UIDPLUS"
	sqlite      = "SQLite"
	postgres    = "PostgreSQL"
)

// kinds of days, the plainest first: towards it, rapid makes a day simpler.
var someKind = rapid.Custom(func(t *rapid.T) kind {
	return kind{
		rapid.SampledFrom([]string{everything, withoutMove, bare}).Draw(t, "mail"),
		rapid.SampledFrom([]string{sqlite, postgres}).Draw(t, "journal"),
	}
})

// nearby is the address from which people dial. To those, Dovecot says all it can do,
// so that a move of a person's is one command, and never half done.
const nearby = "127.0.0.2"

// dovecotExtra makes Dovecot write down who changes what: see log_test.go.
const dovecotExtra = `mail_plugins = $mail_plugins notify mail_log
plugin {
  mail_log_events = delete undelete expunge copy save mailbox_rename
  mail_log_fields = uid box vsize
}
remote ` + nearby + ` {
  imap_capability = IMAP4rev1 LITERAL+ SASL-IR ENABLE IDLE NAMESPACE SPECIAL-USE UIDPLUS MOVE
}
`

// ground is what all days share. Servers are started when a day first needs them.
type ground struct {
	outer   *testing.T
	servers map[string]*dovecot.Server // by what they can do
	lines   map[string]*badline.Line   // by which foredesk reaches them
	journal string                     // the address of PostgreSQL's database
	binary  string
	key     *rsa.PrivateKey
	days    int
	users   []string
	counts  map[string]int // of what befell foredesk, by rows of the table of faults
	moments map[string]int // that were lived through, by name
	kinds   map[kind]int   // of days
	worst   string         // the report of the shortest day that failed
	length  int            // of its story
}

func newGround(t *testing.T) *ground {
	g := &ground{outer: t, servers: map[string]*dovecot.Server{}, lines: map[string]*badline.Line{}, counts: map[string]int{}, moments: map[string]int{}, kinds: map[kind]int{}}
	for i := range 40 {
		g.users = append(g.users, fmt.Sprintf("dana%d", i))
	}
	dovecot.Require(t, "dovecot", "dovecot-imapd")
	g.binary = desk.Build(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(g.worst)
		}
	})
	var err error
	if g.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	return g
}

// server is a Dovecot that can do what a day wants.
func (g *ground) server(can string) *dovecot.Server {
	if g.servers[can] == nil {
		g.servers[can] = dovecot.Start(g.outer, dovecot.Options{Users: g.users, Capability: mailServers[can], Extra: dovecotExtra})
		g.lines[can] = badline.Open(g.outer, g.servers[can].Addr())
	}
	return g.servers[can]
}

// emptyJournal is the address of a database with nothing in it, from inside the desk's
// folder. Where PostgreSQL isn't installed, and this is not the CI, SQLite takes its
// place.
func (g *ground) emptyJournal(sort string) string {
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	switch {
	case sort == sqlite:
		return "sqlite:foredesk.db"
	case len(installed) == 0 && os.Getenv("FOREDESK_TEST_POSTGRES") == "" && os.Getenv("FOREDESK_CI") != "1":
		return "sqlite:foredesk.db"
	case g.journal == "":
		g.journal = storetest.Postgres(g.outer)
	}
	db, err := sql.Open("pgx", g.journal)
	if err == nil {
		_, err = db.ExecContext(g.outer.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
		_ = db.Close() // it was only for this
	}
	if err != nil {
		g.outer.Fatal(err)
	}
	return g.journal
}

// tell says what happened on all the days.
func (g *ground) tell() {
	var b strings.Builder
	for _, k := range slices.SortedFunc(maps.Keys(g.kinds), func(a, b kind) int { return strings.Compare(a.String(), b.String()) }) {
		fmt.Fprintf(&b, "\n%6d days with %v", g.kinds[k], k)
	}
	for _, name := range slices.Sorted(maps.Keys(g.moments)) {
		fmt.Fprintf(&b, "\n%6d times %s", g.moments[name], name)
	}
	g.outer.Logf("%d days:%s\nfaults by their rows: %v", g.days, b.String(), g.counts)
}

// dial connects to a server as a person's mail program does.
func dial(server *dovecot.Server) (net.Conn, error) {
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(nearby)}}
	return from.Dial("tcp", server.Addr())
}

// openable is a journal's address for this process, which has another folder.
func openable(journal, folder string) string {
	if file, ok := strings.CutPrefix(journal, "sqlite:"); ok {
		return "sqlite:" + filepath.Join(folder, file)
	}
	return journal
}
