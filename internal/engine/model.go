package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// Model is a language model: package model's Client is one, by way of the wiring
// in cmd/daemon. What it says is shown, or decides about what can be taken back, and
// nothing else. Each call ends by itself in a minute or two.
type Model interface {
	// Summarize says in at most so many lines, a sentence each, what a message says:
	// in a language (RFC 5646), or where that is empty in that of the message.
	Summarize(ctx context.Context, subject, text string, lines int, language string) (string, error)
	// Ask tells whether the answer to a question about a text is yes.
	Ask(ctx context.Context, question, text string) (bool, error)
}

// How a Model fails, as far as it matters here. With any other error it may do
// better the next time.
var (
	// ErrNoAnswer: it gave no answer that can be used, and most likely never will.
	ErrNoAnswer = errors.New("the model has no answer that can be used")
	// ErrNotNow: it was not asked, and for some time there is no use in trying.
	ErrNotNow = errors.New("the model is not asked at present")
)

const (
	// gistWorthAsking is how old a message may be of which a model is asked: what is
	// older has stood in a letter.
	gistWorthAsking = 48 * time.Hour
	summariesEvery  = 5 * time.Minute // how soon it is asked again after it failed
	summariesWithin = time.Minute     // that they may take where nobody goes on afterwards
	wantedAtOnce    = 20
	mostAttempts    = 3 // at one summary, by one process

	// askWithin is how long the rules may take to ask about one message, and
	// askAllWithin about all that came together: mail waits for them.
	askWithin    = 10 * time.Second
	askAllWithin = 30 * time.Second
)

// letAsk lets the rules ask the model about a message. Of a confidential one it is
// never asked, whatever they say.
func (w *work) letAsk(ctx context.Context, m *mailbox.Message) {
	item := &m.Item
	if item.Ask = nil; w.Model == nil || item.Confidential() {
		return
	}
	left := askWithin
	if w.live {
		left = min(left, askAllWithin-w.asked)
	}
	item.Ask = func(question string) (bool, error) {
		if left <= 0 {
			return false, errors.New("it has taken too long already, and mail does not wait for it")
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(ctx, left)
		defer cancel()
		text := withoutSecrets(fmt.Sprintf("Subject: %s\n\n%s", oneLine(item.Subject.String()), item.Text))
		yes, err := w.Model.Ask(ctx, question, text)
		took := time.Since(begun)
		left -= took
		w.asked += took
		return yes, err
	}
}

// LetAsk lets rules ask a model about a message, for those who look at mail without
// owning the account; nil is none.
func LetAsk(ctx context.Context, model Model, m *mailbox.Message) {
	w := &work{Account: &Account{Config: Config{Model: model}}}
	w.letAsk(ctx, m)
}

// runSummaries makes keepSummaries look at once.
func (a *Account) runSummaries() {
	select {
	case a.gistAt <- struct{}{}:
	default:
	}
}

// keepSummaries asks the model for the summaries that rules want, beside all else:
// until it has answered, and if it never does, the summary stands that was made when
// the message came.
func (a *Account) keepSummaries(ctx context.Context) error {
	if a.Model == nil {
		return nil
	}
	again := time.NewTicker(summariesEvery)
	defer again.Stop()
	r := &retelling{Account: a, attempts: map[string]int{}}
	a.runSummaries()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.gistAt:
		case <-again.C:
		}
		if err := r.all(ctx); isMail(err) {
			a.Log.Warn("summaries wait for the mail server", "error", err)
		} else if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// summariesOnce asks for the summaries that are wanted, and gives up in time.
func (a *Account) summariesOnce(ctx context.Context) error {
	if a.Model == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, summariesWithin)
	defer cancel()
	r := &retelling{Account: a, attempts: map[string]int{}}
	if err := r.all(limited); err != nil && (limited.Err() == nil || ctx.Err() != nil) && !isMail(err) {
		return err
	}
	return nil
}

// retelling has the model say again what messages say.
type retelling struct {
	*Account
	session  Session        // nil until a message is to be read
	attempts map[string]int // by the message's key: those that failed
	silent   bool           // that it fails was reported
}

