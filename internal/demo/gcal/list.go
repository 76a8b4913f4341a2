package gcal

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPage is the largest page of events, whatever is asked.
const maxPage = 2500

// oldest is how far back updatedMin may go. Google names no figure; a month is
// what its tombstones are known to live.
const oldest = 28 * 24 * time.Hour

// listToken is a page token or a sync token before it is encoded.
type listToken struct {
	Sync     bool
	Calendar string
	Epoch    int    // of the server when the token was made
	Rev      int64  // the count of changes that the client has seen when it is through
	Since    int64  // of a page: only what changed after this count; of a sync token unused
	Changes  bool   // of a page: it belongs to an incremental list
	After    string // of a page: the key of the last item shown
	Shape    string // the parameters that must stay the same
	Min, Max string // timeMin and timeMax of the list that a sync token continues
}

func (t listToken) String() string {
	b, err := json.Marshal(t)
	if err != nil {
		return "" // a struct of strings and numbers always encodes
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readToken(s string) (t listToken, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	return t, err == nil && json.Unmarshal(b, &t) == nil
}

// listing is what one events.list asks for.
type listing struct {
	single, deleted  bool
	changes          bool // incremental: by sync token
	since            int64
	updatedMin       time.Time
	min, max         time.Time
	q, uid, order    string
	private, shared  []string
	types            []string
	after            string
	rev              int64 // the server's count when the first page was made
	shape            string
	minText, maxText string
}

// untokened are the parameters that Google refuses beside a sync token.
var untokened = []string{"iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin"}

// shaping are the parameters that must be the same on every page and with every
// sync token; Google calls anything else undefined, and we refuse it.
var shaping = []string{"singleEvents", "eventTypes", "showHiddenInvitations"}

// listEvents is events.list: the whole, a window of it, or the changes since a
// sync token, in pages.
func (s *Server) listEvents(c *call) (object, error) {
	cal, err := s.find(c.path["calendarId"])
	if err != nil {
		return nil, err
	}
	l, err := s.readListing(cal, c.query)
	if err != nil {
		return nil, err
	}
	return s.page(cal, l, c, cal.items(l)), nil
}

func (s *Server) readListing(cal *calendar, q url.Values) (*listing, error) {
	l := &listing{
		single: q.Get("singleEvents") == "true", deleted: q.Get("showDeleted") == "true",
		q: strings.ToLower(q.Get("q")), uid: q.Get("iCalUID"), order: q.Get("orderBy"),
		private: q["privateExtendedProperty"], shared: q["sharedExtendedProperty"], types: q["eventTypes"],
		rev: s.rev, shape: pick(q, shaping).Encode(), minText: q.Get("timeMin"), maxText: q.Get("timeMax"),
	}
	if l.order == "startTime" && !l.single {
		return nil, refuse(http.StatusBadRequest, "badRequest", "The requested ordering is not available for the particular query.")
	}
	if err := s.continueSync(cal, q, l); err != nil {
		return nil, err
	}
	if err := s.continuePage(cal, q, l); err != nil {
		return nil, err
	}
	if err := s.readUpdatedMin(q, l); err != nil {
		return nil, err
	}
	l.min, _ = time.Parse(time.RFC3339, l.minText) // checkQuery saw that these are times
	l.max, _ = time.Parse(time.RFC3339, l.maxText)
	if !l.min.IsZero() && !l.max.IsZero() && !l.max.After(l.min) {
		return nil, refuse(http.StatusBadRequest, "timeRangeEmpty", "The specified time range is empty.")
	}
	return l, nil
}

// pick takes the parameters that are set; false is the same as absent.
func pick(q url.Values, names []string) url.Values {
	some := url.Values{}
	for _, n := range names {
		if q.Has(n) && q.Get(n) != "false" {
			some[n] = q[n]
		}
	}
	return some
}

func (s *Server) readUpdatedMin(q url.Values, l *listing) error {
	if !q.Has("updatedMin") {
		return nil
	}
	l.updatedMin, _ = time.Parse(time.RFC3339, q.Get("updatedMin"))
	if l.updatedMin.Before(s.account.Now().Add(-oldest)) {
		return refuse(http.StatusGone, "updatedMinTooLongAgo", "The requested minimum modification time lies too far in the past.")
	}
	return nil
}

// continueSync reads a sync token. What can't be read or is of another calendar
// answers as one that has grown too old.
func (s *Server) continueSync(cal *calendar, q url.Values, l *listing) error {
	if !q.Has("syncToken") {
		return nil
	}
	for _, name := range untokened {
		if q.Has(name) {
			return refuse(http.StatusBadRequest, "badRequest", "%s can't be given together with a sync token", name)
		}
	}
	if q.Get("showDeleted") == "false" {
		return refuse(http.StatusBadRequest, "badRequest", "showDeleted can't be false together with a sync token")
	}
	t, ok := readToken(q.Get("syncToken"))
	if !ok || !t.Sync || t.Calendar != cal.ID || t.Epoch != s.epoch {
		return refuse(http.StatusGone, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
	}
	if t.Shape != l.shape {
		return refuse(http.StatusBadRequest, "badRequest", "The sync token was made with %q and is used with %q", t.Shape, l.shape)
	}
	l.changes, l.since, l.minText, l.maxText = true, t.Rev, t.Min, t.Max
	return nil
}

// continuePage reads a page token: the list goes on as it began.
func (s *Server) continuePage(cal *calendar, q url.Values, l *listing) error {
	if !q.Has("pageToken") {
		return nil
	}
	t, ok := readToken(q.Get("pageToken"))
	if !ok || t.Sync || t.Calendar != cal.ID {
		return refuse(http.StatusBadRequest, "invalid", "Invalid page token value.")
	}
	if t.Epoch != s.epoch && t.Changes {
		return refuse(http.StatusGone, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
	}
	if t.Shape != l.shape || t.Min != l.minText || t.Max != l.maxText || t.Changes != l.changes {
		return refuse(http.StatusBadRequest, "badRequest", "The parameters of a page differ from those of the page before it")
	}
	// The count is that of the first page: what changed while the client read on
	// comes again with the sync token of the last.
	l.rev, l.since, l.after = t.Rev, t.Since, t.After
	return nil
}

// item is an event of a list with the key that orders it.
type item struct {
	key string
	r   *record
}

// items are all events that a list has, in its order, from where the last page ended.
func (cal *calendar) items(l *listing) (all []item) {
	add := func(r *record) {
		if !l.shows(r) {
			return
		}
		if it := (item{l.key(r), r}); it.key > l.after {
			all = append(all, it)
		}
	}
	for _, r := range cal.events {
		switch {
		case !l.single:
			if l.inWindow(cal, r) {
				add(r)
			}
		case r.master != nil:
			// comes with its master
		case r.recurring():
			for _, inst := range cal.instances(r, l.min, l.max) {
				add(inst)
			}
		case r.within(l.min, l.max):
			add(r)
		}
	}
	slices.SortFunc(all, func(a, b item) int { return cmp.Compare(a.key, b.key) })
	return all
}

// inWindow holds an event against timeMin and timeMax. A master counts where one
// of its instances lies within.
func (l *listing) inWindow(cal *calendar, r *record) bool {
	if l.min.IsZero() && l.max.IsZero() {
		return true
	}
	if r.master == nil && r.recurring() {
		return len(cal.someInstances(r, l.min, l.max, 1)) > 0
	}
	return r.within(l.min, l.max)
}

// key orders a list. The default order is by id, which is stable.
func (l *listing) key(r *record) string {
	switch l.order {
	case "startTime":
		return r.start.at.UTC().Format(time.RFC3339) + " " + r.id
	case "updated":
		return r.updated.Format(time.RFC3339Nano) + " " + r.id
	}
	return r.id
}

// shows says whether an event belongs to the list, its time aside.
func (l *listing) shows(r *record) bool {
	if l.changes && r.rev <= l.since || r.updated.Before(l.updatedMin) {
		return false
	}
	if r.gone && !l.deleted && !l.changes && l.updatedMin.IsZero() {
		// A cancelled instance is how a client learns of a hole in a series it expands itself.
		if l.single || r.master == nil || r.master.gone {
			return false
		}
	}
	return l.matches(r.doc)
}

// matches holds an event's fields against the filters.
func (l *listing) matches(doc object) bool {
	if l.uid != "" && text(doc, "iCalUID") != l.uid {
		return false
	}
	if len(l.types) > 0 && !slices.Contains(l.types, text(doc, "eventType")) {
		return false
	}
	properties := child(doc, "extendedProperties")
	return hasAll(child(properties, "private"), l.private) && hasAll(child(properties, "shared"), l.shared) && l.speaksOf(doc)
}

// hasAll holds name=value constraints against extended properties.
func hasAll(properties object, constraints []string) bool {
	for _, c := range constraints {
		name, value, ok := strings.Cut(c, "=")
		if !ok || properties[name] != value {
			return false
		}
	}
	return true
}

// speaksOf is q: every word of it stands somewhere in the event.
func (l *listing) speaksOf(doc object) bool {
	if l.q == "" {
		return true
	}
	words := []string{text(doc, "summary"), text(doc, "description"), text(doc, "location")}
	for _, who := range append(objects(doc, "attendees"), child(doc, "organizer")) {
		words = append(words, text(who, "displayName"), text(who, "email"))
	}
	all := strings.ToLower(strings.Join(words, "\n"))
	for _, w := range strings.Fields(l.q) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// page makes the answer. nextSyncToken stands on the last page alone, and not
// where the list was filtered by what a sync token can't carry on.
func (s *Server) page(cal *calendar, l *listing, c *call, all []item) object {
	size := pageSize(c.query.Get("maxResults"), maxPage)
	after := l.after
	switch c.act {
	case EmptyList:
		all = nil
	case EmptyPage:
		size = 0
	}
	shown := all[:min(size, len(all))]
	list := []any{}
	for _, it := range shown {
		list = append(list, s.view(cal, it.r, c.query))
		after = it.key
	}
	o := object{
		"kind": "calendar#events", "etag": strconv.Quote(strconv.FormatInt(s.rev, 10)), "summary": cal.Summary, "timeZone": cal.zone.String(),
		"accessRole": cal.Role, "defaultReminders": []any{}, "updated": s.account.Now().UTC().Format(time.RFC3339), "items": list,
	}
	t := listToken{
		Calendar: cal.ID, Epoch: s.epoch, Rev: l.rev, Since: l.since, Changes: l.changes, After: after, Shape: l.shape, Min: l.minText, Max: l.maxText,
	}
	switch {
	case len(shown) < len(all) || c.act == EmptyPage:
		o["nextPageToken"] = t.String()
	case !slices.ContainsFunc(untokened, func(n string) bool { return n != "timeMin" && n != "timeMax" && c.query.Has(n) }):
		t.Sync, t.After, t.Since, t.Changes = true, "", 0, false
		o["nextSyncToken"] = t.String()
	}
	return o
}

// listInstances is events.instances: those of one series, by the times that the
// series gives them.
func (s *Server) listInstances(c *call) (object, error) {
	cal, master, err := s.event(c, s.find)
	if err != nil {
		return nil, err
	}
	l := &listing{single: true, deleted: c.query.Get("showDeleted") == "true", order: "startTime", rev: s.rev}
	l.min, _ = time.Parse(time.RFC3339, c.query.Get("timeMin")) // checkQuery saw that these are times
	l.max, _ = time.Parse(time.RFC3339, c.query.Get("timeMax"))
	l.minText, l.maxText, l.shape = c.query.Get("timeMin"), c.query.Get("timeMax"), master.id
	if err := s.continuePage(cal, c.query, l); err != nil {
		return nil, err
	}
	var all []item
	for _, r := range cal.instances(master, l.min, l.max) {
		original := c.query.Get("originalStart")
		if l.shows(r) && l.key(r) > l.after && (original == "" || r.startsAt(original)) {
			all = append(all, item{l.key(r), r})
		}
	}
	slices.SortFunc(all, func(a, b item) int { return cmp.Compare(a.key, b.key) })
	o := s.page(cal, l, c, all)
	delete(o, "nextSyncToken")
	return o, nil
}

// startsAt says whether the series gives an instance the start that is written,
// as a date or a time.
func (r *record) startsAt(original string) bool {
	at, err := time.Parse(time.RFC3339, original)
	if r.original.allDay {
		return r.original.at.Format(time.DateOnly) == original
	}
	return err == nil && r.original.at.Equal(at)
}
