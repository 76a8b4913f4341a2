package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Whatever clocks do, there is one agenda of each local date.

// pillar takes letters on as a mail server would.
type pillar struct {
	mu     sync.Mutex
	now    func() time.Time
	agenda map[string][]time.Time // when that of a date was sent
	text   string                 // of the last
}

// Do implements engine.Outside.
func (p *pillar) Do(_ context.Context, e mailbox.Errand) mailbox.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Doubt {
		return mailbox.Outcome{Result: mailbox.Unknown}
	}
	if key := strings.Split(e.Key, "\x00")[1]; e.Op.Do == "letter" {
		date := strings.TrimPrefix(key, "agenda/")
		p.agenda[date], p.text = append(p.agenda[date], p.now()), e.Op.With["text"]
	}
	return mailbox.Outcome{Result: mailbox.Done}
}

// Draft implements engine.Outside.
func (p *pillar) Draft(context.Context, mailbox.Errand) ([]byte, string, error) {
	return nil, "", errors.New("nobody asks for drafts here")
}

// Text implements engine.Outside.
func (p *pillar) Text([]byte) string { return "" }

// quiet is a mail server with which nothing happens.
type quiet struct{}

// Watch implements engine.Mail.
func (quiet) Watch(ctx context.Context, _ bool, _ engine.CursorFunc, _ engine.ArriveFunc) error {
	<-ctx.Done()
	return nil
}

// Open implements engine.Mail.
func (quiet) Open(context.Context) (engine.Session, error) {
	return nil, errors.New("there is no mailbox here")
}

// Follow implements engine.Mail.
func (quiet) Follow(*rules.Set, rules.Needs) {}

// almanac is an account of which only the clock and the calendar count.
type almanac struct {
	*testing.T
	*pillar
	zone    *time.Location
	clock   time.Time
	at      int // minutes of the day
	dsn     string
	journal *store.Store
	account *engine.Account
}

