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
		sources, err := s.findSources(ctx, folder, same, there)
		if err != nil {
			return err
		}
		for key, twins := range byKey(same) {
			// A copy that is marked deleted is one that a person took away.
			copies := slices.DeleteFunc(there[key], (*answer).deleted)
			settleAbsent(twins, at, copies)
			left := open(twins)
			for _, j := range left {
				settlePresent(j, at, left, sources[key], copies)
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

// settleAbsent ends the jobs whose message is no longer in the source. Identical
// messages may all have been moved; there must then be a copy of each.
func settleAbsent(twins []*job, at mailbox.Ref, copies []*answer) {
	absent := slices.DeleteFunc(open(twins), func(j *job) bool { return j.uid != 0 })
	present := len(open(twins)) - len(absent)
	for i, j := range absent {
		switch {
		case len(copies) == 0:
			j.gone("it is neither where it was nor where it was to go")
		case len(copies) >= len(absent):
			done := at
			if len(copies) == len(absent) && present == 0 {
				done.UID = copies[i].uid
			}
			j.end(mailbox.Done, done, "")
		default:
			j.end(mailbox.Unknown, mailbox.Ref{}, fmt.Sprintf("%d messages with the same content were to go to %q and %d are there; it is not clear which", len(absent), at.Folder, len(copies)))
		}
	}
}

// settlePresent decides about a message that is still in the source. A copy of
// it has its INTERNALDATE and size; what has only its key is another message,
// such as one that came by a mailing list as well. Of messages delivered twice,
// twins are the jobs: where all that are alike in the source are to be moved and
// just as many alike are in the destination, COPY, which does all or nothing (RFC
// 9051 6.4.7), has been done.
func settlePresent(j *job, at mailbox.Ref, twins []*job, sources, copies []*answer) {
	var ours []*answer
	for _, a := range copies {
		if alike(a, j.here) {
			ours = append(ours, a)
		}
	}
	var moved []*answer // those of twins, j's among them
	for _, t := range twins {
		if t.Op.Kind == mailbox.Move && t.here != nil && alike(t.here, j.here) {
			moved = append(moved, t.here)
		}
	}
	switch {
	case len(ours) == 0 && j.here.deleted():
		j.gone("it is marked deleted")
	case len(ours) == 0:
		return // the earlier attempt did nothing
	case j.Op.Kind == mailbox.Copy:
		at.UID = ours[0].uid
		j.end(mailbox.Done, at, "")
	case len(ours) == len(moved) && countSame(sources, j.here) <= len(moved):
		slices.SortFunc(ours, byFlags)
		slices.SortFunc(moved, byFlags)
		at.UID = ours[slices.Index(moved, j.here)].uid
		j.copied = at
	default:
		j.end(mailbox.Unknown, mailbox.Ref{}, fmt.Sprintf("%q and %q both hold messages just like it, and it is not clear which are copies; nothing was done", j.Ref.Folder, at.Folder))
	}
}

func alike(a, b *answer) bool { return a.date.Equal(b.date) && a.size == b.size }

// byFlags pairs originals with copies, which have their flags.
func byFlags(a, b *answer) int {
	return cmp.Or(strings.Compare(a.flagText(), b.flagText()), cmp.Compare(a.uid, b.uid))
}

func (a *answer) flagText() string {
	flags := slices.DeleteFunc(slices.Clone(a.flags), func(f string) bool { return f == `\Deleted` || f == `\Recent` })
	slices.Sort(flags)
	return strings.Join(flags, " ")
}

func countSame(all []*answer, one *answer) (n int) {
	for _, a := range all {
		if alike(a, one) {
			n++
		}
	}
	return n
}
