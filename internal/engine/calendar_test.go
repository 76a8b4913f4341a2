package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/oauth2"
	gapi "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/engine"
)

// The cases of testdata/calendar have a calendar besides, and a clock of their own
// that begins on Monday 30 November 2026 at 08:00 in London. Their commands:
//
//	calendar NAME                a second calendar
//	colleague ADDRESS            somebody whose busy times can be seen
//	event TITLE DAY TIME LENGTH [from=ORGANIZER] [guests=A,B] [mine=RESPONSE] [on=CALENDAR] [WORD...]
//	                             somebody else, or she by hand, puts it there: DAY is
//	                             1.12, TIME is 10:00 or day; WORD is free, private,
//	                             tentative, weekly, daily, out-of-office, at=PLACE,
//	                             notes=TEXT, video
//	edit-event TITLE FIELD=VALUE...   somebody edits it: title, time=1.12/10:00, status, at, notes, free, color, remind
//	remove-event TITLE           somebody deletes it
//	guest TITLE WHO RESPONSE     a guest answers; "me" is she herself
//	poll                         the calendar is asked what is new, and what is due is done
//	trouble FAULT TIMES METHOD   the next requests: 403, 429, 500, 503, lost (the answer), cut, empty, revoked (the sign-in), off (the API)
//	expire                       every sync token is good no more
//	events [all]                 what is on the calendars from now on, a line each
//	soon                         is that while it is watched, before long
//	told                         who got a mail by the calendar: "kind to whom"
//	asked METHOD N               so many requests of a method since the last time
//	follow CALENDAR...           from now on the configuration names these; a new process begins
//	before-change COMMAND        does it before the engine next changes something there
//	another COMMAND              of a second foredesk, with a journal of its own, on the same mailbox and calendar
//	nowhere TEXT                 stands neither in the journal nor in the log
//
// A file "begin" of a case says when its clock begins: "2027-03-27 08:00".
type calendars struct {
	server *gcal.Server
	hand   *gapi.Service // of people
	first  time.Time     // when the case began, by its clock
	mu     sync.Mutex    // guards begin, which the server reads, too
	begin  time.Time     // of the clock, which passes jump
	real   time.Time
	count  int    // requests that were counted
	change func() // is called once, before the next change

	letters *engine.Letters // nil where the case is not about them
}

const address = "dana@acme.example"

var london = func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return zone
}()

func startCalendars(t *testing.T, begin time.Time) *calendars {
	t.Helper()
	c := &calendars{first: begin, begin: begin, real: time.Now()}
	var err error
	c.server, err = gcal.Start(t.Context(), gcal.Account{User: address, Zone: "Europe/London", Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.server.Close() })
	c.hand, err = gapi.NewService(t.Context(), option.WithEndpoint(c.server.Endpoint()), option.WithHTTPClient(signedIn(c.server)))
	if err != nil {
		t.Fatal(err)
	}
	c.hand.UserAgent = byHand
	return c
}

// byHand marks the requests of people.
const byHand = "by hand"

func signedIn(s *gcal.Server) *http.Client {
	return oauth2.NewClient(context.Background(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s.Token()}))
}

func (c *calendars) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begin.Add(time.Since(c.real))
}

// jump puts the clock forward, or back.
func (c *calendars) jump(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin = c.begin.Add(by)
}

// open makes the engine's side of it.
func (c *calendars) open(d *desk) *engine.Calendars {
	client, err := calendar.New(d.Context(), calendar.Config{
		Endpoint: c.server.Endpoint(), Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: c.server.Token()}), Calendars: d.calendarNames,
	}, d.logger())
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { client.Close(context.Background()) })
	return &engine.Calendars{Calendar: interrupted{client, &c.change}, Poll: 50 * time.Millisecond, Version: "test"}
}

func TestCalendarPromises(t *testing.T) {
	names, err := filepath.Glob("testdata/calendar/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, w := range worlds[:2] {
		t.Run(w.name, func(t *testing.T) {
			journal := w.journal(t)
			for _, name := range names {
				archive, err := txtar.ParseFile(name)
				if err != nil {
					t.Fatal(err)
				}
				t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
					t.Parallel()
					c := startCalendars(t, beginOf(t, archive))
					playWith(t, archive, func(can string) imapServer { return w.server(t, can) }, journal(t), c)
				})
			}
		})
	}
}

