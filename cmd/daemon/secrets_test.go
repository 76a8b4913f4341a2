package main

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// vaultVerbs are the verbs that look at something, or do it.
var vaultVerbs = []string{
	"plan", "apply", "status", "health", "log", "explain 1", "explain --event canary --all", "conflicts", "agenda", "agenda --send", "suggest", "check", "test",
	"auth", "auth google --limit 1s", "undo --last 1h", "diff rules.yaml", "run --once", "approve", "schema", "version",
}

// However a secret is given, nothing that foredesk prints, logs, writes or sends
// holds it, whatever it is asked to say; nor does the dump that a SIGQUIT makes of
// the running daemon. The log of a daemon as people run it holds no word of the mail
// and of the calendar.
func TestSecretsShowNowhere(t *testing.T) {
	for _, keeping := range []string{"file", "env", "credential", "command"} {
		t.Run(keeping, func(t *testing.T) {
			v := openVault(t, keeping, "sqlite:foredesk.db")
			v.works("run", "--once")
			info := v.atWork(1, syscall.SIGTERM, "run")
			debug := v.atWork(2, syscall.SIGQUIT, "run", "-v")
			v.saysEnough(info, debug)
			v.tells("the log", info+debug, vaultPath)
			v.tells("the log", info, append(v.secrets, vaultWords...)...)
			v.tells("the log, or the dump of a SIGQUIT,", debug, v.secrets...)
			v.nothingKept()
			if waits := v.works("approve"); !strings.Contains(waits, "call 127.0.0.1") {
				t.Errorf("nobody is asked about a webhook: is this a test?\n%s", waits)
			}
			for _, verb := range vaultVerbs {
				v.tells("what it says", v.tried(append(strings.Fields(verb), "-v")...), append(v.secrets, vaultPath)...)
				v.tells("what it says", v.tried(append(strings.Fields(verb), "--json")...), v.secrets...)
			}
			v.tells("what was sent", v.sentOut(), append(v.secrets, vaultPath)...)
			v.nothingKept()
			faulttest.Injected(t, "S1", len(v.secrets))
		})
	}
}

// Nor where the servers repeat what they were told, in what they refuse it with; nor where
// they can't be reached.
func TestServersThatRepeatSecrets(t *testing.T) {
	loud := startVaultPost(t, func(password string) error {
		return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong: " + password}
	})
	imap, refused, broken := parrotOffice(t), parrotServer(t, http.StatusBadRequest), parrotServer(t, http.StatusBadGateway)
	for name, to := range map[string]struct{ imap, smtp, model, token, api string }{
		"all refuse":      {imap: imap, smtp: loud.port, model: refused.URL, token: refused.URL, api: refused.URL},
		"the model fails": {model: broken.URL},
		"the API alone":   {api: refused.URL},
		"nobody is there": {imap: "9", smtp: "9", model: "http://127.0.0.1:9"},
	} {
		t.Run(name, func(t *testing.T) {
			v := openVault(t, "file", "sqlite:foredesk.db")
			v.works("run", "--once")
			v.post(eml(1))
			v.meet(1)
			for file, changes := range map[string][]string{
				"foredesk.yaml": {v.letters.port, to.smtp, portOf(t.Fatal, v.office.addr), to.imap, v.oracle.URL, to.model, v.google.Endpoint(), to.api + "/"},
				"client.json":   {v.google.TokenURL(), to.token},
			} {
				v.redirect(file, changes)
			}
			var said strings.Builder
			for _, verb := range []string{"plan", "run --once", "agenda --send", "apply", "log", "status --json", "auth google --limit 1s", "auth google --remove"} {
				said.WriteString(v.tried(append(strings.Fields(verb), "-v")...))
			}
			v.tells("what it says", said.String(), append(v.secrets, vaultPath)...)
			v.nothingKept()
			faulttest.Injected(t, "S1", len(v.secrets))
		})
	}
}

// redirect changes pairs of texts in a file; those without a second one stay.
func (v *vault) redirect(file string, pairs []string) {
	v.Helper()
	path := filepath.Join(v.dir, file)
	text, err := os.ReadFile(path)
	v.must(err)
	for i := 0; i < len(pairs); i += 2 {
		if strings.Trim(pairs[i+1], "/") != "" {
			text = bytes.ReplaceAll(text, []byte(pairs[i]), []byte(pairs[i+1]))
		}
	}
	v.must(os.WriteFile(path, text, 0o600))
}

