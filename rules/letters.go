package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// What rules put into the letters to the executive: a summary or a line in a
// section of the agenda, and the page before a meeting of two. Package rules says
// what is to stand there and until when; the letters are put together elsewhere.

const (
	maxSummary     = 3 // sentences
	unsaidSummary  = "2"
	unsaidShow     = "full"
	unsaidAs       = "update"
	unsaidReceiver = "executive"
)

var (
	shows = []string{unsaidShow, "subject only", "hidden"}
	parts = []string{"opened", unsaidAs, "resolved"}
)

// ofLetters are the actions that write a line into a letter.
var ofLetters = map[string]bool{"summarize": true, "agenda": true}

// letterVerbs are the actions that write into letters.
func letterVerbs() map[string]verb {
	section := field{name: "section", required: true, kind: kind{readSection, textSchema("Board", "Needs you", "Deadlines")}}
	length := kind{readWait, textSchema("30d", "2h")}
	return map[string]verb{
		"summarize": {main: "section", fields: []field{
			section,
			{name: "lines", kind: kind{readLines, schema{"type": "integer", "minimum": 1, "maximum": maxSummary}}},
			{name: "show", kind: oneOf(shows...)},
			{name: "story", kind: kind{readStory, textSchema("{code}", "{subject}", "{header.X-Incident}")}},
			{name: "as", kind: oneOf(parts...)},
		}, check: checkSummary},
		"agenda": {main: "section", fields: []field{
			section,
			{name: "due", kind: kind{readDue, textSchema("{deadline}", "{deadline} - 1d", "friday", "2026-12-24")}},
			{name: "ahead", kind: length},
		}, check: checkDue},
		"brief": {main: "to", short: "before", fields: []field{
			{name: "before", required: true, kind: length},
			{name: "to", kind: oneOf(unsaidReceiver, "assistant")},
		}},
	}
}

// readLines reads how many sentences a summary has at most.
func readLines(l *loader, n *yaml.Node, a *Action, name string) {
	if lines, err := strconv.Atoi(n.Value); err != nil || lines < 1 || lines > maxSummary {
		l.fail(n, "write for example: lines: "+unsaidSummary, "%q is no number of lines for a summary, 1 to %d", n.Value, maxSummary)
	}
	a.give(name, n.Value)
}

// readStory reads the text by which several mails are told to be of one thing.
func readStory(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	t, err := templateOn(l.sort, s, inLine, "")
	switch {
	case err != nil:
		l.failWith(n, err)
	case len(t.fields()) == 0:
		l.fail(n, `write for example: story: "{code}"`, "the story %q is the same for every mail: it needs a field", s)
	default:
		a.story = t
		a.give(name, s)
	}
}

// checkSummary finds what does not go together, and adds what goes without saying.
func checkSummary(l *loader, n *yaml.Node, a *Action) {
	switch {
	case a.With["as"] != "" && a.story == nil:
		l.fail(n, `write for example: {section: Incidents, story: "{code}", as: resolved}`, "as says what the mail is in a story, and there is no story")
	case a.With["lines"] != "" && a.With["show"] != "" && a.With["show"] != unsaidShow:
		l.fail(n, "leave lines out", "show: %s leaves no line of a summary", a.With["show"])
	}
	unsaid := map[string]string{"show": unsaidShow, "lines": unsaidSummary}
	if a.story != nil {
		unsaid["as"] = unsaidAs
	}
	for name, value := range unsaid {
		if a.With[name] == "" && (name != "lines" || a.With["show"] == unsaidShow || a.With["show"] == "") {
			a.give(name, value)
		}
	}
}

// replyPrefix is what mail programs put before a subject that is answered or sent on.
var replyPrefix = regexp.MustCompile(`(?i)^\s*((re|fwd?|aw|wg|tr|sv|vs|antw)(\[\d+\])?\s*:\s*)+`)

