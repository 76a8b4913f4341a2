package mail

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// Scan reads the messages of a folder that are not flagged \Deleted and hands
// them to deliver in batches of at most maxBatch, by ascending UID. Deliver may call
// Perform on this session.
func (s *Session) Scan(ctx context.Context, folder string, q mailbox.Query, deliver func(context.Context, mailbox.Batch) error) error {
	special := strings.HasPrefix(folder, `\`)
	folder, err := s.target(ctx, folder)
	if err != nil {
		return err
	}
	if err := s.selectFolder(ctx, folder, true); err != nil {
		missing, err := s.isMissing(ctx, folder, err)
		switch {
		case missing && (len(q.UIDs)+len(q.Keys) > 0 || q.MessageID != ""):
			return nil // a folder that is not there holds none of the messages looked for
		case missing && special:
			return fmt.Errorf("%w: %w", mailbox.ErrNoFolder, err)
		case refusal(err) != nil:
			return fmt.Errorf("%w: %w", mailbox.ErrRefused, err)
		}
		return err
	}
	uids, err := s.resolve(ctx, folder, q)
	if err != nil {
		return s.a.about("reading the folder", folder, err)
	}
	start := s.a.cfg.Now()
	return s.each(ctx, folder, uids, q, func(ctx context.Context, batch mailbox.Batch) error {
		batch.Messages = slices.DeleteFunc(batch.Messages, func(m mailbox.Message) bool {
			return m.Poison == "" && !q.Since.IsZero() && m.Item.Received.Before(q.Since.Truncate(time.Second))
		})
		batch.Next.SeenAt = start
		return deliver(ctx, batch)
	})
}

// resolve returns the UIDs that may be meant by a query.
func (s *Session) resolve(ctx context.Context, folder string, q mailbox.Query) ([]uint32, error) {
	if len(q.Keys) > 0 {
		return s.resolveKeys(ctx, folder, q)
	}
	criteria := &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}
	if !q.Since.IsZero() {
		// SEARCH compares days, and in a zone of the server's.
		criteria.Since = q.Since.UTC().AddDate(0, 0, -1)
	}
	if q.FromUID > 0 {
		criteria.UID = append(criteria.UID, imap.UIDSet{{Start: imap.UID(q.FromUID)}})
	}
	if q.MessageID != "" {
		criteria.Header = append(criteria.Header, imap.SearchCriteriaHeaderField{Key: "Message-Id", Value: q.MessageID})
	}
	if len(q.UIDs) > 0 {
		criteria.UID = append(criteria.UID, uidSet(q.UIDs))
	}
	uids, err := s.search(ctx, criteria)
	// "41:*" is message 40 where that is the last one (RFC 9051 9, seq-range).
	return slices.DeleteFunc(uids, func(uid uint32) bool { return uid < q.FromUID }), err
}

func (s *Session) resolveKeys(ctx context.Context, folder string, q mailbox.Query) ([]uint32, error) {
	wanted := make([]wanted, len(q.Keys))
	for i, key := range q.Keys {
		wanted[i].key = key
		if i < len(q.MessageIDs) {
			wanted[i].messageID = q.MessageIDs[i]
		}
	}
	found, err := s.find(ctx, folder, wanted)
	var uids []uint32
	for _, copies := range found {
		for _, a := range copies {
			if a.uid >= q.FromUID {
				uids = append(uids, a.uid)
			}
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), err
}

// each reads the messages in batches and hands them on. The next batch is asked
// for before the last is worked on, so that the server is not idle meanwhile.
func (s *Session) each(ctx context.Context, folder string, uids []uint32, q mailbox.Query, deliver func(context.Context, mailbox.Batch) error) (err error) {
	line := newLine(q.Beside)
	defer func() {
		if late := line.end(); err == nil {
			err = late
		}
	}()
	role, err := s.role(ctx, folder)
	if err != nil {
		return err
	}
	validity := s.box.UIDValidity
	chunks := slices.Collect(slices.Chunk(uids, maxBatch))
	var ahead *asked
	defer func() { s.abandon(ahead) }()
	next := s.a.needsNow(q) // of the chunk that is asked for ahead
	for i, chunk := range chunks {
		needs := next
		w := s.milder(wantFor(needs))
		p := ahead
		if p == nil {
			p = s.ask(uidSet(chunk), w)
		}
		ahead, next = nil, s.a.needsNow(q)
		if i+1 < len(chunks) {
			ahead = s.ask(uidSet(chunks[i+1]), s.milder(wantFor(next)))
		}
		got, err := s.settle(ctx, p, chunk, w)
		if err != nil {
			return s.a.about("reading the folder", folder, err)
		}
		if err := s.lookAtQuota(ctx, needs); err != nil {
			return err
		}
		if err := s.readBodies(ctx, got, needs); err != nil {
			return s.a.about("reading the texts of the folder", folder, err)
		}
		v := s.view(folder, role)
		err = line.hand(func() error {
			batch := s.a.batch(v, got, needs)
			batch.Next.UIDNext, batch.Total = chunk[len(chunk)-1]+1, len(uids)
			return deliver(ctx, batch)
		})
		if err != nil {
			return err
		}
		if err := s.back(ctx, folder, validity); err != nil {
			return err
		}
	}
	return nil
}

// line does jobs one after the other: at once, or, where they may run beside the
// reading, in a goroutine of its own, which is at most one job behind.
type line struct {
	jobs   chan func() error // nil where each is done at once
	ended  chan struct{}
	failed atomic.Pointer[error]
}

func newLine(beside bool) *line {
	l := &line{}
	if !beside {
		return l
	}
	l.jobs, l.ended = make(chan func() error), make(chan struct{})
	go func() {
		defer close(l.ended)
		for job := range l.jobs {
			if l.failed.Load() != nil {
				continue
			}
			if err := job(); err != nil {
				l.failed.Store(&err)
			}
		}
	}()
	return l
}

// hand gives a job to the line. Its error may be that of the job before.
func (l *line) hand(job func() error) error {
	if l.jobs == nil {
		return job()
	}
	l.jobs <- job
	return l.err()
}

func (l *line) err() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// end waits for the last job.
func (l *line) end() error {
	if l.jobs != nil {
		close(l.jobs)
		<-l.ended
	}
	return l.err()
}

// back selects the folder again if a Perform in between has selected another.
func (s *Session) back(ctx context.Context, folder string, validity uint32) error {
	if err := s.selectFolder(ctx, folder, false); err != nil {
		return err
	}
	if s.box.UIDValidity != validity {
		return s.a.about("opening the folder", folder, errRenumbered)
	}
	return nil
}

// abandon lets a FETCH run out unheeded.
func (s *Session) abandon(p *asked) {
	if p == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = slices.DeleteFunc(s.asked, func(other *asked) bool { return other == p })
}

// view is what a session saw of a folder when it read from it.
type view struct {
	folder, role string
	validity     uint32
	modSeq       uint64
	quota        float64
}

func (s *Session) view(folder, role string) view {
	return view{folder: folder, role: role, validity: s.box.UIDValidity, modSeq: s.box.HighestModSeq, quota: s.quota}
}

// batch turns answers into messages, several at a time. Messages that are flagged
// \Deleted are as good as gone and left out. It does not touch the session.
func (a *Account) batch(v view, got []*answer, needs rules.Needs) mailbox.Batch {
	got = slices.DeleteFunc(slices.Clone(got), func(a *answer) bool { return slices.Contains(a.flags, `\Deleted`) })
	b := mailbox.Batch{Folder: v.folder, Needs: needs, Next: mailbox.Cursor{
		UIDValidity: v.validity, ModSeq: v.modSeq,
	}, Messages: make([]mailbox.Message, len(got))}
	var readers sync.WaitGroup
	share := max(64, (len(got)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for from := 0; from < len(got); from += share {
		readers.Go(func() {
			for i := from; i < min(from+share, len(got)); i++ {
				b.Messages[i] = a.message(v, got[i], needs)
			}
		})
	}
	readers.Wait()
	return b
}

func (a *Account) message(v view, got *answer, needs rules.Needs) mailbox.Message {
	ref := mailbox.Ref{Folder: v.folder, UIDValidity: v.validity, UID: got.uid}
	if got.poison != "" {
		return mailbox.Message{Ref: ref, Key: keyAt(v.folder, v.validity, got), Flags: got.flags, Poison: got.poison}
	}
	m := a.identity().message(rawMessage{
		Ref: ref, Role: v.role, Flags: got.flags, InternalDate: got.date,
		Size: got.size, Header: got.header, Structure: got.structure, Body: got.body,
		Invite: got.invite, Odd: got.odd, Trips: got.trips,
	}, needs)
	if m.Odd != "" {
		a.log.Info("an invitation can't be read, and counts as none", "folder", a.inLog(v.folder), "uid", got.uid, "reason", m.Odd)
	}
	m.Item.QuotaPercent = v.quota
	if a.seal != nil && bytes.Contains(got.header, []byte(markField)) {
		_, m.ByUs = Author{Identity: a.cfg.Identity, Secret: a.seal}.Ours(got.header)
	}
	return m
}

func (s *Session) key(folder string, a *answer) string { return keyAt(folder, s.box.UIDValidity, a) }

// keyAt is the content key, or the place of a message that shows no content.
func keyAt(folder string, validity uint32, a *answer) string {
	if a.poison != "" && len(a.header) == 0 {
		return fmt.Sprintf("unread-%s/%d/%d", folder, validity, a.uid)
	}
	return ContentKey(a.header, a.date)
}
