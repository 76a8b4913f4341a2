package errand

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/invite"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// stamp names a message by its errand, so that a repeat is the same message.
func (d *Desk) stamp(e mailbox.Errand) mail.Stamp {
	date := e.Now
	if d.Zone != nil {
		date = date.In(d.Zone)
	}
	return mail.Stamp{Key: e.Key, Date: date}
}

func wording(e mailbox.Errand) mail.Wording {
	return mail.Wording{Subject: e.Op.With["subject"], Text: e.Op.With["text"]}
}

// recipients puts addresses in the place of "assistant" and "executive".
func (d *Desk) recipients(list string) ([]string, error) {
	var to []string
	for name := range strings.SplitSeq(list, ",") {
		switch name = strings.TrimSpace(name); name {
		case "":
			continue
		case "assistant":
			if name = d.Assistant; name == "" {
				return nil, fmt.Errorf("the account has no assistant; name one in foredesk.yaml: assistant: ADDRESS")
			}
		case "executive":
			name = d.Executive
		}
		to = append(to, name)
	}
	return to, nil
}

// Draft writes a message that a person will finish.
func (d *Desk) Draft(_ context.Context, e mailbox.Errand) ([]byte, string, error) {
	var l mail.Letter
	var err error
	if e.Op.Do == "forward" {
		var to []string
		if to, err = d.recipients(e.Op.Arg); err == nil {
			l, err = d.Author.DraftForward(d.stamp(e), e.Raw, wording(e), to)
		}
	} else {
		var to []string
		if to, err = d.recipients(e.Op.With["to"]); err == nil {
			l, err = d.Author.Draft(d.stamp(e), e.Raw, wording(e), to)
		}
	}
	return l.Raw, l.MessageID, err
}

// send writes a message and hands it to the mail server. In doubt it sends nothing, but
// tells by which Message-ID the mail can be looked for: what was redirected has none of
// its own, and no copy is kept of it.
func (d *Desk) send(ctx context.Context, e mailbox.Errand) mailbox.Outcome {
	l, err := d.letter(e)
	redirected := e.Op.Do == "redirect"
	switch {
	case e.Doubt && (err != nil || redirected):
		return inDoubt("")
	case e.Doubt:
		return inDoubt(l.MessageID)
	case err != nil:
		return refused("%s", err)
	}
	o := d.mail(ctx, l)
	if !redirected { // which was in the mailbox before
		o.Letter, o.LetterID = l.Raw, l.MessageID
	}
	return o
}

// inDoubt is the outcome of a mail that may have been sent.
func inDoubt(id string) mailbox.Outcome {
	return mailbox.Outcome{Result: mailbox.Unknown, LetterID: id, Reason: "foredesk was stopped while it sent this; it may have been sent, so it is not sent again"}
}

func (d *Desk) letter(e mailbox.Errand) (mail.Letter, error) {
	switch e.Op.Do {
	case "respond":
		return d.answer(e)
	case "reply":
		if reason, ok := d.Author.MayAnswer(e.Raw); !ok {
			return mail.Letter{}, fmt.Errorf("not answered: %s", reason)
		}
		return d.Author.Reply(d.stamp(e), e.Raw, wording(e))
	}
	to, err := d.recipients(e.Op.Arg)
	if err != nil {
		return mail.Letter{}, err
	}
	if e.Op.Do == "redirect" {
		return d.Author.Redirect(d.stamp(e), e.Raw, to)
	}
	return d.Author.Forward(d.stamp(e), e.Raw, wording(e), to)
}

// answer writes to the organizer of an invitation: where the event is on no calendar
// of ours, whose server would do that. With start and end (RFC 3339) it proposes
// another time.
func (d *Desk) answer(e mailbox.Errand) (mail.Letter, error) {
	a := invite.Answer{Response: e.Op.Arg, Comment: e.Op.With["comment"]}
	if e.Op.With["tell"] == "false" {
		return mail.Letter{}, errors.New("not answered: the event is on none of the account's calendars, and the rule says that its organizer is not told")
	}
	for name, at := range map[string]*time.Time{"start": &a.Start, "end": &a.End} {
		said := e.Op.With[name]
		if said == "" {
			continue
		}
		var err error
		if *at, err = time.Parse(time.RFC3339, said); err != nil {
			return mail.Letter{}, fmt.Errorf("not answered: the %s of the other time is no time such as 2026-12-08T10:00:00Z", name)
		}
	}
	return d.Author.InviteReply(d.stamp(e), e.Raw, a)
}

func (d *Desk) mail(ctx context.Context, l mail.Letter) mailbox.Outcome {
	if d.Sender == nil {
		return refused("%s", errNoSMTP)
	}
	sent, err := d.Sender.Send(ctx, l.From, l.To, l.Raw)
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	switch sent.Outcome {
	case mail.SendAccepted:
		return mailbox.Outcome{Result: mailbox.Done}
	case mail.SendLater:
		return mailbox.Outcome{Result: mailbox.Later, Reason: reason}
	case mail.SendRefused:
		return mailbox.Outcome{Result: mailbox.Refused, Reason: reason}
	}
	return mailbox.Outcome{Result: mailbox.Unknown, Reason: reason}
}

// notify tells the assistant, the executive, or whoever listens at an address.
func (d *Desk) notify(ctx context.Context, e mailbox.Errand) mailbox.Outcome {
	text := e.Op.With["text"]
	if text == "" {
		text = fmt.Sprintf("%s: %s", e.From, e.Subject)
	}
	if strings.Contains(e.Op.Arg, "://") {
		if e.Doubt {
			return mailbox.Outcome{Result: mailbox.Unknown, Reason: "foredesk was stopped while it told this; it may have been told"}
		}
		return ofHook(d.Hooks.Notify(ctx, e.Op.Arg, cmp.Or(e.Op.With["subject"], e.Rule), text, mark(e.Key)), false)
	}
	l, err := d.noteTo(e, text)
	switch {
	case e.Doubt:
		return inDoubt(l.MessageID)
	case err != nil:
		return refused("%s", err)
	}
	return d.mailAndKeep(ctx, l)
}

// noteTo writes what somebody is told by mail.
func (d *Desk) noteTo(e mailbox.Errand, text string) (mail.Letter, error) {
	to, err := d.recipients(e.Op.Arg)
	if err != nil {
		return mail.Letter{}, err
	}
	w := mail.Wording{Subject: e.Op.With["subject"], Text: text}
	if w.Subject == "" { // in a list of mails the text, a line, says more than the rule's name
		w.Subject, w.Text = text, text+"\n\nBy the rule \""+e.Rule+"\".\n"
	}
	return d.Author.Note(d.stamp(e), w, to)
}

// mailAndKeep hands a mail of ours to the mail server. A copy is to be kept of what goes
// to others alone: what comes to the own address need not lie there twice.
func (d *Desk) mailAndKeep(ctx context.Context, l mail.Letter) mailbox.Outcome {
	o := d.mail(ctx, l)
	o.LetterID = l.MessageID
	if !slices.ContainsFunc(l.To, d.isOwn) {
		o.Letter = l.Raw
	}
	return o
}