// story fills in by what the mail belongs to others. Where one of its fields is
// empty, as all are of a confidential mail, the mail is no part of a story: a key
// with a hole in it would bind together what has nothing in common.
func (r *run) story(t *template, e *Effect) {
	for _, field := range t.fields() {
		value := r.env.templateValue(field)
		if r.env.Confidential || strings.TrimSpace(value) == "" {
			forget(e, "story", "as")
			return
		}
	}
	key, err := t.expandWith(func(field string) string {
		value := r.env.templateValue(field)
		if field == "subject" {
			value = replyPrefix.ReplaceAllString(value, "")
		}
		return value
	})
	if e.With["story"] = strings.TrimSpace(key); err != nil || e.With["story"] == "" {
		forget(e, "story", "as")
	}
}

// due is by when something is wanted: a moment, or when the event begins.
type due struct {
	moment *moment
	start  bool          // the event's start
	after  time.Duration // from then
}

var startMoment = regexp.MustCompile(`^\{start\}(?: ?- ?(\S+))?$`)

// readDue reads by when something is to be done: what snooze takes, and in a rule
// on events also "{start}".
func readDue(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	d, err := parseDue(s, l.sort)
	if err != nil {
		l.failWith(n, err)
		return
	}
	a.due = d
	a.give(name, s)
}

func parseDue(s, sort string) (*due, error) {
	text := strings.ToLower(strings.Join(strings.Fields(s), " "))
	if m := startMoment.FindStringSubmatch(text); m != nil && sort == "event" {
		d := &due{start: true}
		if m[1] != "" {
			before, err := positiveDuration(m[1])
			if err != nil {
				return nil, err
			}
			d.after = -before
		}
		return d, nil
	}
	m, err := parseMoment(s)
	switch {
	case err != nil:
		return nil, err
	case m.field != "" && sort == "event":
		return nil, fmt.Errorf("an event names no %s; write for example \"{start}\" or \"{start} - 1d\"", m.field)
	case m.field != "" && sort == "day":
		return nil, fmt.Errorf("a day names no %s; write for example \"tomorrow 12:00\"", m.field)
	}
	return &due{moment: m}, nil
}

func checkDue(l *loader, n *yaml.Node, a *Action) {
	if a.With["ahead"] != "" && a.due == nil {
		l.fail(n, `write for example: {section: Deadlines, due: "{deadline}", ahead: 30d}`, "ahead is how long before due the line appears, and there is no due")
	}
}

// facts are what working the time out looks at.
func (d *due) facts() []string {
	switch {
	case d.start:
		return []string{"event"}
	case d.moment.field != "":
		return []string{"found." + d.moment.field + "s"}
	}
	return nil
}

// until fills in by when something is due.
func (r *run) until(d *due, e *Effect) error {
	until, err := d.until(r.set, r.env)
	if e.With["due"] = until; until == "" {
		forget(e, "due", "ahead")
	}
	return err
}

// until is when something is due: an instant in RFC 3339, or a date where no time of
// day is named. Of a confidential mail nothing is told but that it exists, so what
// its text names is left out: it is "" then.
func (d *due) until(s *Set, e *env) (string, error) {
	switch {
	case d.start:
		return d.ofStart(e)
	case d.moment.field != "" && e.Confidential:
		return "", nil
	case d.moment.field != "":
		return d.ofField(e)
	}
	at, err := d.moment.at(s, e)
	const day = 24 * time.Hour
	switch {
	case err != nil && (d.moment.minute >= 0 || !sameDate(at, e.Now)):
		return "", err
	case d.moment.minute >= 0, d.moment.after%day != 0:
		return formatInstant(at), nil
	}
	return at.Format(time.DateOnly), nil
}

func sameDate(a, b time.Time) bool { return dayOf(a).Equal(dayOf(b)) }

