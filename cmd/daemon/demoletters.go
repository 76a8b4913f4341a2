package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

// What the executive gets by mail, in the demo: the night is skipped, and the agenda
// of the next working day comes into her inbox the way it does in real life.

// When the agenda and the evening's digest are due, in minutes of the day.
const (
	demoAgenda  = 6*60 + 30
	demoEvening = 17*60 + 30
)

// first sends the agenda of the day on which foredesk comes to the desk. It has two
// weeks to tell of; what is shown is the next one, which has a day.
func (s *show) first(ctx context.Context) error {
	_, err := s.account.SendAgenda(ctx, engine.AgendaArgs{Date: s.world.Clock().In(s.desk.Location).Format(time.DateOnly)})
	s.printf("\n  Dana gets a first agenda, with two weeks to tell of. The next one, with a day of news, is shown below.\n")
	return err
}

// writes lets Dana write what she does in the live part, and waits until foredesk has
// read it.
func (s *show) writes(ctx context.Context) error {
	err := s.until(ctx, "the first look at what was sent", func(ctx context.Context) (bool, error) {
		_, ok, err := s.desk.journal.Cursor(ctx, s.desk.Name, demo.Sent)
		return ok, err
	})
	for _, a := range s.world.Writings() {
		if err != nil {
			return err
		}
		if err := s.rest(ctx); err != nil {
			return err
		}
		s.printf("  %s\n", s.faint(a.About))
		since := s.world.Clock().Add(-time.Second)
		id, e := s.world.Write(a)
		if e != nil {
			return e
		}
		err = s.until(ctx, "that what Dana wrote was read", func(ctx context.Context) (bool, error) {
			said, err := s.desk.journal.GistsSince(ctx, s.desk.Name, since)
			return slices.ContainsFunc(said, func(g store.Gist) bool { return g.MessageID == id }), err
		})
		s.printf("  %-24s %-42s %s %s\n", s.world.Address, oneLine(a.Subject, 42), s.green("→"), "kept for the agenda")
	}
	return err
}

// morning lets the night pass, and shows the agenda that arrives.
func (s *show) morning(ctx context.Context) error {
	due := s.world.NextWorkday().Add(demoAgenda * time.Minute)
	s.heading("The next working day, "+due.Format("Monday 2 January, 15:04"), "foredesk agenda")
	if err := s.sleep(ctx, due.Add(20*time.Second)); err != nil {
		return err
	}
	var err error
	if s.letter, err = s.arrivedAgenda(ctx, due.Format(time.DateOnly)); err != nil {
		return err
	}
	if err := s.keepAgenda(); err != nil {
		return err
	}
	s.printf("  A mail is in Dana's inbox, from herself to herself; Priya has a copy.\n")
	s.printf("  subject     %s\n", s.bold(s.letter.Subject()))
	s.printf("  as a page   %s\n  as text     %s\n  as it came  %s\n\n", s.pages["agenda.html"], s.pages["agenda.txt"], s.pages["agenda.eml"])
	if s.flags.open {
		if err := s.openPage(ctx, s.pages["agenda.html"]); err != nil {
			return err
		}
	}
	if err := s.rest(ctx); err != nil {
		return err
	}
	s.printAgenda()
	return nil
}

// sleep lets time pass, with a look at the desk before and after, and when a letter is
// due in between: a brief is of use before its meeting alone, and on most days one is
// due between the hour at which somebody runs the demo and the night.
func (s *show) sleep(ctx context.Context, until time.Time) error {
	s.dark(true)
	defer s.dark(false)
	for {
		if err := s.account.RunOnce(ctx); err != nil { // letters that were due before the first look are nobody's business
			return err
		}
		now := s.world.Clock()
		if !now.Before(until) {
			return nil
		}
		next, err := s.nextLetter(ctx, now, until)
		if err != nil {
			return err
		}
		s.world.Skip(next)
	}
}

// nextLetter is just after the next letter that waits is due, or until if none is before.
func (s *show) nextLetter(ctx context.Context, now, until time.Time) (time.Time, error) {
	waiting, err := s.desk.journal.Steps(ctx, store.Filter{Account: s.desk.Name, States: []store.State{store.Planned}})
	next := until
	for _, step := range waiting {
		if due := step.NotBefore.Add(time.Second); step.Op.Do == "letter" && due.After(now) && due.Before(next) {
			next = due
		}
	}
	return next, err
}

