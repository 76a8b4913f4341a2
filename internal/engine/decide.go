package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// What the reader of a letter decides by a link of one of its lines (links.go) comes
// back as a mail (answers.go). That a decision counts and the steps that it asks for
// enter the journal together; from then on they are steps as any other, that log,
// explain and undo know. What can't be done then is told to whoever decided.

// DecisionRule stands in the journal in the place of a rule for what a person has
// decided by mail.
const DecisionRule = "(decision)"

// takingBack is what a step does by which a person has something taken back that a
// rule did. See takeBackDecided.
const takingBack = "undo"

// decided is what the journal keeps of a decision, in the facts of its steps.
type decided struct {
	Choice string `json:"decided"`
	By     string `json:"by"`     // address
	Line   string `json:"line"`   // key of the line
	Letter string `json:"letter"` // date of the letter in which it stood
}

// decision lets a choice count that a link has made, if it is from somebody who has
// the letter, in time, and the first. With counts false it only tells whether the
// message is one.
func (w *work) decision(ctx context.Context, m *mailbox.Message, l link, counts bool) (away []store.Step, isOne bool, err error) {
	o, known, err := w.Journal.Offered(ctx, w.Name, l.id, offerToken(l.secret, l.id))
	if err != nil || !counts {
		return nil, known, err
	}
	if !known {
		w.disbelieve(m, "nothing was offered with its secret")
		return nil, false, nil
	}
	i := slices.IndexFunc(o.Choices, func(c store.Choice) bool { return c.Do == l.do })
	switch {
	case !w.isConfirmed(m):
		return nil, true, nil
	case !w.mayDecide(m.Item.From.Email):
		w.disbelieve(m, "it is from somebody who was not sent the letter")
		return nil, true, nil
	case i < 0:
		w.disbelieve(m, "it asks for what was not offered")
		return nil, true, nil
	case w.now().After(o.Expires):
		w.disbelieve(m, "it came too late")
		return nil, true, nil
	}
	date, err := w.letterDate(ctx, o)
	if err != nil {
		return nil, true, err
	}
	by := decided{Choice: l.do, By: m.Item.From.Email, Line: o.Key, Letter: date}
	if err := w.take(ctx, m, o, o.Choices[i], by); err != nil {
		return nil, true, err
	}
	return w.putAway(m, by.facts()), true, nil
}

// letterDate is the date of the letter in which something was offered: the executive
// may have woken up in another zone, or asked for the agenda of the day to come.
func (w *work) letterDate(ctx context.Context, o store.Offer) (string, error) {
	home := o.Made.In(w.set.Timezone)
	for _, ahead := range []int{0, 1, -1} {
		date := dateOf(home.AddDate(0, 0, ahead))
		l, ok, err := w.Journal.Letter(ctx, w.Name, gather.AgendaKind, date)
		if err != nil || ok && l.Made.Equal(o.Made) {
			return date, err
		}
	}
	return dateOf(home), nil
}

// mayDecide reports whether a letter may have been sent to an address: to the
// executive, the assistant, or who else gets it by the configuration.
func (w *work) mayDecide(email string) bool {
	may := []string{w.Approvers["executive"], w.Approvers["assistant"]}
	may = append(may, w.set.Me()...)
	if w.Letters != nil {
		may = append(may, w.addresses(slices.Concat(w.Letters.To, w.Letters.Cc))...)
	}
	return email != "" && slices.ContainsFunc(may, func(a string) bool { return strings.EqualFold(a, email) })
}

// take writes a decision down, with what is to be done.
func (w *work) take(ctx context.Context, m *mailbox.Message, o store.Offer, c store.Choice, by decided) error {
	if o.Answer != "" {
		return w.alreadyDecided(ctx, m, o, c, by)
	}
	c, err := w.filledIn(ctx, m, o, c)
	if err != nil {
		return err
	}
	p := store.Plan{RunID: w.run, Planned: w.now(), Decided: &store.Decision{Offer: o.ID, Answer: c.Do, By: by.By, Until: c.Until}}
	n, err := w.chosen(ctx, o, c, by)
	if err != nil {
		return err
	}
	if len(n.Steps) > 0 {
		p.Items = []store.NewItem{n}
	}
	_, err = w.owner.Commit(ctx, p)
	if errors.Is(err, store.ErrAnswered) {
		return w.alreadyDecided(ctx, m, o, c, by)
	}
	if err != nil {
		return err
	}
	w.Log.Info("a person has decided", "offer", o.ID, "choice", c.Do)
	w.wakeAll()
	return nil
}

