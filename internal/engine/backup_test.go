package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

const backupRules = `version: 1
rules:
  - name: Board
    when: subject contains "board"
    do: {file: Board}
  - name: Flags
    when: subject contains "flag"
    do: {flag: true}
  - name: Send on
    when: subject contains "fwd"
    irreversible: ok
    do: {forward: ben@other.example}
`

// journalFile is the path of the database, which must not be open.
func (d *desk) journalFile() string { return strings.TrimPrefix(d.dsn, "sqlite:") }

// loseJournal removes it, as if it had never been.
func (d *desk) loseJournal() {
	d.Helper()
	files, err := filepath.Glob(d.journalFile() + "*")
	if err != nil || len(files) == 0 {
		d.Fatalf("there is no journal: %v", err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			d.Fatal(err)
		}
	}
}

func TestAJournalThatIsGoneBringsNothingBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), backupRules)
	d.runOnce()
	d.deliver("board-1", "flag-1", "fwd-1")
	d.runOnce()
	d.leave()
	(&aCase{desk: d}).byHand(func(h *hand) { h.flag("flag-1", "INBOX", []string{`-\Flagged`}); h.move("board-1", "Board", "INBOX") })
	d.loseJournal()
	d.runOnce()
	d.deliver("board-2")
	d.runOnce()
	d.wantMail("INBOX: board-1, flag-1, fwd-1\nBoard: board-2\nSent: <Fwd: fwd-1> (\\seen)\n")
	if n := len(d.post.taken()); n != 1 {
		t.Errorf("%d mails were sent", n)
	}
	faulttest.Injected(t, "6", 1)
}

func TestAnOldCopyOfTheJournalLeavesMailWhereItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), backupRules)
	d.runOnce()
	d.deliver("board-1", "flag-1")
	d.runOnce()
	d.leave()
	backup, err := os.ReadFile(d.journalFile())
	if err != nil {
		t.Fatal(err)
	}
	d.deliver("board-2", "flag-2")
	d.runOnce()
	d.leave()
	d.loseJournal()
	if err := os.WriteFile(d.journalFile(), backup, 0o600); err != nil {
		t.Fatal(err)
	}
	d.runOnce()
	d.deliver("board-3")
	d.runOnce()
	d.wantMail("INBOX: flag-1 (\\flagged), flag-2 (\\flagged)\nBoard: board-1, board-2, board-3\n")
	faulttest.Injected(t, "6", 1)
}

// backupEvents copy the journal and put the copy back. The process ends for it.
func backupEvents() map[string]func(*aCase, []string) {
	return map[string]func(*aCase, []string){
		"back-up": func(c *aCase, _ []string) { c.backup = c.copyJournal() },
		"restore": func(c *aCase, _ []string) {
			c.leave()
			if !strings.HasPrefix(c.dsn, "sqlite:") {
				c.dsn = storetest.Copy(c, c.backup)
				c.Cleanup(c.leave) // before the copy goes
				return
			}
			c.loseJournal()
			journal, err := os.ReadFile(c.backup)
			c.must(err)
			c.must(os.WriteFile(c.journalFile(), journal, 0o600))
		},
	}
}

// copyJournal copies the journal as it is between two processes: to a file beside it, or
// to a database on the same server.
func (c *aCase) copyJournal() string {
	c.leave()
	if !strings.HasPrefix(c.dsn, "sqlite:") {
		return storetest.Copy(c, c.dsn)
	}
	journal, err := os.ReadFile(c.journalFile())
	c.must(err)
	name := filepath.Join(c.TempDir(), "journal.backup")
	c.must(os.WriteFile(name, journal, 0o600))
	return name
}