func (s *show) dark(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.night = is
}

// arrivedAgenda is the one mail with the agenda of a date that lies in the inbox.
func (s *show) arrivedAgenda(ctx context.Context, date string) (demo.Departure, error) {
	l, ok, err := s.desk.journal.Letter(ctx, s.desk.Name, gather.AgendaKind, date)
	if err != nil || !ok {
		return demo.Departure{}, cmp.Or(err, fmt.Errorf("no agenda was written for %s", date))
	}
	var kept gather.Kept
	if err := json.Unmarshal(l.Body, &kept); err != nil {
		return demo.Departure{}, err
	}
	var found []demo.Departure
	for _, d := range s.world.Departures() {
		if d.Arrived && d.Subject() == kept.Subject {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		return demo.Departure{}, fmt.Errorf("the agenda of %s is in the inbox %d times, not once", date, len(found))
	}
	return found[0], nil
}

// keepAgenda writes it to files: as it came, and its two parts.
func (s *show) keepAgenda() error {
	folder := s.flags.out
	if folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", "foredesk-agenda-"); err != nil {
			return fmt.Errorf("the agenda needs a folder: %w", err)
		}
	} else if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("the agenda needs a folder: %w", err)
	}
	s.pages = map[string]string{}
	for _, f := range []struct{ name, text string }{
		{"agenda.html", s.letter.Part("text/html")}, {"agenda.txt", s.letter.Text()}, {"agenda.eml", string(s.letter.Raw)},
	} {
		if f.text == "" {
			return fmt.Errorf("the agenda that arrived has nothing for %s", f.name)
		}
		s.pages[f.name] = filepath.Join(folder, f.name)
		if err := os.WriteFile(s.pages[f.name], []byte(f.text), 0o600); err != nil {
			return fmt.Errorf("writing the agenda to a file: %w", err)
		}
	}
	return nil
}

// linkLine is a link in the text of a letter: what it does, and its address.
var linkLine = regexp.MustCompile(`^( *)(.+): (mailto:\S+)$`)

// printAgenda shows its text. Of links their words are enough.
func (s *show) printAgenda() {
	var buttons []string
	indent := ""
	flush := func() {
		if buttons != nil {
			s.printf("  %s %s%s\n", s.faint("|"), indent, strings.Join(buttons, " "))
		}
		buttons = nil
	}
	for line := range strings.Lines(strings.TrimRight(s.letter.Text(), "\n")) {
		line = strings.TrimRight(line, "\n")
		if m := linkLine.FindStringSubmatch(line); m != nil {
			indent, buttons = m[1], append(buttons, s.green("["+oneLine(m[2], 40)+"]"))
			continue
		}
		flush()
		s.printf("  %s %s\n", s.faint("|"), line)
	}
	flush()
}

// decides lets Dana follow one link of the agenda: that of the first conflict for
// which it is recommended to move something.
func (s *show) decides(ctx context.Context) error {
	s.heading("Dana decides, with her thumb", "foredesk run")
	advice, words, link := "", "", ""
	for line := range strings.Lines(s.letter.Text()) {
		m := linkLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case strings.Contains(line, "Recommended: "):
			_, advice, _ = strings.Cut(strings.TrimSpace(line), "Recommended: ")
		case m != nil && link == "" && strings.HasPrefix(advice, "move ") && strings.Contains(m[3], "foredesk%20fix%20"):
			words, link = m[2], m[3]
		}
	}
	if link == "" {
		return errors.New("the agenda has no conflict in which something is to be moved, so nothing can be decided")
	}
	s.printf("  %s\n", s.faint(fmt.Sprintf("She taps “%s” where it is recommended to move something, and sends the mail that opens: %s", words, subjectOf(link))))
	if err := s.world.Follow(ctx, link); err != nil {
		return err
	}
	if err := s.account.RunOnce(ctx); err != nil {
		return err
	}
	done, err := s.desk.journal.Steps(ctx, store.Filter{Account: s.desk.Name, Rule: engine.DecisionRule, NotUndo: true})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(done, func(d store.Step) bool { return d.State == store.Done }) {
		return errors.New("what Dana decided was not done")
	}
	return nil
}

// subjectOf is the subject of the mail that a link opens, without its secret.
func subjectOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	subject, _, _ := strings.Cut(u.Query().Get("subject"), " [fd-")
	return subject
}
