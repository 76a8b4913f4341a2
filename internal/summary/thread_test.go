package summary

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// readThread reads "Marta to Ben, 11 May: text" paragraphs, of 2026.
func readThread(t *testing.T, text string) (messages []Message) {
	t.Helper()
	for _, part := range strings.Split(strings.TrimSpace(text), "\n\n") {
		head, body, _ := strings.Cut(part, ":\n")
		names, day, _ := strings.Cut(head, ", ")
		sent, err := time.Parse("2 Jan 2006", day+" 2026")
		if err != nil && len(messages) > 0 {
			messages[len(messages)-1].Text += "\n\n" + part
			continue
		}
		if err != nil {
			t.Fatalf("%q is not \"From to To, day:\" and a text", part)
		}
		from, to, _ := strings.Cut(names, " to ")
		m := Message{From: from, Sent: sent, Text: body}
		if to != "" {
			m.To = strings.Split(to, " and ")
		}
		messages = append(messages, m)
	}
	return messages
}

// TestThreads reads testdata/threads.txt: for each thread its name, what the
// summary must be, and the messages. Run with -update-summaries to write what it is.
func TestThreads(t *testing.T) {
	path := filepath.Join("testdata", "threads.txt")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split("\n"+string(content), "\n=== ")
	var b strings.Builder
	b.WriteString(strings.TrimPrefix(parts[0], "\n"))
	for _, part := range parts[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		want, text, ok := strings.Cut(rest, "\n---\n")
		if !ok {
			t.Fatalf("%s has no line \"---\" between its summary and its messages", name)
		}
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range Thread(readThread(t, text), Options{}).Points {
				got = append(got, p.Text)
			}
			if s := strings.Join(got, "\n"); s != want && !*updateSummaries {
				t.Errorf("got\n%s\nwant\n%s", s, want)
			} else {
				fmt.Fprintf(&b, "\n=== %s\n%s\n---\n%s", name, s, text)
			}
		})
	}
	if *updateSummaries && !t.Failed() {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestThreadOfNothing(t *testing.T) {
	for name, messages := range map[string][]Message{
		"no message": nil, "empty ones": {{}, {From: "Ann"}}, "greetings": {{From: "Ann", Text: "Dear Ben,"}},
	} {
		if got := Thread(messages, Options{}); got.Text != "" || len(got.Points) != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestThreadIsBounded: a thread of nothing but requests, each like the others.
func TestThreadIsBounded(t *testing.T) {
	text := strings.Repeat("Could you please send me the signed lease of the Leeds office with all its annexes by Friday? ", 2000)
	var messages []Message
	for i := range 200 {
		messages = append(messages, Message{From: fmt.Sprint("Ann ", i%7), Text: text})
	}
	within(t, slow, func() { Thread(messages, Options{}) })
}
