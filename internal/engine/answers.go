package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// How a mail is read that answers one of ours. Mail programs, and the servers in
// between, add to a subject and write it differently, so its wording is read
// leniently: what makes an answer count is its secret and its sender.

var (
	secretPattern = regexp.MustCompile(`(?i)\[\s*fd-([A-Z2-7]{26})\s*\]`)
	anySecret     = regexp.MustCompile(`(?i)fd-[A-Z2-7]{26}`)
	// Before the words there may be "Re:", "AW:", "RE[2]:" and tags such as "[EXTERN]".
	linkPattern   = regexp.MustCompile(`(?i)^(?: ?(?:\p{L}{1,8}(?:\[\d+\]|\(\d+\))? ?[:：]|\[[^\[\]]{1,30}\]))* ?foredesk ([a-z]{1,20}) (\d{1,18}) ?\[ ?fd-([A-Z2-7]{26}) ?\]`)
	answerPattern = regexp.MustCompile(`(?im)^[ \t*-]*(approve|refuse|yes|no|ok)[ \t:#]*(all|(?:\d+[ \t]*(?:,|and)?[ \t]*)*)[ \t.!]*$`)
	numberPattern = regexp.MustCompile(`\d+`)
)

// link is what a link of ours has put into a subject.
type link struct {
	do     string
	id     int64
	secret string
}

// readLink reads the subject of a mail that a link has made.
func readLink(subject string) (link, bool) {
	m := linkPattern.FindStringSubmatch(plainly(subject))
	if m == nil {
		return link{}, false
	}
	id, err := strconv.ParseInt(m[2], 10, 64)
	return link{strings.ToLower(m[1]), id, strings.ToUpper(m[3])}, err == nil && id > 0
}

// secretIn is the secret that a subject carries, or "".
func secretIn(subject string) string {
	if m := secretPattern.FindStringSubmatch(plainly(subject)); m != nil {
		return strings.ToUpper(m[1])
	}
	return ""
}

// withoutSecret is a subject as the journal may keep it: who reads that must not be
// able to answer.
func withoutSecret(subject string) string {
	if secretIn(subject) == "" {
		return subject
	}
	return strings.TrimSpace(secretPattern.ReplaceAllString(plainly(subject), ""))
}

// withoutSecrets is a text as it may be kept, or told to a model: somebody may have
// quoted a letter with its links.
func withoutSecrets(text string) string {
	if !strings.Contains(strings.ToLower(text), "fd-") {
		return text
	}
	return anySecret.ReplaceAllString(text, "fd-…")
}

// plainly undoes what programs do to a subject on its way: they leave escapes as they
// are, put plus signs or other spaces in the place of spaces, fold lines, and add
// characters that nobody sees.
func plainly(subject string) string {
	const longest = 1000
	subject = subject[:min(len(subject), longest)]
	lower := strings.ToLower(subject)
	if !strings.Contains(lower, "fd-") {
		return subject
	}
	if strings.Contains(lower, "%5bfd-") {
		if whole, err := url.PathUnescape(subject); err == nil {
			subject = whole
		}
	}
	if strings.Contains(lower, "foredesk+") {
		subject = strings.ReplaceAll(subject, "+", " ")
	}
	subject = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(subject, ""))
	return inOneLine(subject)
}

