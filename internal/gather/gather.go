// Package gather puts together what the mails to the executive say: from the
// journal, the mirror of the calendars and what is kept of mail it fills the models
// of package agenda, which makes letters of them. It changes nothing, asks no
// server, and reads no clock.
//
// Of each letter it also says what may be decided about its lines: package engine
// turns that into links, sends the letter, and does what is answered.
//
// Go next to day.go for the agenda of a day, then to its neighbours: calendar parts
// are in needs.go, changes.go, timeline.go, prep.go and ahead.go, where the executive
// is in zone.go. Of mail, what rules put there is in mail.go and story.go, what nobody
// needs a rule for in deadlines.go, threads.go and promises.go, and what foredesk does
// and did in waiting.go and done.go. The other letters are in digest.go, review.go and
// checkin.go.
package gather

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Desk is one account, as far as letters are made of it.
type Desk struct {
	Account  string
	Journal  *store.Store
	Rules    *rules.Set
	Language agenda.Language
	// Polls is how often the calendars are asked; 0 where there are none.
	Polls time.Duration
	// At is when the agenda is due, in minutes of the day.
	At int
	// MailSeen is when the mailbox was last looked at; zero where that is not known.
	MailSeen time.Time
}

// Kinds of letters, as the journal has them. Those of which there are several have
// their name behind it: "digest evening", "bundle Programs".
const (
	AgendaKind  = "agenda"
	ReviewKind  = "review"
	CheckInKind = "check-in"
	DigestKind  = "digest"
	BundleKind  = "bundle"
)

// Decision is what may be decided about one line of a letter.
type Decision struct {
	Line     string      // its ID
	Approval int64       // what waits is approved or refused (store.Approval); 0 for an Offer
	Offer    store.Offer // without ID
}

// Kept is what the journal keeps of a letter (store.Letter.Body).
type Kept struct {
	Subject string          `json:"subject"`
	Text    string          `json:"text"` // without links
	Why     []agenda.Reason `json:"why"`
	// Calendar is how the days ahead were, so that the next agenda can say what has
	// changed; of an agenda alone.
	Calendar []Standing `json:"calendar,omitempty"`
}

// Standing is one occurrence as it stood on the calendar when a letter was made. Of
// a private event there is no title.
type Standing struct {
	Key      string            `json:"key"`
	Calendar string            `json:"calendar,omitempty"`
	Title    string            `json:"title,omitempty"`
	Start    time.Time         `json:"start"`
	End      time.Time         `json:"end"`
	AllDay   bool              `json:"allDay,omitempty"`
	Place    string            `json:"place,omitempty"`
	Private  bool              `json:"private,omitempty"`
	Answers  map[string]string `json:"answers,omitempty"` // of guests, by address
	Response string            `json:"response,omitempty"`
	Own      bool              `json:"own,omitempty"` // the executive has made it, for nobody else
}

// gathering is one letter being put together.
type gathering struct {
	Desk
	now   time.Time
	zone  *time.Location // where the executive is that day
	date  string         // 2026-12-08
	today time.Time      // its midnight in zone
	ways  []journey      // of the last month and the coming one
	stays []stay         // likewise

	since time.Time // when the letter before was made: what came after it is news
	last  *Kept     // the letter before; nil where there was none

	calendars []datebook.Calendar
	diary     *rules.Diary              // from the last month to the coming weeks; never nil
	events    map[string]datebook.Event // of the mirror, by rules.Event.ID; a series under its own id
	snoozed   map[string]bool           // keys of lines that were put off

	decisions []Decision
	open      *[]promise        // nil until they are read
	clashing  map[string]string // the line that tells of an event's conflict, by its Key
	answered  map[string]bool   // events and series about whose invitation a line has been
}

// How much of the calendar is looked at.
const (
	diaryBefore = journeysBefore
	diaryAhead  = 30 * 24 * time.Hour
)

// begin reads what every letter of a date is made of.
func (d Desk) begin(ctx context.Context, kind, date string, now time.Time) (*gathering, error) {
	g := &gathering{Desk: d, now: now, date: date, clashing: map[string]string{}, answered: map[string]bool{}}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil, fmt.Errorf("%q is no date; write it like 2026-12-08: %w", date, err)
	}
	if err := g.readCalendar(ctx, day); err != nil {
		return nil, err
	}
	g.ways, g.stays = g.journeys(), g.nights()
	g.zone = g.wakesOn(day)
	g.today = midnight(day, g.zone)
	if g.snoozed, err = d.Journal.Snoozed(ctx, d.Account, now); err != nil {
		return nil, err
	}
	return g, g.readLast(ctx, kind)
}

// readLast finds the letter before. Of the first, the last day is news.
func (g *gathering) readLast(ctx context.Context, kind string) error {
	g.since = g.now.Add(-24 * time.Hour)
	l, ok, err := g.Journal.LetterBefore(ctx, g.Account, kind, g.date)
	if err != nil || !ok {
		return err
	}
	g.since, g.last = l.Made, &Kept{}
	return json.Unmarshal(l.Body, g.last)
}

// readCalendar reads the mirror around a day.
func (g *gathering) readCalendar(ctx context.Context, day time.Time) error {
	from, to := day.Add(-diaryBefore), day.Add(diaryAhead)
	var err error
	if g.calendars, err = g.Journal.Calendars(ctx, g.Account); err != nil {
		return err
	}
	all, err := g.Journal.EventsBetween(ctx, g.Account, from, to)
	if err != nil {
		return err
	}
	names, at := map[string]string{}, time.Time{}
	for _, c := range g.calendars {
		names[c.ID] = c.Name
		if at.IsZero() || c.SeenAt.Before(at) {
			at = c.SeenAt
		}
	}
	g.events = make(map[string]datebook.Event, len(all))
	for _, e := range all {
		g.events[e.ID] = e
	}
	// What can't be read is reported by the engine, which reads it at every change.
	occurrences, _ := datebook.Expand(all, names, g.Rules.Timezone, from, to)
	g.diary = rules.NewDiary(occurrences, from, to, at)
	return nil
}

// offer adds what may be decided about a line, unless it has been put off.
func (g *gathering) offer(line string, key string, choices ...store.Choice) {
	g.decisions = append(g.decisions, Decision{Line: line, Offer: store.Offer{Key: key, Choices: choices}})
}