// calendarEvents are what people and the calendar's server do.
func calendarEvents() map[string]func(c *aCase, args []string) {
	return map[string]func(c *aCase, args []string){
		"calendar": func(c *aCase, args []string) {
			c.must(c.cal.server.AddCalendar(gcal.Calendar{ID: args[0] + "@calendars.example", Summary: args[0]}))
			c.calendarNames = append(c.calendarNames, args[0])
		},
		"colleague": func(c *aCase, args []string) {
			c.must(c.cal.server.AddCalendar(gcal.Calendar{ID: args[0], Summary: args[0], Role: "freeBusyReader"}))
		},
		"event":        func(c *aCase, args []string) { c.putEvent(args) },
		"edit-event":   func(c *aCase, args []string) { c.editEvent(args[0], args[1:]) },
		"remove-event": func(c *aCase, args []string) { on, id := c.findEvent(args[0]); c.must(c.cal.server.Remove(on, id)) },
		"guest": func(c *aCase, args []string) {
			who := args[1]
			if who == "me" {
				who = address
			}
			on, id := c.findEvent(args[0])
			c.must(c.cal.server.Answer(on, id, who, args[2], ""))
		},
		"expire":  func(c *aCase, _ []string) { c.cal.server.ExpireSyncTokens() },
		"trouble": func(c *aCase, args []string) { c.trouble(args) },
	}
}

func (c *aCase) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

var faults = map[string]gcal.Fault{
	"403": gcal.RateLimit403, "429": gcal.RateLimit429, "500": gcal.BackendError, "503": gcal.Unavailable,
	"lost": {Act: gcal.DropAfter}, "cut": {Act: gcal.DropBefore}, "empty": {Act: gcal.EmptyList}, "revoked": gcal.Unauthorised, "off": {Act: gcal.Refuse, Status: 403, Reason: "accessNotConfigured"},
}

func (c *aCase) trouble(args []string) {
	f, ok := faults[args[0]]
	if !ok {
		c.Fatalf("there is no trouble %q", args[0])
	}
	c.cal.server.Script(f.Next(int(c.number(args[1])), args[2]))
}

// when reads "1.12" and "10:00" as a time in London; "day" is all day.
func (c *aCase) when(day, clock string) (at time.Time, allDay bool) {
	if clock == "day" {
		clock, allDay = "0:00", true
	}
	at, err := time.ParseInLocation("2.1.2006 15:04", day+c.cal.first.Format(".2006 ")+clock, london)
	c.must(err)
	return at, allDay
}

func (c *aCase) putEvent(args []string) {
	start, allDay := c.when(args[1], args[2])
	length, err := time.ParseDuration(args[3])
	c.must(err)
	e := &gapi.Event{Summary: args[0], Start: moment(start, allDay), End: moment(start.Add(length), allDay)}
	if allDay {
		e.End.Date = start.AddDate(0, 0, int(length/(24*time.Hour))).Format(time.DateOnly)
	}
	on, mine := "primary", ""
	for _, arg := range args[4:] {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "on":
			if on = value; !strings.Contains(value, "@") {
				on += "@calendars.example"
			}
		case "from":
			e.Organizer = &gapi.EventOrganizer{Email: value}
			e.Attendees = append(e.Attendees, &gapi.EventAttendee{Email: value, ResponseStatus: "accepted", Organizer: true})
			if mine == "" {
				mine = "needsAction"
			}
		case "guests":
			for email := range strings.SplitSeq(value, ",") {
				e.Attendees = append(e.Attendees, &gapi.EventAttendee{Email: email, ResponseStatus: "needsAction"})
			}
		case "mine":
			mine = value
		case "free":
			e.Transparency = "transparent"
		case "private":
			e.Visibility = "private"
		case "tentative":
			e.Status = "tentative"
		case "weekly", "daily":
			e.Recurrence = []string{"RRULE:FREQ=" + strings.ToUpper(name)}
			e.Start.TimeZone, e.End.TimeZone = "Europe/London", "Europe/London"
		case "at":
			e.Location = value
		case "notes":
			e.Description = value
		case "uid":
			e.ICalUID = value
		default:
			c.Fatalf("an event has no %q", arg)
		}
	}
	if mine != "" {
		e.Attendees = append(e.Attendees, &gapi.EventAttendee{Email: address, ResponseStatus: mine, Self: true})
	}
	_, err = c.cal.server.Put(on, e)
	c.must(err)
}

func moment(t time.Time, allDay bool) *gapi.EventDateTime {
	if allDay {
		return &gapi.EventDateTime{Date: t.Format(time.DateOnly)}
	}
	return &gapi.EventDateTime{DateTime: t.Format(time.RFC3339)}
}

func (c *aCase) editEvent(title string, changes []string) {
	on, id := c.findEvent(title)
	patch := &gapi.Event{}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		switch name {
		case "title":
			patch.Summary = value
		case "at":
			patch.Location = value
		case "notes":
			patch.Description = value
		case "status":
			patch.Status = value
		case "color":
			patch.ColorId = value
		case "remind":
			patch.Reminders = &gapi.EventReminders{Overrides: []*gapi.EventReminder{{Method: "popup", Minutes: c.number(value)}}, ForceSendFields: []string{"UseDefault"}}
		case "free":
			patch.Transparency = map[string]string{"true": "transparent", "false": "opaque"}[value]
		case "time":
			day, clock, _ := strings.Cut(value, "/")
			start, allDay := c.when(day, clock)
			was := c.eventNow(on, id)
			from, to := instantOf(c, was.Start), instantOf(c, was.End)
			patch.Start, patch.End = moment(start, allDay), moment(start.Add(to.Sub(from)), allDay)
		default:
			c.Fatalf("an event has no %q", change)
		}
	}
	c.must(c.cal.server.Edit(on, id, patch))
}