func newAlmanac(t *testing.T, zone string, at int, begin time.Time, journeys ...datebook.Event) *almanac {
	t.Helper()
	a := &almanac{T: t, zone: zoneOf(t, zone), clock: begin, at: at, dsn: sqlite(t)}
	a.pillar = &pillar{agenda: map[string][]time.Time{}, now: func() time.Time { return a.clock }}
	a.open()
	if len(journeys) > 0 {
		a.travels(journeys)
	}
	a.start()
	t.Cleanup(a.end)
	return a
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func (a *almanac) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func (a *almanac) open() {
	var err error
	a.journal, err = store.Open(a.Context(), a.dsn)
	a.must(err)
}

// travels puts journeys on the account's calendar.
func (a *almanac) travels(journeys []datebook.Event) {
	own, err := a.journal.Own(a.Context(), user)
	a.must(err)
	for i := range journeys {
		journeys[i].ID, journeys[i].UID, journeys[i].Status, journeys[i].Title = fmt.Sprint("j", i), fmt.Sprint("j", i), "confirmed", "Flight"
	}
	calendar := datebook.Calendar{ID: "c", Name: "primary", Zone: a.zone.String(), Primary: true, SeenAt: a.clock}
	_, err = own.Commit(a.Context(), store.Plan{Planned: a.clock, Syncs: []datebook.Sync{{Calendar: calendar, Whole: true, Events: journeys}}})
	a.must(errors.Join(err, own.Release()))
}

func (a *almanac) start() {
	set, err := rules.Load("rules.yaml", []byte("version: 1\nrules: []\n"), rules.Options{Timezone: a.zone})
	a.must(err)
	every := [7]bool{true, true, true, true, true, true, true}
	a.account, err = engine.Take(a.Context(), engine.Config{
		Name: user, Mail: quiet{}, Journal: a.journal, Rules: set, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Outside: a.pillar, Folders: []string{mailbox.Inbox},
		Letters: &engine.Letters{At: a.at, Days: every, To: []string{address}}, Now: func() time.Time { return a.clock },
	})
	a.must(err)
}

func (a *almanac) end() { a.must(errors.Join(a.account.Release(), a.journal.Close())) }

func (a *almanac) restart() {
	a.end()
	a.open()
	a.start()
}

// live lets the clock run till an instant, and does every so often what is done for
// letters.
func (a *almanac) live(until time.Time, step time.Duration) {
	a.Helper()
	for ; a.clock.Before(until); a.clock = a.clock.Add(step) {
		a.must(a.account.KeepLetters(a.Context()))
	}
}

// dates are those of which an agenda was sent, each with when: "2026-12-08 06:30 CET".
func (a *almanac) dates(zones ...*time.Location) string {
	var lines []string
	for date, times := range a.agenda {
		for _, at := range times {
			line := date
			for _, zone := range zones {
				line += at.In(zone).Format(" 2T15:04 MST")
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestThereIsOneAgendaOfEachDateWhateverClocksDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone  string
		at    int
		begin string // of four days, the first of which has none
		want  []string
	}{
		"the hour that comes twice in autumn":    {"Europe/London", 90, "2026-10-24T12:00:00Z", []string{"2026-10-25 25T01:30 BST", "2026-10-26 26T01:30 GMT", "2026-10-27 27T01:30 GMT", "2026-10-28 28T01:30 GMT"}},
		"the hour that is skipped in spring":     {"America/New_York", 150, "2026-03-07T12:00:00Z", []string{"2026-03-08 8T03:00 EDT", "2026-03-09 9T02:30 EDT", "2026-03-10 10T02:30 EDT", "2026-03-11 11T02:30 EDT"}},
		"a midnight that is skipped":             {"Asia/Beirut", 0, "2026-03-28T12:00:00Z", []string{"2026-03-29 29T01:00 EEST", "2026-03-30 30T00:00 EEST", "2026-03-31 31T00:00 EEST", "2026-04-01 1T00:00 EEST"}},
		"a midnight that comes twice":            {"Asia/Beirut", 0, "2026-10-24T12:00:00Z", []string{"2026-10-25 25T00:00 EET", "2026-10-26 26T00:00 EET", "2026-10-27 27T00:00 EET", "2026-10-28 28T00:00 EET"}},
		"an hour before a midnight that repeats": {"Asia/Beirut", 23*60 + 30, "2026-10-23T22:00:00Z", []string{"2026-10-24 24T23:30 EEST", "2026-10-25 25T23:30 EET", "2026-10-26 26T23:30 EET", "2026-10-27 27T23:30 EET"}},
		"half an hour":                           {"Australia/Lord_Howe", 105, "2026-04-04T02:00:00Z", []string{"2026-04-05 5T01:50 +11", "2026-04-06 6T01:50 +1030", "2026-04-07 7T01:50 +1030", "2026-04-08 8T01:50 +1030"}},
		"the clocks that are furthest ahead":     {"Pacific/Kiritimati", 390, "2026-12-08T00:00:00Z", []string{"2026-12-09 9T06:30 +14", "2026-12-10 10T06:30 +14", "2026-12-11 11T06:30 +14", "2026-12-12 12T06:30 +14"}},
		"those that are furthest behind":         {"Etc/GMT+12", 390, "2026-12-08T20:00:00Z", []string{"2026-12-09 9T06:30 -12", "2026-12-10 10T06:30 -12", "2026-12-11 11T06:30 -12", "2026-12-12 12T06:30 -12"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin, err := time.Parse(time.RFC3339, c.begin)
			if err != nil {
				t.Fatal(err)
			}
			a := newAlmanac(t, c.zone, c.at, begin)
			a.live(begin.Add(96*time.Hour), 10*time.Minute)
			if got := a.dates(a.zone); got != strings.Join(c.want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(c.want, "\n"))
			}
			faulttest.Injected(t, "29", 1)
		})
	}
}

// Of letters that are not sent any more, nobody asks every minute where the executive
// was.
func TestLettersOfThePastCostNothing(t *testing.T) {
	t.Parallel()
	a := newAlmanac(t, "Europe/London", 390, time.Date(2026, 12, 8, 12, 0, 0, 0, time.UTC))
	look := func() (zones int) {
		a.must(a.account.KeepLetters(a.Context()))
		a.clock = a.clock.Add(time.Minute)
		a.must(a.account.KeepLetters(a.Context()))
		return a.account.ZonesReadAt(a.clock)
	}
	if n := look(); n > 2 {
		t.Errorf("on the first day the zones of %d dates are found out every minute", n)
	}
	a.live(a.clock.AddDate(0, 0, 9), time.Hour)
	a.restart()
	set, err := rules.Load("rules.yaml", []byte("version: 1\nrules:\n  - {name: Tonight, when: subject contains \"x\", do: {digest: evening}}\n"), rules.Options{Timezone: a.zone})
	a.must(err)
	a.account.UseRules(set)
	if n := look(); n > 0 {
		t.Errorf("after another start the zones of %d dates are found out every minute", n)
	}
}

func TestOnClock(t *testing.T) {
	for _, name := range []string{
		"Europe/London", "America/New_York", "Asia/Beirut", "Africa/Cairo", "America/Havana", "America/Santiago", "America/Asuncion", "Australia/Lord_Howe",
		"Atlantic/Azores", "Pacific/Chatham", "America/Scoresbysund", "Africa/Casablanca", "Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12",
	} {
		zone := zoneOf(t, name)
		for day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
			last := time.Time{}
			for minute := 0; minute < 24*60; minute += 10 {
				at := engine.OnClock(day, minute, zone).In(zone)
				shown := at.Hour()*60 + at.Minute()
				from, _ := at.ZoneBounds()
				switch {
				case at.Format(time.DateOnly) != day.Format(time.DateOnly):
					t.Fatalf("%s: minute %d of %s is %s", name, minute, day.Format(time.DateOnly), at)
				case shown != minute && !(shown > minute && at.Equal(from)) && !(shown < minute && at.Add(time.Minute).Day() != at.Day()):
					t.Fatalf("%s: minute %d of %s, which is not skipped, is %s", name, minute, day.Format(time.DateOnly), at)
				case shown == minute && sameClock(at.Add(-time.Hour), at), shown == minute && sameClock(at.Add(-30*time.Minute), at):
					t.Fatalf("%s: minute %d of %s is %s, which is the second", name, minute, day.Format(time.DateOnly), at)
				case at.Before(last):
					t.Fatalf("%s: minute %d of %s is %s, before one that is earlier", name, minute, day.Format(time.DateOnly), at)
				}
				last = at
			}
		}
	}
}

func sameClock(a, b time.Time) bool {
	return a.Day() == b.Day() && a.Hour() == b.Hour() && a.Minute() == b.Minute()
}

// journey is a flight between two zones.
func journey(t *testing.T, from, start, to, end string) datebook.Event {
	t.Helper()
	e := datebook.Event{Zone: from, EndZone: to}
	var err error
	if e.Start, err = time.ParseInLocation("2006-01-02 15:04", start, zoneOf(t, from)); err != nil {
		t.Fatal(err)
	}
	if e.End, err = time.ParseInLocation("2006-01-02 15:04", end, zoneOf(t, to)); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTheAgendaTravelsWithTheExecutive(t *testing.T) {
	t.Parallel()
	const auckland, honolulu, tokyo = "Pacific/Auckland", "Pacific/Honolulu", "Asia/Tokyo"
	for name, c := range map[string]struct {
		home, other string
		journeys    []datebook.Event
		want        []string // with the clocks at home, and away
	}{
		"over the date line and back": {
			auckland, honolulu,
			[]datebook.Event{
				journey(t, auckland, "2026-12-08 21:00", honolulu, "2026-12-08 06:45"),
				journey(t, honolulu, "2026-12-11 12:00", auckland, "2026-12-12 20:00"),
			},
			[]string{
				"2026-12-07 7T06:30 NZDT 6T07:30 HST", "2026-12-08 8T06:30 NZDT 7T07:30 HST",
				"2026-12-09 10T05:30 NZDT 9T06:30 HST", "2026-12-10 11T05:30 NZDT 10T06:30 HST", "2026-12-11 12T05:30 NZDT 11T06:30 HST", "2026-12-12 13T05:30 NZDT 12T06:30 HST",
				"2026-12-13 13T06:30 NZDT 12T07:30 HST", "2026-12-14 14T06:30 NZDT 13T07:30 HST",
			},
		},
		"east through the night": {
			"Europe/London", tokyo,
			[]datebook.Event{
				journey(t, "Europe/London", "2026-12-08 19:00", tokyo, "2026-12-09 16:00"),
				journey(t, tokyo, "2026-12-11 11:00", "Europe/London", "2026-12-11 15:00"),
			},
			[]string{
				"2026-12-07 7T06:30 GMT 7T15:30 JST", "2026-12-08 8T06:30 GMT 8T15:30 JST", "2026-12-09 9T06:30 GMT 9T15:30 JST",
				"2026-12-10 9T21:30 GMT 10T06:30 JST", "2026-12-11 10T21:30 GMT 11T06:30 JST", "2026-12-12 12T06:30 GMT 12T15:30 JST", "2026-12-13 13T06:30 GMT 13T15:30 JST",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := zoneOf(t, c.home)
			begin := time.Date(2026, 12, 6, 12, 0, 0, 0, home)
			a := newAlmanac(t, c.home, 390, begin, c.journeys...)
			a.live(begin.Add(time.Duration(len(c.want))*24*time.Hour), 10*time.Minute)
			if got := a.dates(home, zoneOf(t, c.other)); got != strings.Join(c.want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(c.want, "\n"))
			}
		})
	}
}

// The agenda needs no mailbox: where that can't be read it is sent all the same, and
// says since when what came is missing.
func TestAnAgendaWithoutAMailboxSaysSo(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 12, 7, 20, 0, 0, 0, london)
	a := newAlmanac(t, "Europe/London", 390, begin)
	a.must(a.account.Release())
	own, err := a.journal.Own(t.Context(), user)
	a.must(err)
	_, err = own.Commit(t.Context(), store.Plan{Planned: begin, Folder: mailbox.Inbox, Cursor: &mailbox.Cursor{UIDValidity: 1, UIDNext: 1, SeenAt: begin}})
	a.must(errors.Join(err, own.Release()))
	a.start()
	a.live(begin.Add(12*time.Hour), 10*time.Minute)
	if got := a.dates(london); got != "2026-12-08 8T06:30 GMT" {
		t.Errorf("the agendas are %q", got)
	}
	if !strings.Contains(a.text, "mailbox") || !strings.Contains(a.text, "20:00") {
		t.Errorf("it does not say since when mail is missing:\n%s", a.text)
	}
}

