package mail

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// settleDoubts looks, for changes that an earlier attempt may have made, what is
// true now, and ends those that are done. A Move whose copy is there already
// keeps it in job.copied: only its source is still to be deleted.
func (s *Session) settleDoubts(ctx context.Context, folder string, jobs []*job) error {
	doubtful := make(map[string][]*job)
	for _, j := range open(jobs) {
		if j.Doubt && (j.Op.Kind == mailbox.Move || j.Op.Kind == mailbox.Copy) {
			doubtful[j.to] = append(doubtful[j.to], j)
		}
	}
	for to, same := range doubtful {
		var list []wanted
		for _, j := range same {
			list = append(list, j.wanted())
		}
		there, err := s.find(ctx, to, list)
		if err != nil {
			return err
		}
		at := mailbox.Ref{Folder: to}
		if s.folder == to {
			at.UIDValidity = s.box.UIDValidity
		}
		unplaced := leaveOthers(there, at, same)
		sources, err := s.findSources(ctx, folder, same, there)
		if err != nil {
			return err
		}
		for key, twins := range byKey(same) {
			// A copy that is marked deleted is one that a person took away.
			copies := slices.DeleteFunc(there[key], (*answer).deleted)
			settleAbsent(twins, at, copies, unplaced[key])
			left, others := open(twins), unplaced[key]
			for _, j := range twins {
				if j.out.Result == mailbox.Done {
					others++
				}
			}
			for _, j := range left {
				settlePresent(j, at, left, sources[key], copies, others)
			}
		}
	}
	return nil
}

// findSources counts what is alike in the source, where something alike is in
// the destination: else there is nothing to be mistaken for.
func (s *Session) findSources(ctx context.Context, folder string, jobs []*job, there map[string][]*answer) (map[string][]*answer, error) {
	var list []wanted
	for _, j := range jobs {
		if j.uid != 0 && len(there[j.Key]) > 0 {
			list = append(list, j.wanted())
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return s.find(ctx, folder, list)
}

// nameRivals says of jobs in doubt which others take messages with the same content to the
// same folder, from a folder of their own.
func nameRivals(jobs, all []*job) {
	for _, j := range jobs {
		if !j.Doubt {
			continue
		}
		for _, other := range all {
			if other.Key == j.Key && other.Ref.Folder != j.Ref.Folder && other.Op.To == j.Op.To {
				j.rivals = append(j.rivals, other)
			}
		}
	}
}

// mayHavePut is the place to which a rival has taken its message, without a UID where
// that is not known; ok is false where it certainly has not.
func (j *job) mayHavePut(to string) (at mailbox.Ref, ok bool) {
	switch {
	case j.closed && j.out.Result == mailbox.Done:
		return j.out.At, true
	case j.closed && j.out.Result != mailbox.Unknown:
		return at, false
	}
	return mailbox.Ref{Folder: to}, j.Doubt
}

// leaveOthers takes out of what was found in a folder the messages that are others than
// those of jobs, and returns how many others are among what is left, by their key.
func leaveOthers(there map[string][]*answer, at mailbox.Ref, jobs []*job) (unplaced map[string]int) {
	unplaced = make(map[string]int)
	for key, twins := range byKey(jobs) {
		others := slices.Clone(twins[0].Others)
		for _, rival := range twins[0].rivals {
			if place, ok := rival.mayHavePut(at.Folder); ok {
				others = append(others, place)
			}
		}
		for _, other := range others {
			switch {
			case other.Folder != at.Folder, len(there[key]) == 0:
			case other.UID == 0 || other.UIDValidity != 0 && other.UIDValidity != at.UIDValidity:
				unplaced[key]++
			default:
				there[key] = slices.DeleteFunc(there[key], func(a *answer) bool { return a.uid == other.UID })
			}
		}
	}
	return unplaced
}

// settleAbsent ends the jobs whose message is no longer in the source. Identical
// messages may all have been moved; there must then be a copy of each, beside those
// of others whose place is not known.
func settleAbsent(twins []*job, at mailbox.Ref, copies []*answer, unplaced int) {
	absent := slices.DeleteFunc(open(twins), func(j *job) bool { return j.uid != 0 })
	present := len(open(twins)) - len(absent)
	for i, j := range absent {
		switch ours := len(copies) - unplaced; {
		case len(copies) == 0:
			j.gone("it is neither where it was nor where it was to go")
		case ours <= 0:
			j.end(mailbox.Unknown, mailbox.Ref{}, fmt.Sprintf("what lies in %q has the same content and may be another message", at.Folder))
		case ours >= len(absent):
			done := at
			if len(copies) == len(absent) && present == 0 {
				done.UID = copies[i].uid
			}
			j.end(mailbox.Done, done, "")
		default:
			j.end(mailbox.Unknown, mailbox.Ref{}, fmt.Sprintf("%d messages with the same content were to go to %q and %d are there; it is not clear which", len(absent), at.Folder, ours))
		}
	}
}

// settlePresent decides about a message that is still in the source. A copy of
// it has its INTERNALDATE and size; what has only its key is another message,
// such as one that came by a mailing list as well. Of messages delivered twice,
// twins are the jobs: where all that are alike in the source are to be moved and
// just as many alike are in the destination, COPY, which does all or nothing (RFC
// 9051 6.4.7), has been done. With others among the copies, that can't be told, nor where
// the message itself was found by its content alone in a folder that has got new UIDs,
// unless it bears the mark of a move that broke off: one just like it may have come since.
func settlePresent(j *job, at mailbox.Ref, twins []*job, sources, copies []*answer, others int) {
	var ours []*answer
	for _, a := range copies {
		if alike(a, j.here) {
			ours = append(ours, a)
		}
	}
	unknown := len(copies) > others                 // something there is not known to be another's
	others = max(0, others-(len(copies)-len(ours))) // what is not alike is theirs
	var moved []*answer                             // those of twins, j's among them
	for _, t := range twins {
		if t.Op.Kind == mailbox.Move && t.here != nil && alike(t.here, j.here) {
			moved = append(moved, t.here)
		}
	}
	switch {
	case len(ours) == 0 && j.here.deleted():
		j.gone("it is marked deleted")
	case len(ours) == 0 && !(j.guess && unknown):
		return // the earlier attempt did nothing
	case len(ours) == 0: // what is here may be another, and that it
		j.end(mailbox.Unknown, mailbox.Ref{}, fmt.Sprintf("%q and %q both hold a message with its content, and it is not clear which it is; nothing was done", j.Ref.Folder, at.Folder))
	case others == 0 && j.Op.Kind == mailbox.Copy:
		at.UID = ours[0].uid
		j.end(mailbox.Done, at, "")
	case others == 0 && len(ours) == len(moved) && countSame(sources, j.here) <= len(moved) && (!j.renumbered() || j.here.deleted()):
		at.UID = copyOf(j.here, moved, ours).uid
		j.copied = at
	default:
		j.end(mailbox.Unknown, mailbox.Ref{}, fmt.Sprintf("%q and %q both hold messages just like it, and it is not clear which are copies; nothing was done", j.Ref.Folder, at.Folder))
	}
}

// renumbered reports whether a message was found by its content alone though its UID was
// known.
func (j *job) renumbered() bool { return j.guess && j.Ref.UID != 0 }

func alike(a, b *answer) bool { return a.date.Equal(b.date) && a.size == b.size }

// copyOf pairs originals with copies, which have their flags, and returns the copy
// of one. What a copy may lack of them is no reason to take it for another's: the
// rest are paired as they come.
func copyOf(one *answer, originals, copies []*answer) *answer {
	byUID := func(a, b *answer) int { return cmp.Compare(a.uid, b.uid) }
	originals, copies = slices.SortedFunc(slices.Values(originals), byUID), slices.SortedFunc(slices.Values(copies), byUID)
	var rest []*answer
	for _, original := range originals {
		i := slices.IndexFunc(copies, func(c *answer) bool { return c.flagText() == original.flagText() })
		switch {
		case i < 0:
			rest = append(rest, original)
		case original == one:
			return copies[i]
		default:
			copies = slices.Delete(copies, i, i+1)
		}
	}
	return copies[slices.Index(rest, one)]
}

func (a *answer) flagText() string { return strings.Join(copiedFlags(a.flags), " ") }

// copiedFlags are those of a message's flags that a copy of it has.
func copiedFlags(flags []string) []string {
	flags = slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return f == `\Deleted` || f == `\Recent` })
	slices.Sort(flags)
	return flags
}

