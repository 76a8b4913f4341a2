package mail

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/rules"
)

const (
	maxReferences = 20       // Message-IDs of References, besides the first
	maxMessageID  = 250      // bytes of one, so that it fits in a line
	maxQuote      = 32 << 10 // bytes of the original below a draft
)

// Reply writes an automatic answer (RFC 3834): to the first Reply-To address, or
// else the author, from the own address that the original was sent to, without
// the original's text, which may be a stranger's advertisement. The error wraps
// ErrLoop where MayAnswer forbids it.
//
// The envelope sender is the own address, not the empty one of RFC 3834 3.3:
// servers for submission refuse that, and a person ought to learn that the
// answer did not arrive. That message is a bounce and gets no answer.
func (a Author) Reply(st Stamp, original []byte, w Wording) (Letter, error) {
	l, err := a.reply(st, original, w)
	if err != nil {
		return Letter{}, fmt.Errorf("writing an automatic reply: %w", err)
	}
	return l, nil
}

func (a Author) reply(st Stamp, original []byte, w Wording) (Letter, error) {
	if reason, ok := a.MayAnswer(original); !ok {
		return Letter{}, fmt.Errorf("%s: %w", reason, ErrLoop)
	}
	if strings.TrimSpace(w.Text) == "" {
		return Letter{}, errors.New("it has no text")
	}
	h := parseHeader(original)
	to, err := a.answerTo(h)
	if err != nil {
		return Letter{}, err
	}
	p, err := a.begin(st, "reply", h, to[:1])
	if err != nil {
		return Letter{}, err
	}
	p.answer(h, w)
	p.automatic("auto-replied", h)
	return p.finish(content{text: w.Text})
}

// Draft writes the beginning of a person's answer, with the original quoted
// below: to whom Reply goes, though to all Reply-To addresses; or, where the
// original is the account's own, to its recipients again; or to those given. An
// answer never goes to a mailing list where there is a person to answer.
func (a Author) Draft(st Stamp, original []byte, w Wording, to []string) (Letter, error) {
	l, err := a.draft(st, original, w, to)
	if err != nil {
		return Letter{}, fmt.Errorf("writing a draft: %w", err)
	}
	return l, nil
}

func (a Author) draft(st Stamp, original []byte, w Wording, to []string) (Letter, error) {
	h := parseHeader(original)
	recipients, err := outbound(to)
	if err == nil && len(to) == 0 {
		recipients, err = a.draftTo(h)
	}
	if err != nil {
		return Letter{}, err
	}
	p, err := a.begin(st, "draft", h, recipients)
	if err != nil {
		return Letter{}, err
	}
	p.answer(h, w)
	quoted, err := quote(h, original)
	if err != nil {
		return Letter{}, err
	}
	return p.finish(content{text: strings.TrimRight(w.Text, "\n") + "\n\n" + quoted})
}

// answer adds the subject and what ties an answer to its thread (RFC 5322 3.6.4).
func (p *page) answer(h header, w Wording) {
	subject := w.Subject
	if subject == "" {
		subject = "Re: " + withoutReplyMarks(decodeText(h.value("Subject")))
	}
	p.add("Subject", headerText(subject))
	if ids := messageIDs(h.value("Message-ID")); len(ids) > 0 {
		p.add("In-Reply-To", ids[0])
	}
	p.add("References", strings.Join(references(h), " "))
}

// replyMark is what programs put before the subject of an answer, in the
// languages of Europe and the Outlook of each, with a count perhaps: "Re[2]:".
var replyMark = regexp.MustCompile(`^(?i:re|aw|antw|antwort|sv|vs|vá|rép|réf|ref|rif|res|odp|ynt|bls|回复|答复|回覆)\s?(?:[\[(^]?\d{1,3}[\])]?)?\s?[:：]\s*`)

// withoutReplyMarks takes all of them away, so that one is left in the end.
func withoutReplyMarks(subject string) string {
	subject = strings.TrimSpace(subject)
	for {
		mark := replyMark.FindString(subject)
		if mark == "" {
			return subject
		}
		subject = subject[len(mark):]
	}
}

