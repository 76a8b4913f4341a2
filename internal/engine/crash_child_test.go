package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/model"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// A process that is killed can't be one that goes on testing, so the test binary
// runs itself again: with a workday in its environment it is a foredesk of one
// account.
const envDay = "FOREDESK_TEST_DAY"

// workday is what such a process works with, and what it does.
type workday struct {
	Server, Journal, Rules string // host:port of the IMAP server; the journal's address; the text of the rules
	Post, Files            string // host:port of the SMTP server; the folder for files
	Calendar, Token        string // where the calendar's API is, and the key to it; empty where there is none
	Calendars              []string
	Now                    time.Time // when the process begins, by the clock of the case; zero is the machine's
	Letters                bool
	Model                  string   // where a model answers; empty where there is none
	Do                     []string // see do
}

func TestMain(m *testing.M) {
	text, day := os.Getenv(envDay), workday{}
	if text == "" {
		os.Exit(m.Run())
	}
	err := json.Unmarshal([]byte(text), &day)
	if err == nil {
		err = day.work()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// work takes the account and does the list. It can be done again from the beginning at
// any time.
func (day *workday) work() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	config, err := day.equipped(ctx)
	if err != nil {
		return err
	}
	if config.Journal, err = store.Open(ctx, day.Journal); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, config.Journal.Close()) }()
	a, err := engine.Take(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Release()) }()
	for _, line := range day.Do {
		if err := do(ctx, a, line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// equipped is all but the journal, as cmd/daemon puts it together.
func (day *workday) equipped(ctx context.Context) (c engine.Config, err error) {
	c = engine.Config{
		Name: user, Folders: []string{"INBOX"}, Approvers: approvers, Now: day.clock(), Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	if c.Rules, err = rules.Load("rules.yaml", []byte(day.Rules), rules.Options{Me: []string{address}, Templates: templates, AllowDelete: true}); err != nil {
		return c, err
	}
	box, err := mailAt(day.Server, secret, c.Folders, c.Log, c.Now)
	if err != nil {
		return c, err
	}
	c.Mail = wire{box, func() {}, func() {}}
	if c.Outside, err = toolsAt(day.Post, day.Files); err != nil {
		return c, err
	}
	if day.Letters {
		c.Letters = usualLetters()
	}
	if day.Calendar != "" {
		client, err := calendar.New(ctx, calendar.Config{
			Endpoint: day.Calendar, Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: day.Token}), Calendars: day.Calendars,
		}, c.Log)
		if err != nil {
			return c, err
		}
		c.Calendar = &engine.Calendars{Calendar: client, Poll: time.Minute, Version: "test"}
	}
	if day.Model != "" {
		c.Model, err = modelAt(day.Model)
	}
	return c, err
}

func modelAt(url string) (engine.Model, error) {
	client, err := model.New(model.Config{Endpoint: url + "/v1", Model: "small"})
	return asked{client}, err
}

// clock goes on from when the day begins.
func (day *workday) clock() func() time.Time {
	if day.Now.IsZero() {
		return nil
	}
	started := time.Now()
	return func() time.Time { return day.Now.Add(time.Since(started)) }
}

// do is "run", "apply FOLDER", "undo message ID" or "undo rule NAME".
func do(ctx context.Context, a *engine.Account, line string) (err error) {
	switch words := append(strings.Fields(line), "", "", ""); strings.Join(words[:2], " ") {
	case "run ":
		err = a.RunOnce(ctx)
	case "undo message":
		_, err = a.Undo(ctx, engine.UndoArgs{MessageID: words[2]}, nil)
	case "undo rule":
		_, err = a.Undo(ctx, engine.UndoArgs{Rule: words[2]}, nil)
	case "apply " + words[1]:
		_, err = a.Apply(ctx, engine.ApplyArgs{Folders: words[1:2]}, nil)
	default:
		err = errors.New("that is nothing to do")
	}
	return err
}
