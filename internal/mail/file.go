package mail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// ReadFile reads a message file (RFC 5322, ".eml") with every fact there is. The
// message is taken for one that lies unread in the inbox, received when its
// topmost Received field says, or else at its Date, or else now. A message beyond
// the limits, and a file that is none, come back with Poison set; the error is
// that of r alone.
func ReadFile(r io.Reader, id Identity, now time.Time) (mailbox.Message, error) {
	f := mimeFile{in: bufio.NewReaderSize(r, 64<<10), keep: maxKept}
	if err := f.read(); err != nil {
		return mailbox.Message{}, fmt.Errorf("reading the message file: %w", err)
	}
	h := parseHeader(f.root.header)
	raw := rawMessage{
		Ref:          mailbox.Ref{Folder: mailbox.Inbox},
		Role:         "inbox",
		InternalDate: h.receivedAt(now),
		Size:         f.total,
		Header:       f.root.header,
		Structure:    f.root.structure(),
	}
	if len(h) == 0 && f.poison == "" {
		f.poison = poisonNoHeader
	}
	if f.poison != "" {
		return mailbox.Message{Ref: raw.Ref, Key: h.key(raw.InternalDate), Poison: f.poison}, nil
	}
	body := f.body()
	raw.Body = &body
	raw.Invite, raw.Odd = id.invitation(&body, now)
	raw.Trips = id.trips(&body, raw.InternalDate)
	return id.message(raw, rules.Needs{Structure: true, Size: true, Found: true, Invite: true, Trips: true, Headers: h.names()}), nil
}

// receivedAt returns the time behind the last semicolon of the topmost Received
// field (RFC 5321 4.4).
func (h header) receivedAt(now time.Time) time.Time {
	received := h.value("Received")
	if t, ok := parseDate(strings.TrimSpace(received[strings.LastIndexByte(received, ';')+1:])); ok {
		return t
	}
	if t, ok := parseDate(h.value("Date")); ok {
		return t
	}
	return now
}

// names returns the canonical name of each field, once.
func (h header) names() []string {
	seen := make(map[string]bool, len(h))
	var names []string
	for _, f := range h {
		if name := textproto.CanonicalMIMEHeaderKey(f.name); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// mimePart is one part of a file. Its header is dropped once it is understood.
type mimePart struct {
	header      []byte
	headerSize  int // bytes, also of what is not kept
	mediaType   string
	params      map[string]string
	disposition *imap.BodyStructureDisposition
	encoding    string
	contentID   string
	size        int64 // bytes of the body on the wire, with CRLF
	multipart   bool
	children    []*mimePart
	childType   string // what a child is that does not say (RFC 2046 5.1.5)
	content     []byte // what mimeFile.keep allows of text, as sent
}

// mimeFile reads a message line by line and keeps of each part its header and
// the size of its body. Work is linear in the file: a line is compared with at
// most maxDepth boundaries. go-message reads each level through all levels
// around it, and keeps no such bound.
type mimeFile struct {
	in     *bufio.Reader
	root   *mimePart
	total  int64 // bytes, counting every line break as CRLF as servers do
	parts  int
	poison string
	keep   int // bytes of text that may still be kept (see body.go)

	stack    []boundary // the multiparts the reader is in
	current  *mimePart  // what the next line belongs to; nil between parts
	inHeader bool
}

type boundary struct {
	text string
	part *mimePart
}

func (f *mimeFile) read() error {
	f.root = &mimePart{childType: "text/plain"}
	f.current, f.inHeader, f.parts = f.root, true, 1
	for atStart := true; f.poison == ""; {
		chunk, err := f.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return err
		}
		f.line(chunk, atStart)
		atStart = err == nil
		if errors.Is(err, io.EOF) {
			break
		}
	}
	if f.inHeader && f.poison == "" {
		f.endHeader()
	}
	return nil
}

// line takes in a line, or a piece of one that is longer than the buffer.
func (f *mimeFile) line(chunk []byte, atStart bool) {
	text := bytes.TrimRight(chunk, "\r\n")
	size := len(chunk)
	if bytes.HasSuffix(chunk, []byte("\n")) {
		size = len(text) + 2
	}
	if f.total += int64(size); f.total > maxFile {
		f.poison = poisonFile
		return
	}
	switch {
	case atStart && f.atBoundary(text):
	case f.inHeader:
		f.headerLine(chunk, text, atStart)
	case f.current != nil:
		f.current.size += int64(size)
		if f.keep > 0 {
			f.keepContent(chunk)
		}
	}
}

// headerLine adds a line to the header of the current part, or ends it at an
// empty one. Empty lines before a message's first field are passed over.
func (f *mimeFile) headerLine(chunk, text []byte, atStart bool) {
	part := f.current
	if atStart && len(text) == 0 {
		if part != f.root || part.headerSize > 0 {
			f.endHeader()
		}
		return
	}
	if part.headerSize += len(chunk); part.headerSize >= maxHeader {
		f.poison = poisonHeader
		return
	}
	limit := maxPartHeader
	if part == f.root {
		limit = maxHeaderRead
	}
	keep := max(0, min(len(chunk), limit-len(part.header)))
	part.header = append(part.header, chunk[:keep]...)
}

// atBoundary says that a line is the boundary of a multipart the reader is in,
// the innermost first, and acts on it (RFC 2046 5.1.1).
func (f *mimeFile) atBoundary(line []byte) bool {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return false
	}
	line = bytes.TrimRight(line[2:], " \t")
	for i := len(f.stack) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(line, []byte(f.stack[i].text))
		if ok && (len(rest) == 0 || string(rest) == "--") {
			f.endPart()
			if len(rest) == 0 {
				f.startPart(i)
			} else {
				f.stack, f.current = f.stack[:i], nil
			}
			return true
		}
	}
	return false
}

