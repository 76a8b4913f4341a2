package mail

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// A server that refuses to show a message is in trouble for a while, and refuses them
// all, or it has trouble with that one. Which of the two it is shows with time, and by
// another message. A watched folder has that time: nothing is set aside meanwhile, and
// the cursor stays.

// patience is what a watched folder has with a server that refuses to show messages.
type patience struct {
	once  bool      // a single round goes by another message alone
	since time.Time // when it began to refuse; zero while it does not
}

// longRefused is after how many times pace.refused a message is given up though the server
// shows no other: then that one may be all there is.
const longRefused = 30

// probes is how many other messages a server is asked for that refuses to show one, from
// either end of the folder.
const probes = 3

// believe takes a server at its word that refuses to show a message, if it has refused for
// some time, and shows another. Else it fails with an ErrLost, so that all is asked
// for again. Show asks for the same of another. Who asks beside the watch believes it.
func (s *Session) believe(ctx context.Context, uid uint32, no *imap.Error, show func(uid uint32) error) error {
	p := s.patience
	if p == nil {
		return nil
	}
	if p.since.IsZero() {
		p.since = time.Now()
	}
	waited := time.Since(p.since)
	if waited >= longRefused*s.a.pace.refused {
		return nil
	}
	if waited >= s.a.pace.refused || p.once {
		shows, err := s.showsAnother(ctx, uid, show)
		if shows || err != nil {
			return err
		}
	}
	refused := fmt.Errorf("the server refuses to show uid %d: %s %s; nothing was set aside, and all is asked for again", uid, no.Type, no.Text)
	return fmt.Errorf("%w: %w", ErrLost, s.a.about("reading the folder", s.folder, refused))
}

// showsAnother reports whether the server shows a message of the folder beside one. For a
// single round it is enough that there is none.
func (s *Session) showsAnother(ctx context.Context, but uint32, show func(uid uint32) error) (bool, error) {
	all, err := s.search(ctx, &imap.SearchCriteria{})
	if err != nil {
		return false, err
	}
	all = slices.DeleteFunc(all, func(uid uint32) bool { return uid == but })
	if len(all) > 2*probes {
		all = slices.Concat(all[:probes], all[len(all)-probes:])
	}
	slices.Reverse(all) // what came last is most like it
	for _, uid := range all {
		if err := show(uid); err == nil || refusal(err) == nil {
			return err == nil, err
		}
	}
	return len(all) == 0 && s.patience.once, nil
}
