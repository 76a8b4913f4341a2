package mail

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
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

func TestAMessageThatTheServerRefusesForLongCostsItselfAlone(t *testing.T) {
	m := startMemory(t, full)
	addr, _ := refusing(t, m.addr, wordsOfTrouble[0], func(command string) bool {
		set, ok := strings.CutPrefix(command, "UID FETCH ")
		set, _, _ = strings.Cut(set, " ")
		return ok && inSet(set, 2)
	})
	a := accountAt(t, addr)
	a.pace.refused = 100 * time.Millisecond
	w := watch(t, a, nil, nil)
	w.next()
	for i := range 3 {
		m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
	}
	for _, msg := range w.messages(3) {
		if unreadable := msg.UID == 2; unreadable != strings.Contains(msg.Poison, "the server refuses to show it") {
			t.Errorf("of %d it is said: %q", msg.UID, msg.Poison)
		}
	}
}

// Nobody would ever know more of a folder that the server shows nothing of.
func TestAFolderOfWhichAllIsRefusedForVeryLongIsGivenUp(t *testing.T) {
	m := startMemory(t, full)
	addr, _ := refusing(t, m.addr, wordsOfTrouble[0], func(command string) bool { return strings.HasPrefix(command, "UID FETCH ") })
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

// A single round has no time to wait: it goes by whether the server shows another message.
func TestASingleRoundFailsWhereTheServerShowsNothing(t *testing.T) {
	m := startMemory(t, full)
	for i := range 3 {
		m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
	}
	addr, _ := refusing(t, m.addr, wordsOfTrouble[0], func(command string) bool { return strings.HasPrefix(command, "UID FETCH ") })
	err := openSession(t, accountAt(t, addr)).Scan(t.Context(), "INBOX", mailbox.Query{}, nil)
	if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "nothing was set aside") {
		t.Errorf("it is %v", err)
	}
}
