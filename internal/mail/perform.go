package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Perform makes the changes and says of each how it ended, in the given order.
// Equal ones are made by one command. Of one message flags come first, then
// copies, then the move.
//
// An error means that not all could be made: the connection was lost, or ctx
// has ended. What had no answer then is Unknown; given again with Doubt set, it
// is first looked at and then finished or left. Everything else is in the
// outcomes: a change that the server refuses is no error.
func (s *Session) Perform(ctx context.Context, changes []mailbox.Change) ([]mailbox.Outcome, error) {
	jobs := make([]*job, len(changes))
	for i, c := range changes {
		jobs[i] = &job{Change: c}
		if reason := refuseUnseen(c); reason != "" {
			jobs[i].refuse(reason)
		}
	}
	s.numbered = make(map[string]uint32)
	err := s.sameNumbers()
	if err == nil {
		err = s.perform(ctx, jobs)
	}
	s.numbered = nil
	outcomes := make([]mailbox.Outcome, len(jobs))
	for i, j := range jobs {
		if !j.closed {
			j.end(mailbox.Unknown, mailbox.Ref{}, "the connection broke before the server had answered")
		}
		outcomes[i] = j.out
	}
	if err != nil {
		return outcomes, fmt.Errorf("changing messages: %w", err)
	}
	return outcomes, nil
}

// refuseUnseen says why a change must not reach the wire, or "". CR, LF or NUL
// in a name would be a command of its own.
func refuseUnseen(c mailbox.Change) string {
	if reason := badFolder(c.Ref.Folder); reason != "" {
		return fmt.Sprintf("the folder name %q cannot be used: %s", c.Ref.Folder, reason)
	}
	switch c.Op.Kind {
	case mailbox.Move, mailbox.Copy:
		if reason := badFolder(c.Op.To); reason != "" {
			return fmt.Sprintf("the folder name %q cannot be used: %s", c.Op.To, reason)
		}
	case mailbox.Store:
		for _, flag := range slices.Concat(c.Op.Add, c.Op.Del) {
			if reason := badFlag(flag); reason != "" {
				return fmt.Sprintf("the flag %q cannot be used: %s", flag, reason)
			}
		}
	case mailbox.Remove:
	default:
		return fmt.Sprintf("there is no change of the kind %q", c.Op.Kind)
	}
	return ""
}

// perform works on one source folder after another, and then once more on those in doubt
// that were not clear while others, of folders that came later, had not been looked at.
func (s *Session) perform(ctx context.Context, jobs []*job) error {
	early, err := s.performOnce(ctx, jobs)
	if err != nil {
		return err
	}
	for _, j := range early {
		if j.out.Result == mailbox.Unknown {
			*j = job{Change: j.Change}
		}
	}
	_, err = s.performOnce(ctx, jobs)
	return err
}

// performOnce works on one source folder after another. It returns those in doubt that
// had rivals which were not looked at yet.
func (s *Session) performOnce(ctx context.Context, jobs []*job) (early []*job, err error) {
	var folders []string
	for _, j := range open(jobs) {
		if !slices.Contains(folders, j.Ref.Folder) {
			folders = append(folders, j.Ref.Folder)
		}
	}
	for _, folder := range folders {
		in := slices.DeleteFunc(open(jobs), func(j *job) bool { return j.Ref.Folder != folder })
		nameRivals(in, jobs)
		for _, j := range in {
			if len(open(j.rivals)) > 0 {
				early = append(early, j)
			}
		}
		if err := s.performIn(ctx, folder, in); err != nil {
			return nil, err
		}
	}
	return early, nil
}

// performIn works on the jobs of one source folder. A refusal that concerns the
// folder as a whole ends them all. Flags may be set anew: of them nothing is in doubt.
func (s *Session) performIn(ctx context.Context, folder string, jobs []*job) error {
	err := s.workIn(ctx, folder, jobs)
	if err == nil || errors.Is(err, ErrLost) || ctx.Err() != nil {
		return err
	}
	for _, j := range open(jobs) {
		if j.Doubt && j.Op.Kind != mailbox.Store { // an earlier attempt may have done it, and that can't be looked for
			j.end(mailbox.Unknown, mailbox.Ref{}, reasonOf(err))
		} else {
			j.refuse(reasonOf(err))
		}
	}
	return nil
}

