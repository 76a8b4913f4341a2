package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// onServerNow is where a step has put what on a calendar: in the journal it stands
// in the place to which a message would have been moved.
type onServerNow struct {
	Calendar string            `json:"calendar"` // its id on the server
	ID       string            `json:"id"`       // of the event
	Key      string            `json:"key,omitempty"`
	Start    time.Time         `json:"start,omitzero"`
	End      time.Time         `json:"end,omitzero"`
	Set      map[string]string `json:"set,omitempty"` // what a patch has set, and what was there before
	Was      map[string]string `json:"was,omitempty"`
	Told     bool              `json:"told,omitempty"` // guests, or the organizer, know of it
}

func (p onServerNow) ref() mailbox.Ref {
	text, err := json.Marshal(p)
	if err != nil {
		return mailbox.Ref{} // of texts and times: does not happen
	}
	return mailbox.Ref{Folder: string(text)}
}

// putAt reads where a step has put something; ok is false if it did not.
func putAt(s store.Step) (p onServerNow, ok bool) {
	if s.Op.Kind != mailbox.Event || !strings.HasPrefix(s.At.Folder, "{") {
		return p, false
	}
	return p, json.Unmarshal([]byte(s.At.Folder), &p) == nil && p.ID != ""
}

// OnCalendar tells when what a step has put on a calendar was there; ok is false
// where it has put nothing there.
func OnCalendar(s store.Step) (start, end time.Time, ok bool) {
	p, ok := putAt(s)
	return p.Start, p.End, ok
}

// doEvents does what is due on the calendars.
func (a *Account) doEvents(ctx context.Context) error {
	w := &work{Account: a, set: a.rules.Load(), run: a.run}
	return w.events(ctx, 0, func(int) {})
}

// eventsAlone is events where nobody follows the calendar beside it: it is asked
// first what is on it by now.
func (w *work) eventsAlone(ctx context.Context, count func(int)) error {
	ids, err := w.dueOf(ctx, mailbox.Event, 0)
	if err != nil || len(ids) == 0 {
		return err
	}
	if w.book.Load() == nil && w.Calendar != nil {
		if err := w.SyncCalendar(ctx); err != nil {
			return err
		}
	}
	return w.events(ctx, 0, count)
}

// events does what is due on the calendars, one thing after another: of one run,
// or with 0 of all.
func (w *work) events(ctx context.Context, run int64, count func(int)) error {
	if w.signedOut.Load() {
		return nil // each attempt would count, and none can succeed
	}
	for range maxRounds { // what is done may plan what comes next
		ids, err := w.dueOf(ctx, mailbox.Event, run)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := w.oneEvent(ctx, id); err != nil {
				return err
			}
			count(1)
		}
	}
	return nil
}

const maxRounds = 5

// oneEvent does one thing on a calendar and writes down how it ended.
func (w *work) oneEvent(ctx context.Context, id int64) error {
	if !w.hands.take(id) {
		return nil
	}
	defer w.hands.drop(id)
	open, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Planned, store.Started}, Due: w.now()})
	if err != nil || len(open) == 0 {
		return err
	}
	s := open[0]
	if w.Calendar == nil {
		return w.endEvent(ctx, s, failed(s, "the account has no calendar; name one in foredesk.yaml: calendar: {google: …}"), nil)
	}
	todo, err := w.todo(ctx, s)
	if err != nil {
		return err
	}
	if todo.reason != "" {
		return w.endEvent(ctx, s, failed(s, todo.reason), nil)
	}
	if err := w.start(ctx, open); err != nil {
		return err
	}
	if todo.steps != nil {
		return w.endEvent(ctx, s, store.Ending{StepID: s.ID, State: store.Done, Reason: todo.says}, todo.steps)
	}
	if todo.change == nil {
		return w.endEvent(ctx, s, store.Ending{StepID: s.ID, State: store.Done, Reason: todo.says}, nil)
	}
	if todo.change.Key == "" {
		todo.change.Key = stepKey(s)
	}
	if todo.change.Event.Ours == nil {
		todo.change.Event.Ours = w.provenance(s)
	}
	outcome := w.Calendar.Do(ctx, *todo.change)
	if outcome.Result == datebook.Gone && todo.change.Do == datebook.Respond && s.Op.With["invite"] != "" && s.Undoes == 0 {
		return w.respondByMail(ctx, s)
	}
	if outcome.Result == datebook.Done && outcome.Event.ID != "" {
		if err := w.nowOnCalendar(ctx, outcome.Event); err != nil {
			return err
		}
	}
	return w.endEvent(ctx, s, w.eventEnding(s, *todo.change, outcome), nil)
}

