package config

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/foredesk/foredesk/rules"
)

// Agenda says which mails the executive gets, when and to whom.
type Agenda struct {
	At      int // minutes of the local day at which the agenda is due
	Evening int // likewise, of the evening's digest
	// Days are those of the week, from Sunday, that have an agenda; none of them stands
	// for the days of work of the rules file.
	Days [7]bool
	// To and Cc are addresses, or the words assistant and executive.
	To, Cc   []string
	Language string  // en, de or fr
	Review   *Review // of the week; nil where there is none
}

// Review says when the review of the week is due, in the account's timezone, and to
// whom it goes.
type Review struct {
	On time.Weekday
	At int // minutes of the day
	To []string
}

const (
	defaultAgenda  = 6*60 + 30
	defaultEvening = 17*60 + 30
	defaultReview  = 15 * 60
)

var (
	agendaKeys = keys{of: "agenda", like: "agenda: {at: \"06:30\"}", known: []string{"at", "days", "to", "cc", "language", "evening", "review"}}
	reviewKeys = keys{of: "review", known: []string{"on", "at", "to"}}
)

const (
	executive = "executive"
	assistant = "assistant"
)

// agenda reads which mails the account's executive gets; nil where none.
func (f fields) agenda(a *Account) {
	n := f.values["agenda"]
	if n == nil {
		return
	}
	a.Agenda = &Agenda{}
	sub, ok := f.fields(n, n, agendaKeys)
	if !ok {
		return
	}
	*a.Agenda = Agenda{
		At:       sub.clock("at", defaultAgenda),
		Evening:  sub.clock("evening", defaultEvening),
		Days:     sub.days("days"),
		To:       sub.readers("to", a),
		Cc:       sub.readers("cc", a),
		Language: sub.choiceWith("language", "en is English, de German, fr French", "en", "de", "fr"),
		Review:   sub.review(a),
	}
	if a.Agenda.To == nil && len(a.Addresses) > 0 {
		a.Agenda.To = []string{a.Addresses[0]}
	}
	if f.values["smtp"] == nil {
		f.report(n, "name the server that sends it: smtp: {host: HOST, user: USER, password_file: FILE}", "the account has an agenda, but nothing to send it by")
	}
}

func (f fields) review(a *Account) *Review {
	r := &Review{On: time.Friday, At: defaultReview, To: []string{executive}}
	if a.Assistant != "" {
		r.To = append(r.To, assistant)
	}
	n := f.values["review"]
	if n == nil {
		return r
	}
	if n.Kind == yaml.ScalarNode && (n.Value == "off" || n.Value == "false") && f.literal(n) {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		f.report(n, "write review: off, or review: {on: friday, at: \"15:00\"}", "review must be a mapping, or the word off")
		return nil
	}
	sub, ok := f.fields(n, n, reviewKeys)
	if !ok {
		return r
	}
	r.On = time.Weekday(slices.Index(weekdays, sub.choice("on", slices.Concat(weekdays[time.Friday:], weekdays[:time.Friday])...)))
	r.At = sub.clock("at", defaultReview)
	if to := sub.readers("to", a); to != nil {
		r.To = to
	}
	return r
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// clock reads a time of day as minutes, or returns fallback.
func (f fields) clock(key string, fallback int) int {
	n := f.scalar(key)
	if n == nil {
		return fallback
	}
	at, err := time.Parse("15:04", n.Value)
	if err != nil {
		f.report(n, "write it like \"06:30\"", "%s must be a time of day", key)
		return fallback
	}
	return at.Hour()*60 + at.Minute()
}

const daysHint = "write them like Mon-Fri, or \"Mon,Wed,Fri\""

// days reads days of the week such as Mon-Fri or Mon,Wed,Fri; none if there is none.
func (f fields) days(key string) (days [7]bool) {
	n := f.values[key]
	if n != nil && n.Kind == yaml.SequenceNode {
		f.wrongKind(n, key, "a text", daysHint)
		return days
	}
	text := f.text(key)
	if text == "" {
		return days
	}
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, to := weekday(first), weekday(last)
		if !isRange {
			to = from
		}
		if from < 0 || to < 0 {
			f.report(n, daysHint, "%s must be days of the week", key)
			return [7]bool{}
		}
		for day := from; ; day = (day + 1) % 7 {
			days[day] = true
			if day == to {
				break
			}
		}
	}
	return days
}

// weekday finds a day of the week by its name or the first three letters of it; -1 is
// none.
func weekday(name string) int {
	name = strings.ToLower(strings.TrimSpace(name))
	return slices.IndexFunc(weekdays, func(day string) bool { return name == day || name == day[:3] })
}

// readers reads addresses, and the words that stand for two of them.
func (f fields) readers(key string, a *Account) []string {
	list := f.texts(key, strings.EqualFold)
	for _, reader := range list {
		n := f.itemOf(key, reader)
		switch {
		case reader == executive:
		case reader == assistant && a.Assistant == "":
			f.report(n, "name one: assistant: ADDRESS, in the account", "the account has no assistant")
		case reader == assistant:
		case !strings.Contains(reader, "@") && rules.Suggest(reader, []string{executive, assistant}) != "":
			f.report(n, "did you mean "+rules.Suggest(reader, []string{executive, assistant})+"?", "%.64q is neither an address nor one of the words executive and assistant", reader)
		default:
			f.checkAddress(n, reader)
		}
	}
	return list
}

// itemOf is the node of a list's item.
func (f fields) itemOf(key, text string) *yaml.Node {
	content := f.values[key].Content
	return content[slices.IndexFunc(content, func(n *yaml.Node) bool { return n.Value == text })]
}
