package mail

import (
	"bytes"
	"errors"
	"net"
	"regexp"
	"strconv"
	"sync/atomic"
)

// What a server may say. Go-imap gathers a line in memory however long it is, so a
// server that never ends one would take the memory of all accounts; and it reads
// lines for as long as they come, so a server that never pauses would take the
// processor.
const (
	maxBeforeSignIn = 1 << 20  // bytes up to where we are signed in; a few hundred are usual
	maxLine         = 32 << 20 // bytes without a line end: more than the largest header (maxHeader)
	maxUnasked      = 250_000  // lines since our last command; flagging and expunging 100,000 messages takes fewer
	maxFloods       = 100      // connections that end by one of these before the server is left for a while
	maxFruitless    = 5_000    // times in nine minutes that mail is told of and there is none
)

var errEndless = errors.New("the server talks without end")

// bounded is a connection on which errEndless takes the place of what is too much.
// It also counts, so that it is known how far a connection came that broke.
type bounded struct {
	net.Conn
	signedIn  atomic.Bool
	got, sent atomic.Int64 // bytes
	commands  atomic.Int64 // writes of ours
	failed    atomic.Pointer[error]

	// Go-imap's reader alone knows of these.
	before  int // bytes so far
	line    int // bytes since the last line end
	lines   lineCount
	counted int64 // of commands
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	b.got.Add(int64(n))
	if !b.signedIn.Load() {
		b.before += n
	}
	if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
		b.line = n - end - 1
	} else {
		b.line += n
	}
	if commands := b.commands.Load(); commands != b.counted {
		b.counted, b.lines.n = commands, 0
	}
	b.lines.count(p[:n])
	if b.before > maxBeforeSignIn || b.line > maxLine || b.lines.n > maxUnasked {
		n, err = 0, errEndless
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		b.failed.CompareAndSwap(nil, &err)
	}
	return n, err
}

func (b *bounded) Write(p []byte) (int, error) {
	b.commands.Add(1)
	n, err := b.Conn.Write(p)
	b.sent.Add(int64(n))
	return n, err
}

func (b *bounded) reach() reach { return reach{b.got.Load(), b.sent.Load()} }

// cause is why reading ended where it was not we who closed the connection, or nil.
func (b *bounded) cause() error {
	if err := b.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// broke says that err came from the connection: its end, or its silence. What
// go-imap could not make sense of is no such error, nor is what was too much.
func (b *bounded) broke(err error) bool {
	cause := b.cause()
	return cause != nil && !errors.Is(cause, errEndless) || errors.Is(err, errSilent)
}

// lineCount counts lines of a server but not those inside literals (RFC 9051 4.3)
// of FETCH answers: messages have as many lines as their writers want.
type lineCount struct {
	n       int
	literal int64  // bytes of one that are still to come
	begin   []byte // of an answer, up to lineEnds bytes
	end     []byte // of the line so far, up to lineEnds bytes
	within  bool   // the line goes on after a literal
}

// lineEnds is as much of a line as it takes to see "* 4294967295 FETCH (" and
// "{9223372036854775807+}".
const lineEnds = 32

var (
	fetchAnswer = regexp.MustCompile(`^\* [0-9]+ (?i:FETCH) `)
	literalSize = regexp.MustCompile(`\{([0-9]{1,18})\+?\}\r?\n$`)
)

func (c *lineCount) count(p []byte) {
	for len(p) > 0 {
		if c.literal > 0 {
			n := min(c.literal, int64(len(p)))
			c.literal, p = c.literal-n, p[n:]
			continue
		}
		end := bytes.IndexByte(p, '\n') + 1
		part := p
		if end > 0 {
			part = p[:end]
		}
		p = p[len(part):]
		if !c.within {
			c.begin = append(c.begin, part[:min(len(part), lineEnds-len(c.begin))]...)
		}
		c.end = append(c.end, part[max(0, len(part)-lineEnds):]...)
		c.end = c.end[max(0, len(c.end)-lineEnds):]
		if end > 0 {
			c.endLine()
		}
	}
}

func (c *lineCount) endLine() {
	c.n++
	c.within = false
	if bytes.IndexByte(c.end, '}') >= 0 && fetchAnswer.Match(c.begin) {
		if size := literalSize.FindSubmatch(c.end); size != nil {
			c.literal, _ = strconv.ParseInt(string(size[1]), 10, 64)
			c.within = true
		}
	}
	if !c.within {
		c.begin = c.begin[:0]
	}
	c.end = c.end[:0]
}
