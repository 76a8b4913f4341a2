package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// A journal may be an old copy that was put back, and have forgotten what was sent since.
// A mail of ours has a Message-ID that comes from what it is sent for, and lies in the
// mailbox once it was sent: in the folder for sent mail, or where it came to. So each is
// looked for before it goes out, also where the journal knows of no earlier attempt.

// sentBefore and draftBefore are the reasons of what was found.
const (
	sentBefore  = "it lies in the mailbox already, so it was sent before and is not sent again; the journal did not know, and may be an old copy"
	draftBefore = "it was written before, and somebody has sent it or thrown it away since; the journal did not know, and may be an old copy"
	draftGone   = "it was written before foredesk was stopped, and somebody has sent it or thrown it away since"
)

// wasFound is how a mail ends that was found before it was sent. Where the journal knows
// of an earlier attempt, it is no old copy.
func wasFound(s store.Step) store.Ending {
	reason := sentBefore
	if maybeDone(s) || s.Attempts > 0 {
		reason = cameReason
	}
	return store.Ending{StepID: s.ID, State: store.Done, Reason: reason}
}

// lookFor is how long it is looked for a letter before it is sent all the same.
const lookFor = time.Minute

// wasSent looks for the mail of an errand that is about to be sent. What is not a mail,
// or has no Message-ID of ours, was not.
func (w *work) wasSent(ctx context.Context, s store.Step, e mailbox.Errand) (bool, error) {
	if !isSending(s) && s.Op.Do != "notify" || s.Op.Do == "redirect" {
		return false, nil
	}
	e.Doubt = true
	id := w.Outside.Do(ctx, e).LetterID
	if id == "" {
		return false, nil
	}
	return w.lies(ctx, w.session, id, w.whereSentLies())
}

// whereSentLies are the folders in which a mail of ours may lie. Some providers put what
// they have sent among sent mail themselves, and may take what comes back for junk.
func (w *work) whereSentLies() []string {
	return slices.Concat([]string{mailbox.Sent}, w.Folders, []string{mailbox.Archive, mailbox.Trash, mailbox.Junk})
}

// lies looks for a mail of ours by its Message-ID. Nobody else can have written one with
// that id and our seal. In a folder that the server does not open it is not found: one
// such folder must not keep all mail from being sent.
func (w *work) lies(ctx context.Context, session Session, id string, folders []string) (found bool, err error) {
	q := mailbox.Query{MessageID: id, Needs: &rules.Needs{}}
	for _, folder := range folders {
		err := session.Scan(ctx, folder, q, func(_ context.Context, b mailbox.Batch) error {
			found = found || slices.ContainsFunc(b.Messages, func(m mailbox.Message) bool { return m.ByUs })
			return nil
		})
		if errors.Is(err, mailbox.ErrRefused) {
			if !w.closed.Swap(true) { // without the error, which names the folder
				w.Log.Info("a folder in which a mail may lie that was sent before can't be opened: the mail server refuses it, and it is not looked there")
			}
			continue
		}
		if err != nil && !errors.Is(err, mailbox.ErrNoFolder) {
			return false, onServer(fmt.Errorf("looking in %q for a mail that may have been sent: %w", folder, err))
		}
		if found {
			return true, nil
		}
	}
	return false, nil
}

// letterWasSent looks for a letter that is about to be sent. It is of use where the
// mailbox can't be reached, too, and is then sent all the same.
func (w *work) letterWasSent(ctx context.Context, s store.Step) bool {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	found, err := w.hasCome(ctx, s)
	if err != nil {
		w.Log.Info("it could not be looked whether a letter was sent before", "letter", actionWord(s.Op.Arg), "step", s.ID, "error", err)
	}
	return found
}
