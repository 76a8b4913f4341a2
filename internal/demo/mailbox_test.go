package demo

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noon is a Thursday, so that working days and weekends both lie around it.
var noon = time.Date(2026, time.November, 19, 12, 0, 0, 0, time.UTC)

// filed is one message of the filled mailbox.
type filed struct {
	*letter
	raw []byte
	msg *mail.Message
}

func mailbox(t *testing.T, now time.Time) []filed {
	t.Helper()
	zone, err := time.LoadLocation(Timezone)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPost(now.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	var all []filed
	for _, l := range p.letters {
		raw, err := l.received(l.date)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", l.place(), err)
		}
		all = append(all, filed{l, raw, msg})
	}
	return all
}

func TestThereAreTwoWeeksOfMail(t *testing.T) {
	all := mailbox(t, noon)
	if len(all) < 150 {
		t.Errorf("the mailbox has %d messages, want at least 150", len(all))
	}
	oldest, newest := all[0].date, all[len(all)-1].date
	if days := noon.Sub(oldest).Hours() / 24; days < 12 || days > 15 {
		t.Errorf("the oldest mail is %.1f days old, want about fourteen", days)
	}
	if newest.After(noon) {
		t.Errorf("the newest mail is dated %s, after now", newest)
	}
}

func TestEveryMessageParses(t *testing.T) {
	for _, f := range mailbox(t, noon) {
		for _, name := range []string{"From", "To", "Cc"} {
			if f.msg.Header.Get(name) == "" && name == "Cc" {
				continue
			}
			if _, err := f.msg.Header.AddressList(name); err != nil {
				t.Errorf("%s: %s: %v", f.place(), name, err)
			}
		}
		date, err := f.msg.Header.Date()
		if err != nil || !date.Equal(f.date) {
			t.Errorf("%s: Date is %v (%v), want %v", f.place(), date, err, f.date)
		}
		if err := readBody(f.msg.Header.Get("Content-Type"), f.msg.Body); err != nil {
			t.Errorf("%s: %v", f.place(), err)
		}
	}
}

// readBody walks all parts to the end.
func readBody(contentType string, r io.Reader) error {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("content type %q: %w", contentType, err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		n, err := io.Copy(io.Discard, r)
		if err == nil && n == 0 {
			err = fmt.Errorf("an empty %s part", media)
		}
		return err
	}
	for parts := multipart.NewReader(r, params["boundary"]); ; {
		p, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := readBody(p.Header.Get("Content-Type"), p); err != nil {
			return err
		}
	}
}

func TestLinesAreShortAndEndInCRLF(t *testing.T) {
	for _, f := range mailbox(t, noon) {
		for i, line := range bytes.SplitAfter(f.raw, []byte("\n")) {
			if len(line) > 100 || len(line) > 0 && !bytes.HasSuffix(line, []byte("\r\n")) {
				t.Errorf("%s: line %d of the message: %q", f.place(), i+1, line)
			}
		}
	}
}

func TestMessageIDsAreUnique(t *testing.T) {
	seen := make(map[string]string)
	for _, f := range mailbox(t, noon) {
		id := f.msg.Header.Get("Message-ID")
		if id == "" || seen[id] != "" {
			t.Errorf("%s: Message-ID %q, also of %s", f.place(), id, seen[id])
		}
		seen[id] = f.place()
	}
}

func TestRepliesComeAfterWhatTheyAnswer(t *testing.T) {
	replies := 0
	for _, f := range mailbox(t, noon) {
		if f.parent == nil {
			continue
		}
		replies++
		if !f.date.After(f.parent.date) {
			t.Errorf("%s comes before %s, which it answers", f.place(), f.parent.place())
		}
		if !strings.HasSuffix(f.msg.Header.Get("References"), f.parent.messageID()) {
			t.Errorf("%s: References do not end in what it answers", f.place())
		}
	}
	if replies < 15 {
		t.Errorf("%d replies, want a mailbox with threads in it", replies)
	}
}