func (c *aCase) eventNow(on, id string) *gapi.Event {
	e, err := c.cal.hand.Events.Get(on, id).Do()
	c.must(err)
	return e
}

func instantOf(c *aCase, at *gapi.EventDateTime) time.Time {
	if at.Date != "" {
		t, err := time.ParseInLocation(time.DateOnly, at.Date, london)
		c.must(err)
		return t
	}
	t, err := time.Parse(time.RFC3339, at.DateTime)
	c.must(err)
	return t.In(london)
}

// onServer are the events of all calendars from yesterday on, expanded by the
// server, each with its calendar.
func (c *aCase) onServer() (all []*gapi.Event, on []string) {
	ids := []string{"primary"}
	for _, name := range c.calendarNames {
		if name != "primary" {
			ids = append(ids, name+"@calendars.example")
		}
	}
	for _, id := range ids {
		list, err := c.cal.hand.Events.List(id).SingleEvents(true).TimeMin(c.cal.first.AddDate(0, 0, -1).Format(time.RFC3339)).
			TimeMax(c.cal.first.AddDate(0, 0, 21).Format(time.RFC3339)).Do()
		c.must(err)
		for _, e := range list.Items {
			all, on = append(all, e), append(on, id)
		}
	}
	return all, on
}

func (c *aCase) findEvent(title string) (on, id string) {
	c.Helper()
	all, calendars := c.onServer()
	for i, e := range all {
		if e.Summary == title {
			return calendars[i], e.Id
		}
	}
	c.Fatalf("there is no event %q; there are:\n%s", title, c.eventLines())
	return "", ""
}

// eventLines is a line an event: "Tue 1.12 10:00-10:30 Title (tentative, free, ours) with a, b: accepted".
func (c *aCase) eventLines() string {
	all, on := c.onServer()
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	for i, e := range all {
		start, end := instantOf(c, e.Start), instantOf(c, e.End)
		when := start.Format("Mon 2.1 15:04") + end.Format("-15:04")
		if e.Start.Date != "" {
			when = start.Format("Mon 2.1") + " all day"
			if days := int(end.Sub(start).Hours()+1) / 24; days > 1 {
				when += fmt.Sprintf(", %d days", days)
			}
		}
		var marks, guests []string
		answer := ""
		if on[i] != "primary" {
			marks = append(marks, "on "+strings.TrimSuffix(on[i], "@calendars.example"))
		}
		if e.End.TimeZone != e.Start.TimeZone {
			marks = append(marks, "ends in "+e.End.TimeZone)
		}
		if e.Status == "tentative" {
			marks = append(marks, "tentative")
		}
		if e.Transparency == "transparent" {
			marks = append(marks, "free")
		}
		if e.ColorId != "" {
			marks = append(marks, "colour "+e.ColorId)
		}
		if e.ExtendedProperties != nil && e.ExtendedProperties.Private["foredesk.tags"] != "" {
			marks = append(marks, "tags "+e.ExtendedProperties.Private["foredesk.tags"])
		}
		if e.ExtendedProperties != nil && e.ExtendedProperties.Private["foredesk.rule"] != "" {
			marks = append(marks, "by "+e.ExtendedProperties.Private["foredesk.rule"])
		}
		for _, a := range e.Attendees {
			if a.Self || a.Email == address {
				answer = ": " + a.ResponseStatus
				if a.Comment != "" {
					answer += " “" + a.Comment + "”"
				}
			} else {
				guests = append(guests, strings.Split(a.Email, "@")[0])
			}
		}
		text := when + " " + e.Summary
		if len(marks) > 0 {
			text += " (" + strings.Join(marks, ", ") + ")"
		}
		if len(guests) > 0 {
			text += " with " + strings.Join(guests, ", ")
		}
		lines = append(lines, line{start, text + answer})
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		if d := a.at.Compare(b.at); d != 0 {
			return d
		}
		return strings.Compare(a.text, b.text)
	})
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintln(&b, l.text)
	}
	return b.String()
}

// mailsByCalendar is who got a mail by the calendar, a line each.
func (c *aCase) mailsByCalendar() string {
	var b strings.Builder
	for _, l := range c.cal.server.Outbox() {
		fmt.Fprintf(&b, "%s to %s\n", l.Kind, l.To)
	}
	return b.String()
}

// asked counts the requests of a method since the last count.
func (c *aCase) asked(method string) (n int) {
	all := c.cal.server.Requests()
	for _, r := range all[c.cal.count:] {
		if r.Call == method && !strings.Contains(r.Header.Get("User-Agent"), byHand) {
			n++
		}
	}
	c.cal.count = len(all)
	return n
}
