// Package badline is a bad line to a server, for tests: a program under test dials
// it, and toxiproxy, inside the test, passes on what both say until the test
// breaks it: cut, silent, reset, slow, or cut at a certain word of an answer.
//
// A Line starts whole. What a test does to it counts for the connections that
// there are and for those to come, until Mend. The toxic of our own stands in
// cue.go; soak (internal/soak) and the tests of internal/mail break lines.
package badline

import (
	"bytes"
	"encoding/json"
	"net"
	"strconv"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// Line is one line, which ends with the test. Its methods fail the test
// themselves; they belong to one goroutine at a time.
type Line struct {
	tb     testing.TB
	server *toxiproxy.ApiServer
	proxy  *toxiproxy.Proxy
	cues   []*cue // since the line was opened
}

// Open opens a line to a server at host:port.
func Open(tb testing.TB, upstream string) *Line {
	tb.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &Line{tb: tb, server: server, proxy: toxiproxy.NewProxy(server, upstream, "127.0.0.1:0", upstream)}
	l.Up()
	tb.Cleanup(func() { l.proxy.Stop() })
	return l
}

// Addr is where the line begins: a host and port that stay the same.
func (l *Line) Addr() string { return l.proxy.Listen }

// Port is the port of Addr.
func (l *Line) Port() int {
	l.tb.Helper()
	_, text, err := net.SplitHostPort(l.Addr())
	if err != nil {
		l.tb.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		l.tb.Fatal(err)
	}
	return port
}

// Down closes all connections; new ones are refused until Up.
func (l *Line) Down() { l.proxy.Stop() }

// Up takes connections again.
func (l *Line) Up() {
	l.tb.Helper()
	if err := l.proxy.Start(); err != nil {
		l.tb.Fatalf("opening the line to %s: %v", l.proxy.Upstream, err)
	}
}

// Cut closes all connections; new ones may be made at once.
func (l *Line) Cut() {
	l.tb.Helper()
	l.Down()
	l.Up()
}

// LeadTo lets the line end at another server, for connections yet to come; those
// that there are, are cut.
func (l *Line) LeadTo(upstream string) {
	l.tb.Helper()
	if err := l.proxy.Update(&toxiproxy.Proxy{Listen: l.Addr(), Upstream: upstream, Enabled: true}); err != nil {
		l.tb.Fatalf("leading a line to %s: %v", upstream, err)
	}
}

// Silence loses all that both sides say from now on, while every connection
// stands, and new ones come about: a NAT that has forgotten, a server that hangs.
func (l *Line) Silence() {
	l.tb.Helper()
	l.add("timeout", "downstream", map[string]any{"timeout": 0})
	l.add("timeout", "upstream", map[string]any{"timeout": 0})
}

// Trickle lets one byte of the server's through each second.
func (l *Line) Trickle() {
	l.tb.Helper()
	l.add("slicer", "downstream", map[string]any{"average_size": 1, "size_variation": 0, "delay": 1_000_000})
}

// CutAfter cuts each connection when so many bytes of the server's have passed.
func (l *Line) CutAfter(count int) {
	l.tb.Helper()
	l.add("limit_data", "downstream", map[string]any{"bytes": count})
}

// Reset resets each connection (TCP RST) at the first byte of the server's.
// Toxiproxy does so for connections that are yet to come: the others are cut.
func (l *Line) Reset() {
	l.tb.Helper()
	l.add("reset_peer", "downstream", map[string]any{"timeout": 0})
	l.Cut()
}

// CutAt cuts a connection in the middle of an answer, so many bytes behind the
// begin of a word that the server says. That happens to the first count
// connections on which the word is heard; made tells how often it has. It needs a
// line without TLS.
func (l *Line) CutAt(word string, behind, count int) (made func() int) {
	l.tb.Helper()
	added := l.add("cue", "downstream", map[string]any{"word": word, "behind": behind, "times": count})
	c := added.Toxic.(*cue)
	l.cues = append(l.cues, c)
	return c.made
}

// CutsMade is how many connections CutAt has cut since the line was opened.
func (l *Line) CutsMade() int {
	n := 0
	for _, c := range l.cues {
		n += c.made()
	}
	return n
}

// Mend makes the line whole and takes connections; those that there are, are closed.
// The proxy is made anew: toxiproxy v2.12.0 panics if a toxic is added while a
// connection goes that the removal of another has ended.
func (l *Line) Mend() {
	l.tb.Helper()
	l.Down()
	l.proxy = toxiproxy.NewProxy(l.server, l.proxy.Name, l.Addr(), l.proxy.Upstream)
	l.Up()
}

func (l *Line) add(kind, direction string, attributes map[string]any) *toxics.ToxicWrapper {
	l.tb.Helper()
	text, err := json.Marshal(map[string]any{"type": kind, "stream": direction, "attributes": attributes})
	if err != nil {
		l.tb.Fatal(err)
	}
	added, err := l.proxy.Toxics.AddToxicJson(bytes.NewReader(text))
	if err != nil {
		l.tb.Fatalf("breaking the line to %s: %v", l.proxy.Upstream, err)
	}
	return added
}
