package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/model"
	"github.com/foredesk/foredesk/internal/store"
)

// languageModel lets the engine speak to a model.Client through its own words.
type languageModel struct{ *model.Client }

// Summarize implements engine.Model.
func (m languageModel) Summarize(ctx context.Context, subject, text string, lines int, language string) (string, error) {
	said, err := m.Client.Summarize(ctx, model.Request{Subject: subject, Text: text, Lines: lines, Language: language})
	return said, failureOf(err)
}

// Ask implements engine.Model.
func (m languageModel) Ask(ctx context.Context, question, text string) (bool, error) {
	yes, err := m.Client.Ask(ctx, question, text)
	return yes, failureOf(err)
}

// failureOf tells the engine what it branches on.
func failureOf(err error) error {
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case is(model.ErrUnusable):
		return fmt.Errorf("%w: %w", engine.ErrNoAnswer, err)
	case is(model.ErrAway), is(model.ErrSpent), is(model.ErrBusy):
		return fmt.Errorf("%w: %w", engine.ErrNotNow, err)
	}
	return err
}

// openModel makes a client of the configuration's model; nil where it has none. What
// the model has answered, and what that has cost, is kept in the journal: the same
// is not asked twice, and a restart buys no second allowance.
func openModel(ctx context.Context, cfg *config.Model, journal *store.Store, log *slog.Logger) (engine.Model, error) {
	if cfg == nil {
		return nil, nil
	}
	kept := &modelAccounts{journal: journal, log: log}
	var err error
	if kept.last, err = kept.used(ctx); err != nil {
		return nil, err
	}
	c := model.Config{
		Endpoint: cfg.Endpoint, Model: cfg.Name, Timeout: cfg.Timeout, MaxTokens: cfg.MaxTokens,
		Requests: int64(cfg.Requests), Tokens: int64(cfg.Tokens), Usage: kept.last, Keep: kept.keep,
		Cache: model.Cache{Get: kept.answer, Put: kept.setAnswer},
	}
	if cfg.Key != (config.Secret{}) {
		c.Secret = cfg.Key.Reveal
	}
	client, err := model.New(c)
	if err != nil {
		return nil, err
	}
	return languageModel{client}, nil
}

// modelAccounts keeps in the journal what a model has answered, and what it has cost
// all who share the journal: nodes, and verbs beside the daemon. Who starts goes on
// from there.
type modelAccounts struct {
	journal *store.Store
	log     *slog.Logger
	last    model.Usage // of this process, as it stands in the journal's sum
}

const usageNote = "model usage"

// used is what was used up so far, of the day that it was used on.
func (a *modelAccounts) used(ctx context.Context) (u model.Usage, err error) {
	text, err := a.journal.Note(ctx, usageNote)
	if err != nil || text == "" {
		return u, err
	}
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		return u, fmt.Errorf("reading what the language model has cost today: %w", err)
	}
	return u, nil
}

// keep adds what this process has used since the last time. That it could not is
// said: until then, no restart is bound by it.
func (a *modelAccounts) keep(u model.Usage) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := a.add(ctx, u); err != nil {
		a.log.Warn("what the language model has cost today could not be written down", "error", err)
	}
}

func (a *modelAccounts) add(ctx context.Context, u model.Usage) error {
	sum, err := a.used(ctx)
	if err != nil {
		return err
	}
	last := a.last
	if last.Day != u.Day {
		last = model.Usage{}
	}
	if sum.Day != u.Day {
		sum = model.Usage{Day: u.Day}
	}
	sum.Requests += u.Requests - last.Requests
	sum.Tokens += u.Tokens - last.Tokens
	text, err := json.Marshal(sum)
	if err == nil {
		err = a.journal.SetNote(ctx, usageNote, string(text))
	}
	if err == nil {
		a.last = u
	}
	return err
}

func (a *modelAccounts) answer(ctx context.Context, key string) (string, bool) {
	value, ok, err := a.journal.Answer(ctx, key)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("what the language model has answered before could not be looked up; it is asked again", "error", err)
	}
	return value, ok && err == nil
}

func (a *modelAccounts) setAnswer(ctx context.Context, key, value string) {
	if err := a.journal.SetAnswer(ctx, key, value, time.Now()); err != nil && ctx.Err() == nil {
		a.log.Warn("what the language model has answered could not be kept; it may be asked again", "error", err)
	}
}
