package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// transfer is what became of a MOVE or COPY.
type transfer struct {
	there    map[uint32]bool   // which UIDs the source had just before
	searched bool              // there is what the server told, not an assumption
	validity uint32            // of the destination, where COPYUID tells it
	copies   map[uint32]uint32 // source UID to destination UID, by COPYUID (RFC 4315)
	refusal  error             // NO or BAD
}

// transfer sends UID MOVE or UID COPY. A search ahead of it tells which messages
// there are; of a MOVE, COPYUID tells it where the server has UIDPLUS, and a
// search among thousands of UIDs is work. MOVE is sent only where the server has
// it: go-imap would replace it by COPY, STORE and EXPUNGE without waiting for the
// COPY.
func (s *Session) transfer(ctx context.Context, kind mailbox.OpKind, uids []uint32, name string) (transfer, error) {
	t := transfer{there: make(map[uint32]bool), searched: kind != mailbox.Move || !s.caps.Has(imap.CapUIDPlus)}
	set := uidSet(uids)
	err := s.run(ctx, s.a.pace.work, func() error {
		there := func() error {
			for _, uid := range uids {
				t.there[uid] = true
			}
			return nil
		}
		if t.searched {
			search := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil)
			there = func() error { return markThere(t.there, search, uids) }
		}
		var sources, copies imap.UIDSet
		var err error
		if kind == mailbox.Move {
			data, failed := s.client.Move(set, name).Wait()
			if err = failed; err == nil {
				t.validity = data.UIDValidity
				sources, _ = data.SourceUIDs.(imap.UIDSet)
				copies, _ = data.DestUIDs.(imap.UIDSet)
			}
		} else {
			data, failed := s.client.Copy(set, name).Wait()
			err, t.validity, sources, copies = failed, data.UIDValidity, data.SourceUIDs, data.DestUIDs
		}
		t.copies = pairs(sources, copies, uint64(len(uids)))
		return errors.Join(err, there())
	})
	if refusal(err) != nil {
		t.refusal, err = err, nil
	}
	return t, err
}

// markThere notes what a search ahead of a command found. If the server refuses
// to search, all are taken to be there.
func markThere(there map[uint32]bool, search *imapclient.SearchCommand, uids []uint32) error {
	data, err := search.Wait()
	found := foundUIDs(data)
	if refusal(err) != nil {
		found, err = uids, nil
	}
	for _, uid := range found {
		there[uid] = true
	}
	return err
}

// pairs matches the two sets of COPYUID. Go-imap sorts them, so a server that
// gives them in another order is misread here: what is noted down by these UIDs
// is looked at again before it is acted on (see locate).
func pairs(sources, copies imap.UIDSet, limit uint64) map[uint32]uint32 {
	from, to := expand(sources, limit), expand(copies, limit)
	if len(from) != len(to) {
		return nil
	}
	pairs := make(map[uint32]uint32, len(from))
	for i, uid := range from {
		pairs[uid] = to[i]
	}
	return pairs
}

// transferMaking is transfer, and makes the destination where it is missing.
func (s *Session) transferMaking(ctx context.Context, kind mailbox.OpKind, uids []uint32, to string) (transfer, error) {
	name, err := s.a.names.toServer(to)
	if err != nil {
		return transfer{}, err
	}
	t, err := s.transfer(ctx, kind, uids, name)
	if err != nil || t.refusal == nil || !s.mayBeMissing(t.refusal, to) {
		if err == nil && t.refusal == nil {
			s.a.names.found(to)
		}
		return t, err
	}
	s.a.names.lost(to)
	made := s.create(ctx, to)
	switch no := refusal(made); {
	case made == nil, no != nil && no.Code == imap.ResponseCodeAlreadyExists:
		return s.transfer(ctx, kind, uids, name)
	case no != nil:
		if missing := refusal(t.refusal); missing.Code == imap.ResponseCodeTryCreate {
			t.refusal = made
		}
		return t, nil
	}
	return t, made
}

// mayBeMissing says whether a refusal may be for want of the folder.
func (s *Session) mayBeMissing(err error, folder string) bool {
	switch refusal(err).Code {
	case imap.ResponseCodeTryCreate, imap.ResponseCodeNonExistent:
		return true
	case "":
		return !s.a.names.exists(folder)
	}
	return false
}

// expungeIssued refuses a command because some of its messages are gone (RFC 5530
// 3). A server may have shown them in the search ahead: it need not tell of what
// another program removed before the search had ended.
const expungeIssued = imap.ResponseCode("EXPUNGEISSUED")