// completeCopies gives copies that an earlier attempt has made the flags that they
// lack: a server that was killed in the middle of COPY may have made one without
// its keywords, which go with the original. A job whose copy cannot be completed is
// refused; its original stays.
func (s *Session) completeCopies(ctx context.Context, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	source, uids := s.folder, uidsOf(jobs)
	originals, err := s.flagsOf(ctx, uids)
	if err != nil {
		return err
	}
	if err := s.selectFolder(ctx, jobs[0].to, false); err != nil {
		return err
	}
	for i, j := range jobs {
		uids[i] = j.copied.UID
	}
	copies, err := s.flagsOf(ctx, uids)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		has, there := copies[j.copied.UID]
		if !there || hasFlag(has, `\Deleted`) {
			j.refuse(fmt.Sprintf("its copy has gone from %q meanwhile, so the original was left where it was", j.to))
			continue
		}
		lacks := slices.DeleteFunc(copiedFlags(originals[j.uid]), func(flag string) bool { return hasFlag(has, flag) })
		if err := s.storeLacking(ctx, j, lacks); err != nil {
			return err
		}
	}
	return s.selectFolder(ctx, source, false)
}

// storeLacking gives flags to the copy of a job, as far as its folder keeps them.
func (s *Session) storeLacking(ctx context.Context, j *job, lacks []string) error {
	add, _ := s.permitted(lacks)
	if len(add) == 0 {
		return nil
	}
	shown, err := s.storeFlags(ctx, []uint32{j.copied.UID}, add, nil)
	if err != nil && refusal(err) == nil {
		return err
	}
	if !shown[j.copied.UID] {
		j.refuse(fmt.Sprintf("it was copied to %q, but the copy lacks %s, so the original was left where it was", j.to, strings.Join(lacks, ", ")))
	}
	return nil
}

func countSame(all []*answer, one *answer) (n int) {
	for _, a := range all {
		if alike(a, one) {
			n++
		}
	}
	return n
}
