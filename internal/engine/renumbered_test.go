package engine_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// While foredesk was stopped for three hours the server moved to another machine, so that
// the folder has new UIDs, and more mail came than is read at once. Where the line breaks
// after the first of it, the rest still counts as new.
func TestARenumberedFolderIsReadToItsEndThoughItIsInterrupted(t *testing.T) {
	c := &aCase{began: time.Now(), files: map[string]string{}, runs: map[string]int64{}}
	c.desk = newDesk(t, startMemory(t, ""), sqlite(t), `version: 1
rules:
  - name: Board
    when: subject contains "board"
    do: {file: Board}
`)
	var ahead atomic.Int64
	ahead.Store(int64(-3 * time.Hour))
	c.configure = func(cfg *engine.Config) {
		cfg.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}
	c.do("run")
	c.do("restart")
	ahead.Store(0)
	c.do("renumber INBOX")
	var all []string
	for i := range 260 {
		c.do(fmt.Sprintf("deliver board-%03d ago=30m", i))
		all = append(all, fmt.Sprintf("board-%03d", i))
	}
	c.do("cut before MOVE")
	c.do("! run")
	c.do("run")
	c.do("run")
	c.do("folders" + indent + "Board: " + strings.Join(all, ", "))
	faulttest.Injected(t, "12", 1)
}
