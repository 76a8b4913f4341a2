package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
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
	if !needs.Text && !needs.FileText && !needs.Invite && !needs.Trips {
		return nil
	}
	var some []*planned
	size := 0
	for _, a := range got {
		if a.poison != "" {
			continue
		}
		if a.structure == nil {
			if err := s.readUnstructured(ctx, a, needs); err != nil {
				return err
			}
			continue
		}
		p := &planned{answer: a, plan: planBody(a.structure)}
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
func (s *Session) readUnstructured(ctx context.Context, a *answer, needs rules.Needs) error {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxTextWire}}
	return s.fetchParts(ctx, []uint32{a.uid}, []*imap.FetchItemBodySection{section}, func(_ uint32, contents [][]byte, fault string) {
		body, err := ReadBody(bytes.NewReader(bytes.Join(contents, nil)))
		if a.poison = fault; err == nil && fault == "" {
			a.body = &body
			a.readTrips(s.a.identity(), needs)
			a.readInvite(s.a.identity(), time.Now())
		}
	})
}

// planned is a message whose text is being fetched.
type planned struct {
	*answer
	plan bodyPlan
	got  [][]byte // by part of the plan; nil where it was not asked for, or did not come
}

// wanted are the parts to ask for: those that are shown, files if their text is
// needed, the invitation, and calendars that may tell of trips.
func (p *planned) wanted(needs rules.Needs) (parts []int) {
	for i, part := range p.plan.parts {
		shown := (needs.Text || needs.FileText || needs.Trips) && p.plan.shows(i)
		file := part.file >= 0 && (needs.FileText || needs.Trips && isCalendar(part.mediaType, p.plan.files[part.file].Name))
		if shown || file || part.calendar && (needs.Invite || needs.Trips) {
			parts = append(parts, i)
		}
	}
	return parts
}

// request is one FETCH: the same parts of several messages.
type request struct {
	parts    []int
	sections []*imap.FetchItemBodySection
	uids     []uint32
}

// readSome fetches the parts and puts the bodies together. Messages of which the
// same parts are wanted are asked for together. Reading a text costs more than
// fetching it, so that is done beside.
func (s *Session) readSome(ctx context.Context, some []*planned, needs rules.Needs) error {
	byUID := make(map[uint32]*planned, len(some))
	requests := map[string]*request{}
	var order []string
	for _, p := range some {
		byUID[p.uid] = p
		r := &request{parts: p.wanted(needs)}
		key := ""
		for _, i := range r.parts {
			r.sections = append(r.sections, p.plan.parts[i].section())
			key += fmt.Sprint(i, p.plan.parts[i].path, p.plan.parts[i].limit)
		}
		if key == "" {
			continue // it has no text
		}
		if requests[key] == nil {
			requests[key], order = r, append(order, key)
		}
		requests[key].uids = append(requests[key].uids, p.uid)
	}
	ready := make(chan *planned, len(some))
	id, now := s.a.identity(), time.Now()
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 4) {
		readers.Go(func() {
			for p := range ready {
				p.read()
				p.readTrips(id, needs)
				p.readInvite(id, now)
			}
		})
	}
	defer readers.Wait()
	defer close(ready)
	for _, key := range order {
		if err := s.fetchParts(ctx, requests[key].uids, requests[key].sections, func(uid uint32, contents [][]byte, fault string) {
			p := byUID[uid]
			if p == nil {
				return // an answer that nobody asked for, or the second one
			}
			delete(byUID, uid)
			p.take(requests[key].parts, contents, fault)
			ready <- p
		}); err != nil {
			return err
		}
	}
	for _, p := range byUID {
		ready <- p // the server has none of its parts
	}
	return nil
}

func (p *planned) take(parts []int, contents [][]byte, fault string) {
	p.poison = fault
	p.got = make([][]byte, len(p.plan.parts))
	for k, i := range parts {
		if k < len(contents) {
			p.got[i] = contents[k]
		}
	}
}

