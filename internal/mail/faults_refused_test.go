package mail

import (
	"errors"
	"testing"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Where the server will not tell of the messages that are gone (RFC 2180 4.1), what it
// has said of the others still holds.
func TestARefusedLookSaysNothingOfTheOthers(t *testing.T) {
	srv := startScript(t)
	srv.inbox(3, 0, nil)
	s := openSession(t, accountAt(t, srv.addr))
	var changes []mailbox.Change
	for _, msg := range scan(t, s, "INBOX", mailbox.Query{})[:2] {
		changes = append(changes, change(int64(msg.UID), msg, mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`}}))
	}
	srv.on("UID STORE", func(c *scripted, tag, _ string) {
		srv.on("UID SEARCH", func(c *scripted, tag, _ string) { c.say("* SEARCH 1", tag+" OK done") })
		srv.on("UID FETCH", func(c *scripted, tag, _ string) {
			c.say(tag + " NO [EXPUNGEISSUED] some of the messages no longer exist")
		})
		c.say(tag + " OK done")
	})
	got, err := s.Perform(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, got, mailbox.Done, mailbox.Refused)
}

// A folder that can't be opened is told from one that is not there, and one that only
// holds others is none.
func TestAFolderThatIsNotOpened(t *testing.T) {
	for name, c := range map[string]struct {
		answer, attrs string
		want          error
	}{
		"is refused":        {"NO [NOPERM] not for you", "", mailbox.ErrRefused},
		"is there":          {"NO it is locked", `\HasNoChildren`, mailbox.ErrRefused},
		"holds others only": {"NO it can not be opened", `\NoSelect \HasChildren`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			srv := startScript(t)
			srv.on("SELECT", func(conn *scripted, tag, _ string) { conn.say(tag + " " + c.answer) })
			s := openSession(t, accountAt(t, srv.addr))
			srv.on("LIST", func(conn *scripted, tag, _ string) { conn.say(`* LIST (`+c.attrs+`) "/" Papers`, tag+" OK done") })
			err := s.Scan(t.Context(), "Papers", mailbox.Query{MessageID: "one@acme.example"}, nil)
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("it is %v, want %v", err, c.want)
			}
		})
	}
}
