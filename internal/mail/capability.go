package mail

import (
	"bytes"
	"net"
	"regexp"
	"strconv"
)

// tamed is a connection without the one thing that go-imap never gets over: behind
// a capability it takes "(" for a blank that is not there, and looks for the next one
// for ever. Closing the connection ends that as little as a context does, since
// the bytes are read by then. No capability has such a character (RFC 9051 9,
// atom), so that another in its place loses nothing.
type tamed struct {
	net.Conn
	literal int64  // bytes of a literal that are still to come: what is in messages stays as it is
	begin   []byte // of the line so far, tamedBegin bytes at most
	end     []byte // of the line so far, tamedEnd bytes at most
}

const (
	tamedBegin = 64 // bytes that show whether a line tells capabilities, with a tag of any usual length
	tamedEnd   = 24 // bytes that show a literal: "{9223372036854775807+}"
)

var (
	tellsCapabilities = regexp.MustCompile(`^\S+ +(?i:CAPABILITY|(?:OK|NO|BAD|BYE|PREAUTH) *\[ *CAPABILITY)`)
	beginsLiteral     = regexp.MustCompile(`\{([0-9]{1,18})\+?\}\r?\n$`)
)

func (c *tamed) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tame(p[:n])
	return n, err
}

func (c *tamed) tame(p []byte) {
	for len(p) > 0 {
		if c.literal > 0 {
			n := min(c.literal, int64(len(p)))
			c.literal, p = c.literal-n, p[n:]
			continue
		}
		line := p[:bytes.IndexByte(p, '\n')+1]
		if len(line) == 0 {
			line = p
		}
		p = p[len(line):]
		c.tameLine(line)
	}
}

// tameLine changes a line, or as much of it as is there.
func (c *tamed) tameLine(line []byte) {
	had := len(c.begin)
	c.begin = append(c.begin, line[:min(len(line), tamedBegin-had)]...)
	if bytes.IndexByte(line, '(') < 0 {
		// nothing to change, which is to cost nothing
	} else if word := tellsCapabilities.FindIndex(c.begin); word != nil {
		for i := max(0, word[1]-had); i < len(line); i++ {
			if line[i] == '(' {
				line[i] = '_'
			}
		}
	}
	c.end = append(c.end, line[max(0, len(line)-tamedEnd):]...)
	c.end = c.end[max(0, len(c.end)-tamedEnd):]
	if line[len(line)-1] != '\n' {
		return
	}
	if bytes.IndexByte(c.end, '}') < 0 {
		// the usual case, which is to cost nothing
	} else if size := beginsLiteral.FindSubmatch(c.end); size != nil {
		c.literal, _ = strconv.ParseInt(string(size[1]), 10, 64) // 18 digits are never too many
	}
	c.begin, c.end = c.begin[:0], c.end[:0]
}
