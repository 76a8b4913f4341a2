package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// A letter is written when it is sent, so that it tells how things are then. What
// stands in it and what may be decided by it is in the journal before the mail server
// hears of it; from then on it is never sent a second time. Where nobody can know
// whether it was sent, it is looked for in the mailbox: one that has come was sent.

// sheet is a letter before it is written; see the models of package agenda.
type sheet interface {
	Lines() iter.Seq[*agenda.Line]
	Why() ([]agenda.Reason, error)
	Render() (agenda.Letter, error)
}

// sendLetters sends what is due, one letter after another. It needs no mailbox: an
// agenda is of use where that can't be reached, too.
func (a *Account) sendLetters(ctx context.Context) error {
	a.posting.Lock()
	defer a.posting.Unlock()
	w := &work{Account: a, set: a.rules.Load(), run: a.run}
	if err := w.lookForUnsure(ctx, unsureFor); err != nil {
		return err
	}
	ids, err := w.dueLetters(ctx)
	for _, id := range ids {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err = w.sendLetter(ctx, id, false)
	}
	return err
}

// sendLetter sends one letter and writes down how that ended. With asked a person
// wants it now, however late it is.
func (w *work) sendLetter(ctx context.Context, id int64, asked bool) error {
	open, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Planned, store.Started}})
	if err != nil || len(open) == 0 {
		return err
	}
	s := open[0]
	if w.Outside == nil {
		return w.endLetter(ctx, failed(s, "this foredesk was started without what it takes to do that"))
	}
	if maybeDone(s) {
		return w.endDoubt(ctx, s)
	}
	asked = asked || s.Op.With["asked"] == "true"
	if reason, err := w.tooLate(ctx, s); err != nil || reason != "" && !asked {
		return errors.Join(err, w.endLetter(ctx, failed(s, reason)))
	}
	if w.letterWasSent(ctx, s) {
		return w.endLetter(ctx, wasFound(s))
	}
	p, ending, err := w.writeLetter(ctx, s, asked)
	if err != nil || p == nil {
		return errors.Join(err, w.endLetter(ctx, ending))
	}
	return w.post(ctx, s, p)
}

// endLetter writes down how a letter ended, also when the process is told to stop.
func (w *work) endLetter(ctx context.Context, e store.Ending) error {
	if e.StepID == 0 {
		return nil
	}
	keep, cancel := toTheEnd(ctx)
	defer cancel()
	return w.owner.Finish(keep, w.now(), []store.Ending{e})
}

// tooLate says why a letter is of no use any more, or "". Its item's date is when it
// was due; but a brief is on the event.
func (w *work) tooLate(ctx context.Context, s store.Step) (string, error) {
	if s.Op.Arg == gather.CheckInKind {
		return w.unwanted(ctx, s) // the rest the event itself tells
	}
	date, err := time.Parse(time.DateOnly, s.Op.With["date"])
	if err != nil {
		return "its date can't be read", nil
	}
	zone, err := w.desk().Zone(ctx, date)
	if err != nil {
		return "", err
	}
	return dueLetter{kind: s.Op.Arg, date: date}.missed(s.Item.Date, w.now(), zone), nil
}

// posted is a letter on its way.
type posted struct {
	mailbox.Errand
	tokens map[int64]string // of the approvals that it asks for
	before store.Letter     // of the same kind and date, where it is sent once more
}

// writeLetter puts a letter together and marks it as started. Without one, the ending
// says why it is not sent, or not now; an error is trouble with the journal.
func (w *work) writeLetter(ctx context.Context, s store.Step, asked bool) (p *posted, ending store.Ending, err error) {
	d, err := w.deskNow(ctx, s)
	if err != nil {
		return nil, store.Ending{}, err
	}
	w.acting.Lock() // so that nothing is half done while it is told
	defer w.acting.Unlock()
	now := w.now()
	w.owner.Draw(now) // what ends from here on is for the next letter
	l, err := gatherLetter(ctx, d, s, now, asked)
	if err != nil {
		w.Log.Error("a letter could not be put together; it is tried again", "letter", actionWord(s.Op.Arg), "step", s.ID, "error", err)
		return nil, store.Ending{StepID: s.ID, State: store.Planned, NotBefore: now.Add(letterWait[0]), Reason: err.Error()}, nil
	}
	if reason := nothingToSay(s, l.sheet, now); reason != "" {
		return nil, store.Ending{StepID: s.ID, State: nothingState(s), Reason: reason}, nil
	}
	body, err := l.kept()
	if err != nil {
		return nil, w.unwritten(s, err), nil
	}
	return w.record(ctx, s, l, store.Letter{Kind: letterKind(s), Date: s.Op.With["date"], Made: now, Body: body})
}

