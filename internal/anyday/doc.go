// Package anyday holds no code, only a test: days on which everything happens at once,
// in an order that nobody has thought of. Mail comes, some of it twice or without a
// Message-ID; the rules file is saved, broken and mended; a person moves, flags and
// deletes mail from a second mail program, takes steps back, edits the calendar and
// answers mail; connections break, servers forget their answers; and foredesk is
// stopped, killed and started. Now and then all comes to rest, and what the promises
// say must hold: see check_test.go for the list.
//
// It runs the binary as its users do, since the heart of it is SIGKILL, and an engine
// in the test's process can't be killed. The mail server is Dovecot, whose own log
// of who changed what (log_test.go) is a witness that knows nothing of the journal;
// calendar and SMTP server are embedded. story_test.go has what can happen, world_test.go
// and post_test.go the servers and foredesk, person_test.go what people do to mail, and
// calendar_test.go what they do to the calendar, and what must hold there.
//
// A day is made from a seed, and the default is half a minute of them, always the same:
//
//	go test ./internal/anyday
//	go test ./internal/anyday -anyday.for=2h -timeout=3h     for hours
//	go test ./internal/anyday -rapid.seed=17 -anyday.for=1s  the day of one seed
//	go test ./internal/anyday -rapid.failfile=FILE           one that was made shorter
//
// When a day fails, rapid makes it shorter as long as it goes on failing, and names the
// seed and the file that repeat it; the shortest day that failed is told, with the
// journal, foredesk's log and Dovecot's. What happens is repeated exactly; how
// processes meet in it is not, so that it may take a few attempts.
package anyday
