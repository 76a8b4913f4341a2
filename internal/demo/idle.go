package demo

import (
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
)

// glance is how often a session looks for what it was not told of.
const glance = 100 * time.Millisecond

// Idle tells an idling client what is new in its folder, until stop is closed (RFC 2177).
// It is the Idle of a session that wraps s: the library's own would keep what came
// between the client's last command and its IDLE to itself until the next change.
func Idle(s imapserver.Session, w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		pause := make(chan struct{})
		var waiting sync.WaitGroup
		waiting.Go(func() {
			defer close(pause)
			select {
			case <-stop:
			case <-time.After(glance):
			}
		})
		err := s.Idle(w, pause)
		waiting.Wait()
		if err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}