// copyPresent copies those of the messages that are still there.
func (s *Session) copyPresent(ctx context.Context, uids []uint32, to string) (transfer, error) {
	t, err := s.transferMaking(ctx, mailbox.Copy, uids, to)
	if err != nil || t.refusal == nil || refusal(t.refusal).Code != expungeIssued {
		return t, err
	}
	there, err := s.present(ctx, uids)
	if err != nil {
		return t, err
	}
	left := slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return !there[uid] })
	if len(left) == 0 || len(left) == len(uids) {
		t.there = there
		return t, nil
	}
	return s.transferMaking(ctx, mailbox.Copy, left, to)
}

// copy makes a second message in another folder.
func (s *Session) copy(ctx context.Context, jobs []*job) error {
	to := jobs[0].to
	t, err := s.copyPresent(ctx, uidsOf(jobs), to)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		switch {
		case !t.there[j.uid]:
			j.gone(fmt.Sprintf("it is no longer in %q", s.folder))
		case t.refusal != nil:
			j.refuse(reasonOf(t.refusal))
		default:
			j.end(mailbox.Done, t.at(to, j.uid), "")
		}
	}
	return nil
}

func (t transfer) at(to string, uid uint32) mailbox.Ref {
	ref := mailbox.Ref{Folder: to, UIDValidity: t.validity, UID: t.copies[uid]}
	if ref.UID == 0 {
		ref.UIDValidity = 0
	}
	return ref
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

// finishMoves deletes the sources whose copy an earlier attempt has made.
func (s *Session) finishMoves(ctx context.Context, jobs []*job) error {
	var copied []*job
	for _, j := range jobs {
		if j.copied.UID != 0 {
			copied = append(copied, j)
		}
	}
	return s.removeSources(ctx, copied, func(j *job) mailbox.Ref { return j.copied })
}

func (s *Session) moveAtOnce(ctx context.Context, jobs []*job) error {
	to, source := jobs[0].to, s.folder
	t, err := s.transferMaking(ctx, mailbox.Move, uidsOf(jobs), to)
	if err != nil {
		return err
	}
	// What COPYUID does not list, and all after a NO, may have been moved or not.
	var unsure []*job
	for _, j := range jobs {
		switch {
		case !t.there[j.uid]:
			j.gone(fmt.Sprintf("it is no longer in %q", source))
		case t.refusal == nil && (t.copies[j.uid] != 0 || len(t.copies) == 0 && t.searched):
			j.end(mailbox.Done, t.at(to, j.uid), "")
		default:
			unsure = append(unsure, j)
		}
	}
	if len(unsure) == 0 {
		return nil
	}
	return s.settlePartial(ctx, unsure, t.refusal)
}

// settlePartial sorts out what a MOVE left: RFC 6851 lets a server stop in the
// middle, and go-imap keeps no COPYUID of a MOVE that ended in NO.
func (s *Session) settlePartial(ctx context.Context, jobs []*job, refused error) error {
	left, err := s.present(ctx, uidsOf(jobs))
	if err != nil {
		return err
	}
	reason := "the server left it where it was"
	if refused != nil {
		reason = reasonOf(refused)
	}
	var moved []*job
	var list []wanted
	for _, j := range jobs {
		if left[j.uid] {
			j.refuse(reason)
			continue
		}
		j.uid = 0
		moved = append(moved, j)
		list = append(list, j.wanted())
	}
	if len(moved) == 0 {
		return nil
	}
	there, err := s.find(ctx, moved[0].to, list)
	if err != nil {
		return err
	}
	at := mailbox.Ref{Folder: moved[0].to}
	if s.folder == at.Folder {
		at.UIDValidity = s.box.UIDValidity
	}
	for key, twins := range byKey(moved) {
		settleAbsent(twins, at, slices.DeleteFunc(there[key], (*answer).deleted))
	}
	return nil
}

// moveByCopy copies, and deletes a source only when its copy is confirmed.
func (s *Session) moveByCopy(ctx context.Context, jobs []*job) error {
	to, source := jobs[0].to, s.folder
	t, err := s.copyPresent(ctx, uidsOf(jobs), to)
	if err != nil {
		return err
	}
	var copied []*job
	for _, j := range jobs {
		switch {
		case !t.there[j.uid]:
			j.gone(fmt.Sprintf("it is no longer in %q", source))
		case t.refusal != nil:
			j.refuse(reasonOf(t.refusal))
		case len(t.copies) > 0 && t.copies[j.uid] == 0:
			j.refuse("the server did not copy it, so it was left where it was")
		default:
			copied = append(copied, j)
		}
	}
	return s.removeSources(ctx, copied, func(j *job) mailbox.Ref { return t.at(to, j.uid) })
}

// leftMarked is what people are told where messages cannot be expunged one by
// one.
const leftMarked = "the server cannot remove single messages (no UIDPLUS), so the original is left behind, marked deleted"

func (s *Session) removeSources(ctx context.Context, jobs []*job, at func(*job) mailbox.Ref) error {
	if len(jobs) == 0 {
		return nil
	}
	err := s.expunge(ctx, uidsOf(jobs))
	if err != nil && refusal(err) == nil {
		return err
	}
	reason := ""
	if !s.caps.Has(imap.CapUIDPlus) {
		reason = leftMarked
	}
	for _, j := range jobs {
		if err != nil {
			j.refuse(fmt.Sprintf("it was copied to %q, but the original could not be removed: %s", j.to, reasonOf(err)))
			continue
		}
		j.end(mailbox.Done, at(j), reason)
	}
	return nil
}

// expunge removes exactly these messages of the selected folder, or marks them
// deleted where the server cannot do that.
func (s *Session) expunge(ctx context.Context, uids []uint32) error {
	set := uidSet(uids)
	err := s.run(ctx, s.a.pace.work, func() error {
		flags := imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
		return s.client.Store(set, &flags, nil).Close()
	})
	if err != nil {
		return err
	}
	if !s.caps.Has(imap.CapUIDPlus) {
		s.a.sayOnce(leftMarked)
		return nil
	}
	return s.run(ctx, s.a.pace.work, func() error { return s.client.UIDExpunge(set).Close() })
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

// revive undoes a move on a server that could only mark the original deleted:
// the original lies in the destination still. It is unmarked, given the flags
// of the moved copy, and the copy is marked instead; so nothing is doubled.
func (s *Session) revive(ctx context.Context, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	source, to := s.folder, jobs[0].to
	originals, err := s.markedDeleted(ctx, to, jobs)
	if err != nil || len(originals) == 0 {
		return errors.Join(err, s.selectFolder(ctx, source, false))
	}
	copies, err := s.readSources(ctx, source, jobs)
	if err != nil {
		return err
	}
	if err := s.selectFolder(ctx, to, false); err != nil {
		return err
	}
	at := make(map[*job]mailbox.Ref)
	var revived []*job
	for _, j := range jobs {
		original := takeTwin(originals[j.Key], copies[j.uid])
		if original == nil {
			continue
		}
		add, del := flagChanges(original.flags, copies[j.uid].flags)
		if _, err := s.storeFlags(ctx, []uint32{original.uid}, add, del); err != nil {
			return err
		}
		original.flags = nil // no longer marked: not for another job
		at[j] = mailbox.Ref{Folder: to, UIDValidity: s.box.UIDValidity, UID: original.uid}
		revived = append(revived, j)
	}
	if err := s.selectFolder(ctx, source, false); err != nil {
		return err
	}
	return s.removeSources(ctx, revived, func(j *job) mailbox.Ref { return at[j] })
}

// markedDeleted reads what lies marked deleted in a folder and has a job's key.
func (s *Session) markedDeleted(ctx context.Context, folder string, jobs []*job) (map[string][]*answer, error) {
	if err := s.selectFolder(ctx, folder, false); err != nil {
		if missing, err := s.isMissing(ctx, folder, err); !missing {
			return nil, err
		}
		return nil, nil
	}
	uids, err := s.search(ctx, &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}})
	if err != nil || len(uids) == 0 {
		return nil, err
	}
	marked, err := s.look(ctx, uids)
	keys, found := byKey(jobs), make(map[string][]*answer)
	for _, a := range marked {
		if key := s.key(folder, a); len(keys[key]) > 0 {
			found[key] = append(found[key], a)
		}
	}
	return found, err
}