// TestKindsOfMail promises that a newcomer meets every kind of mail there is.
func TestKindsOfMail(t *testing.T) {
	hdr := func(name, part string) func(filed) bool {
		return func(f filed) bool { return strings.Contains(f.msg.Header.Get(name), part) }
	}
	holds := func(part string) func(filed) bool {
		return func(f filed) bool { return bytes.Contains(f.raw, []byte(part)) }
	}
	cases := []struct {
		kind  string
		least int
		is    func(filed) bool
	}{
		{"newsletters with one-click unsubscribe", 8, hdr("List-Unsubscribe-Post", "One-Click")},
		{"mailing lists that take posts", 6, hdr("List-Post", "mailto:")},
		{"invoices and papers as PDF", 20, holds("Content-Type: application/pdf")},
		{"word processor files", 3, holds("wordprocessingml")},
		{"pictures", 2, holds("Content-Type: image/png")},
		{"invitations", 5, holds("method=REQUEST")},
		{"answers to invitations", 3, holds("method=REPLY")},
		{"bounces", 3, holds("message/delivery-status")},
		{"out-of-office replies", 5, hdr("Auto-Submitted", "auto-replied")},
		{"notifications of programs", 30, hdr("Auto-Submitted", "auto-generated")},
		{"confidential mail", 6, hdr("Sensitivity", "company-confidential")},
		{"mail that fails authentication", 5, hdr("Authentication-Results", "dmarc=fail")},
		{"mail that passes authentication", 100, hdr("Authentication-Results", "dmarc=pass")},
		{"spam by its score", 3, func(f filed) bool { return f.msg.Header.Get("X-Spam-Score") != "" }},
		{"text and HTML", 20, holds("multipart/alternative")},
		{"subjects in encoded words", 4, hdr("Subject", "=?")},
		{"an older charset", 3, holds("charset=iso-8859-1")},
		{"copies", 10, func(f filed) bool { return strings.Contains(f.msg.Header.Get("Cc"), Address) }},
		{"read", 60, func(f filed) bool { return slices.Contains(f.flags, `\Seen`) }},
		{"unread", 60, func(f filed) bool { return !slices.Contains(f.flags, `\Seen`) }},
		{"flagged", 1, func(f filed) bool { return slices.Contains(f.flags, `\Flagged`) }},
		{"answered", 4, func(f filed) bool { return slices.Contains(f.flags, `\Answered`) }},
		{"sent by the executive", 5, func(f filed) bool { return f.folder == "Sent" }},
	}
	all := mailbox(t, noon)
	for _, c := range cases {
		t.Run(c.kind, func(t *testing.T) {
			n := 0
			for _, f := range all {
				if c.is(f) {
					n++
				}
			}
			if n < c.least {
				t.Errorf("%d messages, want at least %d", n, c.least)
			}
		})
	}
}

// TestOnlyReservedNames keeps real people's domains and addresses out (RFC 2606,
// RFC 5737).
func TestOnlyReservedNames(t *testing.T) {
	host := regexp.MustCompile(`(?:@|https://|smtp\.mailfrom=|from app\d\.)([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`)
	for name, text := range sources(t) {
		for _, m := range host.FindAllStringSubmatch(text, -1) {
			if !strings.HasSuffix(m[1], ".example") && !strings.HasSuffix(m[1], ".test") {
				t.Errorf("%s: the domain %q is not reserved", name, m[1])
			}
		}
	}
	for _, f := range mailbox(t, noon) {
		unbroken := strings.ReplaceAll(string(f.raw), "=\r\n", "") // quoted-printable breaks lines anywhere
		for _, m := range host.FindAllStringSubmatch(unbroken, -1) {
			domain := m[1]
			if !strings.HasSuffix(domain, ".example") && !strings.HasSuffix(domain, ".test") {
				t.Errorf("%s: the domain %q is not reserved", f.place(), domain)
			}
		}
	}
}