// reasonOf is what a person reads of a refusal.
func reasonOf(err error) string {
	if no := refusal(err); no != nil {
		return "the server says: " + strings.TrimSpace(fmt.Sprintf("%s %s", no.Type, no.Text))
	}
	return mailbox.InFull(err)
}

func (s *Session) workIn(ctx context.Context, name string, jobs []*job) error {
	folder, err := s.target(ctx, name)
	if err != nil {
		return err
	}
	if err := s.findTargets(ctx, jobs); err != nil {
		return err
	}
	if err := s.findAll(ctx, folder, jobs); err != nil {
		return err
	}
	steps := []struct {
		kind mailbox.OpKind
		do   func(context.Context, []*job) error
	}{
		{mailbox.Store, s.store}, {mailbox.Copy, s.copy}, {mailbox.Move, s.move}, {mailbox.Remove, s.remove},
	}
	for _, step := range steps {
		for _, group := range s.groups(jobs, step.kind) {
			if err := s.selectFolder(ctx, folder, false); err != nil {
				return err
			}
			if err := step.do(ctx, group); err != nil {
				return err
			}
		}
	}
	return nil
}

// findTargets names the destinations. A job that has none is refused alone.
func (s *Session) findTargets(ctx context.Context, jobs []*job) error {
	for _, j := range open(jobs) {
		if j.Op.Kind != mailbox.Move && j.Op.Kind != mailbox.Copy {
			continue
		}
		to, err := s.target(ctx, j.Op.To)
		if errors.Is(err, ErrLost) {
			return err
		}
		if err == nil {
			_, err = s.a.names.toServer(to)
		}
		if err != nil {
			j.refuse(reasonOf(err))
		}
		j.to = to
	}
	return nil
}

// findAll finds each job's message, settles doubts, and ends the jobs whose
// message is not there.
func (s *Session) findAll(ctx context.Context, folder string, jobs []*job) error {
	err := s.selectFolder(ctx, folder, false)
	if err == nil {
		err = s.locate(ctx, folder, open(jobs))
	} else if missing, failed := s.isMissing(ctx, folder, err); missing {
		err = nil // nothing is found in it, which is for settleDoubts and gone to judge
	} else {
		err = failed
	}
	if err != nil {
		return err
	}
	if err := s.findThere(ctx, folder, jobs); err != nil {
		return err
	}
	if err := s.settleDoubts(ctx, folder, jobs); err != nil {
		return err
	}
	if err := s.storeBehind(ctx, jobs); err != nil {
		return err
	}
	for _, j := range open(jobs) {
		switch {
		case j.uid != 0:
		case j.Doubt && j.Op.Kind == mailbox.Remove:
			j.end(mailbox.Done, mailbox.Ref{}, "")
		default:
			j.gone(fmt.Sprintf("it is no longer in %q", folder))
		}
	}
	return nil
}

// findThere ends the moves and copies of messages that are in their destination already.
func (s *Session) findThere(ctx context.Context, folder string, jobs []*job) error {
	var same []*job
	for _, j := range open(jobs) {
		if j.to == folder && j.uid != 0 {
			same = append(same, j)
		}
	}
	if len(same) == 0 {
		return nil
	}
	flags, err := s.flagsOf(ctx, uidsOf(same))
	if err != nil {
		return err
	}
	for _, j := range same {
		if has, there := flags[j.uid]; there && !hasFlag(has, `\Deleted`) {
			j.end(mailbox.Done, mailbox.Ref{Folder: folder, UIDValidity: s.box.UIDValidity, UID: j.uid}, "it is in that folder already")
		} else {
			j.gone(fmt.Sprintf("it is no longer in %q", folder))
		}
	}
	return nil
}