// record writes a letter into the journal, marks it as started, and puts the links
// into it.
func (w *work) record(ctx context.Context, s store.Step, l gathered, kept store.Letter) (*posted, store.Ending, error) {
	before, _, err := w.Journal.Letter(ctx, w.Name, kept.Kind, kept.Date)
	if err != nil {
		return nil, store.Ending{}, err
	}
	secret := rand.Text()
	asked, err := w.asksIn(ctx, s, approvalTokens(secret, l.decisions), &kept)
	if err != nil {
		return nil, store.Ending{}, err
	}
	ids, err := w.owner.WriteLetter(ctx, s.ID, kept, offersIn(l.decisions), func(id int64) string { return offerToken(secret, id) })
	if errors.Is(err, store.ErrNotPlanned) {
		return nil, store.Ending{}, nil // somebody was quicker, and does not want it
	}
	if err != nil {
		return nil, store.Ending{}, err
	}
	links := w.links(secret, l.decisions, ids, w.desk().Language)
	for line := range l.Lines() {
		line.Actions = links[line.ID]
	}
	letter, err := l.Render()
	if err != nil {
		return nil, w.unwritten(s, err), w.notSent(ctx, s, &posted{tokens: asked, before: before})
	}
	return &posted{w.letterErrand(s, letter, kept.Made), asked, before}, store.Ending{}, nil
}

// unwritten is the end of a letter that can't be written, whatever it is tried with.
func (w *work) unwritten(s store.Step, err error) store.Ending {
	w.Log.Error("a letter could not be written", "letter", actionWord(s.Op.Arg), "date", s.Op.With["date"], "step", s.ID, "error", err)
	return failed(s, err.Error())
}

// deskNow is what letters are made of. Before an agenda it is looked what became of
// those that may have been sent, and whether the mailbox can be reached.
func (w *work) deskNow(ctx context.Context, s store.Step) (d gather.Desk, err error) {
	if d = w.desk(); s.Op.Arg != gather.AgendaKind {
		return d, nil
	}
	if err := w.lookForUnsure(ctx, unsureDays); err != nil {
		return d, err
	}
	d.MailSeen, err = w.mailSeen(ctx)
	return d, err
}

// mailSeen is when the mailbox was last read, where it can't be at present; zero
// otherwise.
func (w *work) mailSeen(ctx context.Context) (at time.Time, err error) {
	if session, err := w.open(ctx); err == nil {
		_ = session.Close()
		return at, nil
	}
	cursors, err := w.Journal.Cursors(ctx, w.Name)
	for _, folder := range w.Folders {
		if c := cursors[folder]; c.SeenAt.After(at) {
			at = c.SeenAt
		}
	}
	return at, err
}

// gathered is a letter before it is written, with what may be decided by it.
type gathered struct {
	sheet     // nil where there is nothing to say
	decisions []gather.Decision
	calendar  []gather.Standing // of an agenda
}

// kept is what the journal keeps of a letter, which has no links yet.
func (l gathered) kept() (_ json.RawMessage, err error) {
	defer faultInto(&err)
	for line := range l.Lines() {
		line.Actions = nil
	}
	letter, err := l.Render()
	if err != nil {
		return nil, err
	}
	why, err := l.Why()
	if err != nil {
		return nil, err
	}
	return json.Marshal(gather.Kept{Subject: letter.Subject, Text: letter.Text, Why: why, Calendar: l.calendar})
}

