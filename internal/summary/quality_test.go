package summary

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// replies returns the folder of the reply corpus.
func replies(t *testing.T) string {
	t.Helper()
	root := os.Getenv("FOREDESK_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	folder := filepath.Join(root, "replies")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no reply corpus at %s: put one there or name its folder in FOREDESK_CORPORA", root)
	}
	return folder
}

// expected is what a person would say the new text of a file is: how many words,
// which come first, which last.
type expected struct {
	file, part  string // part: text or html
	words       int
	first, last string
}

func (e expected) name() string { return e.file + " " + e.part }

// check says what is wrong with a new text, or "".
func (e expected) check(text string) string {
	words := strings.Fields(text)
	joined := strings.Join(words, " ")
	if len(words) == e.words && strings.HasPrefix(joined, e.first) && strings.HasSuffix(joined, e.last) {
		return ""
	}
	return fmt.Sprintf("want %d words from %q to %q; got %d: %.300q", e.words, e.first, e.last, len(words), joined)
}

func readExpected(t *testing.T) []expected {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "replies.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []expected
	for in := bufio.NewScanner(file); in.Scan(); {
		if strings.HasPrefix(in.Text(), "#") {
			continue
		}
		f := strings.Split(in.Text(), "\t")
		n, err := strconv.Atoi(f[min(2, len(f)-1)])
		if len(f) != 5 || err != nil {
			t.Fatalf("testdata/replies.tsv: %q is not file, part, words, first and last", in.Text())
		}
		all = append(all, expected{f[0], f[1], n, f[3], f[4]})
	}
	return all
}

// knownWrong are the files whose new text we get wrong, and why.
var knownWrong = map[string]string{}

// TestQualityReplies compares the new text of real replies with what a person
// would say it is. "make quality" prints the score.
func TestQualityReplies(t *testing.T) {
	folder := replies(t)
	right, seen := 0, map[string]bool{}
	all := readExpected(t)
	for _, e := range all {
		seen[e.file] = true
		wrong := e.check(NewText(replyText(t, filepath.Join(folder, e.file), e.part)))
		reason, known := knownWrong[e.name()]
		switch {
		case wrong == "" && known:
			t.Errorf("%s is right now, so take it off the list: %s", e.name(), reason)
		case wrong != "" && !known:
			t.Errorf("%s: %s", e.name(), wrong)
		}
		if wrong == "" {
			right++
		}
	}
	fmt.Fprintf(t.Output(), "new text of replies, without quotes and signatures: %d of %d right (%.1f %%)\n", right, len(all), 100*float64(right)/float64(len(all)))
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if name, _ := filepath.Rel(folder, path); !seen[filepath.ToSlash(name)] {
			t.Errorf("%s has no expectation in testdata/replies.tsv", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// replyText returns the full text of a file of the corpus: of a message, that of
// its plain or its HTML part.
func replyText(t *testing.T, path, part string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if strings.HasSuffix(path, ".eml") {
		text = partOf(t, data, map[string]string{"text": "text/plain", "html": "text/html"}[part])
	}
	if part == "html" {
		text, _ = HTML(text)
	}
	return text
}

// partOf returns a part of a message, which here has one level of parts at most.
func partOf(t *testing.T, data []byte, want string) string {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	mediaType, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if mediaType == want {
		return decoded(t, msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	}
	for parts := multipart.NewReader(msg.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("looking for %s: %v", want, err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), want) {
			return decoded(t, part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
}

func decoded(t *testing.T, encoding string, r io.Reader) string {
	t.Helper()
	switch encoding {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
