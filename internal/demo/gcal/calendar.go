package gcal

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Calendar is what a test or the demo says of a calendar that it adds.
type Calendar struct {
	ID      string // an address, by Google's habit
	Summary string
	Zone    string // IANA name; "" stands for the account's

	// Role is what the account may do: owner, writer, reader, freeBusyReader, or
	// none for one whose free/busy query answers an error. "" stands for owner.
	Role   string
	Hidden bool // left out of the list unless showHidden is asked
}

// calendar holds the events of one calendar. Deleted ones stay: their ids are
// taken for ever.
type calendar struct {
	Calendar
	zone    *time.Location
	primary bool
	events  map[string]*record
}

func newCalendar(c Calendar, zone *time.Location, primary bool) *calendar {
	return &calendar{Calendar: c, zone: zone, primary: primary, events: map[string]*record{}}
}

// record is one event as it is stored: a single one, the master of a series, an
// exception of a series, or, not stored, an instance that a series gives.
type record struct {
	id         string
	doc        object // what the client sees, but for times in the asked zone and the etag
	rev        int64  // the server's count when it last changed
	updated    time.Time
	gone       bool // deleted, or a cancelled instance
	start, end moment
	original   moment // of an instance: where the series has it

	master     *record            // of an exception or an instance
	exceptions map[string]*record // of a master, by their ids
}

// etag changes with every change and never comes back; an instance has that of
// its series until it becomes an exception.
func (r *record) etag() string { return fmt.Sprintf("%q", strconv.FormatInt(1_000_000+2*r.rev, 10)) }

func (r *record) recurring() bool { return r.doc["recurrence"] != nil }

