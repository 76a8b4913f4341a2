package engine_test

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// The cases of testdata/letters are as those of testdata/calendar, with mails to the
// executive besides: the agenda at 06:30 of every day but Sunday, to her own address,
// the evening's digest at 17:30, and no review. Their commands:
//
//	letters WHAT=VALUE...  other ones: at, evening, to, cc, language, days (0123456, from
//	                       Sunday), review=DAY/TIME or off; a new process begins
//	at DAY TIME            the clock is set, forward or back: 1.12 06:30
//	agenda DATE [force]    at the terminal: it is sent now
//	kept-by-provider       a copy of the mail that was sent last lies among sent mail
//	says TEXT              stands in the text of the letter that was sent last
//	unsays TEXT            does not
func TestLetterPromises(t *testing.T) {
	names, err := filepath.Glob("testdata/letters/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, w := range worlds[:2] {
		t.Run(w.name, func(t *testing.T) {
			journal := w.journal(t)
			for _, name := range names {
				archive, err := txtar.ParseFile(name)
				if err != nil {
					t.Fatal(err)
				}
				t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
					t.Parallel()
					c := startCalendars(t, beginOf(t, archive))
					c.letters = usualLetters()
					playWith(t, archive, func(can string) imapServer { return w.server(t, can) }, journal(t), c)
				})
			}
		})
	}
}

func usualLetters() *engine.Letters {
	return &engine.Letters{
		At: 6*60 + 30, Evening: 17*60 + 30, Days: [7]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true},
		To: []string{address}, Language: agenda.English,
	}
}

// letterEvents are what cases of letters have besides.
func letterEvents() map[string]func(c *aCase, args []string) {
	return map[string]func(c *aCase, args []string){
		"letters": func(c *aCase, args []string) { c.setLetters(args) },
		"at": func(c *aCase, args []string) {
			at, _ := c.when(args[0], args[1])
			c.cal.jump(at.Sub(c.cal.now()))
		},
		"kept-by-provider": func(c *aCase, _ []string) {
			posted := c.post.taken()
			c.byHand(func(h *hand) { h.put("Sent", posted[len(posted)-1].raw, c.now()) })
		},
		"says": func(c *aCase, args []string) {
			if want := strings.Join(args, " "); !strings.Contains(c.lastText(), want) {
				c.Errorf("the letter does not say %q:\n%s", want, c.lastText())
			}
		},
		"unsays": func(c *aCase, args []string) {
			if word := strings.Join(args, " "); strings.Contains(c.lastText(), word) {
				c.Errorf("the letter says %q:\n%s", word, c.lastText())
			}
		},
	}
}

func (c *aCase) setLetters(args []string) {
	c.leave()
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		l := c.cal.letters
		switch name {
		case "at":
			l.At = c.minute(value)
		case "evening":
			l.Evening = c.minute(value)
		case "to":
			l.To = strings.Split(value, ",")
		case "cc":
			l.Cc = strings.Split(value, ",")
		case "language":
			l.Language = agenda.LanguageOf(value)
		case "days":
			l.Days = [7]bool{}
			for _, day := range value {
				l.Days[day-'0'] = true
			}
		case "review":
			day, clock, on := strings.Cut(value, "/")
			if l.Review = nil; on {
				l.Review = &engine.ReviewAt{On: weekdayOf(c, day), At: c.minute(clock), To: []string{"executive", "assistant"}}
			}
		default:
			c.Fatalf("letters have no %q", name)
		}
	}
}

func weekdayOf(c *aCase, name string) time.Weekday {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(day.String(), name) {
			return day
		}
	}
	c.Fatalf("%q is no day", name)
	return 0
}

func (c *aCase) minute(clock string) int {
	at, err := time.Parse("15:04", clock)
	c.must(err)
	return at.Hour()*60 + at.Minute()
}

