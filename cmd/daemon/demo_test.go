package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

// TestTheDemo promises that a newcomer who runs the demo sees each rule of
// rules.example.yaml at work, within twenty seconds if they are in a hurry; and that
// the agenda comes into the inbox, once, as a mail that programs can read, of which
// each line says where it comes from.
func TestTheDemo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var out, problems bytes.Buffer
	c := &command{terminal: terminal{in: strings.NewReader(""), out: &out, err: &problems}}
	flags := demoFlags{once: true, out: filepath.Join(t.TempDir(), "new")}
	err := c.demo(ctx, flags, time.Now(), func(s *show, ctx context.Context) error {
		if err := s.acts(ctx); err != nil {
			return err
		}
		t.Run("each rule has done something", func(t *testing.T) { eachRuleShown(t, s, out.String()) })
		t.Run("the agenda is a mail in the inbox", func(t *testing.T) { agendaArrived(t, s, flags.out) })
		t.Run("each line of it has a source", func(t *testing.T) { agendaTraced(ctx, t, s) })
		return nil
	})
	if err != nil {
		t.Fatalf("the demo ended with: %s\n%s\n%s", err, &problems, &out)
	}
}

func eachRuleShown(t *testing.T, s *show, out string) {
	_, table, _ := strings.Cut(out, "TAKEN BACK\n")
	for _, r := range s.desk.set.Rules {
		row := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(oneLine(r.Name, 60)) + ` +([1-9]\d*) `)
		if !row.MatchString(table) {
			t.Errorf("the rule %q does nothing in the demo", r.Name)
		}
	}
}

// agendaArrived compares the files with the one mail of the inbox.
func agendaArrived(t *testing.T, s *show, folder string) {
	kept := map[string]string{}
	for name := range s.pages {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		kept[name] = string(text)
	}
	m, err := mail.ReadMessage(strings.NewReader(kept["agenda.eml"]))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"To": "<" + demo.Address + ">", "Cc": "<" + demo.Assistant + ">", "Auto-Submitted": "auto-generated", "Return-Path": "<" + demo.Address + ">",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	inbox := slices.DeleteFunc(s.world.Departures(), func(d demo.Departure) bool { return !d.Arrived || d.Subject() != s.letter.Subject() })
	if len(inbox) != 1 || string(inbox[0].Raw) != kept["agenda.eml"] {
		t.Fatalf("%d agendas of the day arrived, or the file is another mail", len(inbox))
	}
	if kept["agenda.txt"] != inbox[0].Text() || kept["agenda.html"] != inbox[0].Part("text/html") || !strings.HasSuffix(kept["agenda.html"], "</html>\n") {
		t.Errorf("the files are not the parts of the mail:\n%s", kept["agenda.txt"])
	}
	for _, section := range []string{"NEEDS YOU", "CHANGED SINCE YESTERDAY", "TODAY", "PREP", "FROM YOUR MAIL", "DEADLINES", "REPLIES OWED", "WAITING FOR", "TOMORROW AND THE WEEK", "WHERE THE TIME GOES", "DONE FOR YOU"} {
		if !strings.Contains(kept["agenda.txt"], "\n"+section+"\n") {
			t.Errorf("the agenda has no section %q", section)
		}
	}
}

// agendaTraced looks each source up where it is said to be.
func agendaTraced(ctx context.Context, t *testing.T, s *show) {
	due := s.world.NextWorkday()
	l, ok, err := s.desk.journal.Letter(ctx, s.desk.Name, gather.AgendaKind, due.Format(time.DateOnly))
	var kept gather.Kept
	if err := json.Unmarshal(l.Body, &kept); err != nil || !ok {
		t.Fatal(ok, err)
	}
	diary, e := s.diary(ctx)
	if err != nil || e != nil {
		t.Fatal(err, e)
	}
	for _, r := range s.desk.reasonsOf(kept.Why) {
		if r.Rule+r.Goal+r.Message+r.Event+r.Counted == "" {
			t.Errorf("nothing is known of where this comes from: %s: %s", r.Section, r.Line)
		}
		if r.Rule != "" && r.File == "" {
			t.Errorf("there is no rule %q: %s: %s", r.Rule, r.Section, r.Line)
		}
		if r.Message != "" && !known(ctx, t, s, r.Message) {
			t.Errorf("there is no message <%s>: %s: %s", r.Message, r.Section, r.Line)
		}
		gone := r.Section == "changed" // it may be off the calendar by then
		if r.Event != "" && !gone && len(eventsNamed(diary, r.Event, due)) != 1 {
			t.Errorf("there is no event %s: %s: %s", r.Event, r.Section, r.Line)
		}
	}
	if len(kept.Why) < 40 {
		t.Errorf("the agenda has %d lines, want 40", len(kept.Why))
	}
}

// known reports whether the mailbox holds a message.
func known(ctx context.Context, t *testing.T, s *show, id string) bool {
	t.Helper()
	steps, err := s.desk.journal.Steps(ctx, store.Filter{Account: s.desk.Name, MessageID: id, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) > 0 {
		return true
	}
	found, err := s.desk.find(ctx, nil, id)
	if err != nil {
		t.Fatal(err)
	}
	return found != nil
}

// TestTheDemoOnOtherDays promises that the agenda has its conflict, and the decision
// its effect, on whichever day and hour somebody runs the demo.
func TestTheDemoOnOtherDays(t *testing.T) {
	if testing.Short() {
		t.Skip("the demo takes ten seconds a day")
	}
	for _, now := range []string{"2026-11-20T16:50:00Z", "2026-11-23T09:00:00Z", "2027-03-27T23:30:00Z"} {
		t.Run(now, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, now)
			if err != nil {
				t.Fatal(err)
			}
			c := &command{terminal: terminal{in: strings.NewReader(""), out: io.Discard, err: io.Discard}}
			if err := c.demo(t.Context(), demoFlags{once: true, out: t.TempDir()}, at, (*show).acts); err != nil {
				t.Error(err)
			}
		})
	}
}
