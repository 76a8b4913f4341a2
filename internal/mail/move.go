package mail

import (
	"context"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// copy makes a second message in another folder.
func (s *Session) copy(ctx context.Context, jobs []*job) error {
	to := jobs[0].to
	t, err := s.copyPresent(ctx, uidsOf(jobs), to)
	if err != nil {
		return err
	}
	for _, j := range s.sortCopied(t, jobs) {
		j.end(mailbox.Done, t.at(to, j.uid), "")
	}
	return s.lookInDestination(ctx, jobs)
}

// sortCopied returns the jobs whose messages a COPY has copied, and ends those whose
// messages it did not copy. Messages that have gone from the source while it worked
// are in neither.
func (s *Session) sortCopied(t transfer, jobs []*job) (copied []*job) {
	for _, j := range jobs {
		yes, sure := t.copied(j.uid)
		switch {
		case t.refusal != nil && t.there[j.uid]:
			j.refuse(reasonOf(t.refusal))
		case t.refusal != nil || sure && !yes && !t.there[j.uid]:
			j.gone(fmt.Sprintf("it is no longer in %q", s.folder))
		case sure && !yes:
			j.refuse("the server did not copy it, so it was left where it was")
		case sure:
			copied = append(copied, j)
		}
	}
	return copied
}

// move takes the first rung of the ladder that the server has: MOVE (RFC 6851);
// COPY, STORE \Deleted and UID EXPUNGE (RFC 4315); or COPY and STORE \Deleted.
// A bare EXPUNGE is never sent: it would remove what other programs have marked.
func (s *Session) move(ctx context.Context, jobs []*job) error {
	if err := s.finishMoves(ctx, jobs); err != nil {
		return err
	}
	// Both, as go-imap decides by the client's own.
	canMove := s.caps.Has(imap.CapMove) && s.client.Caps().Has(imap.CapMove)
	if !canMove && !s.caps.Has(imap.CapUIDPlus) {
		if err := s.revive(ctx, open(jobs)); err != nil {
			return err
		}
	}
	jobs = open(jobs)
	switch {
	case len(jobs) == 0:
		return nil
	case canMove:
		return s.moveAtOnce(ctx, jobs)
	}
	return s.moveByCopy(ctx, jobs)
}

// finishMoves deletes the sources whose copy an earlier attempt has made, once
// that has all flags.
func (s *Session) finishMoves(ctx context.Context, jobs []*job) error {
	var copied []*job
	for _, j := range jobs {
		if j.copied.UID != 0 {
			copied = append(copied, j)
		}
	}
	if err := s.completeCopies(ctx, copied); err != nil {
		return err
	}
	return s.removeSources(ctx, open(copied), func(j *job) mailbox.Ref { return j.copied })
}

func (s *Session) moveAtOnce(ctx context.Context, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	to, source := jobs[0].to, s.folder
	t, err := s.transferMaking(ctx, mailbox.Move, uidsOf(jobs), to)
	if err != nil {
		return err
	}
	if left, err := s.leftBehind(ctx, t, jobs); err != nil || len(left) < len(jobs) {
		if err == nil {
			err = s.moveAtOnce(ctx, left)
		}
		if err != nil {
			return err
		}
		return s.lookInDestination(ctx, jobs)
	}
	// What COPYUID does not list, and all after a NO, may have been moved or not.
	for _, j := range jobs {
		switch {
		case !t.there[j.uid]:
			j.gone(fmt.Sprintf("it is no longer in %q", source))
		case t.refusal == nil && (t.copies[j.uid] != 0 || len(t.copies) == 0 && t.searched):
			j.end(mailbox.Done, t.at(to, j.uid), "")
		}
	}
	return s.settlePartial(ctx, jobs, t.refusal)
}

// leftBehind returns the jobs to try again where a server refused a MOVE because one
// of its messages has gone meanwhile; else all.
func (s *Session) leftBehind(ctx context.Context, t transfer, jobs []*job) ([]*job, error) {
	if t.refusal == nil || refusal(t.refusal).Code != expungeIssued {
		return jobs, nil
	}
	there, err := s.present(ctx, uidsOf(jobs))
	return slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return !there[j.uid] }), err
}

// settlePartial sorts out what a MOVE left: RFC 6851 lets a server stop in the
// middle, and go-imap keeps no COPYUID of a MOVE that ended in NO.
func (s *Session) settlePartial(ctx context.Context, jobs []*job, refused error) error {
	unsure := open(jobs)
	if len(unsure) == 0 {
		return nil
	}
	left, err := s.present(ctx, uidsOf(unsure))
	if err != nil {
		return err
	}
	reason := "the server left it where it was"
	if refused != nil {
		reason = reasonOf(refused)
	}
	for _, j := range unsure {
		if left[j.uid] {
			j.refuse(reason)
		}
	}
	return s.lookInDestination(ctx, jobs)
}

