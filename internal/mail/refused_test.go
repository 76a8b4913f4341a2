package mail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// refusing is a way to a server at whose end commands of some kind are answered with
// words of its own.
func refusing(t testing.TB, server, answer string, refuse func(command string) bool) (addr string, refused *atomic.Int32) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	refused = &atomic.Int32{}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(client, server, answer, refuse, refused)
		}
	}()
	return listener.Addr().String(), refused
}

func pass(client net.Conn, addr, answer string, refuse func(string) bool, refused *atomic.Int32) {
	defer client.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		io.Copy(client, server) // ends with either of them
		client.Close()
	}()
	for in := bufio.NewReader(client); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if tag, command, _ := strings.Cut(line, " "); refuse(command) {
			refused.Add(1)
			_, err = fmt.Fprintf(client, "%s %s\r\n", tag, answer)
		} else {
			_, err = io.WriteString(server, line)
		}
		if err != nil {
			return
		}
	}
}

// wordsOfTrouble are what servers say that are in trouble for a while.
var wordsOfTrouble = []string{
	"NO [UNAVAILABLE] Temporary failure, try again later", "NO [SERVERBUG] Internal error occurred", "NO Server Unavailable. 15",
	"BAD Request is throttled. Suggested Backoff Time: 3000 milliseconds",
}

func TestAServerThatRefusesForAWhileMakesNoMessageUnreadable(t *testing.T) {
	for what, part := range map[string]string{"messages": "FETCH", "texts": "BODY.PEEK[1"} {
		for _, words := range wordsOfTrouble {
			t.Run(what+" "+words, func(t *testing.T) {
				m := startMemory(t, full)
				var ill atomic.Bool
				addr, refused := refusing(t, m.addr, words, func(command string) bool { return ill.Load() && strings.Contains(command, part) })
				a := accountAt(t, addr)
				a.Needs(rules.Needs{Text: true, Structure: true})
				w := watch(t, a, nil, nil)
				w.next()
				ill.Store(true)
				for i := range 3 {
					m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
				}
				for refused.Load() < 20 {
					time.Sleep(time.Millisecond)
				}
				ill.Store(false)
				for _, msg := range w.messages(3) {
					if msg.Poison != "" {
						t.Errorf("%s counts as unreadable: %s", msg.Item.Subject, msg.Poison)
					}
				}
			})
		}
	}
}

// showsNot is whether a command asks for one of some messages.
func showsNot(bad ...int) func(command string) bool {
	return func(command string) bool {
		set, ok := strings.CutPrefix(command, "UID FETCH ")
		set, _, _ = strings.Cut(set, " ")
		return ok && slices.ContainsFunc(bad, func(uid int) bool { return inSet(set, uid) })
	}
}

func TestMessagesThatTheServerRefusesForLongCostThemselvesAlone(t *testing.T) {
	for name, bad := range map[string][]int{"one": {2}, "several": {2, 4, 6}, "the last ones": {5, 6, 7, 8}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startMemory(t, full)
			addr, _ := refusing(t, m.addr, wordsOfTrouble[0], showsNot(bad...))
			a := accountAt(t, addr)
			a.pace.refused = time.Second
			w := watch(t, a, nil, nil)
			w.next()
			for i := range 8 {
				m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
			}
			for _, msg := range w.messages(8) {
				if slices.Contains(bad, int(msg.UID)) != strings.Contains(msg.Poison, "the server refuses to show it") {
					t.Errorf("of %d it is said: %q", msg.UID, msg.Poison)
				}
			}
		})
	}
}

// Nobody would ever know more of a folder that the server shows nothing of.
func TestAFolderOfWhichAllIsRefusedForVeryLongIsGivenUp(t *testing.T) {
	m := startMemory(t, full)
	addr, _ := refusing(t, m.addr, wordsOfTrouble[0], showsNot(1, 2))
	a := accountAt(t, addr)
	a.pace.refused = time.Millisecond
	w := watch(t, a, nil, nil)
	w.next()
	m.put("INBOX", letter("0", "0"))
	m.put("INBOX", letter("1", "1"))
	for _, msg := range w.messages(2) {
		if msg.Poison == "" {
			t.Errorf("%d was read", msg.UID)
		}
	}
}