// storeBehind sets flags on a message that an earlier attempt has moved already:
// they go after it.
func (s *Session) storeBehind(ctx context.Context, jobs []*job) error {
	var behind []*job
	for _, j := range open(jobs) {
		if !j.Doubt || j.uid != 0 || j.Op.Kind != mailbox.Store {
			continue
		}
		for _, other := range jobs {
			if other.Op.Kind == mailbox.Move && other.Ref == j.Ref && other.Key == j.Key &&
				other.out.Result == mailbox.Done && other.out.At.UID != 0 {
				j.Ref, j.Doubt = other.out.At, false
				behind = append(behind, j)
			}
		}
	}
	return s.perform(ctx, behind)
}

// groups puts jobs of a kind together that one command can do: the same Op, and
// UIDs that fit into one line.
func (s *Session) groups(jobs []*job, kind mailbox.OpKind) [][]*job {
	var order []string
	same := make(map[string][]*job)
	for _, j := range open(jobs) {
		if j.Op.Kind != kind {
			continue
		}
		op := fmt.Sprintf("%q %q %q", j.to, j.Op.Add, j.Op.Del)
		if same[op] == nil {
			order = append(order, op)
		}
		same[op] = append(same[op], j)
	}
	var all [][]*job
	for _, op := range order {
		all = append(all, lines(same[op], s.longestSet)...)
	}
	return all
}

// How many characters of a command its set of UIDs may take. RFC 7162 section 4
// lets a client send lines of 8,192. Each command costs a server a look at its
// whole folder, so to one that says it is Dovecot, which reads lines of 65,536,
// they are longer: with 100,000 messages that is the difference of minutes.
const (
	usualSet   = 7_000
	dovecotSet = 60_000
)

// lines splits jobs by ascending UID so that each set has up to longest
// characters.
func lines(jobs []*job, longest int) [][]*job {
	slices.SortStableFunc(jobs, func(a, b *job) int { return cmp.Compare(a.uid, b.uid) })
	var all [][]*job
	start, length := 0, 0
	for i, j := range jobs {
		// Every range is counted with both its ends: "41:42," or "41,".
		if i == start || j.uid > jobs[i-1].uid+1 {
			length += digits(j.uid) + 1
		} else if i == start+1 || jobs[i-1].uid > jobs[i-2].uid+1 {
			length += digits(j.uid) + 1
		}
		if length > longest {
			all = append(all, jobs[start:i])
			start, length = i, digits(j.uid)+1
		}
	}
	return append(all, jobs[start:])
}

func digits(n uint32) int { return len(strconv.FormatUint(uint64(n), 10)) }

func uidsOf(jobs []*job) []uint32 {
	uids := make([]uint32, len(jobs))
	for i, j := range jobs {
		uids[i] = j.uid
	}
	return uids
}

// at is where the job's message is in the selected folder.
func (s *Session) at(j *job) mailbox.Ref {
	return mailbox.Ref{Folder: s.folder, UIDValidity: s.box.UIDValidity, UID: j.uid}
}

// store adds and removes flags, and believes what the server shows afterwards: it
// passes over UIDs that it does not have without a word.
func (s *Session) store(ctx context.Context, jobs []*job) error {
	add, skippedAdd := s.permitted(jobs[0].Op.Add)
	del, skippedDel := s.permitted(jobs[0].Op.Del)
	reason := s.skipReason(append(skippedAdd, skippedDel...))
	if len(add)+len(del) == 0 && reason != "" {
		for _, j := range jobs {
			j.refuse(reason)
		}
		return nil
	}
	shown, err := s.storeFlags(ctx, uidsOf(jobs), add, del)
	if err != nil && refusal(err) == nil {
		return err
	}
	for _, j := range jobs {
		done, there := shown[j.uid]
		switch {
		case !there:
			j.gone(fmt.Sprintf("it is no longer in %q", s.folder))
		case done:
			j.end(mailbox.Done, s.at(j), reason)
		case err != nil:
			j.refuse(reasonOf(err))
		default:
			j.refuse("the server took the flags, but does not show them")
		}
	}
	return nil
}

