package mail

import (
	"bytes"
	"net"
	"regexp"
	"strconv"
)

// tamed is a connection without the two things that go-imap does not get over.
//
// Behind a capability it takes "(" for a blank that is not there, and looks for the
// next one for ever. Closing the connection ends that as little as a context does,
// since the bytes are read by then. No capability has such a character (RFC 9051 9,
// atom), so that another in its place loses nothing.
//
// And a folder whose name it cannot decode ends the connection, and with it every
// list of folders. Such a line is left out (see listed.go); each LIST answer is
// kept back until all of it is there.
type tamed struct {
	net.Conn
	literal int64  // bytes of a literal that are still to come: what is in messages stays as it is
	within  bool   // the line goes on behind a literal
	begin   []byte // of the line so far, tamedBegin bytes at most
	end     []byte // of the line so far, tamedEnd bytes at most

	leftOut func() // is told of every line that is left out; may be nil
	passing bool   // some of the line has gone on
	held    []byte // of a line that may be a LIST answer
	out     []byte // what has no room in the piece being read
	failed  error  // of the connection, to be told behind out
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
	for len(c.out) == 0 {
		if err := c.failed; err != nil {
			c.failed = nil
			return 0, err
		}
		n, err := c.Conn.Read(p)
		n = c.tame(p[:n])
		if err != nil {
			// Nothing more comes of this line, which is for go-imap to judge.
			c.out, c.held, c.failed = append(c.out, c.held...), nil, err
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	n := copy(p, c.out)
	c.out = append(c.out[:0], c.out[n:]...)
	return n, nil
}

// tame leaves in front what is to be read of p, and returns its length; what is
// longer than the room for it stands in c.out.
func (c *tamed) tame(p []byte) (kept int) {
	for at := 0; at < len(p); {
		piece, ends := c.piece(p[at:])
		at += len(piece)
		piece = c.listed(piece, ends)
		if len(c.out) == 0 && kept+len(piece) <= at {
			kept += copy(p[kept:], piece)
		} else {
			c.out = append(c.out, piece...)
		}
	}
	return kept
}

// piece cuts off what belongs together: a line or what is there of it, or what is
// there of a literal. It says whether the line ends with it.
func (c *tamed) piece(p []byte) (piece []byte, ends bool) {
	if c.literal > 0 {
		piece = p[:min(c.literal, int64(len(p)))]
		c.literal -= int64(len(piece))
		return piece, false
	}
	piece = p[:bytes.IndexByte(p, '\n')+1]
	if len(piece) == 0 {
		c.tameLine(p)
		return p, false
	}
	c.tameLine(piece)
	return piece, !c.within
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
	c.within = false
	if bytes.IndexByte(c.end, '}') < 0 {
		// the usual case, which is to cost nothing
	} else if size := beginsLiteral.FindSubmatch(c.end); size != nil {
		c.literal, _ = strconv.ParseInt(string(size[1]), 10, 64) // 18 digits are never too many
		c.within = true
	}
	c.begin, c.end = c.begin[:0], c.end[:0]
}
