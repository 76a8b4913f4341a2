package engine

import (
	"cmp"
	"context"
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

// A letter is a mail of foredesk's own to the executive: the agenda of a day, a
// digest, the review of a week, the brief before a meeting. In the journal it is an
// item under its kind and its local date, so that there is one of each, whatever the
// clock does, wherever the executive is, and however often the process was started.
// Which are due is worked out here; deliver.go writes and sends them.

// LettersRule stands in the journal in the place of a rule, for the letters that
// foredesk writes by itself.
const LettersRule = "(letters)"

// Letters are the mails that an executive gets: when, to whom, and in which
// language.
type Letters struct {
	// At is when the agenda is due, and Evening the digest of that name, in minutes of
	// the local day.
	At, Evening int
	// Days are those of the week that have an agenda, from Sunday; none of them stands
	// for the days of work of the rules file.
	Days [7]bool
	// To and Cc are addresses, or the words assistant and executive; To has one at
	// least.
	To, Cc   []string
	Language agenda.Language
	Review   *ReviewAt // nil: there is none
}

// ReviewAt is when the review of the week is due, and to whom it goes.
type ReviewAt struct {
	On time.Weekday
	At int // minutes of the day, in the account's zone
	To []string
}

// Desk is an account as letters are made of it, for those who look at them without
// owning it. Polls is how often its calendars are asked, 0 where it has none; l may be
// nil.
func Desk(account string, journal *store.Store, set *rules.Set, l *Letters, polls time.Duration) gather.Desk {
	d := gather.Desk{Account: account, Journal: journal, Rules: set, Polls: polls}
	if l != nil {
		d.Language, d.At = l.Language, l.At
	}
	return d
}

func (a *Account) desk() gather.Desk {
	var polls time.Duration
	if a.Calendar != nil {
		polls = a.Calendar.Poll
	}
	return Desk(a.Name, a.Journal, a.rules.Load(), a.Letters, polls)
}

// How late a letter may be. An agenda is of use on its own day alone. What an evening
// has collected is in the next digest as well; of a week it would be missed for long.
const (
	dayLate    = 12 * time.Hour
	weekLate   = 84 * time.Hour // from Friday at three till Tuesday at three
	missedDays = 7              // so far back agendas that were not sent are written down
)

// dueLetter is a letter of one date. Whether its time has come depends on where the
// executive is then.
type dueLetter struct {
	kind   string
	date   time.Time // its midnight in UTC: only the date counts
	minute int       // of the local day
}

func (l dueLetter) key() string { return l.kind + "/" + l.day() }
func (l dueLetter) day() string { return l.date.Format(time.DateOnly) }

// missed says why a letter that was due at a time is not sent any more, or "".
func (l dueLetter) missed(at, now time.Time, zone *time.Location) string {
	late := weekLate
	if l.kind == gather.AgendaKind || l.kind == gather.DigestKind+" evening" {
		late = dayLate
	}
	gone := now.Sub(at) > late || l.kind == gather.AgendaKind && now.In(zone).Format(time.DateOnly) != l.day()
	if !gone {
		return ""
	}
	return fmt.Sprintf("%s%s, and it could not be sent before %s; by then it was of no use any more", lateReason, at.In(zone).Format("Mon 2 Jan 15:04"), now.In(zone).Format("Mon 2 Jan 15:04"))
}

// lateReason begins the reason of a letter that was not sent as it was too late.
const lateReason = "it was due on "

// settled is what is known of a letter without asking the journal.
type settled string

const (
	isPlanned settled = "planned"
	isMissed  settled = "missed"
)

// keepLetters plans the letters whose time has come, and sends what is due. An error
// is trouble with the journal.
func (a *Account) keepLetters(ctx context.Context, now time.Time) error {
	if a.Letters != nil {
		if err := a.planLetters(ctx, now); err != nil {
			return err
		}
	}
	return a.sendLetters(ctx)
}

// planLetters writes the letters down whose time has come. What was due before
// foredesk first looked at this account is none of its business.
func (a *Account) planLetters(ctx context.Context, now time.Time) error {
	a.posting.Lock()
	defer a.posting.Unlock()
	since, err := a.lettersSince(ctx, now)
	if err != nil {
		return err
	}
	if err := a.noteDigests(ctx, now); err != nil {
		return err
	}
	for _, l := range a.lettersAround(now) {
		if a.letters[l.key()] == isPlanned {
			continue
		}
		at, zone, err := a.dueAt(ctx, l, now)
		if err != nil {
			return err
		}
		if at.After(now) || at.Before(since) {
			if since.Sub(at) > zonesApart {
				a.letters[l.key()] = isMissed // wherever the executive was
			}
			continue
		}
		if err := a.planLetter(ctx, l, at, l.missed(at, now, zone)); err != nil {
			return err
		}
	}
	return nil
}

// wakes is where the executive wakes up on a date, as it was known at a time.
type wakes struct {
	in *time.Location
	at time.Time
}

// zoneHolds is how long a zone is taken for known: to find it out, the calendar is
// read, which would be too much for every minute. Of a letter that is not sent any
// more it matters less.
const (
	zoneHolds   = 15 * time.Minute
	missedHolds = time.Hour
	zonesApart  = 26 * time.Hour // that clocks on earth are apart at most
)

// dueAt is when a letter is due, and in which zone. That it is due is said only by the
// calendar as it is now.
func (a *Account) dueAt(ctx context.Context, l dueLetter, now time.Time) (at time.Time, zone *time.Location, err error) {
	if l.kind == gather.ReviewKind {
		zone = a.rules.Load().Timezone
		return onClock(l.date, l.minute, zone), zone, nil
	}
	known := a.zones[l.day()]
	at = onClock(l.date, l.minute, cmp.Or(known.in, time.UTC))
	age := now.Sub(known.at).Abs()
	if known.in != nil && (at.After(now) && age < zoneHolds || a.letters[l.key()] == isMissed && age < missedHolds) {
		return at, known.in, nil
	}
	if zone, err = a.desk().Zone(ctx, l.date); err != nil {
		return at, zone, err
	}
	a.zones[l.day()] = wakes{zone, now}
	return onClock(l.date, l.minute, zone), zone, nil
}

// lettersSince is when foredesk first looked whether letters of the account are due.
// A clock that was wrong then, and is earlier now, begins anew.
func (a *Account) lettersSince(ctx context.Context, now time.Time) (time.Time, error) {
	if a.letters == nil || len(a.letters) > mostSettled || a.lettersFrom.After(now) {
		a.letters, a.zones = map[string]settled{}, map[string]wakes{}
	}
	if !a.lettersFrom.IsZero() && !a.lettersFrom.After(now) {
		return a.lettersFrom, nil
	}
	ran, err := a.Journal.Ran(ctx, a.Name)
	if err != nil {
		return time.Time{}, err
	}
	from, known := ran[LettersRule]
	if !known || from.After(now) {
		from = now
		if err := a.owner.HasRun(ctx, []string{LettersRule}, now); err != nil {
			return time.Time{}, err
		}
	}
	a.lettersFrom = from
	return from, nil
}

// mostSettled is how many letters are kept in mind, so that a process that runs for
// years does not grow.
const mostSettled = 200

// lettersAround are the letters of the dates around now whose time may have come
// somewhere on earth.
func (a *Account) lettersAround(now time.Time) (all []dueLetter) {
	set := a.rules.Load()
	today := now.UTC().Truncate(24 * time.Hour)
	for ahead := -missedDays; ahead <= 1; ahead++ {
		date := today.AddDate(0, 0, ahead)
		weekday := strings.ToLower(date.Weekday().String())
		add := func(kind string, minute int) {
			if clock := date.Add(time.Duration(minute) * time.Minute); !clock.Add(-easternmost).After(now) {
				all = append(all, dueLetter{kind, date, minute})
			}
		}
		if a.Letters.on(set, date) {
			add(gather.AgendaKind, a.Letters.At)
			if _, ok := a.collecting["evening"]; ok {
				add(gather.DigestKind+" evening", a.Letters.Evening)
			}
		}
		if _, ok := a.collecting[weekday]; ok {
			add(gather.DigestKind+" "+weekday, a.Letters.At)
		}
		if r := a.Letters.Review; r != nil && r.On == date.Weekday() {
			add(gather.ReviewKind, r.At)
		}
	}
	return all
}

// easternmost is how far ahead of UTC clocks are at most.
const easternmost = 14 * time.Hour

// on reports whether a date has an agenda.
func (l *Letters) on(set *rules.Set, date time.Time) bool {
	if l.Days != [7]bool{} {
		return l.Days[date.Weekday()]
	}
	days, _, _, holidays := set.WorkWeek()
	return days[date.Weekday()] && !holidays[date.Format(time.DateOnly)]
}

// noteDigests notes for which digests rules collect, and have collected: where none
// does any more, what they had till then is still to be told.
func (a *Account) noteDigests(ctx context.Context, now time.Time) error {
	if a.collecting == nil {
		told, err := a.Journal.Told(ctx, a.Name, now.Add(-digestHolds), now)
		if err != nil {
			return err
		}
		a.collecting = map[string]time.Time{}
		for _, s := range told {
			if actionWord(s.Action) == "digest" {
				a.collecting[strings.ToLower(s.Arg)] = s.Ended
			}
		}
	}
	for _, r := range a.rules.Load().Rules {
		for _, do := range r.Actions {
			if r.Enabled && do.Name == "digest" {
				a.collecting[strings.ToLower(do.Arg)] = now
			}
		}
	}
	maps.DeleteFunc(a.collecting, func(_ string, at time.Time) bool { return now.Sub(at) > digestHolds })
	return nil
}

// digestHolds is how long after a rule last collected for a digest there is one: the
// next is a week later at most.
const digestHolds = 8 * 24 * time.Hour

// onClock is the instant of a date at which clocks show the minute of the day: of a
// minute that they skip, the instant at which they do, or where that is midnight a
// minute before; of one that comes twice, the first.
func onClock(date time.Time, minute int, zone *time.Location) time.Time {
	at := time.Date(date.Year(), date.Month(), date.Day(), 0, minute, 0, 0, zone)
	wall := time.Date(date.Year(), date.Month(), date.Day(), 0, minute, 0, 0, time.UTC)
	_, offset := at.Zone()
	from, to := at.ZoneBounds()
	switch shown := at.Add(time.Duration(offset) * time.Second); {
	case shown.Before(wall): // clocks go forward, and this is before
		return notAfter(date, to)
	case shown.After(wall):
		return notAfter(date, from)
	}
	if from.IsZero() {
		return at
	}
	_, before := from.Add(-time.Second).Zone()
	if first := wall.Add(-time.Duration(before) * time.Second); first.Before(from) {
		return first.In(zone)
	}
	return at
}

// notAfter is an instant at which clocks go forward, or just before if another date
// begins with it.
func notAfter(date, skip time.Time) time.Time {
	if skip.Day() != date.Day() {
		return skip.Add(-time.Minute)
	}
	return skip
}

// planLetter writes one letter down, or why it is not sent. One that was given up,
// by a clock that ran ahead, is taken up again when its time has come in truth.
func (a *Account) planLetter(ctx context.Context, l dueLetter, at time.Time, missed string) error {
	key := l.key()
	if missed != "" && (a.letters[key] == isMissed || l.kind != gather.AgendaKind && l.kind != gather.ReviewKind) {
		a.letters[key] = isMissed // what a digest would have had is in the next
		return nil
	}
	known, err := a.Journal.Lookup(ctx, a.Name, []string{key})
	if err != nil {
		return err
	}
	switch items := known[key]; {
	case len(items) == 0:
		_, err = a.enterLetter(ctx, a.run, newLetter(l.kind, l.day(), at), missed)
	case missed == "":
		err = a.takeUpAgain(ctx, items)
	}
	if err != nil {
		return err
	}
	if a.letters[key] = isPlanned; missed != "" {
		a.letters[key] = isMissed
	}
	return nil
}

// takeUpAgain plans a letter once more that was given up as it was too late.
func (a *Account) takeUpAgain(ctx context.Context, items []store.Item) error {
	steps, err := a.Journal.Steps(ctx, store.Filter{Account: a.Name, ItemIDs: idsOf(items), States: []store.State{store.Failed}})
	if err != nil || len(steps) != 1 || !strings.HasPrefix(steps[0].Reason, lateReason) {
		return err
	}
	return a.owner.Finish(ctx, a.now(), []store.Ending{{StepID: steps[0].ID, State: store.Planned}})
}

// newLetter is a letter as the journal knows it. The item's date is when it is due.
func newLetter(kind, date string, at time.Time) store.NewItem {
	item := store.Item{Key: kind + "/" + date, Occurrence: 1, Date: at, Place: mailbox.Ref{Folder: letterFolder}, Subject: kind + " " + date}
	step := store.Step{Rule: LettersRule, Action: kind, NotBefore: at, Op: mailbox.Op{
		Kind: mailbox.Outside, Do: "letter", Arg: kind, With: map[string]string{"date": date},
	}}
	return store.NewItem{Item: item, Steps: []store.Step{step}}
}

// letterFolder stands in the place of a letter: nothing of mail lies there.
const letterFolder = "letters:"

// IsLetter reports whether an item of the journal is a letter to the executive.
func IsLetter(it store.Item) bool { return it.Place.Folder == letterFolder }

// enterLetter writes a letter into the journal: to be sent, or with the reason why it
// is not.
func (a *Account) enterLetter(ctx context.Context, run int64, n store.NewItem, missed string) ([]store.Step, error) {
	s := &n.Steps[0]
	s.RulesHash = a.rules.Load().Hash
	if missed != "" {
		s.State, s.Reason = store.Failed, missed
		a.Log.Warn("a letter was not sent: it is too late for it", "letter", actionWord(s.Action), "date", s.Op.With["date"])
	}
	return a.owner.Commit(ctx, store.Plan{RunID: run, Planned: a.now(), Items: []store.NewItem{n}})
}

// briefing is the letter that a rule on an event wants before it.
func briefing(first store.Step, e rules.Effect, item *rules.Item, zone *time.Location) store.Step {
	with := maps.Clone(e.With)
	with["to"], with["of"] = e.Arg, instant(item.Event.Start)
	with["date"] = item.Event.Start.In(zone).Format(time.DateOnly)
	first.Op = mailbox.Op{Kind: mailbox.Outside, Do: "letter", Arg: gather.CheckInKind, With: with}
	first.NotBefore = parseInstant(e.With["at"])
	return first
}

// unwanted says why a brief is not wanted any more, or "". It was planned as soon as
// the event was there, so the rules may have been edited since.
func (w *work) unwanted(ctx context.Context, s store.Step) (string, error) {
	asks := func(do rules.Action) bool { return do.Name == "brief" }
	if r := w.set.Rule(s.Rule); r == nil || !r.Enabled || !slices.ContainsFunc(r.Actions, asks) {
		return "the rules do not ask for it any more", nil
	}
	sent, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{s.Item.ID}, States: []store.State{store.Done, store.Uncertain}, NotUndo: true})
	for _, o := range sent {
		if isLetter(o.Op) && o.Op.With["of"] == s.Op.With["of"] && o.Op.With["to"] == s.Op.With["to"] {
			return "there was one before this meeting already", nil
		}
	}
	return "", err
}

// isLetter reports whether a change is a letter that is to be sent.
func isLetter(op mailbox.Op) bool { return op.Kind == mailbox.Outside && op.Do == "letter" }

// dueLetters are the letters that are to be sent now, in the order they were planned.
func (w *work) dueLetters(ctx context.Context) (ids []int64, err error) {
	now := w.now()
	ops, err := w.Journal.OpenOps(ctx, w.Name, now)
	if err != nil {
		return nil, err
	}
	for _, op := range ops {
		if !isLetter(op) {
			continue
		}
		steps, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, States: []store.State{store.Planned, store.Started}, Due: now, Op: &op, Bare: true})
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			ids = append(ids, s.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}