// readSources reads the flags, dates and sizes of the jobs' messages.
func (s *Session) readSources(ctx context.Context, folder string, jobs []*job) (map[uint32]*answer, error) {
	if err := s.selectFolder(ctx, folder, false); err != nil {
		return nil, err
	}
	all, err := s.look(ctx, uidsOf(jobs))
	at := make(map[uint32]*answer, len(all))
	for _, a := range all {
		at[a.uid] = a
	}
	return at, err
}

// takeTwin picks the original of a copy.
func takeTwin(originals []*answer, one *answer) *answer {
	if one == nil {
		return nil
	}
	i := slices.IndexFunc(originals, func(a *answer) bool {
		return a.deleted() && a.date.Equal(one.date) && a.size == one.size
	})
	if i < 0 {
		return nil
	}
	return originals[i]
}

// flagChanges turns the flags of one message into those of another. \Recent is
// the server's own.
func flagChanges(from, to []string) (add, del []imap.Flag) {
	for _, flag := range to {
		if !slices.Contains(from, flag) && badFlag(flag) == "" {
			add = append(add, imap.Flag(flag))
		}
	}
	for _, flag := range from {
		if !slices.Contains(to, flag) && badFlag(flag) == "" {
			del = append(del, imap.Flag(flag))
		}
	}
	return add, del
}
