package engine_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// A folder that is renumbered after the clock ran days ahead, from the first run on, brings
// neither a flood nor a loss.
func TestAFolderIsRenumberedAfterTheClockWasAhead(t *testing.T) {
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			journal := w.journal(t)
			for name, days := range map[string]struct{ first, then []string }{
				"in another process": {[]string{"run", "deliver board-1", "run"}, []string{"renumber INBOX", "deliver board-2", "run", "run", "deliver board-3", "run"}},
				"while it is watched": {
					[]string{"start", "deliver board-1", "wait"}, []string{"renumber INBOX", "hang-up", "deliver board-2", "wait", "deliver board-3", "wait", "stop"},
				},
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					c := &aCase{desk: newDesk(t, w.server(t, ""), journal(t), boardRules), began: time.Now()}
					c.files = map[string]string{"board-old.eml": "From: Ben <ben@partner.example>\nSubject: board\nDate: Wed, 08 Jan 2020 10:00:00 +0000\n\nHello\n"}
					c.do("deliver board-old ago=100h")
					clock := c.aheadBy(240 * time.Hour)
					for _, line := range days.first {
						c.do(line)
					}
					clock.Store(0)
					for _, line := range days.then {
						c.do(line)
					}
					c.do("folders" + indent + "INBOX: board-old" + indent + "Board: board-1, board-2, board-3")
					faulttest.Injected(t, "30", 1)
				})
			}
		})
	}
}

// aheadBy lets the clock of the processes to come run ahead, by so many nanoseconds.
func (c *aCase) aheadBy(by time.Duration) *atomic.Int64 {
	var ahead atomic.Int64
	ahead.Store(int64(by))
	c.configure = func(c *engine.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}
	return &ahead
}
