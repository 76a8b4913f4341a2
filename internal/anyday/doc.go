// Package anyday holds no code, only a test: days on which everything happens at once,
// in an order that nobody has thought of. Mail comes, some of it twice or without a
// Message-ID; the rules file is saved, broken and mended; a person moves, flags, marks
// and deletes mail from a second mail program, renames and deletes folders, takes steps
// back, edits the calendar and answers mail; connections break, folders are renumbered,
// servers forget their answers, hang, and are killed; a letter is due; and foredesk is
// stopped, killed, started, and started twice. Now and then all comes to rest, and what
// the promises say must hold.
//
// It runs the binary as its users do, since the heart of it is SIGKILL, and an engine
// in the test's process can't be killed. The mail server is Dovecot, and each day it
// can do more or less: it has MOVE, or has to do with COPY and EXPUNGE, or can't expunge
// a message by its name. The journal is in SQLite or in PostgreSQL. Calendar and SMTP
// server are embedded.
//
// # What must hold
//
// Three witnesses know nothing of the journal: Dovecot's own log of who changed what
// (log_test.go), the calendar (calendar_test.go), and the SMTP server's list of what it
// took (post_test.go). When all is at rest (check_test.go), these agree with each other
// and with the journal:
//
//   - Each message exists. The log is lived through once more: foredesk never took a
//     last copy away, be it for a moment (history.follow), and expunged nothing but
//     originals of what it had copied, and nothing at all where it can't name it
//     (history.acted). What the log says is there is what a mail program sees (told).
//   - There is exactly one copy, besides the one that a rule has made (there). Where a
//     move is a copy and an expunge, or is cut in two by a server's death, and a person
//     moves the message between the two, there may be two; such a message is left out of what follows.
//   - No action is done twice: Dovecot saw a message put into a folder no more often
//     than there are rows of it, and once on a day without "foredesk apply" (moves); a
//     rule's action has one row for a message (onceEach); no mail was sent twice
//     (nothingSentTwice), no letter of a date (lettersOnce), no event made twice
//     (calendar).
//   - No reversal is redone: what a person did to a message is how it is, unless a row
//     that was planned later says otherwise (properties), and there are no second rows
//     (onceEach); an event that a person has changed or deleted stays so (calendar).
//   - Each effect has a row, and each row that is done has its effect: of moves and
//     copies by Dovecot's log (performed), of flags by what is seen (properties), of
//     mail by the SMTP server (nothingSentTwice, lettersOnce), of events by the calendar
//     (ours).
//   - And nothing is left lying that is due, new mail that a rule is about was handled,
//     and mail from before foredesk was not (journalIsDone). What needs a word was not
//     sent without one (nothingSentTwice).
//
// story_test.go has what can happen, trouble_test.go what befalls foredesk and its
// servers, person_test.go and folder_test.go what people do to mail, letters_test.go
// what a letter has to do with it; ground_test.go and world_test.go have the servers,
// process_test.go foredesk.
//
// # Days
//
// A day is made from a seed. The default is half a minute of them, and a minute and a
// half where FOREDESK_CI is 1, always the same; where more are asked for, they are others
// each time, but for those of the first minute:
//
//	go test ./internal/anyday
//	go test ./internal/anyday -anyday.for=2h -timeout=3h     for hours
//	go test ./internal/anyday -rapid.seed=17 -anyday.for=1s  the day of one seed
//	go test ./internal/anyday -rapid.failfile=FILE           one that was made shorter
//
// A run lives the days of its seed and of those after it: the seeds of two runs side by
// side have to lie far apart.
//
// When a day fails, rapid makes it shorter as long as it goes on failing, and names the
// seed and the file that repeat it; the shortest day that failed is told, with the
// journal, foredesk's log and Dovecot's. What happens is repeated exactly; how
// processes meet in it is not, so that it may take a few attempts.
package anyday
