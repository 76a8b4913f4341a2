package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// A server that refuses to show a message is in trouble for a while, and refuses them
// all, or it has trouble with that one. Which of the two it is shows with time, and by
// another message. A watched folder has that time: nothing is set aside meanwhile, and
// the cursor stays.

// longRefused is after how many times pace.refused a message is given up, whatever
// becomes of the others.
const longRefused = 30

// probes is how many other messages a server is asked for that refuses to show one.
const probes = 3

// believe takes a server at its word that refuses to show a message: it has done so for
// some time, and shows another. Else it fails with an ErrLost, so that all is asked
// for again. Who reads but once has no time, and goes by the other message alone. Show asks
// for the same of another.
func (s *Session) believe(ctx context.Context, uid uint32, no *imap.Error, show func(uid uint32) error) error {
	waited := s.refusedFor(uid)
	if waited >= longRefused*s.a.pace.refused {
		return nil
	}
	if waited >= s.a.pace.refused || s.refused == nil {
		shows, err := s.showsAnother(ctx, uid, show)
		if shows || err != nil {
			return err
		}
	}
	refused := fmt.Errorf("the server refuses to show uid %d: %s %s; nothing was set aside, and all is asked for again", uid, no.Type, no.Text)
	return fmt.Errorf("%w: %w", ErrLost, s.a.about("reading the folder", s.folder, refused))
}

// refusedFor is for how long the server has refused to show a message to the watch of this
// folder.
func (s *Session) refusedFor(uid uint32) time.Duration {
	if s.refused == nil {
		return 0
	}
	ref := mailbox.Ref{Folder: s.folder, UIDValidity: s.box.UIDValidity, UID: uid}
	if _, known := s.refused[ref]; !known {
		s.refused[ref] = time.Now()
	}
	return time.Since(s.refused[ref])
}

// showsAnother reports whether the server shows a message of the folder beside one, or
// there is none.
func (s *Session) showsAnother(ctx context.Context, uid uint32, show func(uid uint32) error) (bool, error) {
	all, err := s.search(ctx, &imap.SearchCriteria{})
	if err != nil {
		return false, err
	}
	asked := 0
	for i := len(all) - 1; i >= 0 && asked < probes; i-- { // what came last is most like it
		if all[i] == uid {
			continue
		}
		asked++
		err := show(all[i])
		if err == nil || refusal(err) == nil {
			return err == nil, err
		}
	}
	return asked == 0, nil
}