// filledIn is a choice with what is only known once it was made: why somebody
// declines, and until when a line is hidden that was put off some days after the
// letter: for as many days from then on as the link says.
func (w *work) filledIn(ctx context.Context, m *mailbox.Message, o store.Offer, c store.Choice) (store.Choice, error) {
	with := maps.Clone(c.Step.Op.With)
	if with == nil {
		with = map[string]string{}
	}
	switch c.Do {
	case "decline":
		text, err := w.written(ctx, m)
		if err != nil {
			return c, err
		}
		if reason := readReason(text); reason != "" {
			with["comment"] = reason
		}
	case "fix":
		with["fix"] = "true"
	case "snooze":
		for made := o.Made; !c.Until.IsZero() && dateOf(made.In(w.set.Timezone)) < dateOf(w.now().In(w.set.Timezone)); made = made.AddDate(0, 0, 1) {
			c.Until = c.Until.In(w.set.Timezone).AddDate(0, 0, 1)
		}
	}
	if len(with) > 0 {
		c.Step.Op.With = with
	}
	return c, nil
}

// wakeAll lets all that is due be done soon, whoever does it.
func (a *Account) wakeAll() {
	a.Wake()
	a.runErrands()
	a.runEvents()
}

// chosen are the steps that a choice comes to, none for one that only hides a line.
func (w *work) chosen(ctx context.Context, o store.Offer, c store.Choice, by decided) (store.NewItem, error) {
	it := c.Item
	if it.Key == "" {
		it = store.Item{Key: "decision/" + offerKey(o), Occurrence: 1, Subject: lineTitle(o.Key), Date: o.Made}
	}
	// The number makes it another action when it is decided again by another letter.
	s := w.decisionStep(fmt.Sprint(orElse(c.Step.Op.Do, c.Do), " ", o.ID), by.facts())
	switch {
	case c.Letter != "":
		return w.letterAskedFor(o, c, by), nil
	case c.Back != store.Back{}:
		text, err := json.Marshal(c.Back)
		if err != nil {
			return store.NewItem{}, err
		}
		s.Arg = c.Back.Rule
		s.Op = mailbox.Op{Kind: mailbox.Outside, Do: takingBack, With: map[string]string{"back": string(text), "until": o.Made.Format(time.RFC3339Nano)}}
	case c.Step.Op.Kind != "":
		s.Arg, s.Op = c.Step.Arg, c.Step.Op
	default:
		return store.NewItem{}, nil
	}
	it, at, err := w.asItIs(ctx, it)
	s.From = at
	return store.NewItem{Item: it, Steps: []store.Step{s}}, err
}

// offerKey names an offer for ever. A journal that is an old copy gives its numbers to
// others once more, and a mail that was sent about another must not be taken for theirs.
func offerKey(o store.Offer) string { return fmt.Sprint(o.ID, "/", o.Made.UnixMicro()) }

// lineTitle is what a line is called by its key, where that is not of a mail or an
// event.
func lineTitle(key string) string {
	_, title, _ := strings.Cut(key, "/")
	if !strings.HasPrefix(key, "rule/") {
		return ""
	}
	return title
}

// asItIs is an item as the journal knows it by now, and where it lies. The letter was
// written some time ago.
func (w *work) asItIs(ctx context.Context, it store.Item) (store.Item, mailbox.Ref, error) {
	known, err := w.Journal.Lookup(ctx, w.Name, []string{it.Key})
	if err != nil {
		return it, mailbox.Ref{}, err
	}
	it.ID, it.Occurrence = 0, max(1, it.Occurrence)
	for _, k := range known[it.Key] {
		if k.Occurrence == it.Occurrence {
			at := k.Place
			k.Place = mailbox.Ref{} // where it lies is not news
			return k, at, nil
		}
	}
	return it, it.Place, nil
}

