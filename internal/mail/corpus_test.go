package mail

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// corpus returns the messages of the mail corpus.
func corpus(tb testing.TB, pattern string) []string {
	tb.Helper()
	root := os.Getenv("FOREDESK_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	files, err := filepath.Glob(filepath.Join(root, "mail", pattern))
	if err != nil {
		tb.Fatal(err)
	}
	if len(files) == 0 {
		tb.Skipf("no message corpus at %s: put one there or name its folder in FOREDESK_CORPORA", root)
	}
	return files
}

func readCorpus(tb testing.TB, path string) mailbox.Message {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	msg, err := ReadFile(f, Identity{Account: "dana"}, time.Date(2026, 12, 8, 6, 30, 0, 0, time.UTC))
	if err != nil {
		tb.Fatal(err)
	}
	return msg
}

// peerMessage is what another parser found in the same message.
type peerMessage struct {
	Attachments []int      `json:"attachments"`
	Parts       []peerPart `json:"parts"`
}

type peerPart struct {
	Headers []struct {
		Name  json.RawMessage `json:"name"` // a string, or an object for a field it does not know
		Value peerValue       `json:"value"`
	} `json:"headers"`
}

type peerValue struct {
	Text     string
	DateTime *peerDate
	Address  struct {
		List  []peerAddress
		Group []struct {
			Addresses []peerAddress `json:"addresses"`
		}
	}
	ContentType struct {
		Type       string                         `json:"c_type"`
		Subtype    string                         `json:"c_subtype"`
		Attributes []struct{ Name, Value string } `json:"attributes"`
	}
}

// UnmarshalJSON takes "Empty", which stands alone, for no value.
func (v *peerValue) UnmarshalJSON(data []byte) error {
	type plain peerValue
	if err := json.Unmarshal(data, (*plain)(v)); err != nil {
		*v = peerValue{}
	}
	return nil
}

type peerAddress struct{ Name, Address string }

type peerDate struct {
	Year, Month, Day, Hour, Minute, Second int
	Before                                 bool `json:"tz_before_gmt"`
	ZoneHour                               int  `json:"tz_hour"`
	ZoneMinute                             int  `json:"tz_minute"`
}

func (d peerDate) time() time.Time {
	offset := d.ZoneHour*3600 + d.ZoneMinute*60
	if d.Before {
		offset = -offset
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day, d.Hour, d.Minute, d.Second, 0, time.FixedZone("", offset))
}

func (v peerValue) firstEmail() string {
	list := v.Address.List
	for _, g := range v.Address.Group {
		list = append(list, g.Addresses...)
	}
	for _, a := range list {
		if a.Address != "" {
			return a.Address
		}
	}
	return ""
}

// file returns the name and the media type of a part.
func (p peerPart) file() (name, mediaType string) {
	names := map[string]string{}
	mediaType = "text/plain"
	for _, h := range p.Headers {
		for _, a := range h.Value.ContentType.Attributes {
			names[a.Name] = a.Value
		}
		if string(h.Name) == `"content_type"` {
			mediaType = h.Value.ContentType.Type + "/" + h.Value.ContentType.Subtype
		}
	}
	if names["filename"] != "" {
		return names["filename"], mediaType
	}
	return names["name"], mediaType
}

// accepted are the messages that we read otherwise than the peer, and why.
var accepted = map[string]string{
	"legacy__001":     "UTF-7 in encoded words: no maintained Go library reads it, and mail has not used it for 20 years",
	"legacy__005":     "UTF-7, as above",
	"legacy__010":     "raw 8-bit text: we guess Windows-1252 where the peer gives up characters",
	"legacy__016":     "raw 8-bit file name: we guess",
	"legacy__020":     "raw 8-bit text: we guess",
	"legacy__022":     "raw 8-bit text: we guess",
	"legacy__023":     "raw 8-bit file name: we guess",
	"legacy__026":     "raw 8-bit file name: we guess",
	"legacy__027":     "raw 8-bit text: we guess",
	"legacy__052":     "raw 8-bit text: we guess",
	"malformed__002":  "a multipart in which its boundary never comes: the peer takes all of it for a file",
	"malformed__012":  "an outer boundary that is left out: the peer takes two attached messages for one",
	"malformed__015":  "a detached signature is no attachment to a person",
	"malformed__017":  "a missing semicolon before boundary: we find the parts behind it",
	"malformed__019":  "a Date field overwritten in its middle: we take it for unreadable",
	"thirdparty__015": "attached messages with an open multipart inside: the peer reads to the end of the file, we to the outer boundary",
}

// TestStalwartCorpus compares us with a strong peer on its own nasty mail.
func TestStalwartCorpus(t *testing.T) {
	files := corpus(t, "stalwart/*.eml")
	agree := 0
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".eml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(strings.TrimSuffix(path, "eml") + "json")
			if err != nil {
				t.Fatal(err)
			}
			var peer peerMessage
			if err := json.Unmarshal(data, &peer); err != nil {
				t.Fatal(err)
			}
			msg := readCorpus(t, path)
			if msg.Poison != "" {
				t.Fatalf("poison: %s", msg.Poison)
			}
			want := peer.facts(msg.Item)
			diff := cmp.Diff(want, ourFacts(msg.Item))
			if diff == "" {
				agree++
			}
			switch reason, ok := accepted[name]; {
			case diff != "" && !ok:
				t.Errorf("-peer +ours:\n%s", diff)
			case diff == "" && ok:
				t.Errorf("no longer different, so take it off the list: %s", reason)
			}
		})
	}
	t.Logf("subject, sender, date and files of %d of %d messages agree with the peer's, %d differ with a known reason", agree, len(files), len(accepted))
}

