package engine_test

import (
	"testing"

	"github.com/foredesk/foredesk/internal/crashpoint/crashtest"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// A process that is killed at any of its points, and started again, ends as one that
// was left alone: no mail is sent twice, no event made twice, no guest told twice.
func TestAProcessThatIsKilledEndsAsOneLeftAlone(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			crashtest.Run(t, s.scenario())
		})
	}
}

// The points of a process stand right before each exchange with a server and right
// behind it. Were it killed from outside while a server works, the journal would know
// no more and no less than behind the exchange: the server has done it, and nobody
// wrote that down. What a session says in one go, so that no point stands between, are
// searches, and flags, which may be set twice. For SMTP, where it counts how far the
// server has come, there are points at each write, and so between all of MAIL, RCPT,
// DATA and the final dot. From outside is killed only between the two commands during
// which a message exists twice.
func TestKilledBetweenCopyAndExpunge(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct {
		command  string
		answered bool
	}{
		"before it knows of the copy":    {"COPY", true},
		"before the original is removed": {"EXPUNGE", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := workdayStory.begin(t)
			w.killedAt(at.command, at.answered)
			faulttest.Killed(t, "7", "mail: between COPY and EXPUNGE")
			w.Settle()
			w.holds(afterTheWorkday)
		})
	}
}
