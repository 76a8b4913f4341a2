package demo

import (
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// Family is the second calendar of the account, which Dana shares with Mark.
const Family = "family@whitfield.example"

// colleagues have calendars of their own, of which Dana sees when they are busy.
var colleagues = []string{"tom", "ines", "rahul", "sofia", "mei", "luca", "hannah", "jonas", "ben", "priya"}

// diary puts the files of the calendar into a server.
type diary struct {
	server *gcal.Server
	now    time.Time
	cast   map[string]person
	names  map[string]*appointment // by id
}

// event is one that goes to the server, in the words of Google's API.
type event = map[string]any

// fillCalendar makes the calendars and puts what is in the files on them, one week
// back and three ahead and what comes back each week.
func fillCalendar(server *gcal.Server, now time.Time) (*diary, []*appointment, error) {
	cast, err := readCast()
	if err != nil {
		return nil, nil, err
	}
	all, err := readAppointments(now)
	if err != nil {
		return nil, nil, err
	}
	d := &diary{server: server, now: now, cast: cast, names: map[string]*appointment{}}
	if err := d.calendars(); err != nil {
		return nil, nil, err
	}
	for _, a := range all {
		if a.id != "" {
			d.names[a.id] = a
		}
	}
	var arrivals []*appointment
	for _, later := range []bool{false, true} { // a series stands before its exceptions
		for _, a := range all {
			if a.file == happeningsFile {
				if later {
					arrivals = append(arrivals, a)
				}
				continue
			}
			if exception := a.kind == "skip" || a.kind == "moves"; exception != later || a.absent {
				continue
			}
			if err := d.put(a); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", a.place(), err)
			}
		}
	}
	return d, arrivals, nil
}

func (d *diary) calendars() error {
	if err := d.server.AddCalendar(gcal.Calendar{ID: Family, Summary: "Family"}); err != nil {
		return err
	}
	for _, short := range colleagues {
		name, address, err := d.person(short)
		if err != nil {
			return err
		}
		c := gcal.Calendar{ID: address, Summary: name, Zone: d.cast[short].zone(), Role: "freeBusyReader", Hidden: true}
		if err := d.server.AddCalendar(c); err != nil {
			return err
		}
	}
	return nil
}

// zone is where a person lives, or "".
func (p person) zone() string {
	for _, f := range p.fields {
		if f.name == "Zone" {
			return f.value
		}
	}
	return ""
}

// person returns the name and the address behind a short name.
func (d *diary) person(short string) (name, address string, err error) {
	p, ok := d.cast[short]
	if !ok {
		return "", "", fmt.Errorf("nobody in %s has the short name %q", castFile, short)
	}
	a, err := mail.ParseAddress(p.address)
	if err != nil {
		return "", "", fmt.Errorf("the address of %s: %w", short, err)
	}
	return a.Name, a.Address, nil
}

// put puts an entry on each calendar that it belongs to.
func (d *diary) put(a *appointment) error {
	if a.kind == "skip" || a.kind == "moves" {
		return d.except(a)
	}
	e, err := d.event(a)
	if err != nil {
		return err
	}
	on, err := d.calendarsOf(a)
	if err != nil {
		return err
	}
	for _, id := range on {
		if _, err := d.server.Put(id, e); err != nil {
			return err
		}
	}
	return nil
}

// calendarsOf are those that have an entry: Dana's or the family's, and those of
// the colleagues who take part.
func (d *diary) calendarsOf(a *appointment) (ids []string, err error) {
	who, err := guests(a.value("Who") + "," + a.value("By") + "," + a.value("Guests"))
	switch {
	case err != nil:
		return nil, err
	case a.in == "family":
		ids = []string{Family}
	case a.file != colleaguesFile:
		ids = []string{Address}
	}
	for _, g := range who {
		for _, short := range colleagues {
			if g.short != short || g.answer == "declined" {
				continue
			}
			_, address, err := d.person(short)
			if err != nil {
				return nil, err
			}
			ids = append(ids, address)
		}
	}
	return ids, nil
}

