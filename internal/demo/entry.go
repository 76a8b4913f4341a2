package demo

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// The mailbox is a set of text files. An entry begins with a line of its own,
//
//	@ -9 08:14 seen flagged id:pack re:notice in:Sent
//
// which holds the day and time (see calendar.go), flags, a name for the entry,
// the entry that it answers (after: continues a thread without quoting), and the
// folder where that is not INBOX. Then come fields as in a mail, an empty line, and the text. An address without "@" is a
// short name from people.txt. A line "@ arrives" begins a mail for the live part; with in:Sent
// it is one that Dana writes then.
//
//go:embed mailbox/*.txt
var mailboxFiles embed.FS

// post is all the mail of the demo.
type post struct {
	letters  []*letter // by date, oldest first
	arrivals []*letter
	writings []*letter
}

// letter is one entry with all its short names resolved.
type letter struct {
	file   string
	line   int
	id     string
	date   time.Time // zero for an arrival
	flags  []imap.Flag
	folder string
	parent *letter // what it answers, or nil
	re     string
	quotes bool // the text answered stands below
	fields []field
	body   string
	now    time.Time // the demo's; dates in the text hang on it
}

type field struct{ name, value string }

func (l *letter) place() string { return fmt.Sprintf("mailbox/%s:%d", l.file, l.line) }

// value returns a field of the entry, or "".
func (l *letter) value(name string) string {
	for _, f := range l.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func (l *letter) subject() string { return fillBlanks(l.now, l.value("Subject")) }

func readPost(now time.Time) (*post, error) {
	cast, err := readCast()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(mailboxFiles, "mailbox/*.txt")
	if err != nil {
		return nil, fmt.Errorf("listing the mailbox files: %w", err)
	}
	var all []*letter
	for _, name := range names {
		if name == castFile {
			continue
		}
		data, err := mailboxFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		letters, err := parseEntries(now, strings.TrimPrefix(name, "mailbox/"), string(data))
		if err != nil {
			return nil, err
		}
		all = append(all, letters...)
	}
	if err := resolve(all, cast); err != nil {
		return nil, err
	}
	return sortOut(all), nil
}

// parseEntries reads one file of entries. Short names and threads stay as they
// are written: they may lead into other files.
func parseEntries(now time.Time, file, text string) ([]*letter, error) {
	var letters []*letter
	var l *letter
	inBody := false
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "@ "):
			l = &letter{file: file, line: n, folder: "INBOX", now: now}
			if err := l.opening(strings.Fields(line[2:])); err != nil {
				return nil, fmt.Errorf("%s: %w", l.place(), err)
			}
			letters, inBody = append(letters, l), false
		case l == nil: // remarks at the head of the file
		case inBody:
			l.body += line + "\n"
		case line == "":
			inBody = true
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				return nil, fmt.Errorf("mailbox/%s:%d: neither a field nor an empty line: %q", file, n, line)
			}
			l.fields = append(l.fields, field{name, strings.TrimSpace(value)})
		}
	}
	for _, l := range letters {
		l.body = strings.TrimRight(l.body, "\n") + "\n"
	}
	return letters, lines.Err()
}

// opening reads the words behind "@".
func (l *letter) opening(words []string) error {
	if len(words) == 0 || words[0] != "arrives" && len(words) < 2 {
		return fmt.Errorf("an entry begins with a day and a time, or with \"arrives\"")
	}
	rest := words[1:]
	if words[0] != "arrives" {
		date, err := moment(l.now, words[0], words[1])
		if err != nil {
			return err
		}
		l.date, rest = date, words[2:]
	}
	for _, w := range rest {
		key, value, _ := strings.Cut(w, ":")
		switch key {
		case "seen", "flagged", "answered":
			l.flags = append(l.flags, imap.Flag(`\`+strings.ToUpper(key[:1])+key[1:]))
		case "id":
			l.id = value
		case "re", "after":
			l.re, l.quotes = value, key == "re"
		case "in":
			l.folder = value
		default:
			return fmt.Errorf("%q is neither a flag nor a word of the form id:x, re:x, after:x or in:x", w)
		}
	}
	return nil
}

// resolve puts people in the place of short names, adds what each sender's mail
// always carries, and ties replies to what they answer.
func resolve(all []*letter, cast map[string]person) error {
	byID := make(map[string]*letter)
	for _, l := range all {
		if l.id != "" && byID[l.id] != nil {
			return fmt.Errorf("%s: the name %q is taken by %s", l.place(), l.id, byID[l.id].place())
		}
		byID[l.id] = l
	}
	for _, l := range all {
		if err := l.introduce(cast); err != nil {
			return fmt.Errorf("%s: %w", l.place(), err)
		}
		if l.re == "" {
			continue
		}
		if l.parent = byID[l.re]; l.parent == nil {
			return fmt.Errorf("%s: it answers %q, and there is no such entry", l.place(), l.re)
		}
	}
	return nil
}

func (l *letter) introduce(cast map[string]person) error {
	if l.value("To") == "" && l.folder == "INBOX" {
		l.fields = append(l.fields, field{"To", "dana"})
	}
	usual := append(slices.Clone(cast[l.value("From")].fields), listFields(cast, l.value("To"))...)
	for i, f := range l.fields {
		switch f.name {
		case "From", "To", "Cc", "Reply-To", "Sender":
			full, err := expand(cast, f.value)
			if err != nil {
				return err
			}
			l.fields[i].value = full
		}
	}
	for _, f := range usual {
		if l.value(f.name) == "" {
			l.fields = append(l.fields, f)
		}
	}
	return nil
}

// listFields are what a mailing list adds to all that is sent to it (RFC 2369).
func listFields(cast map[string]person, to string) []field {
	var added []field
	for word := range strings.SplitSeq(to, ",") {
		for _, f := range cast[strings.TrimSpace(word)].fields {
			if strings.HasPrefix(f.name, "List-") {
				added = append(added, f)
			}
		}
	}
	return added
}

func sortOut(all []*letter) *post {
	p := new(post)
	for _, l := range all {
		switch {
		case !l.date.IsZero():
			p.letters = append(p.letters, l)
		case l.folder == "Sent":
			p.writings = append(p.writings, l)
		default:
			p.arrivals = append(p.arrivals, l)
		}
	}
	slices.SortStableFunc(p.letters, func(a, b *letter) int { return a.date.Compare(b.date) })
	return p
}