// endEvent writes down how a step ended, and plans what follows from it first: a
// crash in between finds that there.
func (w *work) endEvent(ctx context.Context, s store.Step, e store.Ending, follow []store.Step) error {
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*time.Second)
	defer cancel()
	if len(follow) > 0 {
		it := s.Item
		it.Place = mailbox.Ref{}
		if _, err := w.owner.Commit(keep, store.Plan{RunID: w.run, Planned: w.now(), Items: []store.NewItem{{Item: it, Steps: follow}}}); err != nil {
			return err
		}
		w.runErrands()
	}
	if err := w.owner.Finish(keep, w.now(), []store.Ending{e}); err != nil {
		return err
	}
	s.State, s.Reason, s.At = e.State, e.Reason, e.At
	if s.State == store.Failed {
		w.Log.Warn("not done on the calendar", "rule", s.Rule, "action", actionWord(s.Action), "step", s.ID, "reason", s.Reason)
	} else {
		w.Log.Info("on the calendar", "rule", s.Rule, "action", actionWord(s.Action), "step", s.ID, "state", string(s.State))
	}
	if s.State != store.Planned {
		w.Observe(Event{Item: s.Item, Steps: []store.Step{s}})
	}
	return nil
}

// eventEnding is how a change of the calendar ends its step.
func (w *work) eventEnding(s store.Step, c datebook.Change, o datebook.Outcome) store.Ending {
	e := store.Ending{StepID: s.ID, Reason: o.Reason}
	switch o.Result {
	case datebook.Done:
		e.State = store.Done
		if c.Do != datebook.Remove {
			put := onServerNow{Calendar: orElse(o.Event.Calendar, c.Calendar), ID: o.Event.ID, Start: o.Event.Start, End: o.Event.End, Set: c.Set, Was: o.Was, Told: c.Tell}
			if c.Do == datebook.Make {
				put.Key = c.Key
			}
			if c.Do == datebook.Respond {
				put.Set = map[string]string{"response": c.Response, "comment": c.Comment}
			}
			e.At = put.ref()
		}
	case datebook.Later:
		if s.Attempts >= len(backoff) {
			return failed(s, "given up after several attempts: "+o.Reason)
		}
		e.State, e.NotBefore = store.Planned, w.now().Add(backoff[s.Attempts])
	case datebook.Gone:
		e.State, e.Reason = store.Failed, orElse(o.Reason, "a person has removed it; it was left so")
	case datebook.Theirs:
		e.State, e.Reason = store.Failed, orElse(o.Reason, "a person has changed it; it was left as it is")
	default:
		e.State = store.Failed
	}
	return e
}

// nowOnCalendar puts what was just written into the mirror, so that the next free
// time that is looked for is free.
func (w *work) nowOnCalendar(ctx context.Context, e datebook.Event) error {
	if _, err := w.owner.Commit(ctx, store.Plan{RunID: w.run, Planned: w.now(), Mirror: []datebook.Event{e}}); err != nil {
		return err
	}
	b := w.book.Load()
	if b == nil {
		return nil
	}
	after, err := w.readBook(ctx, w.set, nil, w.now())
	if err == nil {
		after.whole = b.whole
		w.book.Store(after)
	}
	return err
}

// todo is what a step comes to when its turn has come: a change, further steps, a
// reason why nothing is done, or nothing any more.
type todo struct {
	change *datebook.Change
	steps  []store.Step
	says   string
	reason string
}

func no(format string, args ...any) todo { return todo{reason: fmt.Sprintf(format, args...)} }

// todo works out what a step asks of the calendar.
func (w *work) todo(ctx context.Context, s store.Step) (todo, error) {
	switch s.Op.Do {
	case "schedule", "hold", "focus", "prep", "buffer", "mirror":
		return w.makes(ctx, s)
	case "respond":
		return w.responds(ctx, s)
	case "propose":
		return w.proposes(ctx, s)
	case "move", "shift":
		return w.moves(ctx, s)
	case "fix":
		return w.fixes(ctx, s)
	case "color":
		return w.patch(s, "color", s.Op.Arg), nil
	case "tag":
		return w.tags(ctx, s)
	case "remind":
		return w.reminds(s), nil
	case "flip":
		return w.flips(s), nil
	case "release":
		return w.releases(ctx, s)
	case "unmake":
		return unmakes(s), nil
	case "unpatch":
		return unpatches(s), nil
	case "unrespond":
		return unresponds(s), nil
	}
	return no("this version can't do %q on a calendar", s.Op.Do), nil
}