// fits says why what was recommended about a conflict does not fit any more, or "".
// What may have been done already is not looked at again.
func (w *work) fits(ctx context.Context, s store.Step) (reason string, err error) {
	with := s.Op.With
	if with["fix"] != "true" || inDoubt(s) {
		return "", nil
	}
	if err := w.upToDate(ctx, s); err != nil {
		return "", err
	}
	others := func(from, to string, wholeDays bool) bool {
		return slices.ContainsFunc(eventsBetween(w.diaryNow(), parseInstant(from), parseInstant(to)), func(e rules.Event) bool {
			kept := e.Ours && (e.Kind == "hold" || e.Kind == "offer")
			return e.Busy && !kept && (wholeDays || !e.AllDay) && e.ID != with["event"] && e.Series != with["event"]
		})
	}
	switch {
	case !others(with["of"], with["until"], true):
		return "there is no conflict any more, so everything stays as it is", nil
	case with["start"] != "" && others(with["start"], with["end"], false):
		return "something else has come onto the calendar at that time since; nothing was moved", nil
	}
	return "", nil
}

// decisionStep is a step that a person has asked for.
func (w *work) decisionStep(action string, facts map[string]any) store.Step {
	return store.Step{Rule: DecisionRule, RulesHash: w.set.Hash, Action: action, Facts: factsText(facts)}
}

func (d decided) facts() map[string]any {
	return map[string]any{"decided": d.Choice, "by": d.By, "line": d.Line, "letter": d.Letter}
}

// letterAskedFor is a letter that is sent because somebody wants to see the whole of
// what stood in a line.
func (w *work) letterAskedFor(o store.Offer, c store.Choice, by decided) store.NewItem {
	n := newLetter(c.Letter, by.Letter, w.now())
	n.Key += "/" + offerKey(o) // it may be asked for from several letters
	s := &n.Steps[0]
	s.RulesHash, s.Facts = w.set.Hash, factsText(by.facts())
	s.Op.With["to"], s.Op.With["asked"] = by.By, "true"
	return n
}

// takeBackDecided takes back what people have decided is to be. It is not done with
// what happens outside the folders, as it needs them and the calendar, and takes up
// no more than keepHouse may.
func (a *Account) takeBackDecided(ctx context.Context) error {
	open, err := a.Journal.Steps(ctx, store.Filter{Account: a.Name, Rule: DecisionRule, States: []store.State{store.Planned, store.Started}, Due: a.now()})
	if err != nil {
		return err
	}
	for _, s := range open {
		if s.Op.Do != takingBack {
			continue
		}
		if err := a.takeBackFor(ctx, s); err != nil {
			return fmt.Errorf("taking back what step %d asks for: %w", s.ID, err)
		}
	}
	return nil
}

// takeBackFor takes back what one step asks for, under a run of its own. After a
// crash it begins again: what has been taken back stays so.
func (a *Account) takeBackFor(ctx context.Context, s store.Step) error {
	w := &work{Account: a, set: a.rules.Load(), run: a.run}
	var back store.Back
	if err := json.Unmarshal([]byte(s.Op.With["back"]), &back); err != nil || back == (store.Back{}) {
		return w.end(ctx, failed(s, "it does not say what is to be taken back"), s)
	}
	if err := w.start(ctx, []store.Step{s}); err != nil {
		return unlessTakenBack(err)
	}
	if err := w.setAside(ctx, back.Step); err != nil {
		return err
	}
	// What the rule has done after the letter, its reader has not seen.
	args := UndoArgs{Step: back.Step, Item: back.Item, Rule: back.Rule, Ended: back.Since, Until: parseInstant(s.Op.With["until"])}
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	run, err := a.resume(ctx, store.Run{Kind: store.KindUndo, Args: text, RulesHash: w.set.Hash, Started: a.now()})
	if err != nil {
		return err
	}
	if err := a.undo(ctx, run, args, nil); isBusy(err) || isCalendar(err) && !isMail(err) {
		w.Log.Warn("what is to be taken back waits", "step", s.ID, "error", err)
		return nil
	} else if err != nil {
		return err
	}
	ending, err := w.takenBack(ctx, s, run)
	if err != nil {
		return err
	}
	return w.end(ctx, ending, s)
}