// lookInDestination ends those of jobs that are open, whose messages are not in the
// source any more, by whether they are in the destination. What others of jobs have
// put there is theirs, though it may be just alike; what else lies there may be another
// message, so that the outcome is Found.
func (s *Session) lookInDestination(ctx context.Context, jobs []*job) error {
	moved := open(jobs)
	if len(moved) == 0 {
		return nil
	}
	var list []wanted
	for _, j := range moved {
		j.uid = 0
		list = append(list, j.wanted())
	}
	there, err := s.find(ctx, moved[0].to, list)
	if err != nil {
		return err
	}
	at := mailbox.Ref{Folder: moved[0].to}
	if s.folder == at.Folder {
		at.UIDValidity = s.box.UIDValidity
	}
	notOurs := func(a *answer) bool {
		return a.deleted() || slices.ContainsFunc(jobs, func(j *job) bool {
			return j.closed && j.out.Result == mailbox.Done && j.out.At.UID == a.uid
		})
	}
	for key, twins := range byKey(moved) {
		settleAbsent(twins, at, slices.DeleteFunc(there[key], notOurs), 0)
	}
	for _, j := range moved {
		j.out.Found = j.out.Result != mailbox.Gone
	}
	return nil
}

// moveByCopy copies, and deletes a source only when its copy is confirmed.
func (s *Session) moveByCopy(ctx context.Context, jobs []*job) error {
	to := jobs[0].to
	t, err := s.copyPresent(ctx, uidsOf(jobs), to)
	if err != nil {
		return err
	}
	if err := s.removeSources(ctx, s.sortCopied(t, jobs), func(j *job) mailbox.Ref { return t.at(to, j.uid) }); err != nil {
		return err
	}
	return s.lookInDestination(ctx, jobs)
}

// leftMarked is what people are told where messages cannot be expunged one by
// one.
const leftMarked = "the server cannot remove single messages (no UIDPLUS), so the original is left behind, marked deleted"

// movedMeanwhile is what people are told where a message was taken away between our
// COPY and the removal of the original.
const movedMeanwhile = "a copy was put into %q, and somebody moved or removed the original meanwhile: both are left as they are"

func (s *Session) removeSources(ctx context.Context, jobs []*job, at func(*job) mailbox.Ref) error {
	if len(jobs) == 0 {
		return nil
	}
	there, err := s.expunge(ctx, uidsOf(jobs))
	if err != nil && refusal(err) == nil {
		return err
	}
	reason := ""
	if !s.caps.Has(imap.CapUIDPlus) {
		reason = leftMarked
	}
	for _, j := range jobs {
		switch {
		case err != nil:
			j.refuse(fmt.Sprintf("it was copied to %q, but the original could not be removed: %s", j.to, reasonOf(err)))
		case j.Op.Kind == mailbox.Move && !there[j.uid]:
			j.end(mailbox.Done, at(j), fmt.Sprintf(movedMeanwhile, j.to))
		default:
			j.end(mailbox.Done, at(j), reason)
		}
	}
	return nil
}

// expunge removes exactly these messages of the selected folder, or marks them
// deleted where the server cannot do that. It returns which of them were there: a
// server marks what another program has removed without a word, and in one breath
// with STORE a search still finds it.
func (s *Session) expunge(ctx context.Context, uids []uint32) (there map[uint32]bool, err error) {
	set := uidSet(uids)
	err = s.run(ctx, s.a.pace.work, func() error {
		flags := imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
		return s.client.Store(set, &flags, nil).Close()
	})
	if err != nil {
		return nil, err
	}
	there = make(map[uint32]bool, len(uids))
	err = s.run(ctx, s.a.pace.work, func() error {
		search := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil)
		return markThere(there, search, uids)
	})
	if err != nil {
		return nil, err
	}
	if !s.caps.Has(imap.CapUIDPlus) {
		s.a.sayOnce(leftMarked)
		return there, nil
	}
	return there, s.run(ctx, s.a.pace.work, func() error { return s.client.UIDExpunge(set).Close() })
}

// remove expunges messages: it takes copies back.
func (s *Session) remove(ctx context.Context, jobs []*job) error {
	there, err := s.present(ctx, uidsOf(jobs))
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if !there[j.uid] {
			j.gone(fmt.Sprintf("it is no longer in %q", s.folder))
		}
	}
	return s.removeSources(ctx, open(jobs), func(*job) mailbox.Ref { return mailbox.Ref{} })
}