func (d *due) ofStart(e *env) (string, error) {
	at := shifted(e.Event.Start.In(e.Now.Location()), d.after)
	switch {
	case e.Event.Start.IsZero(), e.Event.Cancelled, !e.Event.End.After(e.Now):
		return "", errNothing
	case e.Event.AllDay && !dayOf(at).Before(dayOf(e.Now)):
		return at.Format(time.DateOnly), nil
	case e.Event.AllDay, !at.After(e.Now): // an event is looked at again when it is about to start
		return "", errNothing
	}
	return formatInstant(at), nil
}

// ofField is the first of what the text names that has not passed. A day that is
// named without a time has not passed before it ends.
func (d *due) ofField(e *env) (string, error) {
	named := e.Found.Dates
	if d.moment.field == "deadline" {
		named = e.Found.Deadlines
	}
	for _, w := range named {
		at := shifted(w.Start.In(e.Now.Location()), d.moment.after)
		switch {
		case w.AllDay && !dayOf(at).Before(dayOf(e.Now)):
			return at.Format(time.DateOnly), nil
		case !w.AllDay && at.After(e.Now):
			return formatInstant(at), nil
		}
	}
	return "", fmt.Errorf("the mail names no %s that is ahead", d.moment.field)
}

// brief plans the page about the other person before a meeting of two.
func (b *booking) brief() ([]Effect, error) {
	event, err := b.event()
	if err != nil || !event.Start.After(b.env.Now) {
		return nil, errors.Join(err, errNothing)
	}
	others := b.set.othersIn(event)
	switch {
	case event.Private:
		return nil, errors.New("the event is private, and nothing is written about it")
	case event.AllDay:
		return nil, errors.New("the event lasts all day")
	case len(others) != 1:
		return nil, errNothing // it is for meetings of two
	}
	at := shifted(event.Start.In(b.set.Timezone), -b.length("before"))
	e := Effect{Rule: b.rule.Name, Action: b.action.Name, Arg: b.action.Arg, Confirm: b.rule.Confirm}
	if e.Arg == "" {
		e.Arg = unsaidReceiver
	}
	e.With = map[string]string{"before": b.action.With["before"], "at": formatInstant(at), "event": event.Key}
	return []Effect{e}, nil
}

// othersIn are the addresses of those who take part besides the executive.
func (s *Set) othersIn(e *Event) map[string]bool {
	others := map[string]bool{}
	for _, a := range append([]Address{e.Organizer}, e.Attendees...) {
		if s.isOther(a) {
			others[a.Email] = true
		}
	}
	return others
}

// letterWords is an effect on a letter as an assistant would say it.
func (e Effect) letterWords() string {
	switch e.Action {
	case "brief":
		words := "send the " + e.Arg + " a brief before the meeting"
		if at := instantOf(e.With["at"]); !at.IsZero() {
			words += ", on " + at.Format(shortTime)
		}
		return words
	case "agenda":
		return "list in the agenda under " + e.Arg + e.dueWords()
	}
	words := "summarize in the agenda under " + e.Arg
	switch e.With["show"] {
	case "subject only":
		words = "list in the agenda by its subject under " + e.Arg
	case "hidden":
		words = "tell in the agenda under " + e.Arg + " that it came, and no more"
	}
	if lines := e.With["lines"]; lines != "" && lines != unsaidSummary {
		words += " (lines: " + lines + ")"
	}
	if e.With["story"] != "" {
		words += fmt.Sprintf(", %s in the story “%s”", e.With["as"], e.With["story"])
	}
	return words
}

func (e Effect) dueWords() string {
	words := ""
	if at := instantOf(e.With["due"]); !at.IsZero() {
		words = ", due " + at.Format("Mon 2 Jan 2006 15:04")
	} else if date, err := time.Parse(time.DateOnly, e.With["due"]); err == nil {
		words = ", due " + date.Format("Mon 2 Jan 2006")
	}
	if words != "" && e.With["ahead"] != "" {
		words += ", from " + e.With["ahead"] + " before"
	}
	return words
}