// makes puts an event on a calendar.
func (w *work) makes(ctx context.Context, s store.Step) (todo, error) {
	with := s.Op.With
	key := makeKey(s)
	if with["cancelled"] == "true" {
		return w.calledOff(ctx, s, key)
	}
	if with["invite"] != "" && with["uid"] != "" {
		there, err := w.Journal.EventsByUID(ctx, w.Name, with["uid"])
		if err != nil {
			return todo{}, err
		}
		if len(there) > 0 {
			return todo{says: "it is on the calendar already"}, nil
		}
	}
	if w.now().After(parseInstant(with["until"])) && with["follow"] == "true" {
		return no("the event that it belongs to is over"), nil
	}
	e := datebook.Event{
		Title: s.Op.Arg, Notes: with["notes"], Location: with["location"], Zone: w.set.Timezone.String(), Status: orElse(with["status"], "confirmed"),
		Free: with["busy"] == "false" || with["flip"] == "busy", Color: with["color"], Remind: minutes(with["remind"]), Kind: kindOf(s.Op.Do),
		Private: with["private"] == "true" || s.Item.Subject == Hidden,
		Ours:    w.provenance(s),
	}
	for _, email := range list(with["guests"]) {
		e.Guests = append(e.Guests, datebook.Guest{Person: datebook.Person{Email: email}})
	}
	span, reason, err := w.timeFor(ctx, s, &e)
	if err != nil || reason != "" {
		return todo{reason: reason}, err
	}
	e.Start, e.End = span.Start, span.End
	c := &datebook.Change{Do: datebook.Make, Key: key, Calendar: w.calendarID(with["calendar"]), Event: e, Tell: with["tell"] == "true"}
	if with["key"] == "" && with["uid"] == "" {
		return todo{change: c}, nil
	}
	return w.makesAgain(ctx, s, c)
}

// provenance stands with the event that a step makes or changes: who did it, and
// what for.
func (w *work) provenance(s store.Step) map[string]string {
	return map[string]string{"rule": s.Rule, "version": w.Calendar.Version, "message": s.Item.MessageID, "item": s.Item.Key, "action": s.Action}
}

// makeKey names what a step makes, the same for each attempt and on each machine.
// What several mails tell of, such as a flight, is one thing.
func makeKey(s store.Step) string {
	switch {
	case s.Op.With["key"] != "":
		return "trip\x00" + s.Op.With["key"]
	case s.Op.With["uid"] != "":
		return s.Op.Do + " of invite\x00" + s.Op.With["uid"] + "\x00" + s.Op.With["original"]
	}
	return stepKey(s)
}

// stepKey names a step by its content, so that two daemons with a journal each
// name it the same.
func stepKey(s store.Step) string {
	return strings.Join([]string{s.Item.Key, fmt.Sprint(s.Item.Occurrence), s.Rule, s.Action}, "\x00")
}

// makesAgain is makes of what an earlier mail has told of already: the event is
// brought up to what the later one says, unless a person has changed it.
func (w *work) makesAgain(ctx context.Context, s store.Step, c *datebook.Change) (todo, error) {
	there, ok, err := w.Journal.Event(ctx, w.Name, c.Calendar, datebook.EventID(c.Key))
	if err != nil || !ok || there.Cancelled() {
		return todo{change: c}, err
	}
	if there.Ours["item"] == s.Item.Key {
		return todo{change: c}, nil // our own first attempt
	}
	if !there.Untouched() {
		return no("a person has changed the event that an earlier mail made; it was left as it is"), nil
	}
	set, was := datebook.Fields(c.Event), datebook.Fields(there)
	for name, value := range set {
		if !slices.Contains([]string{"start", "end", "date", "until", "title", "location", "notes"}, name) || was[name] == value {
			delete(set, name)
		}
	}
	if len(set) == 0 {
		return todo{says: "an earlier mail has put it on the calendar already"}, nil
	}
	return todo{change: &datebook.Change{Do: datebook.Patch, Calendar: c.Calendar, ID: there.ID, Set: set, Was: only(was, set), Tell: c.Tell}}, nil
}

// calledOff takes away what earlier mail has put on the calendar.
func (w *work) calledOff(ctx context.Context, s store.Step, key string) (todo, error) {
	calendar := w.calendarID(s.Op.With["calendar"])
	there, ok, err := w.Journal.Event(ctx, w.Name, calendar, datebook.EventID(key))
	if err != nil || !ok || there.Cancelled() {
		return todo{says: "nothing of it is on the calendar"}, err
	}
	return todo{change: &datebook.Change{Do: datebook.Remove, Key: key, Calendar: calendar, ID: there.ID, Tell: s.Op.With["tell"] == "true"}}, nil
}