// In PostgreSQL, too: in no row of any table.
func TestSecretsAreInNoRow(t *testing.T) {
	dsn := storetest.Postgres(t)
	pass := filepath.Join(t.TempDir(), "pgpass")
	if err := os.WriteFile(pass, []byte("*:*:*:*:"+vaultPG+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := openVault(t, "file", dsn+"&passfile="+pass)
	v.works("run", "--once")
	said := v.atWork(1, syscall.SIGQUIT, "run", "-v")
	for _, verb := range vaultVerbs {
		said += v.tried(append(strings.Fields(verb), "-v")...)
	}
	v.tells("what it says", said, append(v.secrets, vaultPath)...)
	rows := everyRow(t, dsn)
	v.tells("a row", rows, v.secrets...)
	if !strings.Contains(rows, "CANARYSUBJECT 1") {
		t.Error("the mail is in no row: is this a test?")
	}
	faulttest.Injected(t, "S1", len(v.secrets))
}

// everyRow is all that a database holds, as text.
func everyRow(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all strings.Builder
	for _, table := range column(t, db, "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')") {
		for _, row := range column(t, db, "SELECT t::text FROM "+table+" t") {
			fmt.Fprintln(&all, table, row)
			// What is kept as bytes is shown in hexadecimal.
			for _, digits := range regexp.MustCompile(`\\+x([0-9a-f]+)`).FindAllStringSubmatch(row, -1) {
				raw, err := hex.DecodeString(digits[1])
				fmt.Fprintln(&all, table, string(raw), err)
			}
		}
	}
	return all.String()
}

// column are the values of a query's one column.
func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// A database server that repeats the password it was given is not quoted.
func TestADatabaseThatRepeatsItsPassword(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	asked := 0
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if repeatPassword(conn) == vaultPG {
				asked++
			}
		}
	})
	pass := filepath.Join(t.TempDir(), "pgpass")
	if err := os.WriteFile(pass, []byte("*:*:*:*:"+vaultPG+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := install(t, startOffice(t, officeOptions{}), "version: 1\nrules: []\n")
	in.spoil("sqlite:foredesk.db", "postgres://u@"+l.Addr().String()+"/d?sslmode=disable&passfile="+pass)
	for _, verb := range vaultVerbs {
		if said := in.tried(append(strings.Fields(verb), "-v")...); strings.Contains(said, vaultPG) {
			t.Errorf("%s: %s", verb, said)
		}
	}
	_ = l.Close()
	served.Wait()
	if asked == 0 {
		t.Error("it was never given: is this a test?")
	}
	faulttest.Injected(t, "S1", asked)
}

// repeatPassword asks a client of PostgreSQL (protocol 3.0) for its password, refuses
// it with itself, and returns it.
func repeatPassword(conn net.Conn) string {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	head := make([]byte, 4)
	if _, err := io.ReadFull(conn, head); err != nil {
		return ""
	}
	if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(head))-4); err != nil {
		return ""
	}
	_, _ = conn.Write([]byte{'R', 0, 0, 0, 8, 0, 0, 0, 3}) // AuthenticationCleartextPassword
	head = make([]byte, 5)
	if _, err := io.ReadFull(conn, head); err != nil {
		return ""
	}
	word := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	if _, err := io.ReadFull(conn, word); err != nil {
		return ""
	}
	password := strings.TrimRight(string(word), "\x00")
	text := "SFATAL\x00VFATAL\x00C28P01\x00Mwrong password: " + password + "\x00Dit was " + password + "\x00\x00"
	_, _ = conn.Write(append(binary.BigEndian.AppendUint32([]byte{'E'}, uint32(len(text)+4)), text...))
	return password
}

// atWork lets the daemon handle a mail and an event, and ends it by a signal.
func (v *vault) atWork(n int, end syscall.Signal, args ...string) (said string) {
	v.Helper()
	v.post(eml(n))
	v.meet(n)
	cmd, out := v.command(args...)
	v.must(cmd.Start())
	v.come(n)
	v.nothingKept() // also while the journal is open, with what SQLite keeps beside it
	v.must(cmd.Process.Signal(end))
	err := cmd.Wait()
	if (err == nil) != (end == syscall.SIGTERM) {
		v.Errorf("it ended with %v", err)
	}
	return out.String()
}

// come waits until the n-th mail and the n-th event have had all their effects.
func (v *vault) come(n int) {
	v.Helper()
	v.waitFor(fmt.Sprintf("From/canaryaddress.example | CANARYSUBJECT %d", n))
	want := map[string]int{"/in": n, "/chat": n, "/event": n}
	for range ticks(patience) {
		v.mu.Lock()
		got := map[string]int{}
		for _, sent := range v.got {
			path, _, _ := strings.Cut(strings.TrimPrefix(sent, "/"+vaultPath), " ")
			got[strings.SplitN(path, "map[", 2)[0]]++
		}
		v.mu.Unlock()
		// Each is forwarded; who has written is answered once a day.
		if maps.Equal(got, want) && len(v.letters.all()) == n+1 {
			return
		}
	}
	v.Fatalf("not all was sent: %d mails, %q", len(v.letters.all()), v.got)
}

// saysEnough checks that the test means something: the log tells of the errands, and
// the dump shows what the daemon was at.
func (v *vault) saysEnough(info, debug string) {
	v.Helper()
	for what, there := range map[string]bool{
		"what was done": strings.Contains(info, `"msg":"handled"`), "what the server refused": strings.Contains(info, `"msg":"the mail server refused an action"`),
		"a dump": strings.Contains(debug, "SIGQUIT: quit") && strings.Contains(debug, "internal/engine.(*Account)"),
	} {
		if !there {
			v.Errorf("nothing tells %s:\n%s\n%.5000s", what, info, debug)
		}
	}
}

// nothingKept looks through the files of the installation.
func (v *vault) nothingKept() {
	v.Helper()
	for _, secret := range v.secrets {
		v.inNoFile(secret, v.holders...)
	}
}
