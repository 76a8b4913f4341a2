package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/rules"
)

// maxBatch is how many messages are asked for at once: enough that a round trip
// does not matter, few enough to hold in memory twice.
const maxBatch = 250

// maxAnswer bounds the header bytes of one batch. What is larger is asked for
// again in halves.
const maxAnswer = 32 << 20

// errTooMuch and errCut fail a FETCH whose answers cannot be used.
var (
	errTooMuch = errors.New("the answer is too large")
	errCut     = errors.New("the answer broke off in the middle of a header")
)

// want says what to ask of messages. FLAGS, INTERNALDATE and UID belong to it
// always, but for readAlone.
type want struct {
	names     []string // header fields; all where empty
	structure bool
	size      bool
	bare      bool // neither INTERNALDATE nor FLAGS
	undated   bool // no INTERNALDATE
	first     bool // no more of a header than is looked at
}

func wantFor(needs rules.Needs) want {
	return want{names: headerNames(needs), structure: needs.Structure || needs.Invite || needs.Trips, size: needs.Size}
}

func (w want) options() *imap.FetchOptions {
	options := &imap.FetchOptions{
		UID: true, Flags: !w.bare, InternalDate: !w.bare && !w.undated, RFC822Size: w.size,
		BodySection: []*imap.FetchItemBodySection{{
			Specifier: imap.PartSpecifierHeader, HeaderFields: w.names, Peek: true,
		}},
	}
	if w.first {
		options.BodySection[0].Partial = &imap.SectionPartial{Size: maxHeaderRead}
	}
	if w.structure {
		options.BodyStructure = &imap.FetchItemBodyStructure{Extended: true}
	}
	return options
}

// answer is what the server told of one message.
type answer struct {
	uid       uint32
	flags     []string
	date      time.Time // INTERNALDATE
	size      int64
	structure imap.BodyStructure

	hasHeader  bool
	header     []byte // the first maxHeaderRead bytes
	headerSize int64
	cut        bool
	poison     string // why it could not be read
	body       *Body  // nil where it was not asked for
	invite     rules.Invite
	odd        string // why the invitation could not be read
	trips      []rules.Trip
}

// asked is a FETCH that is being answered. A goroutine reads the answers, as
// go-imap reads nothing else while one is left lying.
type asked struct {
	conn     *bounded
	set      imap.UIDSet
	got      map[uint32]*answer // guarded by Session.mu until done
	bytes    int
	err      error
	progress chan struct{} // holds one signal: an answer came
	done     chan struct{}
}

// ask sends a FETCH and returns at once. Its answers are had by wait.
func (s *Session) ask(set imap.UIDSet, w want) *asked {
	p := &asked{
		conn: s.conn, set: set, got: make(map[uint32]*answer),
		progress: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.mu.Lock()
	s.asked = append(s.asked, p)
	s.mu.Unlock()
	cmd := s.client.Fetch(set, w.options())
	s.answering.Go(func() { s.collect(p, cmd) })
	return p
}

func (s *Session) collect(p *asked, cmd *imapclient.FetchCommand) {
	defer close(p.done)
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		a := readAnswer(msg)
		s.keep(p, a)
		if a.cut {
			p.conn.Close()
			return
		}
	}
	err := cmd.Close() // alone tells that the answers are complete
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		p.err = err
	}
}

// keep adds an answer, or to what an earlier one told: a server may send a
// change of flags between.
func (s *Session) keep(p *asked, a *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := p.got[a.uid]
	switch {
	case a.cut:
		p.err = errCut
	case len(p.got) >= maxBatch && old == nil || p.bytes+len(a.header) > maxAnswer:
		p.err = errTooMuch
	case old == nil || a.hasHeader:
		p.bytes += len(a.header)
		p.got[a.uid] = a
	case a.flags != nil:
		old.flags = a.flags
	}
	select {
	case p.progress <- struct{}{}:
	default:
	}
}

// readAnswer reads one FETCH answer to its end. Of a header that is too long
// the rest is thrown away by Next. After one that was cut neither the message
// nor its command may be asked for more: go-imap would read on from the
// connection while its own reader does, too.
func readAnswer(msg *imapclient.FetchMessageData) *answer {
	a := &answer{}
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			a.uid = uint32(item.UID)
		case imapclient.FetchItemDataFlags:
			a.flags = make([]string, len(item.Flags))
			for i, flag := range item.Flags {
				a.flags[i] = string(flag)
			}
		case imapclient.FetchItemDataInternalDate:
			a.date = item.Time
		case imapclient.FetchItemDataRFC822Size:
			a.size = item.Size
		case imapclient.FetchItemDataBodyStructure:
			a.structure = item.BodyStructure
		case imapclient.FetchItemDataBodySection:
			a.readHeader(item)
		}
		if a.cut {
			break
		}
	}
	return a
}

func (a *answer) readHeader(item imapclient.FetchItemDataBodySection) {
	if item.Section.Specifier != imap.PartSpecifierHeader || len(item.Section.Part) > 0 {
		return
	}
	a.hasHeader = true
	if item.Literal == nil {
		return // NIL: no such field
	}
	a.headerSize = item.Literal.Size()
	block := make([]byte, min(a.headerSize, maxHeaderRead))
	n, err := io.ReadFull(item.Literal, block)
	a.cut = err != nil // go-imap takes the end of the connection for the end of the literal
	a.header = block[:n]
	if a.headerSize >= maxHeader {
		a.poison = poisonHeader
	}
}

