package gather

import (
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/store"
)

// RuleHealth is how a rule has done in some time, in actions but for Messages.
type RuleHealth struct {
	Rule      string    `json:"rule"`
	Line      int       `json:"line,omitempty"` // 0: no longer in the rules file
	Enabled   bool      `json:"enabled"`
	Messages  int64     `json:"messages"` // or events and days
	Done      int64     `json:"done"`
	TakenBack int64     `json:"takenBack"` // by undo
	ByHand    int64     `json:"reversedByHand"`
	Refused   int64     `json:"refused"` // a person said no, or nothing in time
	Failed    int64     `json:"failed"`
	Waiting   int64     `json:"waiting"` // for a person, or for its time
	Uncertain int64     `json:"uncertain"`
	Last      time.Time `json:"last,omitzero"` // in the time that was looked at

	Actions map[string]int64 `json:"-"` // what was done, by action
	Reasons map[string]int64 `json:"-"` // why not
	items   map[int64]bool
}

// NewRuleHealth is that of a rule before its steps are counted.
func NewRuleHealth(rule string, line int, enabled bool) *RuleHealth {
	return &RuleHealth{Rule: rule, Line: line, Enabled: enabled, Actions: map[string]int64{}, Reasons: map[string]int64{}, items: map[int64]bool{}}
}

// When a share is worth a look: with fewer than so many it is chance.
const (
	enoughCases   = 3
	reversedShare = 0.3
	failedShare   = 0.2
)

// Count counts one step of the rule, none that takes others back.
func (r *RuleHealth) Count(s store.Step) {
	if r.items[s.Item.ID] = true; s.Planned.After(r.Last) {
		r.Last = s.Planned
	}
	r.Messages = int64(len(r.items))
	verb, _, _ := strings.Cut(s.Action, " ")
	switch {
	// A time that is offered is let go when another is taken: that is what it was for.
	case s.State == store.Done, s.State == store.Undone && strings.HasPrefix(s.Action, "propose hold "):
		r.Done++
		r.Actions[verb]++
	case s.State == store.Undone && s.Reason == store.ByHand:
		r.ByHand++
		r.Actions[verb]++
	case s.State == store.Undone:
		r.TakenBack++
		r.Actions[verb]++
	case s.State == store.Uncertain:
		r.Uncertain++
	case s.Reason == store.Refused || s.Reason == store.Lapsed:
		r.Refused++
	case s.State == store.Failed && !s.Decided():
		r.Failed++
		r.Reasons[s.Reason]++
	case s.State != store.Failed:
		r.Waiting++
		r.Actions[verb]++
	}
}

// Took is how many actions took place, those that were taken back included.
func (r *RuleHealth) Took() int64 { return r.Done + r.TakenBack + r.ByHand }

// IsReversed reports whether people take back much of what the rule does.
func (r *RuleHealth) IsReversed() bool {
	return isMuch(r.TakenBack+r.ByHand, r.Took(), reversedShare)
}

// IsRefused reports whether people often say no to what the rule wants.
func (r *RuleHealth) IsRefused() bool { return isMuch(r.Refused, r.Took()+r.Refused, reversedShare) }

// IsFailing reports whether much of what the rule does goes wrong.
func (r *RuleHealth) IsFailing() bool { return isMuch(r.Failed, r.Took()+r.Failed, failedShare) }

func isMuch(n, of int64, share float64) bool {
	return n >= enoughCases && float64(n) >= share*float64(of)
}