// lastText is the text part of the last mail, in one line, as lines are folded.
func (c *aCase) lastText() string {
	posted := c.post.taken()
	if len(posted) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(textOf(c.T, posted[len(posted)-1])), " ")
}

// textOf is what a mail says in plain text.
func textOf(t testing.TB, l letterOut) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	body := io.Reader(quotedprintable.NewReader(m.Body))
	if strings.HasPrefix(kind, "multipart/") {
		part, err := multipart.NewReader(m.Body, params["boundary"]).NextPart() // which decodes
		if err != nil {
			t.Fatal(err)
		}
		body = part
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sendAgenda is what the verb of that name asks for.
func (c *aCase) sendAgenda(args []string) error {
	_, err := c.take().SendAgenda(c.Context(), engine.AgendaArgs{Date: args[0], Force: slices.Contains(args, "force")})
	return err
}

// A fault of foredesk's own in what makes a letter costs the letter: mail, and other
// accounts, go on.
func TestAFaultCostsTheLetterAlone(t *testing.T) {
	desk := gather.Desk{} // without a journal
	agenda := store.Step{Op: mailbox.Op{Kind: mailbox.Outside, Do: "letter", Arg: gather.AgendaKind, With: map[string]string{"date": "2026-12-08"}}}
	if _, err := engine.GatherLetter(t.Context(), desk, agenda, time.Now(), false); err == nil || !strings.Contains(err.Error(), "a fault of foredesk's own") {
		t.Errorf("the agenda is put together with %v", err)
	}
}

// While an account is watched, another process asks for its agenda by a request.
func TestAnotherProcessAsksForTheAgenda(t *testing.T) {
	d := newDesk(t, startMemory(t, ""), sqlite(t), "version: 1\ntimezone: Europe/London\nrules: []\n")
	d.listening, d.calendarNames, d.cal = startHooks(t), []string{"primary"}, startCalendars(t, time.Date(2026, 11, 30, 8, 0, 0, 0, london))
	d.cal.letters = usualLetters()
	c := &aCase{desk: d, files: map[string]string{}, began: d.cal.begin}
	c.start()
	defer c.stop()
	for _, want := range []struct {
		args  string
		state store.RunState
	}{{`{"date":"2026-11-30"}`, store.RunDone}, {`{"date":"2026-11-30"}`, store.RunInterrupted}, {`{"date":"2026-11-30","force":true}`, store.RunDone}} {
		run, err := c.journal.Request(t.Context(), store.Run{Account: user, Kind: store.KindAgenda, Args: json.RawMessage(want.args), Started: c.now()})
		c.must(err)
		if ended := c.awaitRun(run); ended.State != want.state {
			t.Errorf("%s: the run is %s (%s)", want.args, ended.State, ended.Message)
		}
	}
	if n := len(c.post.taken()); n != 2 {
		t.Errorf("%d agendas were sent:\n%s", n, c.post)
	}
}

// awaitRun waits for a run to end.
func (c *aCase) awaitRun(run int64) store.Run {
	c.Helper()
	late, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		r, err := c.journal.Run(c.Context(), run)
		c.must(err)
		if r.State != store.RunRequested && r.State != store.RunRunning {
			return r
		}
		select {
		case <-tick.C:
		case <-late:
			c.Fatalf("the run is %s after 20 s", r.State)
		}
	}
}

// A second node that wants the same account is refused, so that it sends nothing.
func TestASecondNodeSendsNoLetters(t *testing.T) {
	d := newDesk(t, startMemory(t, ""), sqlite(t), letterRules)
	d.take()
	other, err := store.Open(t.Context(), d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = engine.Take(t.Context(), engine.Config{Name: user, Mail: d.mail(), Journal: other, Rules: d.set, Log: d.logger(), Folders: d.folders, Outside: d.tools(), Letters: usualLetters()})
	if !errors.Is(err, store.ErrOwned) {
		t.Errorf("it is %v", err)
	}
	faulttest.Injected(t, "32", 1)
}
