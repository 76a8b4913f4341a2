package anyday

import (
	"regexp"
	"strconv"
	"strings"
)

// change is one line of what Dovecot wrote down: somebody put a message of some
// size into a folder. A MOVE is a copy and an expunge.
type change struct {
	byPerson bool
	what     string // copy, expunge, append, ...
	from     string // of a copy
	box      string
	size     int
}

var logLine = regexp.MustCompile(`imap\(([^)@]+)(@hand)?\).*: Info: ([a-z]+)(?: from ([^:]+))?: (.*)$`)

// mailLog is what Dovecot wrote of this day's user.
func (w *world) mailLog() (lines []string) {
	for line := range strings.Lines(w.server.Log()[w.log:]) {
		line = strings.TrimSpace(line)
		if m := logLine.FindStringSubmatch(line); m != nil && m[1] == w.user && m[5] != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// changes reads that log. Both names of the user lead to one mailbox: people sign in
// as "user@hand", so that Dovecot tells them from foredesk.
func (w *world) changes() (all []change) {
	for _, line := range w.mailLog() {
		m := logLine.FindStringSubmatch(line)
		c := change{byPerson: m[2] != "", what: m[3], from: m[4]}
		for field := range strings.SplitSeq(m[5], ", ") {
			switch name, value, _ := strings.Cut(field, "="); name {
			case "box":
				c.box = value
			case "vsize":
				c.size, _ = strconv.Atoi(value) // 0 is the size of no message
			}
		}
		all = append(all, c)
	}
	return all
}