// unasked takes the FETCH answers that go-imap could give to no command: a
// change of flags, but also what was asked for where the UID stands behind the
// header, or a second answer about one message. It runs in a goroutine of
// go-imap's, which waits until a header has been read.
func (s *Session) unasked(msg *imapclient.FetchMessageData) {
	s.mu.Lock()
	s.stray++
	s.mu.Unlock()
	a := readAnswer(msg)
	if a.hasHeader && a.uid != 0 {
		if p := s.askerOf(a.uid); p != nil {
			s.keep(p, a)
		}
	}
	s.mu.Lock()
	s.stray--
	s.strays.Broadcast()
	s.mu.Unlock()
}

func (s *Session) askerOf(uid uint32) *asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.asked {
		if p.set.Contains(imap.UID(uid)) {
			return p
		}
	}
	return nil
}

// wait returns the answers by ascending UID. It gives the connection up where
// none comes for as long as pace.fetch.
func (s *Session) wait(ctx context.Context, p *asked) ([]*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(s.a.pace.fetch, func() { cancel(errSilent) })
	defer silence.Stop()
	stop := context.AfterFunc(ctx, func() { p.conn.Close() })
	defer stop()
	for answered := false; !answered; {
		select {
		case <-p.done:
			answered = true
		case <-p.progress:
			silence.Reset(s.a.pace.fetch)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.stray > 0 {
		s.strays.Wait()
	}
	s.asked = slices.DeleteFunc(s.asked, func(other *asked) bool { return other == p })
	if errors.Is(p.err, errTooMuch) {
		return nil, p.err
	}
	if p.err != nil {
		return nil, lost(ctx, p.err)
	}
	return slices.SortedFunc(maps.Values(p.got), func(a, b *answer) int { return cmp.Compare(a.uid, b.uid) }), nil
}

// fetch asks for messages and returns what there is of them, by ascending UID.
// An answer that go-imap cannot read ends the connection, so a failed range is
// asked for again in halves until the message is found, which is then read
// alone. One bad message thus costs some reconnections and never the others.
func (s *Session) fetch(ctx context.Context, uids []uint32, w want) ([]*answer, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	return s.settle(ctx, s.ask(uidSet(uids), w), uids, w)
}

// settle is fetch for what was asked already.
func (s *Session) settle(ctx context.Context, p *asked, uids []uint32, w want) ([]*answer, error) {
	got, err := s.wait(ctx, p)
	if err == nil {
		return s.complete(ctx, got)
	}
	if ctx.Err() != nil {
		return nil, err
	}
	if p.conn != s.conn {
		// It went down with a connection that has been replaced meanwhile.
		return s.fetch(ctx, uids, w)
	}
	if failed := s.mend(ctx, err); failed != nil {
		return nil, failed
	}
	if len(uids) == 1 {
		return s.readAlone(ctx, uids[0], w, p.conn.broke(err))
	}
	half := len(uids) / 2
	left, err := s.fetch(ctx, uids[:half], s.milder(w))
	if err != nil {
		return nil, err
	}
	right, err := s.fetch(ctx, uids[half:], s.milder(w))
	return append(left, right...), err
}

// complete reads alone what came without its header.
func (s *Session) complete(ctx context.Context, got []*answer) ([]*answer, error) {
	whole := make([]*answer, 0, len(got))
	for _, a := range got {
		if a.hasHeader {
			whole = append(whole, a)
			continue
		}
		if a.uid == 0 {
			continue
		}
		alone, err := s.readAlone(ctx, a.uid, want{}, false)
		if err != nil {
			return nil, err
		}
		whole = append(whole, alone...)
	}
	return whole, nil
}

// present tells which of the UIDs the selected folder has.
func (s *Session) present(ctx context.Context, uids []uint32) (map[uint32]bool, error) {
	found, err := s.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{uidSet(uids)}})
	if err != nil {
		return nil, fmt.Errorf("looking which messages there are: %w", err)
	}
	there := make(map[uint32]bool, len(found))
	for _, uid := range found {
		there[uid] = true
	}
	return there, nil
}

// search returns UIDs in ascending order.
func (s *Session) search(ctx context.Context, criteria *imap.SearchCriteria) (uids []uint32, err error) {
	err = s.run(ctx, s.a.pace.work, func() error {
		data, err := s.client.UIDSearch(criteria, nil).Wait()
		uids = foundUIDs(data)
		return err
	})
	return uids, err
}

func foundUIDs(data *imap.SearchData) []uint32 {
	set, _ := data.All.(imap.UIDSet)
	return expand(set, maxFolder)
}

// maxFolder bounds what a set of UIDs may grow to: "1:4294967295" is short.
const maxFolder = 5_000_000

// expand returns the numbers of a set, ascending, or none if it is larger than
// limit.
func expand(set imap.UIDSet, limit uint64) []uint32 {
	var n uint64
	for _, r := range set {
		n += uint64(r.Stop) - uint64(r.Start) + 1
	}
	if n > limit || set.Dynamic() {
		return nil
	}
	numbers := make([]uint32, 0, n)
	for _, r := range set {
		for uid := uint64(r.Start); uid <= uint64(r.Stop); uid++ {
			numbers = append(numbers, uint32(uid))
		}
	}
	return numbers
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}
