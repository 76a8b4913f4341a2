package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

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
)

// askForApproval sends one mail for all that waits for a person and was not asked
// for in the last day, and ends what has waited too long.
func (a *Account) askForApproval(ctx context.Context, now time.Time) error {
	waiting, err := a.Journal.Approvals(ctx, a.Name)
	if err != nil {
		return err
	}
	byPerson := map[string][]store.Approval{}
	for _, w := range waiting {
		switch {
		case now.After(w.Expires):
			if err := a.owner.Answer(ctx, w.ID, store.Expired, "", now); err != nil && !errors.Is(err, store.ErrAnswered) {
				return err
			}
		case now.Sub(w.Asked) >= askAfter && (w.Mailed.IsZero() || now.Sub(w.Mailed) >= askAgain):
			byPerson[w.Approver] = append(byPerson[w.Approver], w)
		}
	}
	for person, list := range byPerson {
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
	lines := make([]Waiting, 0, len(list))
	for _, w := range list {
		tokens[w.ID] = token(secret, w.ID)
		line, err := WaitingLine(ctx, a.Journal, w)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	if err := a.owner.Mailed(ctx, tokens, now); err != nil {
		return err
	}
	subject, text := approvalMail(a.Approvers["desk"], secret, lines)
	outcome := a.Outside.Do(ctx, mailbox.Errand{
		Key: "approvals\x00" + secret, Account: a.Name, Now: now,
		Op: mailbox.Op{Kind: mailbox.Outside, Do: "notify", Arg: person, With: map[string]string{"subject": subject, "text": text}},
	})
	if outcome.Result != mailbox.Done {
		a.Log.Warn("the mail that asks for approval was not sent; foredesk approve lists what waits", "person", person, "reason", outcome.Reason)
	}
	return nil
}

func token(secret string, id int64) string { return secret + ":" + strconv.FormatInt(id, 10) }

// Waiting is one thing that waits for a person, in words.
type Waiting struct {
	store.Approval
	Does    []string // what the rule wants to do
	From    string
	Subject string
}

// WaitingLine puts what waits for a person into words.
func WaitingLine(ctx context.Context, journal *store.Store, w store.Approval) (Waiting, error) {
	steps, err := journal.Steps(ctx, store.Filter{Account: w.Account, ItemIDs: []int64{w.ItemID}, Rule: w.Rule, States: []store.State{store.Parked}})
	line := Waiting{Approval: w}
	for _, s := range steps {
		line.From, line.Subject = s.Item.Sender, s.Item.Subject
		action, _, _ := strings.Cut(s.Action, " ")
		line.Does = append(line.Does, rules.Effect{Action: action, Arg: s.Arg, With: s.Op.With}.String())
	}
	line.Does = slices.Compact(line.Does)
	return line, err
}

// approvalMail is the mail that asks. The address is where answers go.
func approvalMail(address, secret string, lines []Waiting) (subject, text string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d things wait for your word. Answer this mail with \"approve 12\" or \"refuse 12\" and the number, or with \"approve all\";\nor follow a link and send what it opens. Nothing happens before that; after two weeks they lapse.\n", len(lines))
	for _, l := range lines {
		fmt.Fprintf(&b, "\n%d. The rule %q wants to %s\n   %s: %s\n", l.ID, l.Rule, strings.Join(l.Does, ", and "), l.From, l.Subject)
		for _, word := range []string{store.Approve, store.Refuse} {
			fmt.Fprintf(&b, "   %s: mailto:%s?subject=foredesk%%20%s%%20%d%%20%s\n", word, address, word, l.ID, bracketed(secret))
		}
	}
	count := "1 thing waits"
	if len(lines) > 1 {
		count = fmt.Sprintf("%d things wait", len(lines))
	}
	return fmt.Sprintf("%s for your word [fd-%s]", count, secret), b.String()
}

func bracketed(secret string) string { return "%5Bfd-" + secret + "%5D" }

var (
	secretPattern = regexp.MustCompile(`\[fd-([A-Z2-7]{26})\]`)
	linkPattern   = regexp.MustCompile(`(?i)^\s*(?:(?:re|aw|antw)\s*:\s*)?foredesk (approve|refuse) (\d+) \[fd-`)
	answerPattern = regexp.MustCompile(`(?im)^[ \t>*-]*(approve|refuse|yes|no|ok)[ \t:#]*(all|(?:\d+[ \t]*(?:,|and)?[ \t]*)*)[ \t.!]*$`)
	numberPattern = regexp.MustCompile(`\d+`)
)

// answered takes an answer out of new mail. It reports whether the message is
// one: such mail is for foredesk, and no rule sees it.
func (w *work) answered(ctx context.Context, m *mailbox.Message) (bool, error) {
	found := secretPattern.FindStringSubmatch(m.Item.Subject.String())
	if found == nil || m.Item.Role == "sent" {
		return false, nil
	}
	secret := found[1]
	forged := func(why string) (bool, error) {
		w.Log.Warn("an answer to a request for approval was not believed; nothing was done", "folder", m.Folder, "uid", m.UID, "reason", why)
		return true, nil
	}
	if m.Item.Auth.Verdict == "fail" || w.Strict && m.Item.Auth.Verdict != "pass" {
		return forged("the mail server could not confirm who sent it")
	}
	answers, err := w.answersIn(ctx, m, secret)
	if err != nil {
		return true, err
	}
	if len(answers) == 0 {
		return forged("it says neither approve nor refuse, or not what")
	}
	for id, answer := range answers {
		a, known, err := w.Journal.ApprovalByToken(ctx, w.Name, token(secret, id))
		switch {
		case err != nil:
			return true, err
		case !known:
			return forged("nothing was asked with this secret")
		case !strings.EqualFold(w.Approvers[a.Approver], m.Item.From.Email):
			return forged("it is from somebody else than who was asked")
		case time.Now().After(a.Expires):
			return forged("it came too late")
		}
		err = w.owner.Answer(ctx, a.ID, answer, "mail", time.Now())
		if errors.Is(err, store.ErrAnswered) {
			return forged("that has been answered before")
		}
		if err != nil {
			return true, err
		}
		w.Log.Info("a person has answered", "approval", a.ID, "rule", a.Rule, "answer", answer)
	}
	w.Wake()
	return true, nil
}

// answersIn reads what a mail answers: its subject, if a link made it, or else the
// lines that were newly written.
func (w *work) answersIn(ctx context.Context, m *mailbox.Message, secret string) (map[int64]string, error) {
	if link := linkPattern.FindStringSubmatch(m.Item.Subject.String()); link != nil {
		id, err := strconv.ParseInt(link[2], 10, 64)
		if err != nil {
			return nil, nil
		}
		return map[int64]string{id: strings.ToLower(link[1])}, nil
	}
	raw, err := w.session.Raw(ctx, m.Ref, m.Key, m.MessageID)
	if err != nil {
		return nil, onServer(fmt.Errorf("reading an answer: %w", err))
	}
	if raw == nil || w.Outside == nil {
		return nil, nil
	}
	asked, err := w.askedWith(ctx, secret)
	if err != nil {
		return nil, err
	}
	return readAnswers(w.Outside.Text(raw), asked), nil
}

// askedWith are the numbers that a secret was mailed for and that still wait.
func (w *work) askedWith(ctx context.Context, secret string) (ids []int64, err error) {
	waiting, err := w.Journal.Approvals(ctx, w.Name)
	for _, a := range waiting {
		_, ok, e := w.Journal.ApprovalByToken(ctx, w.Name, token(secret, a.ID))
		if ok {
			ids = append(ids, a.ID)
		}
		err = errors.Join(err, e)
	}
	return ids, err
}

// readAnswers reads lines such as "approve 12, 14" and "refuse all". A bare
// "approve" counts where one thing was asked.
func readAnswers(text string, asked []int64) map[int64]string {
	answers := map[int64]string{}
	for _, m := range answerPattern.FindAllStringSubmatch(text, -1) {
		answer := map[string]string{"yes": store.Approve, "ok": store.Approve, "no": store.Refuse}[strings.ToLower(m[1])]
		if answer == "" {
			answer = strings.ToLower(m[1])
		}
		numbers := numberPattern.FindAllString(m[2], -1)
		if strings.EqualFold(strings.TrimSpace(m[2]), "all") || len(numbers) == 0 && len(asked) == 1 {
			for _, id := range asked {
				answers[id] = answer
			}
		}
		for _, n := range numbers {
			if id, err := strconv.ParseInt(n, 10, 64); err == nil {
				answers[id] = answer
			}
		}
	}
	return answers
}

// AnswerArgs say what a person at the terminal answers.
type AnswerArgs struct {
	IDs    []int64 `json:"ids"`
	Answer string  `json:"answer"` // store.Approve or store.Refuse
}

// Answer approves or refuses what waits, for a person at the terminal, and does
// what was approved.
func (a *Account) Answer(ctx context.Context, args AnswerArgs) error {
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	run, err := a.owner.BeginRun(ctx, store.Run{Kind: store.KindAnswer, Args: text, RulesHash: a.rules.Load().Hash, Started: time.Now()})
	if err != nil {
		return err
	}
	return a.endRun(ctx, run, "", a.answer(ctx, args))
}

func (a *Account) answer(ctx context.Context, args AnswerArgs) error {
	for _, id := range args.IDs {
		if err := a.owner.Answer(ctx, id, args.Answer, "terminal", time.Now()); err != nil {
			return fmt.Errorf("answering %d: %w", id, err)
		}
	}
	return a.Settle(ctx)
}
