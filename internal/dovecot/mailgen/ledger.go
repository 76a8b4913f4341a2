package mailgen

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/dovecot"
)

// Ledger knows of every message of a mailbox where it lies before and after the
// rules. Messages are told apart by their whole text; those delivered twice are
// counted.
type Ledger struct {
	Before, After map[Sum][]Place
}

// NewLedger is a ledger without messages.
func NewLedger() *Ledger {
	return &Ledger{Before: map[Sum][]Place{}, After: map[Sum][]Place{}}
}

// Add enters a message.
func (l *Ledger) Add(m Message) {
	sum := m.Sum()
	l.Before[sum] = append(l.Before[sum], m.Before())
	l.After[sum] = append(l.After[sum], m.After())
}

// Fill puts n messages into a user's inbox and returns the ledger of them.
func Fill(server *dovecot.Server, user string, seed uint64, n int) *Ledger {
	l := NewLedger()
	server.AppendTo(user, "INBOX", func(yield func(dovecot.Message) bool) {
		for m := range Messages(seed, n) {
			l.Add(m)
			if !yield(dovecot.Message{Raw: m.Raw, Flags: m.Flags, Received: m.Received}) {
				return
			}
		}
	})
	return l
}

// OnDisk reads what lies in a user's Maildir. A message flagged \Deleted counts as
// gone: on a server without UIDPLUS that is how a move leaves its source.
func OnDisk(server *dovecot.Server, user string) (found map[Sum][]Place, err error) {
	// Dovecot renames a message when its flags change, and when it is first seen: one
	// that was gone when it was read is looked for under its new name.
	const attempts = 20
	for range attempts {
		if found, err = lookOnDisk(server, user); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return found, err
}

func lookOnDisk(server *dovecot.Server, user string) (map[Sum][]Place, error) {
	found := map[Sum][]Place{}
	for stored, err := range server.Mail(user) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(stored.Flags, `\Deleted`) {
			continue
		}
		sum, err := sumOf(stored.Path)
		if err != nil {
			return nil, err
		}
		found[sum] = append(found[sum], NewPlace(stored.Folder, stored.Flags))
	}
	return found, nil
}

// sumOf reads a file and undoes what storing the message did to its line ends.
func sumOf(path string) (Sum, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Sum{}, err
	}
	return sha256.Sum256(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))), nil
}

// Compare says how what was found differs from what was wanted: messages lost,
// doubled, in the wrong place or flagged wrongly. Nil if nothing differs.
func Compare(want, found map[Sum][]Place) error {
	const enough = 10
	var wrong []string
	for sum, places := range want {
		if line := difference(places, found[sum]); line != "" {
			wrong = append(wrong, fmt.Sprintf("message %x: %s", sum[:6], line))
		}
	}
	for sum, places := range found {
		if _, ok := want[sum]; !ok {
			wrong = append(wrong, fmt.Sprintf("message %x is unknown and lies in %v", sum[:6], places))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	count := len(wrong)
	return fmt.Errorf("%d of %d messages are not as they should be:\n%s", count, len(want), strings.Join(wrong[:min(count, enough)], "\n"))
}

func difference(want, found []Place) string {
	want, found = sorted(want), sorted(found)
	switch {
	case slices.Equal(want, found):
		return ""
	case len(found) < len(want):
		return fmt.Sprintf("lost: %d of %d left, in %v, should be in %v", len(found), len(want), found, want)
	case len(found) > len(want):
		return fmt.Sprintf("doubled: %d instead of %d, in %v, should be in %v", len(found), len(want), found, want)
	}
	return fmt.Sprintf("in %v, should be in %v", found, want)
}

func sorted(places []Place) []Place {
	return slices.SortedFunc(slices.Values(places), func(a, b Place) int { return strings.Compare(a.String(), b.String()) })
}
