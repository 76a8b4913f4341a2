package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/rules"
)

// maxBodies bounds the bytes of text parts that are in memory at a time. What a
// batch has beyond it is asked for after the first has been understood.
const maxBodies = 8 << 20

// readBodies asks for the parts of messages that hold text, and reads them. Parts
// with the same number are asked for together, so that most mail takes two
// commands a batch.
func (s *Session) readBodies(ctx context.Context, got []*answer, needs rules.Needs) error {
	if !needs.Text && !needs.FileText {
		return nil
	}
	var some []*planned
	size := 0
	for _, a := range got {
		if a.poison != "" {
			continue
		}
		if a.structure == nil {
			if err := s.readUnstructured(ctx, a); err != nil {
				return err
			}
			continue
		}
		p := &planned{answer: a, plan: planBody(a.structure), got: map[int][]byte{}}
		if size += p.plan.wire(); size > maxBodies && len(some) > 0 {
			if err := s.readSome(ctx, some, needs); err != nil {
				return err
			}
			some, size = nil, p.plan.wire()
		}
		some = append(some, p)
	}
	return s.readSome(ctx, some, needs)
}

// readUnstructured reads the text of a message whose structure the server could
// not tell: out of the message's beginning.
func (s *Session) readUnstructured(ctx context.Context, a *answer) error {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxTextWire}}
	return s.fetchParts(ctx, []uint32{a.uid}, section, func(_ uint32, content []byte, fault string) {
		body, err := ReadBody(bytes.NewReader(content))
		if a.poison = fault; err == nil && fault == "" {
			a.body = &body
		}
	})
}

// planned is a message whose text is being fetched.
type planned struct {
	*answer
	plan bodyPlan
	got  map[int][]byte // by part
}

// readSome fetches part by part and puts the bodies together.
func (s *Session) readSome(ctx context.Context, some []*planned, needs rules.Needs) error {
	type request struct {
		section *imap.FetchItemBodySection
		uids    []uint32
		part    map[uint32]int
	}
	byUID := make(map[uint32]*planned, len(some))
	requests := map[string]*request{}
	var order []string
	for _, p := range some {
		byUID[p.uid] = p
		for i, part := range p.plan.parts {
			if part.file >= 0 && !needs.FileText && !p.plan.shows(i) {
				continue
			}
			key := fmt.Sprint(part.path, part.limit)
			r := requests[key]
			if r == nil {
				r = &request{section: part.section(), part: map[uint32]int{}}
				requests[key], order = r, append(order, key)
			}
			r.uids, r.part[p.uid] = append(r.uids, p.uid), i
		}
	}
	for _, key := range order {
		r := requests[key]
		err := s.fetchParts(ctx, r.uids, r.section, func(uid uint32, content []byte, fault string) {
			if p := byUID[uid]; p != nil && fault != "" {
				p.poison = fault
			} else if p != nil {
				p.got[r.part[uid]] = content
			}
		})
		if err != nil {
			return err
		}
	}
	for _, p := range some {
		p.read()
	}
	return nil
}

// shows reports whether a part is what the message says, though it is a file, too.
func (p bodyPlan) shows(i int) bool { return slices.Contains(p.plain, i) || slices.Contains(p.html, i) }

func (p *planned) read() {
	if p.poison != "" {
		return
	}
	body, fault := p.plan.read(func(part int) []byte { return p.got[part] })
	p.body, p.poison, p.got = &body, fault, nil
}

// fetchParts asks for one part of several messages. As in fetch, an answer that
// can't be read ends the connection, so a failed range is asked for again in
// halves; a message that fails alone is poison.
func (s *Session) fetchParts(ctx context.Context, uids []uint32, section *imap.FetchItemBodySection, take func(uid uint32, content []byte, fault string)) error {
	err := s.askParts(ctx, uids, section, take)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if err := s.mend(ctx, err); err != nil {
		return err
	}
	if len(uids) == 1 {
		take(uids[0], nil, "its text can't be read: the server's answer about it breaks off")
		return nil
	}
	half := len(uids) / 2
	if err := s.fetchParts(ctx, uids[:half], section, take); err != nil {
		return err
	}
	return s.fetchParts(ctx, uids[half:], section, take)
}

func (s *Session) askParts(ctx context.Context, uids []uint32, section *imap.FetchItemBodySection, take func(uid uint32, content []byte, fault string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(s.a.pace.fetch, func() { cancel(errSilent) })
	defer silence.Stop()
	return s.run(ctx, s.a.pace.work, func() error {
		cmd := s.client.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			silence.Reset(s.a.pace.fetch)
			uid, content, cut := readPart(msg)
			if cut {
				s.conn.Close() // go-imap must read no more of it: see readAnswer
				return fmt.Errorf("%w: %w", ErrLost, errCut)
			}
			if uid != 0 && content != nil {
				take(uid, content, "")
			}
		}
		return cmd.Close()
	})
}

func readPart(msg *imapclient.FetchMessageData) (uid uint32, content []byte, cut bool) {
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			var err error
			content, err = io.ReadAll(io.LimitReader(item.Literal, maxTextWire))
			if err != nil || int64(len(content)) < min(item.Literal.Size(), maxTextWire) {
				return uid, nil, true
			}
		}
	}
	return uid, content, false
}