// except changes one instance of a series, on every calendar that has it. On some
// days the series has none: then there is nothing to change.
func (d *diary) except(a *appointment) error {
	series := d.names[a.of]
	if series == nil {
		return fmt.Errorf("there is no entry %q", a.of)
	}
	if !series.has(a.start) {
		return nil
	}
	ids, err := d.calendarsOf(series)
	if err != nil {
		return err
	}
	patch := event{"status": "cancelled"}
	if a.kind == "moves" {
		patch = event{"start": instant(a.start, ""), "end": instant(a.start.Add(a.length), "")}
	}
	for _, id := range ids {
		if err := d.server.Edit(id, series.instanceID(a.start), patch); err != nil {
			return err
		}
	}
	return nil
}

// eventID is made of what Google takes for an id, and the same at each start.
func (a *appointment) eventID() string {
	return fmt.Sprintf("demo%016x", hash(a.file+a.value("Title")+a.start.Format("150405")+a.id))
}

// instanceID is that of the instance on a day.
func (a *appointment) instanceID(day time.Time) string {
	f := a.first()
	at := time.Date(day.Year(), day.Month(), day.Day(), f.Hour(), f.Minute(), 0, 0, f.Location())
	return a.eventID() + "_" + at.UTC().Format("20060102T150405Z")
}

// event is an entry in Google's words.
func (d *diary) event(a *appointment) (event, error) {
	e := event{"id": a.eventID(), "summary": a.value("Title")}
	start := a.first()
	if a.days > 0 {
		e["start"] = event{"date": start.Format(time.DateOnly)}
		e["end"] = event{"date": start.AddDate(0, 0, a.days).Format(time.DateOnly)}
	} else {
		e["start"], e["end"] = instant(start, ""), instant(start.Add(a.length), a.value("EndZone"))
	}
	if rule := a.rule(); rule != "" {
		e["recurrence"] = []string{rule}
	}
	for from, to := range map[string]string{"Where": "location", "Color": "colorId"} {
		if v := a.value(from); v != "" {
			e[to] = v
		}
	}
	if a.notes != "" {
		e["description"] = a.notes
	}
	if v := a.value("Video"); v != "" {
		e["hangoutLink"] = "https://meet.acme.example/" + v
	}
	if a.value("Private") != "" {
		e["visibility"] = "private"
	}
	if a.free || a.kind == "birthday" {
		e["transparency"] = "transparent"
	}
	switch a.kind {
	case "focus":
		e["eventType"] = "focusTime"
	case "birthday":
		e["eventType"], e["visibility"] = "birthday", "private"
	}
	return e, d.people(a, e)
}

// people adds the organizer and the guests. The iCalUID is that of the mail that
// invited to it (see invitation), as Google has it from there.
func (d *diary) people(a *appointment, e event) error {
	organizer := Address
	var all []any
	if by := a.value("By"); by != "" {
		name, address, err := d.person(by)
		if err != nil {
			return err
		}
		organizer = address
		e["organizer"] = event{"email": address, "displayName": name}
		all = append(all, event{"email": address, "displayName": name, "responseStatus": "accepted"})
	}
	invited, err := guests(a.value("Guests"))
	if err != nil {
		return err
	}
	own, err := guests("dana " + a.value("Me"))
	if err != nil {
		return err
	}
	if a.value("By") != "" || len(invited) > 0 {
		invited = append(invited, own...)
	}
	for _, g := range invited {
		name, address, err := d.person(g.short)
		if err != nil {
			return err
		}
		all = append(all, event{"email": address, "displayName": name, "responseStatus": g.answer})
	}
	if len(all) > 0 {
		e["attendees"] = all
	}
	e["iCalUID"] = short(a.value("Title")+organizer) + "@acme.example"
	if a.in != "" || a.file == colleaguesFile || a.kind == "focus" {
		e["iCalUID"] = a.eventID() + "@acme.example" // nobody was invited, and titles come twice
	}
	return nil
}

// instant is a time with its zone, which a series can't do without.
func instant(t time.Time, zone string) event {
	if zone == "" {
		zone = t.Location().String()
	}
	if loc, err := time.LoadLocation(zone); err == nil {
		t = t.In(loc)
	}
	return event{"dateTime": t.Format(time.RFC3339), "timeZone": strings.TrimSpace(zone)}
}