// only are the values of those names that stand in like.
func only(values, like map[string]string) map[string]string {
	out := map[string]string{}
	for name := range like {
		out[name] = values[name]
	}
	return out
}

// timeFor is when an event is to be: as its step says, or the first free time that
// fits. All-day events carry their dates.
func (w *work) timeFor(ctx context.Context, s store.Step, e *datebook.Event) (datebook.Span, string, error) {
	with := s.Op.With
	if with["date"] != "" {
		e.AllDay = true
		from, err := time.Parse(time.DateOnly, with["date"])
		to, err2 := time.Parse(time.DateOnly, orElse(dateOnly(with["until"]), with["date"]))
		if err != nil || err2 != nil {
			return datebook.Span{}, "its date can't be read", nil
		}
		if !to.After(from) {
			to = from.AddDate(0, 0, 1)
		}
		return datebook.Span{Start: from, End: to}, "", nil
	}
	if start := parseInstant(with["start"]); !start.IsZero() {
		end := parseInstant(with["end"])
		if end.Before(start) {
			end = start
		}
		if zone := orElse(with["startZone"], with["zone"]); zone != "" {
			e.Zone = zone
		}
		return datebook.Span{Start: start, End: end}, "", nil
	}
	slots, reason, err := w.slots(ctx, s, 1)
	if err != nil || reason != "" {
		return datebook.Span{}, reason, err
	}
	return datebook.Span(slots[0]), "", nil
}

func dateOnly(s string) string {
	if len(s) == len(time.DateOnly) {
		return s
	}
	return ""
}

// NothingFree begins the reason of a step that found no free time.
const NothingFree = "there is no free time"

// slots looks for free time as a step wants it, after asking the calendar what is
// new: the mirror may be a minute old. Where people are invited whose free time can
// be known, it is theirs as well.
func (w *work) slots(ctx context.Context, s store.Step, count int) ([]rules.Span, string, error) {
	b := w.book.Load()
	if b == nil || len(b.calendars) == 0 {
		return nil, "the calendar has not been read yet", &CalendarError{fmt.Errorf("looking for free time for rule %q: the calendar has not been read yet", s.Rule)}
	}
	want, err := rules.WantOf(s.Op.With)
	if err != nil {
		return nil, err.Error(), nil
	}
	now := w.now()
	want.Count = count
	want.From = latest(want.From, now)
	if want.To.IsZero() || want.To.After(b.diary.To) {
		want.To = b.diary.To
	}
	people := list(s.Op.With["guests"])
	if len(people) > 0 {
		busy, err := w.Calendar.FreeBusy(ctx, people, want.From, earlier(want.To, want.From.Add(30*24*time.Hour)))
		if err != nil {
			w.Log.Info("the free time of guests could not be asked for; only the executive's own is looked at", "rule", s.Rule)
		}
		for _, spans := range busy {
			for _, span := range spans {
				want.Others = append(want.Others, rules.Span(span))
			}
		}
	}
	slots := w.set.Free(b.diary, want, now)
	if from := parseInstant(s.Op.With["earlier"]); len(slots) < count && !from.IsZero() {
		want.From = latest(from, now) // the day before will do as well
		slots = w.set.Free(b.diary, want, now)
	}
	if len(slots) < count {
		return slots, fmt.Sprintf(NothingFree+" of %s that fits until %s", s.Op.With["length"], want.To.In(w.set.Timezone).Format("Monday 2 January")), nil
	}
	return slots, "", nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func parseInstant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func list(s string) (all []string) {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		all = append(all, part)
	}
	return all
}

// minutes reads reminders such as "10m, 1d" as minutes before the start.
func minutes(s string) (all []int) {
	for _, part := range list(s) {
		if d, err := rules.ParseDuration(part); err == nil {
			all = append(all, int(d/time.Minute))
		}
	}
	return all
}

func kindOf(action string) string {
	if action == "focus" {
		return "focusTime"
	}
	return "default"
}

// calendarID is the server's name of a calendar that the rules or the configuration
// call so.
func (w *work) calendarID(name string) string {
	if b := w.book.Load(); b != nil {
		for _, c := range b.calendars {
			if c.Name == name || c.ID == name || c.Primary && (name == "" || name == "primary") {
				return c.ID
			}
		}
	}
	return orElse(name, "primary")
}
