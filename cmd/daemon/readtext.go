package main

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/summary"
	"github.com/foredesk/foredesk/internal/when"
	"github.com/foredesk/foredesk/rules"
)

// textOutput is what stands in a piece of prose, as read --text prints it.
type textOutput struct {
	Text      string         `json:"text"` // what is newly written
	Dates     []rules.When   `json:"dates"`
	Deadlines []rules.When   `json:"deadlines"`
	Deadline  string         `json:"deadline,omitempty"` // the first that is ahead
	Doubtful  []doubtfulDate `json:"doubtful"`           // too vague to be a fact for rules
	Amounts   []rules.Amount `json:"amounts"`
	Codes     []codeOutput   `json:"codes"`
	Question  bool           `json:"question"`
	Asks      []string       `json:"asks"` // the sentences that want something of the reader
}

type doubtfulDate struct {
	rules.When
	Ambiguity string `json:"ambiguity,omitempty"`
}

type codeOutput struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

const maxProse = 1 << 20 // bytes; what a message's text is cut to is far less

func (c *command) readText(r *reading, file string) error {
	set, _, now, err := c.readingSet(r)
	if err != nil {
		return err
	}
	in, err := c.openInput(file)
	if err != nil {
		return fmt.Errorf("reading a text: %w", err)
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxProse+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading the text %s: %w", file, err)
	case len(data) > maxProse:
		return fmt.Errorf("the text %s is longer than %s bytes, so it was not read", file, thousands(maxProse))
	case !utf8.Valid(data):
		return errors.New("the text is not in UTF-8; if it is a message, leave --text out, and its charset is looked at")
	}
	calendar := calendarOf(set)
	calendar.Now = now.In(set.Timezone)
	return c.printJSON(foundInProse(string(data), calendar))
}

// foundInProse reads what is newly written in a text.
func foundInProse(full string, calendar when.Calendar) textOutput {
	text := summary.NewText(full)
	found := mail.Found(text, calendar.Now, calendar)
	out := textOutput{
		Text: text, Dates: list(found.Dates), Deadlines: list(found.Deadlines), Amounts: list(found.Amounts),
		Doubtful: []doubtfulDate{}, Codes: []codeOutput{}, Question: found.Question, Asks: list(summary.Asks(text)),
	}
	if !found.Deadline.IsZero() {
		out.Deadline = found.Deadline.Format("2006-01-02T15:04:05Z07:00")
	}
	for _, code := range summary.Codes(text) {
		out.Codes = append(out.Codes, codeOutput{string(code.Kind), code.Value})
	}
	for _, span := range when.Find(text, calendar) {
		w := rules.When{Text: span.Text, Start: span.Start, End: span.End, AllDay: span.AllDay, Zone: span.Zone, Confidence: span.Confidence}
		if !has(found.Dates, w) {
			out.Doubtful = append(out.Doubtful, doubtfulDate{w, span.Ambiguity})
		}
	}
	return out
}

func has(dates []rules.When, w rules.When) bool {
	for _, d := range dates {
		if d.Text == w.Text && d.Start.Equal(w.Start) && d.End.Equal(w.End) {
			return true
		}
	}
	return false
}

// list is an empty list in the place of none: JSON for programs has no null.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