// inOneLine makes one line of a text, with single spaces.
func inOneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// answered takes an answer out of mail. It reports whether the message is one, to
// something that was asked: such mail is for foredesk, and no rule sees it. What
// only looks like one is mail as any other: else a stranger could write a secret
// of their own to get past the rules. The steps put an answer that counted away.
func (w *work) answered(ctx context.Context, m *mailbox.Message) (away []store.Step, isOne bool, err error) {
	subject := m.Item.Subject.String()
	secret := secretIn(subject)
	if secret == "" {
		return nil, false, nil
	}
	counts := w.live && m.Item.Role != "sent" // of a copy among what was sent nothing comes
	l, isLink := readLink(subject)
	if isLink && l.do != store.Approve && l.do != store.Refuse {
		return w.decision(ctx, m, l, counts)
	}
	asked, err := w.Journal.MailedWith(ctx, w.Name, func(id int64) string { return token(secret, id) })
	if err != nil || !counts {
		return nil, len(asked) > 0, err
	}
	if len(asked) == 0 {
		w.disbelieve(m, "nothing was asked with its secret")
		return nil, false, nil
	}
	if !w.isConfirmed(m) {
		return nil, true, nil
	}
	answers := map[int64]string{l.id: l.do}
	if !isLink {
		if answers, err = w.answersIn(ctx, m, asked); err != nil {
			return nil, true, err
		}
	}
	away, err = w.believeAll(ctx, m, asked, answers)
	return away, true, err
}

// believeAll lets the answers of one mail count that may. If any does, or has done
// before, the mail has had its use.
func (w *work) believeAll(ctx context.Context, m *mailbox.Message, asked []store.Approval, answers map[int64]string) (away []store.Step, err error) {
	if len(answers) == 0 {
		w.disbelieve(m, "it says neither approve nor refuse, or not what")
	}
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		counts, err := w.believe(ctx, m, asked, id, answers[id])
		if err != nil {
			return nil, err
		}
		if counts && away == nil {
			away = w.putAway(m, map[string]any{"answered": answersText(answers), "by": m.Item.From.Email})
		}
	}
	return away, nil
}

// isConfirmed reports whether the mail server has no doubt, or none that counts,
// about who sent a message.
func (w *work) isConfirmed(m *mailbox.Message) bool {
	if m.Item.Auth.Verdict == "fail" || w.Strict && m.Item.Auth.Verdict != "pass" {
		w.disbelieve(m, "the mail server could not confirm who sent it")
		return false
	}
	return true
}

// disbelieve logs that an answer did not count.
func (w *work) disbelieve(m *mailbox.Message, why string) {
	w.Log.Warn("an answer to a mail of foredesk was not believed; nothing was done", "folder", w.inLog(m.Folder), "uid", m.UID, "reason", why)
}

// putAway takes an answer that was read out of the inbox.
func (w *work) putAway(m *mailbox.Message, facts map[string]any) []store.Step {
	s := w.decisionStep("archive", facts)
	s.Op = mailbox.Op{Kind: mailbox.Move, To: mailbox.Archive}
	w.begins(&s, rules.Effect{})
	return []store.Step{s}
}

func answersText(answers map[int64]string) string {
	var words []string
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		words = append(words, fmt.Sprint(answers[id], " ", id))
	}
	return strings.Join(words, ", ")
}

// believe lets one answer count, if it is from who was asked, in time and the first.
// It reports whether it is from who was asked and was counted, now or before.
func (w *work) believe(ctx context.Context, m *mailbox.Message, asked []store.Approval, id int64, answer string) (bool, error) {
	i := slices.IndexFunc(asked, func(a store.Approval) bool { return a.ID == id })
	if i < 0 {
		w.disbelieve(m, "it answers what was not asked with its secret")
		return false, nil
	}
	a := asked[i]
	switch from := m.Item.From.Email; {
	case from == "" || !strings.EqualFold(w.Approvers[a.Approver], from):
		w.disbelieve(m, "it is from somebody else than who was asked")
		return false, nil
	case w.now().After(a.Expires):
		w.disbelieve(m, "it came too late")
		return false, nil
	}
	err := w.owner.Answer(ctx, a.ID, answer, "mail", w.now())
	if errors.Is(err, store.ErrAnswered) {
		w.disbelieve(m, "that has been answered before")
		return true, nil
	}
	if err != nil {
		return false, err
	}
	w.Log.Info("a person has answered", "approval", a.ID, "rule", a.Rule, "answer", answer)
	w.Wake()
	return true, nil
}