// A folder with new UIDs is read from the same place again where that is interrupted.
func TestARenumberedFolderWithAMessageThatIsRefusedIsRead(t *testing.T) {
	m := startMemory(t, full)
	const n = maxBatch + 10
	for i := range n {
		m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
	}
	addr, _ := refusing(t, m.addr, wordsOfTrouble[0], showsNot(n-2))
	a := accountAt(t, addr)
	a.pace.refused = 200 * time.Millisecond
	before := mailbox.Cursor{UIDValidity: 99, UIDNext: 5000, SeenAt: time.Now().Add(-time.Hour)}
	w := watch(t, a, map[string]mailbox.Cursor{"INBOX": before}, nil)
	for end := time.Now().Add(time.Minute); w.next().Next.UIDValidity == before.UIDValidity; {
		if time.Now().After(end) {
			t.Fatal("it is read again and again")
		}
	}
}

// A single round has no time: it fails where the server shows nothing, and the cursor stays.
func TestASingleRoundGoesByWhetherTheServerShowsAnother(t *testing.T) {
	m := startMemory(t, full)
	for i := range 4 {
		m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
	}
	for name, bad := range map[string][]int{"nothing is shown": {1, 2, 3, 4}, "another is": {2, 3, 4}} {
		t.Run(name, func(t *testing.T) {
			addr, _ := refusing(t, m.addr, wordsOfTrouble[0], showsNot(bad...))
			cursor := func(context.Context, string) (mailbox.Cursor, bool, error) {
				return mailbox.Cursor{UIDValidity: 1, UIDNext: 2, SeenAt: time.Now()}, true, nil
			}
			handed := 0
			err := accountAt(t, addr).CatchUp(t.Context(), cursor, func(_ context.Context, _ *Session, b mailbox.Batch) error {
				handed += len(b.Messages)
				return nil
			})
			switch all := len(bad) == 4; {
			case all && (!errors.Is(err, ErrLost) || handed > 0):
				t.Errorf("%d were handed over, and it is %v", handed, err)
			case !all && (err != nil || handed != 3):
				t.Errorf("%d were handed over: %v", handed, err)
			}
		})
	}
}

// Who reads beside the watch, as apply does, can't wait, and may do so again.
func TestWhoReadsBesideTheWatchTakesARefusalForTheMessagesOwn(t *testing.T) {
	m := startMemory(t, full)
	for i := range 3 {
		m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
	}
	addr, _ := refusing(t, m.addr, wordsOfTrouble[0], showsNot(1, 2))
	all := scan(t, openSession(t, accountAt(t, addr)), "INBOX", mailbox.Query{})
	if len(all) != 3 {
		t.Errorf("%d messages were handed over", len(all))
	}
	for _, msg := range all {
		if (msg.Poison == "") != (msg.UID == 3) {
			t.Errorf("of %d it is said: %q", msg.UID, msg.Poison)
		}
	}
}

// "2:*" names message 1 where there is no later one (RFC 9051 9). Where the connection
// breaks at that one each time, the folder is waited for all the same.
func TestAMessageOfBeforeAtWhichTheConnectionBreaksIsNotAskedForAgainAndAgain(t *testing.T) {
	srv := startScript(t)
	srv.set("UIDNEXT", "3") // message 2 came and went
	srv.on("UID FETCH", func(c *scripted, _, _ string) { c.Close() })
	srv.on("UID SEARCH", func(c *scripted, tag, _ string) { c.say("* SEARCH", tag+" OK done") })
	watch(t, accountAt(t, srv.addr), map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 2, SeenAt: time.Now()}}, nil)
	srv.waitFor("IDLE", 1)
	if n := srv.count("LOGIN") + srv.count("AUTHENTICATE"); n > 3 {
		t.Errorf("%d sign-ins came before it was waited for news", n)
	}
}
