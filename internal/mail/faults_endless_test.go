package mail

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// A server that never pauses.

// mostSaid is how many lines a server can have said when it has been left: the
// limit, and what lies in the buffers of both sides.
func mostSaid(line string) int { return maxUnasked + 16<<20/len(line) }

func TestAServerThatNeverPausesIsLeft(t *testing.T) {
	for _, c := range []struct{ name, command, line string }{
		{"chatter in IDLE", "IDLE", "* OK still here\r\n"},
		{"expunges in IDLE", "IDLE", "* 1 EXPUNGE\r\n"},
		{"flags in IDLE", "IDLE", "* 1 FETCH (FLAGS (\\Seen))\r\n"},
		{"what looks like a literal and is none", "IDLE", "* OK {99999999999}\r\n"},
		{"one header again and again", "IDLE", "* 1 FETCH (UID 1 BODY[HEADER] {4}\r\nX:\r\n)\r\n"},
		{"chatter before the answer to a search", "UID SEARCH", "* OK still here\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startScript(t)
			srv.set("UIDNEXT", "300")
			said := make(chan int, 10)
			srv.on(c.command, func(conn *scripted, _, _ string) {
				io.WriteString(conn, strings.Repeat("+ idling\r\n", strings.Count(c.command, "IDLE")))
				n := 0
				for forever := strings.Repeat(c.line, 1000); ; n += 1000 {
					if _, err := io.WriteString(conn, forever); err != nil {
						said <- n
						return
					}
				}
			})
			a := accountAt(t, srv.addr, func(cfg *Config) { cfg.Poll = time.Minute })
			a.pace.answer = muchTalk
			a.pace.retry, a.pace.retryMax = time.Hour, time.Hour // the slow pace counts
			troubles := make(chan error, 100)
			a.OnTrouble(func(_ string, err error) { troubles <- err })
			next := map[string]uint32{"IDLE": 300, "UID SEARCH": 1}[c.command]
			watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: next}}, nil)
			if err := <-troubles; !errors.Is(err, errEndless) || !errors.Is(err, ErrLost) {
				t.Errorf("the trouble is %v", err)
			}
			if n := <-said; n > mostSaid(c.line) {
				t.Errorf("%d lines were listened to", n)
			}
			srv.waitFor("LOGIN", 2)
		})
	}
}

// An answer without end costs the message that it is about, and is not listened to
// for longer than any other talk.
func TestAnAnswerAboutAMessageThatNeverEndsCostsThatMessage(t *testing.T) {
	for name, line := range map[string]string{
		"chatter":                      "* OK still here\r\n",
		"that message again and again": "* 1 FETCH (UID 1 FLAGS () BODY[HEADER] {4}\r\nX:\r\n)\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			srv := startScript(t)
			said := make(chan int, 100)
			srv.inbox(1, 1, func(c *scripted, _ string) {
				n := 0
				for forever := strings.Repeat(line, 1000); ; n += 1000 {
					if _, err := io.WriteString(c, forever); err != nil {
						said <- n
						return
					}
				}
			})
			w := watch(t, accountAt(t, srv.addr), map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, nil)
			if b := w.nextWithin(muchTalk); len(b.Messages) != 1 || b.Messages[0].Poison == "" {
				t.Errorf("delivered %+v", b)
			}
			for range len(said) {
				if n := <-said; n > mostSaid(line) {
					t.Errorf("%d lines were listened to", n)
				}
			}
			faulttest.Injected(t, "39", 1)
		})
	}
}

// muchTalk is how long it may take to hear so many lines, with the race detector on a
// machine with other work.
const muchTalk = 5 * time.Minute

// However much a person does to a large folder, it is no endless talk.
func TestAFolderOfAHundredThousandMayBeEmptiedWhileWatched(t *testing.T) {
	const many = 100_000
	srv := startScript(t)
	srv.set("UIDNEXT", "2")
	srv.on("IDLE", func(c *scripted, tag, _ string) {
		c.say("+ idling")
		if srv.count("IDLE") == 1 {
			var b strings.Builder
			for i := range many {
				fmt.Fprintf(&b, "* %d FETCH (FLAGS (\\Seen \\Deleted))\r\n", i+1)
			}
			b.WriteString(strings.Repeat("* 1 EXPUNGE\r\n", many))
			c.say(b.String() + "* 1 EXISTS")
		}
		c.line()
		c.say(tag + " OK")
	})
	srv.on("UID FETCH", func(c *scripted, tag, _ string) {
		c.answer(1, 2, dated, "Subject: after all that\r\n\r\n")
		c.say(tag + " OK")
	})
	a := accountAt(t, srv.addr, func(cfg *Config) { cfg.Poll = time.Minute })
	a.pace.answer = muchTalk
	w := watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 2}}, nil)
	if got := subjects(w.nextWithin(muchTalk).Messages); !slices.Equal(got, []string{"after all that"}) {
		t.Errorf("delivered %q", got)
	}
	if n := srv.count("LOGIN"); n != 1 {
		t.Errorf("it took %d connections", n)
	}
}

func TestNewsOfMailThatIsNotThereEnds(t *testing.T) {
	srv := startScript(t)
	srv.on("IDLE", func(c *scripted, tag, _ string) {
		c.say("+ idling", "* 5 EXISTS")
		c.line()
		c.say(tag + " OK")
	})
	a := accountAt(t, srv.addr, func(cfg *Config) { cfg.Poll = time.Minute })
	a.pace.retry, a.pace.retryMax = time.Hour, time.Hour // the slow pace counts
	troubles := make(chan error, 100)
	a.OnTrouble(func(_ string, err error) { troubles <- err })
	watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 2}}, nil)
	if err := <-troubles; !errors.Is(err, errEndless) {
		t.Errorf("the trouble is %v", err)
	}
	if n := srv.count("UID FETCH"); n > 2*maxFruitless {
		t.Errorf("it was looked for %d times", n)
	}
	srv.waitFor("LOGIN", 2)
}

// The lines inside a message are its writer's, and not counted.
func TestLinesInsideLiteralsAreNotCounted(t *testing.T) {
	said := "* 1 FETCH (UID 1 BODY[HEADER] {9}\r\na\r\nb\r\nc\r\n BODY[TEXT] {3+}\r\n\r\n\r FLAGS ())\r\n* OK {3}\r\n* 2 EXISTS\r\n"
	for _, step := range []int{1, 2, 3, 7, 40, len(said)} {
		var c lineCount
		for chunk := range slices.Chunk([]byte(said), step) {
			c.count(chunk)
		}
		if c.n != 5 {
			t.Errorf("in steps of %d there are %d lines, want 5", step, c.n)
		}
	}
}
