package mail

import (
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
)

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
		there, err := s.unmark(ctx, original, copies[j.uid])
		if err != nil {
			return err
		}
		if !there {
			continue // somebody has expunged it meanwhile: the copy is all there is
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

// unmark gives an original the flags of its copy and takes its mark away. It says
// whether it is there, unmarked, afterwards: only then may the copy go.
func (s *Session) unmark(ctx context.Context, original, copied *answer) (there bool, err error) {
	add, del := flagChanges(original.flags, copied.flags)
	del = slices.DeleteFunc(del, func(flag imap.Flag) bool { return flag == imap.FlagDeleted })
	uid := []uint32{original.uid}
	if _, err := s.storeFlags(ctx, uid, add, del); err != nil && refusal(err) == nil {
		return false, err
	}
	shown, err := s.storeFlags(ctx, uid, nil, []imap.Flag{imap.FlagDeleted})
	if refusal(err) != nil {
		err = nil
	}
	return shown[original.uid], err
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
	i := slices.IndexFunc(originals, func(a *answer) bool { return a.deleted() && alike(a, one) })
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