// find returns a calendar by its id, or the primary one.
func (s *Server) find(id string) (*calendar, error) {
	for _, c := range s.calendars {
		if c.Role != "none" && (c.ID == id || id == "primary" && c.primary) {
			return c, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "notFound", "Not Found")
}

// writable is find for what changes events.
func (s *Server) writable(c *call) (*calendar, error) {
	cal, err := s.find(c.path["calendarId"])
	if err == nil && cal.Role != "owner" && cal.Role != "writer" {
		err = refuse(http.StatusForbidden, "requiredAccessLevel", "You need to have writer access to this calendar.")
	}
	return cal, err
}

func (s *Server) getCalendar(c *call) (object, error) {
	cal, err := s.find(c.path["calendarId"])
	if err != nil {
		return nil, err
	}
	o := object{"kind": "calendar#calendar", "etag": `"1"`, "id": cal.ID, "summary": cal.Summary, "timeZone": cal.zone.String()}
	if !cal.primary {
		o["dataOwner"] = s.account.User
	}
	return o, nil
}

func (s *Server) getListEntry(c *call) (object, error) {
	cal, err := s.find(c.path["calendarId"])
	if err != nil {
		return nil, err
	}
	return cal.entry(), nil
}

func (cal *calendar) entry() object {
	o := object{
		"kind": "calendar#calendarListEntry", "etag": `"1"`, "id": cal.ID, "summary": cal.Summary, "timeZone": cal.zone.String(),
		"accessRole": cal.Role, "selected": true, "colorId": "14", "backgroundColor": calendarColors[13], "foregroundColor": "#000000",
		"defaultReminders": []any{object{"method": "popup", "minutes": 10}},
	}
	if cal.primary {
		o["primary"] = true
	}
	if cal.Hidden {
		o["hidden"] = true
	}
	return o
}

// roles in rising order, for minAccessRole.
var roles = []string{"none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner"}

// listCalendars has no pages of changes: a calendar's entry never changes here,
// so that a sync token always answers with nothing.
func (s *Server) listCalendars(c *call) (object, error) {
	if c.query.Has("syncToken") && c.query.Has("minAccessRole") {
		return nil, refuse(http.StatusBadRequest, "badRequest", "minAccessRole can't be given together with a sync token")
	}
	var all []object
	for _, cal := range s.calendars {
		low := slices.Index(roles, cal.Role) < slices.Index(roles, c.query.Get("minAccessRole"))
		if cal.Role == "none" || low || cal.Hidden && c.query.Get("showHidden") != "true" || c.query.Has("syncToken") {
			continue
		}
		all = append(all, cal.entry())
	}
	page, next, err := slicePage(all, c.query.Get("pageToken"), c.query.Get("maxResults"), 250)
	if err != nil {
		return nil, err
	}
	o := object{"kind": "calendar#calendarList", "etag": `"1"`, "items": array(page)}
	if next != "" {
		o["nextPageToken"] = next
	} else {
		o["nextSyncToken"] = "calendars"
	}
	return o, nil
}

// slicePage cuts a page out of a list that doesn't change; the token is the
// number of what was shown.
func slicePage(all []object, token, size string, most int) (page []object, next string, err error) {
	from := 0
	if token != "" {
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > len(all) {
			return nil, "", refuse(http.StatusBadRequest, "invalid", "Invalid page token value.")
		}
	}
	to := min(len(all), from+pageSize(size, most))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next, nil
}

// pageSize reads maxResults; checkQuery has seen that it is a number.
func pageSize(asked string, most int) int {
	n, err := strconv.Atoi(asked)
	if err != nil {
		return min(most, 250)
	}
	return min(n, most)
}

// settings are what a new account has; a client needs the zone of them.
func (s *Server) settings() map[string]string {
	return map[string]string{
		"timezone": s.account.Zone, "locale": "en_GB", "weekStart": "1", "format24HourTime": "true", "dateFieldOrder": "DMY",
		"defaultEventLength": "60", "hideInvitations": "false", "hideWeekends": "false", "showDeclinedEvents": "true",
		"autoAddHangouts": "false", "remindOnRespondedEventsOnly": "false", "useKeyboardShortcuts": "true",
	}
}

func setting(id, value string) object {
	return object{"kind": "calendar#setting", "etag": `"1"`, "id": id, "value": value}
}

func (s *Server) getSetting(c *call) (object, error) {
	value, ok := s.settings()[c.path["setting"]]
	if !ok {
		return nil, refuse(http.StatusNotFound, "notFound", "Not Found")
	}
	return setting(c.path["setting"], value), nil
}

func (s *Server) listSettings(c *call) (object, error) {
	var all []object
	values := s.settings()
	for _, id := range slices.Sorted(maps.Keys(values)) {
		if !c.query.Has("syncToken") { // settings never change here
			all = append(all, setting(id, values[id]))
		}
	}
	page, next, err := slicePage(all, c.query.Get("pageToken"), c.query.Get("maxResults"), 250)
	if err != nil {
		return nil, err
	}
	o := object{"kind": "calendar#settings", "etag": `"1"`, "items": array(page)}
	if o["nextPageToken"] = next; next == "" {
		delete(o, "nextPageToken")
		o["nextSyncToken"] = "settings"
	}
	return o, nil
}

// The palettes: the colour with the id n stands at n-1.
var (
	eventColors = []string{
		"#a4bdfc", "#7ae7bf", "#dbadff", "#ff887c", "#fbd75b", "#ffb878", "#46d6db", "#e1e1e1", "#5484ed", "#51b749", "#dc2127",
	}
	calendarColors = []string{
		"#ac725e", "#d06b64", "#f83a22", "#fa573c", "#ff7537", "#ffad46", "#42d692", "#16a765", "#7bd148", "#b3dc6c", "#fbe983", "#fad165",
		"#92e1c0", "#9fe1e7", "#9fc6e7", "#4986e7", "#9a9cff", "#b99aff", "#c2c2c2", "#cabdbf", "#cca6ac", "#f691b2", "#cd74e6", "#a47ae2",
	}
)

func (s *Server) getColors(*call) (object, error) {
	return object{"kind": "calendar#colors", "updated": "2012-02-14T00:00:00.000Z", "calendar": palette(calendarColors), "event": palette(eventColors)}, nil
}

func palette(colors []string) object {
	o := object{}
	for i, c := range colors {
		o[strconv.Itoa(i+1)] = object{"background": c, "foreground": "#1d1d1d"}
	}
	return o
}