// comparable facts of one message, as text.
type facts struct {
	Subject, From, Date string
	Files               []string
}

func ourFacts(item rules.Item) facts {
	f := facts{
		Subject: strings.Join(strings.Fields(item.Subject.String()), " "),
		From:    item.From.Email,
		Date:    item.Date.UTC().Format(time.RFC3339),
	}
	for _, file := range item.Files {
		f.Files = append(f.Files, file.Name.String())
	}
	return f
}

// facts of the peer; where the message has no date, ours stands.
func (p peerMessage) facts(ours rules.Item) facts {
	f := facts{Date: ours.Date.UTC().Format(time.RFC3339)}
	seen := map[string]bool{}
	for _, h := range p.Parts[0].Headers {
		var name string
		if json.Unmarshal(h.Name, &name) != nil || seen[name] {
			continue
		}
		seen[name] = true
		switch name {
		case "subject":
			f.Subject = strings.Join(strings.Fields(h.Value.Text), " ")
		case "from":
			f.From = strings.ToLower(h.Value.firstEmail())
		case "date":
			if d := h.Value.DateTime; d != nil {
				f.Date = d.time().UTC().Format(time.RFC3339)
			}
		}
	}
	for _, n := range p.Attachments {
		if name, mediaType := p.Parts[n].file(); name != "" || !isBody(mediaType) {
			f.Files = append(f.Files, name) // the peer lists further text without a name, too
		}
	}
	return f
}

// TestCorpusIsReadInBounds reads every message: none may panic, take long, or
// take memory out of proportion. The bounds are ten times what is needed, so
// that a busy machine is no failure.
func TestCorpusIsReadInBounds(t *testing.T) {
	for _, path := range append(corpus(t, "enmime/*.raw"), corpus(t, "stalwart/*.eml")...) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			spent := faulttest.Measure(func() { inBounds(t, readCorpus(t, path)) })
			if limit := uint64(8<<20 + 200*info.Size()); spent.Bytes > limit {
				t.Errorf("allocated %d bytes for a message of %d, more than %d", spent.Bytes, info.Size(), limit)
			}
			if spent.Time > time.Minute { // a guard against work without end; speed is for benchmarks
				t.Errorf("took %v", spent.Time)
			}
		})
	}
}