// references are those of the original and the original's own. Of a long thread
// the first is kept, which names it, and the last.
func references(h header) []string {
	ids := messageIDs(h.value("References"))
	if len(ids) == 0 {
		if parent := messageIDs(h.value("In-Reply-To")); len(parent) == 1 {
			ids = parent
		}
	}
	if own := messageIDs(h.value("Message-ID")); len(own) > 0 {
		ids = append(slices.DeleteFunc(ids, func(id string) bool { return id == own[0] }), own[0])
	}
	if len(ids) > maxReferences+1 {
		ids = append(ids[:1], ids[len(ids)-maxReferences:]...)
	}
	return ids
}

// messageIDs returns the Message-IDs of a field with their brackets. What cannot
// be written into a header as it is, is left out: the thread is then known by
// its other messages.
func messageIDs(s string) (ids []string) {
	for {
		_, rest, ok := strings.Cut(s, "<")
		id, after, closed := strings.Cut(rest, ">")
		if !ok || !closed {
			return ids
		}
		if id != "" && len(id) <= maxMessageID && isPlain(id) && !strings.ContainsAny(id, " <") {
			ids = append(ids, "<"+id+">")
		}
		s = after
	}
}

var errNobody = errors.New("the mail names nobody who could be answered")

// answerTo returns whom an answer goes to: neither the account nor the list by
// which the mail came. There is at least one where there is no error.
func (a Author) answerTo(h header) ([]recipient, error) {
	list := h.listPost()
	notList := func(r rules.Address) bool { return r.Email != list && a.mine(r) == "" }
	for _, name := range []string{"Reply-To", "From"} {
		if to := h.recipients(name, notList); len(to) > 0 {
			return to, nil
		}
	}
	return nil, errNobody
}

// draftTo may name the list as the last resort: a person reads the draft before
// it is sent.
func (a Author) draftTo(h header) ([]recipient, error) {
	notMe := func(r rules.Address) bool { return a.mine(r) == "" }
	if a.isFromMe(h) {
		if to := distinct(append(h.recipients("To", notMe), h.recipients("Cc", notMe)...)); len(to) > 0 {
			return to[:min(len(to), maxRecipients)], nil
		}
		return nil, errNobody
	}
	to, err := a.answerTo(h)
	if err != nil {
		to = append(h.recipients("Reply-To", notMe), h.recipients("From", notMe)...)
	}
	if len(to) == 0 {
		return nil, errNobody
	}
	return to[:min(len(to), maxRecipients)], nil
}

// recipients are the addresses of a field that mail can be sent to.
func (h header) recipients(name string, wanted func(rules.Address) bool) []recipient {
	raw := strings.Join(h.values(name), ", ")
	var all []recipient
	for _, r := range h.mailboxes(name) {
		if !wanted(r) {
			continue
		}
		if out, err := outboundAddress(r.Name.String(), asWritten(raw, r.Email)); err == nil {
			all = append(all, out)
		}
	}
	return distinct(all)
}

// asWritten returns an address with the capitals it has in the field. Facts are
// in lower case, but what stands before the "@" may be a token in which case
// counts (RFC 5321 2.4).
func asWritten(raw, email string) string {
	i, at := strings.Index(strings.ToLower(raw), email), strings.LastIndexByte(email, '@')
	if i < 0 || at < 0 || !isPrintable(raw) { // letters beyond ASCII may change their length
		return email
	}
	return raw[i:i+at] + email[at:]
}

// quote is the original as it stands below an answer.
func quote(h header, original []byte) (string, error) {
	body, err := ReadBody(bytes.NewReader(original))
	if err != nil {
		return "", err
	}
	text := strings.Trim(shorten(body.Full, maxQuote), "\n")
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	var b strings.Builder
	b.WriteString(h.attribution() + "\n")
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("> "+line, " \t") + "\n")
	}
	return b.String(), nil
}

// attribution says whose words follow, in the form that most programs know.
func (h header) attribution() string {
	from := firstAddress(h.mailboxes("From"))
	who := from.Name.String()
	if who == "" {
		who = from.Email
	}
	if date, ok := parseDate(h.value("Date")); ok {
		return fmt.Sprintf("On %s, %s wrote:", date.Format("Mon, 2 Jan 2006 at 15:04"), who)
	}
	return who + " wrote:"
}

// shorten cuts a long text at the end of a line and says so.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = cutText(text, limit)
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	return text + "\n[…]"
}