// shows reports whether a part is what the message says, though it is a file, too.
func (p bodyPlan) shows(i int) bool { return slices.Contains(p.plain, i) || slices.Contains(p.html, i) }

func (p *planned) read() {
	if p.poison != "" {
		return
	}
	body, fault := p.plan.read(func(part int) []byte {
		if p.got == nil {
			return nil
		}
		return p.got[part]
	})
	p.body, p.poison, p.got = &body, fault, nil
}

// fetchParts asks for parts of several messages. As in fetch, an answer that can't
// be read ends the connection, so a failed range is asked for again in halves; a
// message that fails alone is poison, unless the line is to blame.
func (s *Session) fetchParts(ctx context.Context, uids []uint32, sections []*imap.FetchItemBodySection, take takeParts) error {
	err := s.askParts(ctx, uids, sections, take)
	if err == nil || ctx.Err() != nil {
		return err
	}
	broke := s.conn.broke(err)
	if err := s.mend(ctx, err); err != nil {
		return err
	}
	if len(uids) == 1 {
		if no := refusal(err); no != nil {
			return s.partsRefused(ctx, uids[0], no, take)
		}
		return s.partsAlone(ctx, uids[0], sections, take, broke)
	}
	half := len(uids) / 2
	if err := s.fetchParts(ctx, uids[:half], sections, take); err != nil {
		return err
	}
	return s.fetchParts(ctx, uids[half:], sections, take)
}

// partsAlone asks for the parts of one message once more if the connection broke
// at them.
func (s *Session) partsAlone(ctx context.Context, uid uint32, sections []*imap.FetchItemBodySection, take takeParts, broke bool) error {
	if broke {
		var shown reach
		failed, err := s.attempt(ctx, &shown, func(bool) error {
			return s.askParts(ctx, []uint32{uid}, sections, take)
		})
		if err != nil || failed == nil {
			return err
		}
		s.setAside(uid, shown)
	}
	take(uid, nil, "its text can't be read: the server's answer about it breaks off")
	return nil
}

// partsRefused is for a message of which the server refuses to show the parts.
func (s *Session) partsRefused(ctx context.Context, uid uint32, no *imap.Error, take takeParts) error {
	first := []*imap.FetchItemBodySection{{Part: []int{1}, Peek: true, Partial: &imap.SectionPartial{Size: 1}}}
	err := s.believe(ctx, uid, no, func(uid uint32) error {
		return s.askParts(ctx, []uint32{uid}, first, func(uint32, [][]byte, string) {})
	})
	if err == nil {
		take(uid, nil, "its text can't be read: the server refuses to show it: "+no.Text)
	}
	return err
}

// takeParts takes what the server has of a message: a content for each section
// that was asked for, nil where there is none.
type takeParts func(uid uint32, contents [][]byte, fault string)

func (s *Session) askParts(ctx context.Context, uids []uint32, sections []*imap.FetchItemBodySection, take takeParts) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(s.a.pace.fetch, func() { cancel(errSilent) })
	defer silence.Stop()
	return s.run(ctx, s.a.pace.work, func() error {
		cmd := s.client.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, BodySection: sections})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			silence.Reset(s.a.pace.fetch)
			uid, contents, cut := readParts(msg, sections)
			if cut {
				s.conn.Close() // go-imap must read no more of it: see readAnswer
				return fmt.Errorf("%w: %w", ErrLost, errCut)
			}
			if uid != 0 && contents != nil {
				take(uid, contents, "")
			}
		}
		return cmd.Close()
	})
}

func readParts(msg *imapclient.FetchMessageData, sections []*imap.FetchItemBodySection) (uid uint32, contents [][]byte, cut bool) {
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			content := make([]byte, min(item.Literal.Size(), max(maxTextWire, maxInvite)))
			if _, err := io.ReadFull(item.Literal, content); err != nil {
				return uid, nil, true
			}
			if contents == nil {
				contents = make([][]byte, len(sections))
			}
			for k, section := range sections {
				if slices.Equal(section.Part, item.Section.Part) {
					contents[k] = content
				}
			}
		}
	}
	return uid, contents, false
}
