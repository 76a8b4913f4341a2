package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// What rules want a person to approve waits as parked steps. It is collected into
// one mail to that person, who answers it, or follows one of its mailto: links.
// A secret in the subject, of which the journal keeps a hash, shows that whoever
// answers has that mail; the sender's address, and what the mail server found out
// about it, that it is them. An answer counts once.

const (
	askAfter = 2 * time.Minute // so that what comes together is asked together
	askAgain = 24 * time.Hour
	askSoon  = askAgain / 2     // what would be asked again by then is asked with what is due
	askRetry = 15 * time.Minute // where the mail could not be sent
)

// askForApproval sends one mail for all that waits for a person and was not asked
// for in the last day, and ends what has waited too long. What was ended by a clock that
// ran ahead waits again.
func (a *Account) askForApproval(ctx context.Context, now time.Time) error {
	if err := a.owner.TakeUpLapsed(ctx, now); err != nil {
		return err
	}
	waiting, err := a.Journal.Approvals(ctx, a.Name)
	if err != nil {
		return err
	}
	byPerson, due := map[string][]store.Approval{}, map[string]bool{}
	for _, w := range waiting {
		switch {
		case now.After(w.Expires):
			if err := a.owner.Answer(ctx, w.ID, store.Expired, "", now); err != nil && !errors.Is(err, store.ErrAnswered) {
				return err
			}
		case now.Sub(w.Asked) >= askAfter && now.Sub(w.Mailed) >= askSoon:
			byPerson[w.Approver] = append(byPerson[w.Approver], w)
			due[w.Approver] = due[w.Approver] || w.Mailed.IsZero() || now.Sub(w.Mailed) >= askAgain
		}
	}
	for person, list := range byPerson {
		if !due[person] {
			continue
		}
		if err := a.ask(ctx, person, list, now); err != nil {
			return err
		}
	}
	return nil
}

// ask mails what waits for one person. The tokens are written down first: after a
// crash in between, the next mail has new ones.
func (a *Account) ask(ctx context.Context, person string, list []store.Approval, now time.Time) error {
	if a.Outside == nil || a.Approvers[person] == "" {
		return nil // it can be approved at the terminal
	}
	secret := rand.Text()
	tokens := map[int64]string{}
	lines := make([]gather.Waiting, 0, len(list))
	for _, w := range list {
		line, err := gather.WaitingLine(ctx, a.Journal, w)
		if err != nil {
			return err
		}
		moot, err := a.isMoot(ctx, w)
		if err != nil {
			return err
		}
		if line.Does == nil || moot { // it was undone meanwhile, or has another end
			if err := a.owner.Answer(ctx, w.ID, store.Withdrawn, "", now); err != nil && !errors.Is(err, store.ErrAnswered) {
				return err
			}
			continue
		}
		tokens[w.ID] = token(secret, w.ID)
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil
	}
	if err := a.owner.Mailed(ctx, tokens, now); err != nil {
		return err
	}
	subject, text := approvalMail(a.Approvers["desk"], secret, lines)
	outcome := a.Outside.Do(ctx, mailbox.Errand{
		Key: "approvals\x00" + secret, Account: a.Name, Now: now,
		Op: mailbox.Op{Kind: mailbox.Outside, Do: "notify", Arg: person, With: map[string]string{"subject": subject, "text": text}},
	})
	if outcome.Result == mailbox.Later {
		if err := a.owner.Mailed(ctx, tokens, now.Add(askRetry-askAgain)); err != nil {
			return err
		}
	}
	if outcome.Result != mailbox.Done {
		a.Log.Warn("the mail that asks for approval was not sent; foredesk approve lists what waits", "person", person, "result", string(outcome.Result))
	}
	return nil
}