// takenBack is how a step ends whose run has taken things back.
func (w *work) takenBack(ctx context.Context, s store.Step, run int64) (store.Ending, error) {
	var all, not int
	why := ""
	err := w.Journal.EachStep(ctx, store.Filter{Account: w.Name, RunID: run}, func(b store.Step) error {
		if b.Undoes == 0 {
			return nil
		}
		if all++; b.State == store.Failed || b.State == store.Uncertain {
			not, why = not+1, orElse(why, b.Reason)
		}
		return nil
	})
	switch {
	case err != nil:
		return store.Ending{}, err
	case not > 0:
		return failed(s, fmt.Sprintf("%d of %d could not be taken back: %s", not, all, why)), nil
	case all == 0:
		return store.Ending{StepID: s.ID, State: store.Done, Reason: "nothing was left to be taken back"}, nil
	}
	return store.Ending{StepID: s.ID, State: store.Done, Reason: fmt.Sprintf("%d taken back by run %d", all, run)}, nil
}

// end ends one step in the journal, with the notice where it was decided and failed.
func (w *work) end(ctx context.Context, e store.Ending, s store.Step) error {
	keep, cancel := toTheEnd(ctx)
	defer cancel()
	p := store.Plan{RunID: w.run, Planned: w.now(), Endings: []store.Ending{e}}
	if notice := w.notices(e, s); notice != nil {
		it := s.Item
		it.Place = mailbox.Ref{} // where it lies is not news
		p.Items = []store.NewItem{{Item: it, Steps: notice}}
		defer w.runErrands()
	}
	_, err := w.owner.Commit(keep, p)
	return err
}

// noticeAction begins the action of a notice, before that of the step it is about.
const noticeAction = "notify "

// notices are the mail that tells who decided it that a step was not done, if they
// don't know: at most one.
func (w *work) notices(e store.Ending, s store.Step) []store.Step {
	var by decided
	if s.Rule != DecisionRule || e.State != store.Failed || strings.HasPrefix(s.Action, noticeAction) {
		return nil
	}
	if err := json.Unmarshal(s.Facts, &by); err != nil || by.Choice == "" || by.By == "" {
		return nil
	}
	return []store.Step{w.notice(noticeAction+s.Action, by, s.Item.Subject, e.Reason)}
}

// notice is a short mail to who decided. Of what was decided about it says no more
// than what that is called.
func (w *work) notice(action string, by decided, title, why string) store.Step {
	words := wordsIn(w.language())
	title = words.title(title)
	s := w.decisionStep(action, by.facts())
	s.Arg = by.By
	text := fmt.Sprintf(words.what, words.choice(by.Choice), title) + "\n" + fmt.Sprintf(words.why, why) + "\n"
	s.Op = mailbox.Op{Kind: mailbox.Outside, Do: "notify", Arg: by.By, With: map[string]string{"subject": fmt.Sprintf(words.failed, title), "text": text}}
	return s
}

func (a *Account) language() agenda.Language {
	if a.Letters == nil {
		return agenda.English
	}
	return a.Letters.Language
}

// alreadyDecided tells who decides about a line for the second time, and otherwise,
// that the first time counts. The same link may have been followed twice, or its mail
// read twice: then there is nothing to tell.
func (w *work) alreadyDecided(ctx context.Context, m *mailbox.Message, o store.Offer, c store.Choice, by decided) error {
	w.disbelieve(m, "that has been decided before")
	o, known, err := w.Journal.Offered(ctx, w.Name, o.ID, offerToken(secretIn(m.Item.Subject.String()), o.ID))
	if err != nil || !known || o.Answer == c.Do {
		return err
	}
	words := wordsIn(w.language())
	title := orElse(c.Item.Subject, lineTitle(o.Key))
	it := store.Item{Key: "decision/" + offerKey(o), Occurrence: 1, Subject: title, Date: o.Made}
	s := w.notice(noticeAction+"again "+c.Do, by, title, fmt.Sprintf(words.answered, words.choice(o.Answer)))
	if _, err := w.owner.Commit(ctx, store.Plan{RunID: w.run, Planned: w.now(), Items: []store.NewItem{{Item: it, Steps: []store.Step{s}}}}); err != nil {
		return err
	}
	w.wakeAll()
	return nil
}
