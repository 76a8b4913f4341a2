package rules

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
)

// How the fields of an action become those of an effect.

// errNothing: the action has nothing to do for this item, such as to save files
// where none fits.
var errNothing = errors.New("nothing to do")

// effect fills an action in.
func (r *run) effect(rule *Rule, a Action) (Effect, error) {
	e := Effect{Rule: rule.Name, Action: a.Name, Arg: a.Arg, Confirm: rule.Confirm}
	if a.Name == "save" {
		r.env.work = 0 // the conditions have had theirs
		if has, err := r.env.hasFile(a.With["files"]); err != nil || !has {
			return e, cmp.Or(err, errNothing)
		}
	}
	if len(a.With) > 0 || a.wording != nil || a.moment != nil {
		e.With = maps.Clone(a.With)
		if e.With == nil {
			e.With = map[string]string{}
		}
	}
	for name, t := range a.templates {
		value, err := t.expand(r.env)
		if err != nil {
			return e, err
		}
		if name == "" {
			e.Arg = value
		} else {
			e.With[name] = value
		}
	}
	if a.columns != nil {
		e.With["fields"] = r.columns(a.columns)
	}
	if a.moment != nil {
		at, err := a.moment.at(r.set, r.env)
		if err != nil {
			return e, err
		}
		e.With["at"] = formatInstant(at)
	}
	switch {
	case a.Name == "unsubscribe":
		return e, r.env.oneClick(&e)
	case a.story != nil:
		r.story(a.story, &e)
	case a.due != nil:
		return e, r.until(a.due, &e)
	}
	return e, r.write(a.wording, &e)
}

// oneClick notes where to unsubscribe. The address comes from a stranger, so it
// is called only where the mail server found the message's signature good.
func (e *env) oneClick(effect *Effect) error {
	switch {
	case !e.List.OneClick:
		return errors.New("the mail offers no unsubscribing by one click (RFC 8058)")
	case e.Auth.DKIM != "pass":
		return errors.New("the mail server has not found the mail's signature good")
	}
	effect.With = map[string]string{"url": e.List.Unsubscribe}
	return nil
}

// columns fills in the line of a table.
func (r *run) columns(columns []column) string {
	line := make([][2]string, len(columns))
	for i, c := range columns {
		value, _ := c.value.expand(r.env) // no field of a line may be missing
		line[i] = [2]string{c.name, value}
	}
	text, _ := json.Marshal(line) // of strings: can't fail
	return string(text)
}

// write fills in the text of a draft or a reply.
func (r *run) write(w *wording, e *Effect) (err error) {
	if w == nil {
		return nil
	}
	if w.subject != nil {
		if e.With["subject"], err = w.subject.expand(r.env); err != nil {
			return err
		}
	}
	e.With["text"], err = w.text.expand(r.env)
	return err
}

// mergeFacts joins the facts of conditions without repeating any.
func mergeFacts(conditions ...[]*condition) []string {
	set := map[string]bool{}
	var names []string
	for _, list := range conditions {
		for _, c := range list {
			for _, f := range c.facts {
				if !set[f] {
					set[f] = true
					names = append(names, f)
				}
			}
		}
	}
	return names
}
