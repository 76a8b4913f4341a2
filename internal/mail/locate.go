package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// job is one Change on its way through Perform.
type job struct {
	mailbox.Change
	uid    uint32      // in the source folder as it is now; 0 while not found
	here   *answer     // what was read of it; nil where it was not looked at
	guess  bool        // it was found by its content alone
	to     string      // our name of the folder of a Move or Copy
	copied mailbox.Ref // the copy that an earlier attempt has made
	rivals []*job      // of other folders, whose copies may be taken for this one's
	closed bool
	out    mailbox.Outcome
}

func (j *job) end(result mailbox.Result, at mailbox.Ref, reason string) {
	j.closed = true
	j.out = mailbox.Outcome{ID: j.ID, Result: result, At: at, Reason: reason}
}

// refuse ends a job whose message is where it was.
func (j *job) refuse(reason string) { j.end(mailbox.Refused, j.Ref, reason) }

func (j *job) gone(reason string) { j.end(mailbox.Gone, mailbox.Ref{}, reason) }

func open(jobs []*job) []*job {
	return slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.closed })
}

// wanted is a message to be found by its content.
type wanted struct{ key, messageID string }

func (j *job) wanted() wanted { return wanted{j.Key, j.MessageID} }

// most is up to how many messages are searched for one by one; for more the
// folder's headers are read once.
const most = 20

// lookWant asks for what tells one message from another.
var lookWant = want{names: headerNames(rules.Needs{}), size: true}

// locate finds the UID that each job's message has now. A UID is believed only
// if the message was read there (Change.Read); else its key is looked at. The UIDs of a folder that was renumbered, or that the server never told,
// are found by key. Jobs whose message is not there keep uid 0.
func (s *Session) locate(ctx context.Context, folder string, jobs []*job) error {
	var look, find []*job
	for _, j := range jobs {
		switch {
		case j.Ref.UID == 0 || j.Ref.UIDValidity != 0 && j.Ref.UIDValidity != s.box.UIDValidity:
			find = append(find, j)
		case j.Read && !j.Doubt && j.Ref.UIDValidity != 0:
			j.uid = j.Ref.UID
		default:
			look = append(look, j)
		}
	}
	mistaken, err := s.lookAt(ctx, folder, look)
	if err != nil {
		return err
	}
	return s.findJobs(ctx, folder, append(find, mistaken...))
}

// lookAt reads the messages at the jobs' UIDs. It returns the jobs at whose UID
// there is another message: a UID is never given twice, so what was noted down
// was wrong, such as a COPYUID that was not in order.
func (s *Session) lookAt(ctx context.Context, folder string, jobs []*job) (mistaken []*job, err error) {
	uids := make([]uint32, len(jobs))
	for i, j := range jobs {
		uids[i] = j.Ref.UID
	}
	there, err := s.look(ctx, uids)
	if err != nil {
		return nil, err
	}
	at := make(map[uint32]*answer, len(there))
	for _, a := range there {
		at[a.uid] = a
	}
	for _, j := range jobs {
		a := at[j.Ref.UID]
		switch {
		case a == nil:
		case j.Key == "" || s.key(folder, a) == j.Key:
			j.uid, j.here = a.uid, a
		default:
			mistaken = append(mistaken, j)
		}
	}
	return mistaken, nil
}

// look reads what tells one message from another.
func (s *Session) look(ctx context.Context, uids []uint32) ([]*answer, error) {
	uids = slices.Compact(slices.Sorted(slices.Values(uids)))
	var all []*answer
	for chunk := range slices.Chunk(uids, maxBatch) {
		got, err := s.fetch(ctx, chunk, lookWant)
		if err != nil {
			return nil, err
		}
		all = append(all, got...)
	}
	return all, nil
}

// findJobs finds messages by key. Several messages may have the same: then each
// needs a job of its own, else it is not clear which one is meant.
func (s *Session) findJobs(ctx context.Context, folder string, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	var list []wanted
	for _, j := range jobs {
		list = append(list, j.wanted())
	}
	found, err := s.find(ctx, folder, list)
	if err != nil {
		return err
	}
	for key, same := range byKey(jobs) {
		copies := s.meant(found[key], same)
		refs := distinctRefs(same)
		if len(copies) > len(refs) {
			for _, j := range same {
				if j.Doubt { // an earlier attempt may have done it
					j.end(mailbox.Unknown, mailbox.Ref{}, fmt.Sprintf("%d messages in %q have the same content, and it is not clear which one is meant", len(copies), folder))
				} else {
					j.refuse(fmt.Sprintf("%d messages in %q have the same content, and it is not clear which one is meant; nothing was done", len(copies), folder))
				}
			}
			continue
		}
		for _, j := range same {
			if i := slices.Index(refs, j.Ref); i < len(copies) {
				j.uid, j.here, j.guess = copies[i].uid, copies[i], true
			}
		}
	}
	return nil
}