// letterKind is the kind under which the journal keeps a letter. Of briefs there may
// be several a day.
func letterKind(s store.Step) string {
	if s.Op.Arg == gather.CheckInKind {
		return gather.CheckInKind + " " + s.Op.With["event"]
	}
	return s.Op.Arg
}

// gatherLetter puts the model of a letter together. A fault of ours, with what a
// stranger has written perhaps, costs the letter, and not all else that foredesk does.
func gatherLetter(ctx context.Context, d gather.Desk, s store.Step, now time.Time, asked bool) (l gathered, err error) {
	defer faultInto(&err)
	date := s.Op.With["date"]
	switch kind, name, _ := strings.Cut(s.Op.Arg, " "); kind {
	case gather.AgendaKind:
		day, decisions, calendar, err := d.Day(ctx, date, now)
		if err != nil {
			return l, err
		}
		if asked {
			day.Notices = slices.DeleteFunc(day.Notices, func(n agenda.Notice) bool { return n.Kind == agenda.Late })
		}
		return gathered{day, decisions, calendar}, nil
	case gather.DigestKind, gather.BundleKind:
		collected := d.Digest
		if kind == gather.BundleKind {
			collected = d.Bundle
		}
		digest, decisions, err := collected(ctx, name, date, now)
		if err != nil || digest == nil {
			return l, err
		}
		return gathered{sheet: digest, decisions: decisions}, nil
	case gather.ReviewKind:
		review, err := d.Review(ctx, date, now)
		if err != nil || review == nil {
			return l, err
		}
		return gathered{sheet: review}, nil
	case gather.CheckInKind:
		brief, err := d.CheckIn(ctx, s.Op.With["event"], date, now)
		if err != nil || brief == nil {
			return l, err
		}
		return gathered{sheet: brief}, nil
	}
	return l, fmt.Errorf("this version knows no letter %q", s.Op.Arg)
}

// faultInto is deferred: it makes an error of a fault of ours.
func faultInto(err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("a fault of foredesk's own: %v", fault)
	}
}

// nothingToSay says why a letter is not sent although its time has come, or "".
func nothingToSay(s store.Step, l sheet, now time.Time) string {
	brief, isBrief := l.(*agenda.CheckIn)
	switch {
	case l == nil && s.Op.Arg == gather.CheckInKind:
		return "the meeting is gone, or is no longer one of two"
	case l == nil:
		return "nothing was collected"
	case isBrief && brief.When.Start.Before(now):
		return "the meeting has begun"
	case isBrief && s.Op.With["of"] != "" && !brief.When.Start.Equal(parseInstant(s.Op.With["of"])):
		return "the meeting was moved; what is told of it is told before its new time"
	}
	return ""
}

// nothingState is how a letter ends that has nothing to say: a digest has done its
// duty, a brief has not.
func nothingState(s store.Step) store.State {
	if s.Op.Arg == gather.CheckInKind {
		return store.Failed
	}
	return store.Done
}

// asksIn adds to a letter what approvals it asks for, and returns the tokens of those
// whose approver reads it: they are not asked by another mail as well.
func (w *work) asksIn(ctx context.Context, s store.Step, tokens map[int64]string, l *store.Letter) (asked map[int64]string, err error) {
	if len(tokens) == 0 {
		return nil, nil
	}
	waiting, err := w.Journal.Approvals(ctx, w.Name)
	if err != nil {
		return nil, err
	}
	asked = map[int64]string{}
	to, cc := w.readers(s)
	readers := w.addresses(append(to, cc...))
	for _, one := range waiting {
		word, ours := tokens[one.ID]
		if !ours {
			continue
		}
		ask := store.Ask{Approval: one.ID, Token: word, Mailed: one.Mailed}
		if slices.ContainsFunc(readers, func(r string) bool { return strings.EqualFold(r, w.Approvers[one.Approver]) }) {
			asked[one.ID], ask.Mailed = word, l.Made
		}
		l.Asks = append(l.Asks, ask)
	}
	return asked, nil
}