// A clock that is set wrong by days, forward and back, at any time, and processes that
// end at any time: no date has two agendas, and once the clock is right for a day,
// each has one.
func TestAClockThatJumpsAtRandomMakesNoAgendaTwice(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 6; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, seed))
			begin := time.Date(2026, 3, 20, 12, 0, 0, 0, london)
			a := newAlmanac(t, "Europe/London", 390, begin)
			a.live(begin.Add(time.Hour), time.Hour)
			for range 30 {
				a.clock = begin.Add(time.Duration(r.IntN(40*24)) * time.Hour)
				a.live(a.clock.Add(time.Duration(1+r.IntN(30))*time.Hour), time.Hour)
				if r.IntN(3) == 0 {
					a.restart()
				}
			}
			a.clock = begin
			a.live(begin.AddDate(0, 0, 40), time.Hour)
			for day := begin.AddDate(0, 0, 1); day.Before(begin.AddDate(0, 0, 40)); day = day.AddDate(0, 0, 1) {
				if n := len(a.agenda[day.Format(time.DateOnly)]); n != 1 {
					t.Errorf("of %s there are %d agendas", day.Format(time.DateOnly), n)
				}
			}
			faulttest.Injected(t, "30", 30)
		})
	}
}

// While the account is watched, the agenda goes out within the minute in which it is
// due; and a machine that slept over that hour sends it when it wakes up.
func TestAWatchedAccountSendsItsAgendaInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAlmanac(t, "UTC", 390, time.Time{})
		a.pillar.now = time.Now
		a.account.Now = time.Now
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.account.Run(ctx) }()
		time.Sleep(6*time.Hour + 31*time.Minute) // the bubble's clock begins at midnight
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := a.dates(time.UTC); got != "2000-01-01 1T06:30 UTC" && got != "2000-01-01 1T06:31 UTC" {
			t.Errorf("the agendas are %q", got)
		}
	})
}
