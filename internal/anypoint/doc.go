// Package anypoint holds no code, only a test: foredesk is killed by SIGKILL, as it is
// built and with its real servers, before and after each write to the journal and each
// call to a server (internal/crashpoint); it is started again, and left until nothing
// is to be done any more; and what is there then is held against what is there where
// nobody disturbed it: the mailbox, as another mail program sees it, the calendar and
// whom it has told, what was sent, and the journal.
//
// Each scenario is something that people would notice if it happened twice or not at
// all: mail is filed, an event is made, a hold is let go, an agenda is sent, steps are
// taken back, what waited is approved, old mail is put in order. scenario_test.go has
// them; world_test.go the servers and foredesk; state_test.go what counts in the end,
// and how what nobody can know is judged; daemon_test.go the same for a foredesk that
// watches. Package engine does the like inside the process, with a clock of its own,
// and is the place for what takes days.
//
//	go test ./internal/anypoint
//	go test ./internal/anypoint -run 'Killed/^mail_filed$/at/017'    one point again
//
// All points are taken, about 750, which is some minutes of two processors; with
// -short, and where FOREDESK_CI is 1, every third of them. Which point a number is can
// change when foredesk does: the name behind it says beside what it stands.
package anypoint