// storeFlags sends UID STORE and returns of each UID that is there whether it
// shows the flags now. What has them is searched for in the same breath; what is
// not found, or all after a NO, is looked at one by one.
func (s *Session) storeFlags(ctx context.Context, uids []uint32, add, del []imap.Flag) (shown map[uint32]bool, err error) {
	set := uidSet(uids)
	shown = make(map[uint32]bool, len(uids))
	var refused error
	err = s.run(ctx, s.a.pace.work, func() error {
		var stores []*imapclient.FetchCommand
		if len(add) > 0 {
			stores = append(stores, s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: add}, nil))
		}
		if len(del) > 0 {
			stores = append(stores, s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsDel, Silent: true, Flags: del}, nil))
		}
		search := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}, Flag: add, NotFlag: del}, nil)
		for _, store := range stores {
			refused = errors.Join(refused, store.Close())
		}
		data, err := search.Wait()
		for _, uid := range foundUIDs(data) {
			shown[uid] = true
		}
		if refusal(err) != nil {
			err = nil // some servers search for no keywords
		}
		if refusal(refused) == nil {
			err = errors.Join(refused, err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return shown[uid] })
	switch err := s.lookAtFlags(ctx, rest, add, del, shown); {
	case refusal(err) != nil: // it says nothing of what the search has shown
		for _, uid := range rest {
			if _, told := shown[uid]; !told {
				shown[uid] = false
			}
		}
		refused = errors.Join(refused, err)
	case err != nil:
		return nil, err
	}
	return shown, refused
}

// lookAtFlags notes which of the UIDs there are, and whether they show the flags.
func (s *Session) lookAtFlags(ctx context.Context, uids []uint32, add, del []imap.Flag, shown map[uint32]bool) error {
	all, err := s.flagsOf(ctx, uids)
	for uid, flags := range all {
		has := func(flag imap.Flag) bool { return hasFlag(flags, string(flag)) }
		lacks := func(flag imap.Flag) bool { return !has(flag) }
		shown[uid] = !slices.ContainsFunc(add, lacks) && !slices.ContainsFunc(del, has)
	}
	return err
}

// flagsOf reads the flags of those messages of the selected folder that are there.
func (s *Session) flagsOf(ctx context.Context, uids []uint32) (map[uint32][]string, error) {
	all := make(map[uint32][]string, len(uids))
	if len(uids) == 0 {
		return all, nil
	}
	err := s.run(ctx, s.a.pace.work, func() error {
		got, err := s.client.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, Flags: true}).Collect()
		for _, m := range got {
			flags := make([]string, len(m.Flags))
			for i, flag := range m.Flags {
				flags[i] = string(flag)
			}
			all[uint32(m.UID)] = flags
		}
		return err
	})
	return all, err
}

func hasFlag(flags []string, flag string) bool {
	return slices.ContainsFunc(flags, func(f string) bool { return strings.EqualFold(f, flag) })
}

// permitted leaves out what the folder does not keep (PERMANENTFLAGS, RFC 9051
// 7.1). With \* the client may add keywords of its own.
func (s *Session) permitted(flags []string) (kept []imap.Flag, skipped []string) {
	permanent := s.box.PermanentFlags
	all := len(permanent) == 0 || slices.Contains(permanent, imap.FlagWildcard)
	for _, flag := range flags {
		same := func(p imap.Flag) bool { return strings.EqualFold(string(p), flag) }
		if all || slices.ContainsFunc(permanent, same) {
			kept = append(kept, imap.Flag(flag))
		} else {
			skipped = append(skipped, flag)
		}
	}
	return kept, skipped
}

func (s *Session) skipReason(skipped []string) string {
	if len(skipped) == 0 {
		return ""
	}
	s.a.sayOnce("the server does not keep these flags in this folder, so rules that set them have no effect", "folder", s.a.inLog(s.folder), "flags", skipped)
	return fmt.Sprintf("the server does not keep %s in %q", strings.Join(skipped, ", "), s.folder)
}