// meant are those of the messages with one key that jobs can be about. \Deleted is what
// a move leaves behind where it cannot expunge; where it can, it is what one that broke
// off has left to do.
func (s *Session) meant(found []*answer, jobs []*job) []*answer {
	unmarked := slices.DeleteFunc(slices.Clone(found), (*answer).deleted)
	brokeOff := func(j *job) bool { return j.Doubt && j.Op.Kind == mailbox.Move }
	if len(unmarked) == 0 && s.caps.Has(imap.CapUIDPlus) && slices.ContainsFunc(jobs, brokeOff) {
		return found
	}
	return unmarked
}

func (a *answer) deleted() bool { return slices.Contains(a.flags, `\Deleted`) }

func byKey(jobs []*job) map[string][]*job {
	same := make(map[string][]*job)
	for _, j := range jobs {
		same[j.Key] = append(same[j.Key], j)
	}
	return same
}

// distinctRefs are the messages that jobs are about, by the order of their UIDs.
func distinctRefs(jobs []*job) []mailbox.Ref {
	var refs []mailbox.Ref
	for _, j := range jobs {
		if !slices.Contains(refs, j.Ref) {
			refs = append(refs, j.Ref)
		}
	}
	slices.SortFunc(refs, func(a, b mailbox.Ref) int { return cmp.Compare(a.UID, b.UID) })
	return refs
}

// find selects a folder and returns the messages in it that have one of the
// keys. A folder that is not there has none.
func (s *Session) find(ctx context.Context, folder string, list []wanted) (map[string][]*answer, error) {
	if err := s.selectFolder(ctx, folder, false); err != nil {
		if missing, err := s.isMissing(ctx, folder, err); !missing {
			return nil, err
		}
		return nil, nil
	}
	uids, err := s.candidates(ctx, list)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]bool)
	for _, w := range list {
		keys[w.key] = w.key != ""
	}
	found := make(map[string][]*answer)
	for chunk := range slices.Chunk(uids, maxBatch) {
		got, err := s.fetch(ctx, chunk, lookWant)
		if err != nil {
			return nil, err
		}
		for _, a := range got {
			if key := s.key(folder, a); keys[key] {
				a.header = nil // a scan of a large folder keeps only what it looks for
				found[key] = append(found[key], a)
			}
		}
	}
	return found, nil
}

// isMissing tells a refusal to open a folder that is not there from others.
// Servers from before RFC 5530 give no code, so the folder is then looked for.
func (s *Session) isMissing(ctx context.Context, folder string, err error) (bool, error) {
	no := refusal(err)
	if no == nil {
		return false, err
	}
	there := false
	if no.Code == "" {
		name, bad := s.a.names.toServer(folder)
		if bad != nil {
			return false, bad
		}
		list, failed := s.list(ctx, name, nil)
		if failed != nil {
			return false, failed
		}
		// What only holds other folders can't be opened, and is none of those.
		there = slices.ContainsFunc(list, func(l *imap.ListData) bool { return !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect) })
	}
	if there || no.Code != "" && no.Code != imap.ResponseCodeNonExistent && no.Code != imap.ResponseCodeTryCreate {
		return false, err
	}
	s.a.names.lost(folder)
	return true, err
}

// candidates are the messages of the selected folder among which the wanted
// ones are, if they are there.
func (s *Session) candidates(ctx context.Context, list []wanted) ([]uint32, error) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b wanted) int { return strings.Compare(a.key+a.messageID, b.key+b.messageID) })
	list = slices.Compact(list)
	unsearchable := slices.ContainsFunc(list, func(w wanted) bool { return !searchable(w.messageID) })
	if len(list) <= most && !unsearchable {
		uids, err := s.searchIDs(ctx, list)
		if refusal(err) == nil {
			return uids, err
		}
		// A server that cannot search headers can still show them.
	}
	return s.search(ctx, &imap.SearchCriteria{})
}

// searchable says whether SEARCH HEADER can find a Message-ID: some servers
// compare the field as it is folded, or decode it first.
func searchable(messageID string) bool {
	return messageID != "" && len(messageID) < 200 &&
		!strings.ContainsFunc(messageID, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' })
}

func (s *Session) searchIDs(ctx context.Context, list []wanted) (uids []uint32, err error) {
	err = s.run(ctx, s.a.pace.work, func() error {
		cmds := make([]*imapclient.SearchCommand, len(list))
		for i, w := range list {
			field := imap.SearchCriteriaHeaderField{Key: "Message-ID", Value: w.messageID}
			cmds[i] = s.client.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{field}}, nil)
		}
		var failed []error
		for _, cmd := range cmds {
			data, err := cmd.Wait()
			if err != nil {
				failed = append(failed, err)
				continue
			}
			uids = append(uids, foundUIDs(data)...)
		}
		return errors.Join(failed...)
	})
	slices.Sort(uids)
	return slices.Compact(uids), err
}