func sources(t *testing.T) map[string]string {
	t.Helper()
	names, err := mailboxFiles.ReadDir("mailbox")
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, e := range names {
		data, err := mailboxFiles.ReadFile("mailbox/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = string(data)
	}
	return texts
}

func TestNoTwoBodiesAlike(t *testing.T) {
	seen := make(map[string]string)
	for _, f := range mailbox(t, noon) {
		if where := seen[f.body]; where != "" {
			t.Errorf("%s says the same as %s", f.place(), where)
		}
		seen[f.body] = f.place()
	}
}

func TestNoDateIsLeftBlank(t *testing.T) {
	for _, f := range mailbox(t, noon) {
		if text := f.words() + f.title(); strings.ContainsAny(text, "{}") {
			t.Errorf("%s: a date in braces was not understood:\n%s", f.place(), text)
		}
	}
}

func TestTheSameNowGivesTheSameMailbox(t *testing.T) {
	first, second := mailbox(t, noon), mailbox(t, noon)
	for i := range first {
		if diff := cmp.Diff(string(first[i].raw), string(second[i].raw)); diff != "" {
			t.Fatalf("%s differs between two builds (-first +second):\n%s", first[i].place(), diff)
		}
	}
}

// TestAnyDayWillDo runs the mailbox on each day of a week and over a change of
// year and of clocks.
func TestAnyDayWillDo(t *testing.T) {
	starts := []time.Time{noon, time.Date(2027, 1, 2, 0, 5, 0, 0, time.UTC), time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)}
	for _, start := range starts {
		for day := range 7 {
			now := start.AddDate(0, 0, day)
			t.Run(now.Format("Mon 2 Jan 2006"), func(t *testing.T) {
				all := mailbox(t, now)
				if last := all[len(all)-1].date; last.After(now) {
					t.Errorf("the newest mail is dated %s", last)
				}
				for _, f := range all {
					if f.parent != nil && !f.date.After(f.parent.date) {
						t.Errorf("%s comes before what it answers", f.place())
					}
				}
			})
		}
	}
}

func TestMistakesInTheFilesAreNamed(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"a day that is none", "@ soon 09:00\nFrom: tom\n\nHi.\n", `mailbox/x.txt:1: "soon" is no day`},
		{"a time that is none", "@ -1 9h\nFrom: tom\n\nHi.\n", `"9h" is no clock time`},
		{"a time to come", "@ now 2h\nFrom: tom\n\nHi.\n", `"2h" is no time before now`},
		{"a flag that is none", "@ -1 09:00 red\nFrom: tom\n\nHi.\n", `"red" is neither a flag`},
		{"a field without a colon", "@ -1 09:00\nFrom tom\n\nHi.\n", "mailbox/x.txt:2: neither a field"},
		{"nothing behind the sign", "@ -1\n", "begins with a day and a time"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseEntries(noon, "x.txt", c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestDatesInTheText(t *testing.T) {
	cases := []struct{ text, want string }{
		{"by {+1}", "by Friday 20 November"},
		{"by {+2}", "by Monday 23 November"},
		{"since {-4 short}", "since Fri 13 Nov"},
		{"on {+30d}", "on 19 December 2026"},
		{"am {+13d de}", "am 2. Dezember"},
		{"le {+13d fr}", "le 2 décembre"},
		{"due {+1 iso}", "due 2026-11-20"},
		{"for {month}", "for October 2026"},
		{"the {quarter} pack", "the Q3 pack"},
		{"not a date: {x}", "not a date: {x}"},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			if got := fillBlanks(noon, c.text); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWeekendsLieBeforeToday(t *testing.T) {
	saturday := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for word, want := range map[string]string{"sat-1": "2026-11-14", "sun-1": "2026-11-15", "sat-2": "2026-11-07", "-1": "2026-11-20"} {
		d, err := dayOf(saturday, word)
		if err != nil || d.Format(time.DateOnly) != want {
			t.Errorf("%s before Saturday 21 November is %v (%v), want %s", word, d, err, want)
		}
	}
}