// endPart ends the part before a boundary; the line break before the boundary is
// none of its body.
func (f *mimeFile) endPart() {
	if f.inHeader {
		f.endHeader()
	}
	if f.current != nil {
		f.current.size = max(0, f.current.size-2)
		f.current.content = bytes.TrimSuffix(bytes.TrimSuffix(f.current.content, []byte("\n")), []byte("\r"))
	}
}

func (f *mimeFile) startPart(level int) {
	if f.parts++; f.parts > maxParts {
		f.poison = poisonParts
		return
	}
	f.stack = f.stack[:level+1]
	parent := f.stack[level].part
	f.current, f.inHeader = &mimePart{childType: "text/plain"}, true
	f.current.mediaType = parent.childType
	parent.children = append(parent.children, f.current)
}

// endHeader reads the header of the current part and enters it if it is a
// multipart. What calls itself one without a boundary is read as text.
func (f *mimeFile) endHeader() {
	part := f.current
	f.inHeader = false
	part.describe(parseHeader(part.header))
	if part != f.root {
		part.header = nil
	}
	text := strings.TrimRight(part.params["boundary"], " \t")
	if !strings.HasPrefix(part.mediaType, "multipart/") {
		return
	}
	if text == "" {
		part.mediaType = "text/plain"
		return
	}
	if len(f.stack) >= maxDepth {
		f.poison = poisonDepth
		return
	}
	part.multipart = true
	f.stack = append(f.stack, boundary{text: text, part: part})
}

// describe fills in what the MIME fields of a part say.
func (p *mimePart) describe(h header) {
	value, params := parseParams(h.value("Content-Type"))
	p.params = params
	switch {
	case strings.Count(value, "/") == 1:
		p.mediaType = value
	case p.mediaType == "":
		p.mediaType = "text/plain"
	}
	if p.mediaType == "multipart/digest" {
		p.childType = "message/rfc822"
	}
	if h.has("Content-Disposition") {
		value, params := parseParams(h.value("Content-Disposition"))
		p.disposition = &imap.BodyStructureDisposition{Value: value, Params: params}
	}
	p.encoding = strings.TrimSpace(dropComment(h.lower("Content-Transfer-Encoding")))
	p.contentID = capText(h.value("Content-ID"))
}

// structure returns the part as a server's BODYSTRUCTURE would have it. It is as
// deep as the stack was allowed to grow.
func (p *mimePart) structure() imap.BodyStructure {
	family, subtype, _ := strings.Cut(p.mediaType, "/")
	if !p.multipart {
		return &imap.BodyStructureSinglePart{
			Type: family, Subtype: subtype, Params: p.params, ID: p.contentID,
			Encoding: p.encoding, Size: uint32(p.size), // maxFile is below 4 GiB
			Extended: &imap.BodyStructureSinglePartExt{Disposition: p.disposition},
		}
	}
	whole := &imap.BodyStructureMultiPart{
		Subtype:  subtype,
		Extended: &imap.BodyStructureMultiPartExt{Params: p.params, Disposition: p.disposition},
	}
	for _, child := range p.children {
		whole.Children = append(whole.Children, child.structure())
	}
	return whole
}