// answersIn reads what a mail answers in the lines that were newly written.
func (w *work) answersIn(ctx context.Context, m *mailbox.Message, asked []store.Approval) (map[int64]string, error) {
	text, err := w.written(ctx, m)
	if err != nil {
		return nil, err
	}
	var all, open []int64
	for _, a := range asked {
		all = append(all, a.ID)
		if a.Answer == "" {
			open = append(open, a.ID)
		}
	}
	if len(open) == 0 {
		open = all // it may be the mail that answered them, read again after a crash
	}
	return readAnswers(text, open), nil
}

// written is what was newly written in an answer, "" where that can't be read.
func (w *work) written(ctx context.Context, m *mailbox.Message) (string, error) {
	raw, err := w.session.Raw(ctx, m.Ref, m.Key, m.MessageID)
	if errors.Is(err, mailbox.ErrTooLarge) {
		return "", nil
	}
	if err != nil {
		return "", onServer(fmt.Errorf("reading an answer: %w", err))
	}
	if raw == nil || w.Outside == nil {
		return "", nil
	}
	return w.Outside.Text(raw), nil
}

// readAnswers reads lines such as "approve 12, 14" and "refuse all". A bare "ok"
// counts where one thing was asked, and only if the text begins with it, on a
// line and in a paragraph of its own: "No" and "problem" may be two lines. What is
// said of a number counts before what is said of all, whichever comes first; where one
// line contradicts another, neither counts.
func readAnswers(text string, asked []int64) map[int64]string {
	answers, ofAll := map[int64]string{}, map[int64]string{}
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
				saysOf(ofAll, id, answer)
			}
		}
		for _, n := range numbers {
			if id, err := strconv.ParseInt(n, 10, 64); err == nil {
				saysOf(answers, id, answer)
			}
		}
	}
	maps.Copy(ofAll, answers)
	maps.DeleteFunc(ofAll, func(_ int64, answer string) bool { return answer == unclear })
	return ofAll
}

// unclear is the answer of lines that contradict one another.
const unclear = ""

func saysOf(answers map[int64]string, id int64, answer string) {
	if before, ok := answers[id]; ok && before != answer {
		answer = unclear
	}
	answers[id] = answer
}

const longestReason = 500 // characters

// readReason reads why somebody declines: what they wrote below the prompt, or in its
// place, as one paragraph. It goes to a stranger, so nothing is in it but text.
func readReason(text string) string {
	text = strings.Map(func(r rune) rune {
		const joiner, nonJoiner = '\u200d', '\u200c' // of emoji, and of Persian
		if unicode.Is(unicode.Cf, r) && r != joiner && r != nonJoiner {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	reason := inOneLine(text)
	if at := promptPattern.FindStringIndex(reason); at != nil {
		before, below := strings.TrimSpace(reason[:at[0]]), strings.TrimSpace(reason[at[1]:])
		reason = orElse(below, before)
	}
	letters := []rune(reason)
	if len(letters) <= longestReason {
		return reason
	}
	short := string(letters[:longestReason-1])
	if space := strings.LastIndexByte(short, ' '); space > len(short)/2 {
		short = short[:space]
	}
	return short + "…"
}

// promptPattern finds the prompt in any of the languages, with or without its colon.
var promptPattern = func() *regexp.Regexp {
	var all []string
	for _, words := range decideLanguages {
		all = append(all, regexp.QuoteMeta(strings.TrimRight(words.prompt, " :")))
	}
	slices.Sort(all)
	return regexp.MustCompile(`(?i)(?:` + strings.Join(all, "|") + `)(?: ?:)?`)
}()

// factsText is what the journal keeps of why a step was planned.
func factsText(facts map[string]any) json.RawMessage {
	text, err := json.Marshal(facts)
	if err != nil {
		return nil // of texts: does not happen
	}
	return text
}