// readers are those that a letter goes to, and those that get a copy: addresses, or
// the words assistant and executive.
func (a *Account) readers(s store.Step) (to, cc []string) {
	l := a.Letters
	switch {
	case s.Op.With["to"] != "":
		return strings.Split(s.Op.With["to"], ","), nil
	case l == nil:
		return []string{"executive"}, nil
	case s.Op.Arg == gather.ReviewKind && l.Review != nil:
		return slices.Clone(l.Review.To), nil
	}
	return slices.Clone(l.To), slices.Clone(l.Cc)
}

// addresses puts addresses in the place of words.
func (a *Account) addresses(readers []string) []string {
	all := make([]string, len(readers))
	for i, r := range readers {
		r = strings.TrimSpace(r)
		all[i] = cmp.Or(a.Approvers[r], r)
	}
	return all
}

// letterErrand is how a letter is sent. Its Message-ID is of the item, which has the
// date: it is the same at each attempt.
func (w *work) letterErrand(s store.Step, l agenda.Letter, now time.Time) mailbox.Errand {
	to, cc := w.readers(s)
	op := mailbox.Op{Kind: mailbox.Outside, Do: "letter", Arg: s.Op.Arg, With: map[string]string{
		"subject": l.Subject, "text": l.Text, "html": l.HTML, "to": strings.Join(to, ","), "cc": strings.Join(cc, ","),
	}}
	return mailbox.Errand{Key: errandKey(w.Name, s), Account: w.Name, Rule: s.Rule, Op: op, Now: now}
}

// letterWait are the waits between the attempts to send a letter; the last goes on. An
// agenda that is an hour late has lost half its use.
var letterWait = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute}

// post hands a letter to the mail server.
func (w *work) post(ctx context.Context, s store.Step, p *posted) error {
	o := w.Outside.Do(ctx, p.Errand)
	e := store.Ending{StepID: s.ID, Reason: o.Reason}
	kind := actionWord(s.Op.Arg)
	switch o.Result {
	case mailbox.Done:
		e.State = store.Done
		w.Log.Info("a letter was sent", "letter", kind, "date", s.Op.With["date"], "step", s.ID)
	case mailbox.Later:
		e.State, e.NotBefore = store.Planned, w.now().Add(letterWait[min(s.Attempts, len(letterWait)-1)])
		w.Log.Warn("a letter could not be sent yet; it is tried again", "letter", kind, "date", s.Op.With["date"], "step", s.ID, "again_in", e.NotBefore.Sub(w.now()).Round(time.Second).String())
	case mailbox.Unknown:
		return w.isUnsure(ctx, s, o.Reason)
	default:
		e.State = store.Failed
		w.Log.Warn("a letter was refused", "letter", kind, "date", s.Op.With["date"], "step", s.ID)
	}
	if e.State != store.Done {
		return errors.Join(w.notSent(ctx, s, p), w.endLetter(ctx, e))
	}
	if err := w.endLetter(ctx, e); err != nil {
		return err
	}
	w.keepSentLetter(ctx, s, o)
	return nil
}

// notSent takes back what was written down with a letter that was certainly not sent:
// what stood in it is still news, unless it was to be sent once more, and what it asked
// was not asked.
func (w *work) notSent(ctx context.Context, s store.Step, p *posted) error {
	keep, cancel := toTheEnd(ctx)
	defer cancel()
	err := w.owner.DropLetter(keep, letterKind(s), s.Op.With["date"])
	if err == nil && p.before.Kind != "" {
		_, err = w.owner.WriteLetter(keep, 0, p.before, nil, nil)
	}
	if err != nil || len(p.tokens) == 0 {
		return err
	}
	return w.owner.Mailed(keep, p.tokens, w.now().Add(askRetry-askAgain))
}

// keepSentLetter puts a copy into the folder for sent mail, where it went to others
// alone.
func (w *work) keepSentLetter(ctx context.Context, s store.Step, o mailbox.Outcome) {
	if o.Result != mailbox.Done || len(o.Letter) == 0 {
		return
	}
	session, err := w.open(ctx)
	if err != nil {
		w.Log.Warn("a letter was sent, but its copy could not be put into the folder for sent mail", "step", s.ID, "error", err)
		return
	}
	defer session.Close()
	beside := *w
	beside.session = session
	beside.keepLetter(ctx, s, o)
}
