package mail

import (
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// transfer is what became of a MOVE or COPY.
type transfer struct {
	there    map[uint32]bool   // which UIDs the source had: just before a MOVE, just after a COPY
	searched bool              // there is what the server told, not an assumption
	validity uint32            // of the destination, where COPYUID tells it
	copies   map[uint32]uint32 // source UID to destination UID, by COPYUID (RFC 4315)
	refusal  error             // NO or BAD
}

// transfer sends UID MOVE or UID COPY. A search beside it tells which messages
// there are. Of a MOVE it comes ahead, but only where the server has no UIDPLUS:
// else COPYUID tells it, and a search among thousands of UIDs is work. Of a COPY it
// comes behind: what is there then was copied, and what has gone meanwhile may have
// been. MOVE is sent only where the server has it: go-imap would replace it by
// COPY, STORE and EXPUNGE without waiting for the COPY.
func (s *Session) transfer(ctx context.Context, kind mailbox.OpKind, uids []uint32, name string) (transfer, error) {
	t := transfer{there: make(map[uint32]bool), searched: kind != mailbox.Move || !s.caps.Has(imap.CapUIDPlus)}
	set := uidSet(uids)
	err := s.run(ctx, s.a.pace.work, func() error {
		if kind == mailbox.Copy {
			return s.copyAndLook(&t, set, uids, name)
		}
		return s.lookAndMove(&t, set, uids, name)
	})
	if refusal(err) != nil {
		t.refusal, err = err, nil
	}
	return t, err
}

func (s *Session) lookAndMove(t *transfer, set imap.UIDSet, uids []uint32, name string) error {
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
	data, err := s.client.Move(set, name).Wait()
	if err == nil {
		t.validity = data.UIDValidity
		sources, _ := data.SourceUIDs.(imap.UIDSet)
		copies, _ := data.DestUIDs.(imap.UIDSet)
		t.copies = pairs(sources, copies, uint64(len(uids)))
	}
	return errors.Join(err, there())
}

func (s *Session) copyAndLook(t *transfer, set imap.UIDSet, uids []uint32, name string) error {
	command := s.client.Copy(set, name)
	search := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil)
	data, err := command.Wait()
	t.validity, t.copies = data.UIDValidity, pairs(data.SourceUIDs, data.DestUIDs, uint64(len(uids)))
	return errors.Join(err, markThere(t.there, search, uids))
}

// copied says what an OK to COPY means for a message: it was copied, it was not, or
// nobody can tell from here, as it has gone from the source and the server names no
// copies.
func (t transfer) copied(uid uint32) (yes, sure bool) {
	if len(t.copies) > 0 {
		return t.copies[uid] != 0, true
	}
	return t.there[uid], t.there[uid]
}

// markThere notes what a search beside a command found. If the server refuses
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
	switch {
	case made == nil:
		return s.transfer(ctx, kind, uids, name)
	case refusal(made) != nil:
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
	return s.copyPresent(ctx, left, to)
}

func (t transfer) at(to string, uid uint32) mailbox.Ref {
	ref := mailbox.Ref{Folder: to, UIDValidity: t.validity, UID: t.copies[uid]}
	if ref.UID == 0 {
		ref.UIDValidity = 0
	}
	return ref
}
