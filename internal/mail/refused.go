package mail

import (
	"context"
	"fmt"
	"slices"
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
// for again. Show asks for the same of another. Who reads but once has no time.
func (s *Session) believe(ctx context.Context, uid uint32, no *imap.Error, show func(uid uint32) error) error {
	if s.refused == nil {
		return nil
	}
	waited := s.refusedFor(uid)
	if waited >= longRefused*s.a.pace.refused {
		return nil
	}
	if waited >= s.a.pace.refused {
		shows, err := s.showsAnother(ctx, uid, show)
		if shows || err != nil {
			return err
		}
	}
	refused := fmt.Errorf("the server refuses to show uid %d: %s %s; nothing was set aside, and all is asked for again", uid, no.Type, no.Text)
	return fmt.Errorf("%w: %w", ErrLost, s.a.about("reading the folder", s.folder, refused))
}

// refusedFor is for how long the server has refused to show a message.
func (s *Session) refusedFor(uid uint32) time.Duration {
	if s.hasRefused(uid) == 0 {
		s.refused[s.ref(uid)] = time.Now()
	}
	return time.Since(s.refused[s.ref(uid)])
}

// showsAnother reports whether the server shows a message of the folder beside one. Those
// that it has not refused yet come first, and the latest of them, which is most like it.
// What it refuses is remembered, so that others are asked for next time.
func (s *Session) showsAnother(ctx context.Context, but uint32, show func(uid uint32) error) (bool, error) {
	all, err := s.search(ctx, &imap.SearchCriteria{})
	if err != nil {
		return false, err
	}
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b uint32) int { return s.hasRefused(a) - s.hasRefused(b) })
	all = slices.DeleteFunc(all, func(uid uint32) bool { return uid == but })
	for _, uid := range all[:min(len(all), probes)] {
		if err := show(uid); err == nil || refusal(err) == nil {
			return err == nil, err
		}
		s.refusedFor(uid)
	}
	return false, nil
}

// hasRefused is 1 for a message that the server has refused to show, and 0 for others.
func (s *Session) hasRefused(uid uint32) int {
	if _, refused := s.refused[s.ref(uid)]; refused {
		return 1
	}
	return 0
}

func (s *Session) ref(uid uint32) mailbox.Ref {
	return mailbox.Ref{Folder: s.folder, UIDValidity: s.box.UIDValidity, UID: uid}
}
