package mail

import (
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/summary"
	"github.com/foredesk/foredesk/internal/when"
	"github.com/foredesk/foredesk/rules"
)

// surely is the confidence from which a date in prose is a fact.
const surely = 0.6

// Found reads dates, deadlines, amounts, references and asks out of a newly
// written text. "Tomorrow" is meant from when the message was received, in the
// calendar's zone.
func Found(text string, received time.Time, c when.Calendar) rules.Found {
	var f rules.Found
	if c.Now.IsZero() {
		c.Now = received
	}
	c.Now = received.In(c.Now.Location())
	for _, span := range when.Find(text, c) {
		if span.Confidence < surely {
			continue
		}
		w := rules.When{Text: span.Text, Start: span.Start, End: span.End, AllDay: span.AllDay, Zone: span.Zone, Confidence: span.Confidence}
		f.Dates = append(f.Dates, w)
		if !span.Deadline {
			continue
		}
		f.Deadlines = append(f.Deadlines, w)
		if !w.End.Before(c.Now) && (f.Deadline.IsZero() || w.Start.Before(f.Deadline)) {
			f.Deadline = w.Start
		}
	}
	for _, a := range summary.Amounts(text) {
		f.Amounts = append(f.Amounts, rules.Amount{Value: a.Value, Currency: a.Currency})
	}
	for _, code := range summary.Codes(text) {
		f.Codes = append(f.Codes, code.Value)
	}
	f.Question, f.Ask = summary.Question(text), len(summary.Asks(text)) > 0
	return f
}

// say puts what a message says among its facts.
func (b Body) say(item *rules.Item, needs rules.Needs, c when.Calendar) {
	item.Text = rules.NewText(b.Text)
	if item.Full = item.Text; strings.TrimSpace(b.Full) != b.Text {
		item.Full = rules.NewText(b.Full)
	}
	for _, l := range b.Links {
		item.Links = append(item.Links, rules.NewLink(l.Text, l.URL))
	}
	for i := range min(len(item.Files), len(b.Files)) {
		item.Files[i].Text = rules.NewText(b.Files[i].Text)
	}
	if needs.Found {
		text, received := b.Text, item.Received
		item.Find = func() rules.Found { return Found(text, received, c) }
	}
}