// all asks for all that is wanted, the newest first. A message that fails keeps no
// other from its turn.
func (r *retelling) all(ctx context.Context) error {
	defer func() {
		if r.session != nil {
			r.session.Close()
			r.session = nil
		}
	}()
	tried := map[string]bool{}
	for {
		wanted, err := r.Journal.GistsWanted(ctx, r.Name, len(tried)+wantedAtOnce)
		if err != nil {
			return err
		}
		wanted = slices.DeleteFunc(wanted, func(g store.Gist) bool { return tried[gistKey(g)] })
		if len(wanted) == 0 {
			return nil
		}
		for _, g := range wanted {
			tried[gistKey(g)] = true
			if err := r.one(ctx, g); err != nil {
				return r.because(err)
			}
		}
	}
}

func gistKey(g store.Gist) string { return fmt.Sprint(g.Outgoing, " ", g.Key) }

// because ends a round: that the model is not asked at present is no trouble.
func (r *retelling) because(err error) error {
	if errors.Is(err, ErrNotNow) {
		r.report(err)
		return nil
	}
	return err
}

// report says once that the model fails, until it has answered again.
func (r *retelling) report(err error) {
	if !r.silent {
		r.Log.Warn("a summary could not be had from the language model; foredesk's own stands there instead", "error", err)
	}
	r.silent = true
}

// one asks for one summary and writes it down.
func (r *retelling) one(ctx context.Context, g store.Gist) error {
	text, known, err := r.textOf(ctx, g)
	if err != nil || !known {
		return err
	}
	if text == "" {
		g.Wanted = false
		return r.owner.SetGist(ctx, g)
	}
	lines, err := r.linesFor(ctx, g)
	if err != nil {
		return err
	}
	language := ""
	if r.Letters != nil {
		language = string(r.Letters.Language)
	}
	said, err := r.Model.Summarize(ctx, g.Subject, text, lines, language)
	switch {
	case err == nil && oneLine(said) != "":
		g.Text, g.ByModel = joined(said), true
		r.silent = false
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrNotNow):
		return err
	case err != nil && !errors.Is(err, ErrNoAnswer):
		r.report(err)
		if r.attempts[gistKey(g)]++; r.attempts[gistKey(g)] < mostAttempts {
			return nil
		}
	}
	delete(r.attempts, gistKey(g))
	g.Wanted = false
	return r.owner.SetGist(ctx, g)
}

// joined puts the sentences of a summary on one line.
func joined(said string) string {
	var sentences []string
	for line := range strings.Lines(said) {
		if line = oneLine(line); line == "" {
			continue
		}
		if !strings.ContainsAny(line[len(line)-1:], `.!?"')`) && !strings.HasSuffix(line, "…") {
			line += "."
		}
		sentences = append(sentences, line)
	}
	return strings.Join(sentences, " ")
}

// textOf reads the message of a gist again. The text is empty where there is nothing
// to ask about any more; known is false where the message is on its way to another
// folder, and is to be found the next time.
func (r *retelling) textOf(ctx context.Context, g store.Gist) (text string, known bool, err error) {
	if r.now().Sub(g.Received) > gistWorthAsking || r.Outside == nil {
		return "", true, nil
	}
	at, ok, err := r.place(ctx, g)
	if err != nil || !ok {
		return "", true, err
	}
	if r.session == nil {
		if r.session, err = r.open(ctx); err != nil {
			return "", false, err
		}
	}
	raw, err := r.session.Raw(ctx, at, g.Key, g.MessageID)
	if errors.Is(err, mailbox.ErrTooLarge) {
		return "", true, nil
	}
	if err != nil {
		return "", false, onServer(r.about("reading for its summary a message of", at.Folder, err))
	}
	if raw == nil {
		now, ok, err := r.place(ctx, g)
		return "", !ok || now == at, err
	}
	return withoutSecrets(r.Outside.Text(raw)), true, nil
}

// place is where the message of a gist lies, once what is being done with new mail
// is done.
func (r *retelling) place(ctx context.Context, g store.Gist) (at mailbox.Ref, ok bool, err error) {
	r.acting.Lock()
	defer r.acting.Unlock()
	known, err := r.Journal.Lookup(ctx, r.Name, []string{g.Key})
	if items := known[g.Key]; err == nil && len(items) > 0 {
		return items[len(items)-1].Place, true, nil
	}
	return at, false, err
}

// linesFor is how many sentences the rules want of a message.
func (r *retelling) linesFor(ctx context.Context, g store.Gist) (lines int, err error) {
	steps, err := r.Journal.Steps(ctx, store.Filter{Account: r.Name, Key: g.Key, NotUndo: true})
	for _, s := range steps {
		if actionWord(s.Action) == "summarize" {
			lines = max(lines, linesIn(s.Op.With))
		}
	}
	return min(max(lines, 1), gistLines), err
}
