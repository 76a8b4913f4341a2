package store

import (
	"sync"
	"time"
)

// line parts what a letter tells from what the next one does: by when steps ended. A
// step that is being written down while the letter reads the journal would else end
// before that instant, be read by neither, and be told of by neither.
type line struct {
	writing sync.RWMutex // held while something is written down that has ended
	at      time.Time
}

// lineHolds is how long before a line something may have ended by the clock that is
// written down after it. What lies further back is the clock's doing, which has jumped.
const lineHolds = time.Minute

// Draw draws a line at an instant. When it returns, the journal has all that ended
// before; what is written down from now on ends then or later.
func (o *Owner) Draw(at time.Time) {
	o.line.writing.Lock()
	defer o.line.writing.Unlock()
	o.line.at = at
}

// ending is when something ends that is written down now. Until done is called no line
// is drawn.
func (l *line) ending(now time.Time) (at time.Time, done func()) {
	l.writing.RLock()
	if before := l.at.Sub(now); before > 0 && before < lineHolds {
		now = l.at
	}
	return now, l.writing.RUnlock
}