// isMoot reports whether what waits is the way out of a conflict that is there no
// more: another way was taken, by mail or by hand.
func (a *Account) isMoot(ctx context.Context, one store.Approval) (bool, error) {
	d := a.diaryNow()
	if d == nil || a.unread.Load() {
		return false, nil
	}
	steps, err := a.Journal.Steps(ctx, store.Filter{Account: a.Name, ItemIDs: []int64{one.ItemID}, Rule: one.Rule, States: []store.State{store.Parked}})
	if err != nil || slices.ContainsFunc(steps, func(s store.Step) bool { return s.Op.Do != "fix" }) {
		return false, err
	}
	clashes := a.rules.Load().Clashes(d, a.now(), d.To)
	return !slices.ContainsFunc(steps, func(s store.Step) bool {
		event := s.Op.With["event"]
		return slices.ContainsFunc(clashes, func(c rules.Clash) bool { return c.A.ID == event || c.B.ID == event })
	}), nil
}

// approvalMail is the mail that asks. The address is where answers go.
func approvalMail(address, secret string, lines []gather.Waiting) (subject, text string) {
	var b strings.Builder
	count := "1 thing waits"
	if len(lines) > 1 {
		count = fmt.Sprintf("%d things wait", len(lines))
	}
	fmt.Fprintf(&b, "%s for your word. Answer this mail with \"approve 12\" or \"refuse 12\" and the number, or with \"approve all\";\nor follow a link and send what it opens. Nothing happens before that; after two weeks they lapse.\n", count)
	for _, l := range lines {
		fmt.Fprintf(&b, "\n%d. The rule %q wants to %s\n   %s: %s\n", l.ID, l.Rule, strings.Join(l.Does, ", and "), orElse(l.From, "calendar"), l.Subject)
		for _, word := range []string{store.Approve, store.Refuse} {
			fmt.Fprintf(&b, "   %s: mailto:%s?subject=foredesk%%20%s%%20%d%%20%s\n", word, address, word, l.ID, bracketed(secret))
		}
	}
	return fmt.Sprintf("%s for your word [fd-%s]", count, secret), b.String()
}

func bracketed(secret string) string { return "%5Bfd-" + secret + "%5D" }

// AnswerArgs say what a person at the terminal answers.
type AnswerArgs struct {
	IDs    []int64 `json:"ids"`
	Answer string  `json:"answer"` // store.Approve or store.Refuse
}

// Answer approves or refuses what waits, for a person at the terminal, and does
// what was approved. It returns the run's number; the run's message says what had to
// wait.
func (a *Account) Answer(ctx context.Context, args AnswerArgs) (run int64, err error) {
	text, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	run, err = a.owner.BeginRun(ctx, store.Run{Kind: store.KindAnswer, Args: text, RulesHash: a.rules.Load().Hash, Started: a.now()})
	if err != nil {
		return 0, err
	}
	return run, a.answer(ctx, run, args)
}

func (a *Account) answer(ctx context.Context, run int64, args AnswerArgs) error {
	message, err := "", a.answerAll(ctx, args)
	if err == nil || errors.Is(err, store.ErrAnswered) {
		var trouble error
		message, trouble = a.settleOrWait(ctx)
		err = errors.Join(err, trouble)
	}
	return a.endRun(ctx, run, message, err)
}

// answerAll answers all that still waits. The error is about the first that does not, as
// it was answered meanwhile.
func (a *Account) answerAll(ctx context.Context, args AnswerArgs) (gone error) {
	for _, id := range args.IDs {
		err := a.owner.Answer(ctx, id, args.Answer, "terminal", a.now())
		switch {
		case errors.Is(err, store.ErrAnswered) && gone != nil:
		case errors.Is(err, store.ErrAnswered):
			gone = fmt.Errorf("answering %d: %w", id, err)
		case err != nil:
			return fmt.Errorf("answering %d: %w", id, err)
		}
	}
	return gone
}

// settleOrWait does what was approved, or says what that waits for. It is no error that a
// server is away, as the answer counts: who is told that it failed may do by hand what is
// done a second time once the server is back.
func (a *Account) settleOrWait(ctx context.Context) (message string, err error) {
	err = a.Settle(ctx)
	server := "mail server"
	if !isMail(err) {
		server = "calendar"
		if !isCalendar(err) {
			return "", err
		}
	}
	a.Log.Warn("unfinished work waits for the "+server, "error", err)
	a.Wake()
	return "The answer counts. What is unfinished waits for the " + server + ", and foredesk run does it once that is back.", nil
}
