package mail

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/summary"
)

// peerText is what the peer takes for the text of a message.
type peerText struct {
	TextBody []int `json:"text_body"`
	Parts    []struct {
		Body json.RawMessage `json:"body"` // an object named for its kind, or "Multipart"
	} `json:"parts"`
}

// words returns the text word by word: parsers differ in where they break lines.
func (p peerText) words() []string {
	var all []string
	for _, n := range p.TextBody {
		var body struct{ Text, Html string }
		if json.Unmarshal(p.Parts[n].Body, &body) != nil {
			continue
		}
		page, _ := summary.HTML(body.Html)
		all = append(all, strings.Fields(strings.ToValidUTF8(body.Text+"\n"+page, ""))...)
	}
	return all
}

// acceptedTexts are the messages whose text we read otherwise than the peer, and
// why.
var acceptedTexts = map[string]string{
	"legacy__001":     "UTF-7: no maintained Go library reads it, and mail has not used it for 20 years",
	"legacy__005":     "UTF-7, as above",
	"legacy__034":     "UTF-7, as above",
	"legacy__033":     "raw 8-bit text: we guess Windows-1252 where the peer gives up characters",
	"legacy__052":     "raw 8-bit text: we guess",
	"malformed__001":  "multiparts that are never closed: to us the last line is text, to the peer a boundary",
	"malformed__003":  "a multipart with the boundary of the one around it: we take its part for text, the peer for a file",
	"malformed__006":  "a multipart that is never closed: we take its part for text, the peer for a file",
	"malformed__008":  "an inner multipart that is never closed: we take the part behind it for text, the peer for a file",
	"malformed__009":  "an inner multipart that is never closed: we go on at the outer boundary, the peer reads it as text",
	"malformed__011":  "as above",
	"malformed__016":  "three multiparts, none closed: where a part belongs is anybody's guess",
	"malformed__019":  "half of the message is overwritten, and boundaries are spelt in two ways: the peer finds no text",
	"malformed__020":  "a first boundary that is left out: we find the page behind the second, the peer shows its source",
	"malformed__021":  "as above",
	"rfc__000":        "enriched text (RFC 1896) is text to us, a file to the peer",
	"thirdparty__000": "NUL characters: we drop them",
	"thirdparty__002": "text that only says that it is base64: we show it, the peer makes it a file",
	"thirdparty__005": "a boundary in the middle of a line is none to us",
	"thirdparty__008": "an unknown kind of text is plain text (RFC 2046 4.1.4), to the peer a file",
	"thirdparty__012": "as above",
}

// TestStalwartTexts compares the text of messages with what a strong peer finds
// in its own nasty mail. Subject, sender, date and names of attachments are
// compared by TestStalwartCorpus.
func TestStalwartTexts(t *testing.T) {
	files := corpus(t, "stalwart/*.eml")
	agree := 0
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".eml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(strings.TrimSuffix(path, "eml") + "json")
			if err != nil {
				t.Fatal(err)
			}
			var peer peerText
			if err := json.Unmarshal(data, &peer); err != nil {
				t.Fatal(err)
			}
			body := readCorpusBody(t, path)
			sameFiles(t, readCorpus(t, path), body)
			diff := cmp.Diff(peer.words(), strings.Fields(body.Full), cmpopts.EquateEmpty())
			reason, ok := acceptedTexts[name]
			switch {
			case diff == "":
				agree++
				if ok {
					t.Errorf("no longer different, so take it off the list: %s", reason)
				}
			case !ok:
				t.Errorf("-peer +ours:\n%s", diff)
			}
		})
	}
	t.Logf("%d of %d texts agree with the peer's, %d differ with a known reason", agree, len(files), len(acceptedTexts))
}

func readCorpusBody(tb testing.TB, path string) Body {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	body, err := ReadBody(f)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// TestCorpusBodiesAreReadInBounds reads the text of every message: none may
// panic, or take seconds or more than 64 MiB.
func TestCorpusBodiesAreReadInBounds(t *testing.T) {
	for _, path := range append(corpus(t, "enmime/*.raw"), corpus(t, "stalwart/*.eml")...) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			spent := faulttest.Measure(func() { bodyInBounds(t, readCorpusBody(t, path)) })
			for try := 0; try < 3 && spent.Time > 5*time.Second; try++ { // the machine may be busy
				spent = faulttest.Measure(func() { readCorpusBody(t, path) })
			}
			if spent.Bytes > 64<<20 {
				t.Errorf("allocated %d bytes", spent.Bytes)
			}
			if spent.Time > 5*time.Second {
				t.Errorf("took %v", spent.Time)
			}
		})
	}
}
