package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// stepOutput is a step of the journal as log and explain print it.
type stepOutput struct {
	ID      int64             `json:"step"`
	Run     int64             `json:"run"`
	Rule    string            `json:"rule"`
	Rules   string            `json:"rulesHash"` // which version of the rules file acted
	Action  string            `json:"action"`
	Arg     string            `json:"arg,omitempty"`
	With    map[string]string `json:"with,omitempty"`
	State   string            `json:"state"`
	Reason  string            `json:"reason,omitempty"`
	From    mailbox.Ref       `json:"from"`
	At      mailbox.Ref       `json:"at,omitzero"`
	Put     *engine.Put       `json:"event,omitempty"` // what it has made or changed on a calendar
	Undoes  int64             `json:"undoes,omitempty"`
	Planned time.Time         `json:"planned"`
	Due     time.Time         `json:"notBefore,omitzero"` // what waits for its time
	Ended   time.Time         `json:"ended,omitzero"`
	Facts   map[string]any    `json:"facts,omitempty"`
	Item    itemOutput        `json:"message"`

	do, title string // of what is done on a calendar, or follows from it, and of letters: see engine
}

// itemOutput is a message, an event or a day as the journal knows it. The latter two
// have calendarPlace for a folder.
type itemOutput struct {
	MessageID string      `json:"messageID,omitempty"`
	Subject   string      `json:"subject"`
	From      string      `json:"from"`
	Date      time.Time   `json:"date"`
	Place     mailbox.Ref `json:"place,omitzero"`
}

// calendarPlace stands where a message has its folder.
const calendarPlace = "calendar"

func itemOf(it store.Item) itemOutput {
	if engine.IsOccasion(it) {
		it.Place = mailbox.Ref{Folder: calendarPlace}
	}
	if engine.IsLetter(it) {
		it.Place, it.Sender = mailbox.Ref{}, "foredesk"
	}
	return itemOutput{it.MessageID, it.Subject, it.Sender, it.Date, it.Place}
}

// from is who wrote the mail or called the event; a day has nobody.
func (it itemOutput) from() string {
	if it.From == "" && it.Place.Folder == calendarPlace {
		return calendarPlace
	}
	return it.From
}

func stepOf(s store.Step) stepOutput {
	out := stepOutput{
		ID: s.ID, Run: s.RunID, Rule: s.Rule, Rules: s.RulesHash, Action: s.Action, Arg: s.Arg, With: s.Op.With, Due: s.NotBefore, State: string(s.State), Reason: s.Reason,
		From: s.From, At: s.At, Undoes: s.Undoes, Planned: s.Planned, Ended: s.Ended, Item: itemOf(s.Item),
	}
	if engine.IsOccasion(s.Item) {
		out.From = out.Item.Place
	}
	if s.Op.Kind == mailbox.Outside && slices.Contains(calendarActions, out.verb()) {
		out.do = s.Op.Do
	}
	if s.Op.Kind == mailbox.Outside && s.Op.Do == sendLetter {
		out.do = sendLetter
	}
	if s.Op.Kind == mailbox.Event {
		out.do, out.title, out.At = s.Op.Do, s.Op.Arg, mailbox.Ref{}
		if put, ok := engine.PutBy(s); ok {
			out.Put = &put
		}
	}
	if len(s.Facts) > 0 {
		if err := json.Unmarshal(s.Facts, &out.Facts); err != nil {
			out.Facts = map[string]any{"(unreadable)": err.Error()}
		}
	}
	return out
}

// stepNumber reads "41" or "#41".
func stepNumber(s string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "#"), 10, 64)
	return n, err == nil && n > 0
}
