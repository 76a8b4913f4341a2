package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	askSoon  = askAgain / 2     // what would be asked again by then is asked with what is due
	askRetry = 15 * time.Minute // where the mail could not be sent
)

// askForApproval sends one mail for all that waits for a person and was not asked
// for in the last day, and ends what has waited too long.
func (a *Account) askForApproval(ctx context.Context, now time.Time) error {
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
	lines := make([]Waiting, 0, len(list))
	for _, w := range list {
		line, err := WaitingLine(ctx, a.Journal, w)
		if err != nil {
			return err
		}
		if line.Does == nil { // it was undone meanwhile
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
		if s.Op.Do == "release" {
			continue // it is a part of the hold
		}
		action, _, _ := strings.Cut(s.Action, " ")
		line.Does = append(line.Does, rules.Effect{Action: action, Arg: s.Arg, With: s.Op.With}.String())
	}
	line.Does = slices.Compact(line.Does)
	return line, err
}

// approvalMail is the mail that asks. The address is where answers go.
func approvalMail(address, secret string, lines []Waiting) (subject, text string) {
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

var (
	secretPattern = regexp.MustCompile(`\[fd-([A-Z2-7]{26})\]`)
	linkPattern   = regexp.MustCompile(`(?i)^\s*(?:(?:re|aw|antw)\s*:\s*)?foredesk (approve|refuse) (\d+) \[fd-`)
	answerPattern = regexp.MustCompile(`(?im)^[ \t*-]*(approve|refuse|yes|no|ok)[ \t:#]*(all|(?:\d+[ \t]*(?:,|and)?[ \t]*)*)[ \t.!]*$`)
	numberPattern = regexp.MustCompile(`\d+`)
)

// answered takes an answer out of mail. It reports whether the message is one, to
// something that was asked: such mail is for foredesk, and no rule sees it. What
// only looks like one is mail as any other: else a stranger could write a secret
// of their own to get past the rules.
func (w *work) answered(ctx context.Context, m *mailbox.Message) (bool, error) {
	found := secretPattern.FindStringSubmatch(m.Item.Subject.String())
	if found == nil || m.Item.Role == "sent" {
		return false, nil
	}
	secret := found[1]
	asked, err := w.Journal.MailedWith(ctx, w.Name, func(id int64) string { return token(secret, id) })
	if err != nil || !w.live {
		return len(asked) > 0, err
	}
	if len(asked) == 0 {
		w.disbelieve(m, "nothing was asked with its secret")
		return false, nil
	}
	if m.Item.Auth.Verdict == "fail" || w.Strict && m.Item.Auth.Verdict != "pass" {
		w.disbelieve(m, "the mail server could not confirm who sent it")
		return true, nil
	}
	answers, err := w.answersIn(ctx, m, asked)
	if err != nil {
		return true, err
	}
	if len(answers) == 0 {
		w.disbelieve(m, "it says neither approve nor refuse, or not what")
	}
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		if err := w.believe(ctx, m, asked, id, answers[id]); err != nil {
			return true, err
		}
	}
	return true, nil
}

// disbelieve logs that an answer did not count.
func (w *work) disbelieve(m *mailbox.Message, why string) {
	w.Log.Warn("an answer to a request for approval was not believed; nothing was done", "folder", m.Folder, "uid", m.UID, "reason", why)
}

// believe lets one answer count, if it is from who was asked, in time and the first.
func (w *work) believe(ctx context.Context, m *mailbox.Message, asked []store.Approval, id int64, answer string) error {
	i := slices.IndexFunc(asked, func(a store.Approval) bool { return a.ID == id })
	if i < 0 {
		w.disbelieve(m, "it answers what was not asked with its secret")
		return nil
	}
	a := asked[i]
	switch from := m.Item.From.Email; {
	case from == "" || !strings.EqualFold(w.Approvers[a.Approver], from):
		w.disbelieve(m, "it is from somebody else than who was asked")
		return nil
	case w.now().After(a.Expires):
		w.disbelieve(m, "it came too late")
		return nil
	}
	err := w.owner.Answer(ctx, a.ID, answer, "mail", w.now())
	if errors.Is(err, store.ErrAnswered) {
		w.disbelieve(m, "that has been answered before")
		return nil
	}
	if err != nil {
		return err
	}
	w.Log.Info("a person has answered", "approval", a.ID, "rule", a.Rule, "answer", answer)
	w.Wake()
	return nil
}

// answersIn reads what a mail answers: its subject, if a link made it, or else the
// lines that were newly written.
func (w *work) answersIn(ctx context.Context, m *mailbox.Message, asked []store.Approval) (map[int64]string, error) {
	if link := linkPattern.FindStringSubmatch(m.Item.Subject.String()); link != nil {
		id, err := strconv.ParseInt(link[2], 10, 64)
		if err != nil {
			return nil, nil
		}
		return map[int64]string{id: strings.ToLower(link[1])}, nil
	}
	raw, err := w.session.Raw(ctx, m.Ref, m.Key, m.MessageID)
	if errors.Is(err, mailbox.ErrTooLarge) {
		return nil, nil
	}
	if err != nil {
		return nil, onServer(fmt.Errorf("reading an answer: %w", err))
	}
	if raw == nil || w.Outside == nil {
		return nil, nil
	}
	var open []int64
	for _, a := range asked {
		if a.Answer == "" {
			open = append(open, a.ID)
		}
	}
	return readAnswers(w.Outside.Text(raw), open), nil
}

// readAnswers reads lines such as "approve 12, 14" and "refuse all". A bare "ok"
// counts where one thing was asked, and only if the text begins with it, on a
// line and in a paragraph of its own: "No" and "problem" may be two lines.
func readAnswers(text string, asked []int64) map[int64]string {
	answers := map[int64]string{}
	text = strings.ReplaceAll(text, "\r", "")
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	for _, m := range answerPattern.FindAllStringSubmatch(text, -1) {
		answer := map[string]string{"yes": store.Approve, "ok": store.Approve, "no": store.Refuse}[strings.ToLower(m[1])]
		if answer == "" {
			answer = strings.ToLower(m[1])
		}
		numbers := numberPattern.FindAllString(m[2], -1)
		alone := len(numbers) == 0 && len(asked) == 1 && strings.TrimSpace(m[0]) == strings.TrimSpace(first)
		if strings.EqualFold(strings.TrimSpace(m[2]), "all") || alone {
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
	run, err := a.owner.BeginRun(ctx, store.Run{Kind: store.KindAnswer, Args: text, RulesHash: a.rules.Load().Hash, Started: a.now()})
	if err != nil {
		return err
	}
	return a.endRun(ctx, run, "", a.answer(ctx, args))
}

func (a *Account) answer(ctx context.Context, args AnswerArgs) error {
	for _, id := range args.IDs {
		if err := a.owner.Answer(ctx, id, args.Answer, "terminal", a.now()); err != nil {
			return fmt.Errorf("answering %d: %w", id, err)
		}
	}
	return a.Settle(ctx)
}
