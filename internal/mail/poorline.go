package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// attempt asks for something of one message. Where the connection breaks at it,
// the line is put to the proof, and asked once more if it is good: last says so.
// Failed is what speaks against the message.
func (s *Session) attempt(ctx context.Context, shown *reach, ask func(last bool) error) (failed, err error) {
	const proofs = 2
	for try := 0; ; try++ {
		conn := s.conn
		failed = ask(try > 0)
		if failed == nil || refusal(failed) != nil {
			return failed, nil
		}
		if ctx.Err() != nil {
			return nil, failed
		}
		end, broke := conn.reach(), conn.broke(failed)
		if err := s.mend(ctx, failed); err != nil {
			return nil, err
		}
		switch {
		case !broke || shown.beyond(end):
			return failed, nil
		case try == proofs:
			return nil, s.poor(end)
		}
		if try == 0 {
			end.got = min(end.got, maxHeaderRead) // of a header no more is asked for now
		}
		if *shown, err = s.prove(ctx, end); err != nil {
			return nil, err
		}
		// What is asked now must not end where the proof and it are too much together.
		if err := s.mend(ctx, ErrLost); err != nil {
			return nil, err
		}
	}
}

// reach is how far a connection came: bytes in either direction.
type reach struct{ got, sent int64 }

func (r reach) beyond(other reach) bool { return r.got > other.got && r.sent > other.sent }

// poorLine is what to think of a connection that breaks wherever it has come so far.
// Nothing that was asked for is to blame.
type poorLine struct{ reach }

func (p *poorLine) Error() string {
	return fmt.Sprintf("connections to the server break off after %d bytes, whatever is read; nothing was set aside, and all is tried again", p.got)
}

func (s *Session) poor(end reach) error {
	s.conn.Close()
	return fmt.Errorf("%w: %w", ErrLost, &poorLine{end})
}

// proofStep is how many commands go into one round trip of a proof.
const proofStep = 20

// prove lets the connection carry more than an earlier one had when it broke, and
// returns how much it has: CAPABILITY has no effect and an answer on every server.
func (s *Session) prove(ctx context.Context, end reach) (reach, error) {
	for !s.conn.reach().beyond(end) {
		err := s.run(ctx, s.a.pace.answer, func() error {
			var asked []*imapclient.CapabilityCommand
			for range proofStep {
				asked = append(asked, s.client.Capability())
			}
			var failed []error
			for _, a := range asked {
				if _, err := a.Wait(); refusal(err) == nil {
					failed = append(failed, err)
				}
			}
			return errors.Join(failed...)
		})
		if ctx.Err() != nil {
			return reach{}, err
		}
		if err != nil {
			return reach{}, s.poor(end)
		}
	}
	return s.conn.reach(), nil
}

// afterPoorLine puts a line to the proof that was poor before: that is one
// connection, where trying to read is many. If it is good now, what was set aside is
// looked at again.
func (w *folderWatch) afterPoorLine(ctx context.Context, s *Session) error {
	if w.poor == nil {
		return nil
	}
	if _, err := s.prove(ctx, w.poor.reach); err != nil {
		return err
	}
	w.poor = nil
	if len(w.aside) == 0 {
		return nil
	}
	s.patience = nil // what is refused stays aside
	defer func() { s.patience = &w.patience }()
	if err := s.selectFolder(ctx, w.folder, true); err != nil {
		return err
	}
	var uids []uint32
	for _, ref := range w.aside {
		if ref.Folder == w.folder && ref.UIDValidity == s.box.UIDValidity {
			uids = append(uids, ref.UID)
		}
	}
	needs := w.a.needsNow(mailbox.Query{Threads: true})
	got, err := s.fetch(ctx, uids, wantFor(needs))
	if err != nil {
		return err
	}
	if err := s.readBodies(ctx, got, needs); err != nil {
		return w.a.about("reading the texts of the folder", w.folder, err)
	}
	got = slices.DeleteFunc(got, func(a *answer) bool { return a.poison != "" })
	role, err := s.role(ctx, w.folder)
	if err != nil {
		return err
	}
	batch := s.a.batch(s.view(w.folder, role), got, needs)
	batch.Next = w.seen
	before := w.aside
	w.aside = nil // what is set aside again is in the session
	if err := w.hand(ctx, s, batch); err != nil {
		w.aside = before
		return err
	}
	return nil
}
