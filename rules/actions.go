package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// colours are the flag colours of Apple Mail and Thunderbird.
var colours = []string{"red", "orange", "yellow", "green", "blue", "purple", "gray"}

// verbs are the actions of the language, and what each takes.
var verbs map[string]verb

func init() { // not at the declaration: reading expire leads back to the table
	var (
		on       = kind{readTrue, schema{"enum": []any{true, "yes"}}}
		yesNo    = kind{readBool, yesOrNo()}
		folder   = kind{readFolder, textSchema("Board/{year}")}
		name     = kind{readName, textSchema("Board/{year}")}
		line     = kind{readLine, textSchema()}
		bundle   = kind{readSection, textSchema("Shipping")}
		label    = kind{readLabel, schema{"type": "string", "pattern": labelPattern.String(), "maxLength": maxLabel}}
		length   = kind{readWait, textSchema("3d", "2w", "4h")}
		unless   = kind{readUnless, textSchema("thread.answered")}
		wording  = kind{readWording, textSchema()}
		to       = kind{readRecipients, textsSchema("assistant", "executive")}
		until    = kind{readMoment, textSchema("tomorrow 08:00", "monday", "next week", "3d", "{deadline} - 1d")}
		template = field{name: "template", required: true, kind: wording}
	)
	verbs = map[string]verb{
		"file": takes(folder), "copy": takes(folder),
		"archive": takes(on), "junk": takes(on), "trash": takes(on), "delete": takes(kind{readDelete, schema{"enum": []any{true, "yes"}}}),
		"keep":  takes(kind{readKeep, schema{"const": "inbox"}}),
		"save":  {main: "to", fields: []field{{name: "files", required: true, kind: kind{readPattern, textSchema("*.pdf")}}, {name: "to", required: true, kind: name}}},
		"flag":  takes(kind{readFlag, wordSchema(append(anys(colours), true, false, "grey")...)}),
		"label": takes(label), "unlabel": takes(label),
		"read": takes(yesNo), "important": takes(yesNo), "mute": takes(on),
		"bundle": takes(bundle), "digest": takes(oneOf(digests...)),
		"extract": {main: "to", fields: []field{
			{name: "to", required: true, kind: kind{readTable, textSchema("expenses.csv")}}, {name: "fields", required: true, kind: kind{readColumns, columnsSchema()}},
		}},
		"snooze": takes(until),
		"remind": {main: "after", fields: []field{
			{name: "after", required: true, kind: length, on: "mail"}, {name: "unless", kind: unless, on: "mail"}, {name: "before", required: true, kind: length, on: "event"},
		}},
		"expire":      {main: "after", fields: []field{{name: "after", required: true, kind: length}, {name: "unless", kind: unless}, {name: "to", kind: oneOf("archive", "trash")}}},
		"draft":       {main: "template", fields: []field{template, {name: "to", kind: to}}},
		"forward":     {main: "to", fields: []field{{name: "to", required: true, kind: to}, {name: "as", kind: oneOf("draft", "mail")}, {name: "template", kind: wording}}},
		"redirect":    {main: "to", fields: []field{{name: "to", required: true, kind: to}}},
		"reply":       {main: "template", fields: []field{template, {name: "once", kind: length}}},
		"notify":      {main: "to", fields: []field{{name: "to", required: true, kind: kind{readNotify, textSchema("assistant", "executive")}}, {name: "text", kind: line}}},
		"webhook":     {main: "url", fields: []field{{name: "url", required: true, kind: kind{readURL, schema{"type": "string", "pattern": "^https?://"}}}}},
		"unsubscribe": takes(on),
	}
	maps.Copy(verbs, letterVerbs())
	maps.Copy(verbs, calendarVerbs())
}

// irreversible are the actions that can't be taken back: a rule with one needs
// confirm: or irreversible: ok.
var irreversible = []string{"delete", "forward", "redirect", "reply", "webhook", "unsubscribe", "respond", "move", "fix"}

func actionNames() []string {
	return slices.Sorted(maps.Keys(verbs))
}

// readAction reads one "name: argument" of do.
func readAction(l *loader, key, value *yaml.Node) (Action, bool) {
	a := Action{Name: key.Value, place: place{key.Line, key.Column}}
	verb, ok := verbs[key.Value]
	if !ok {
		l.unknownAction(key)
		return a, false
	}
	if !l.mayStand(key) {
		return a, false
	}
	before := len(l.problems)
	verb.read(l, value, &a)
	if verb.check != nil && len(l.problems) == before {
		verb.check(l, value, &a)
	}
	return a, len(l.problems) == before
}

func (d *reader) unknownAction(key *yaml.Node) {
	hint := "there are: " + strings.Join(actionNames(), ", ")
	if slices.Contains([]string{"folder", "fileinto"}, key.Value) {
		hint = `did you mean "file"?`
	} else if near := nearest(key.Value, actionNames()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.fail(key, hint, "there is no action %q", key.Value)
}

// checkActions refuses actions of one rule that can't all be done.
func (d *reader) checkActions(at *yaml.Node, actions []Action) {
	for i, a := range actions {
		for _, b := range actions[:i] {
			ea, eb := a.effect(), b.effect()
			if ea.slot() != eb.slot() {
				continue
			}
			if ea.same(eb) {
				d.failAt(a.place, "", "%q stands here twice", ea)
			} else {
				hint := "keep one of the two"
				if placing[a.Name] || a.Name == "flag" {
					hint = "one mail ends up in one place, with one flag: " + hint
				}
				d.failAt(a.place, hint, "%q contradicts %q", ea, eb)
			}
		}
	}
	if len(actions) == 0 && at != nil {
		d.fail(at, "write for example: do: [{file: Board}]", "do has no action")
	}
}

// effect is the action before its fields are filled in.
func (a Action) effect() Effect { return Effect{Action: a.Name, Arg: a.Arg, With: a.With} }

// irreversible reports whether the action can't be taken back. A forward that is
// only drafted can; an event to which guests are asked can't: they have read it.
func (a Action) irreversible() bool {
	return slices.Contains(irreversible, a.Name) && a.With["as"] != "draft" || making[a.Name] && a.With["guests"] != ""
}

// checkIrreversible demands a person, or the assistant's word, for what can't be
// taken back.
func (l *loader) checkIrreversible(r *Rule, keys map[string]*yaml.Node) {
	n := keys["irreversible"]
	if n != nil && n.Value != "ok" {
		l.fail(n, "write: irreversible: ok", "irreversible takes ok, not %q", n.Value)
	}
	if n != nil && l.problems.Errors() == nil && !slices.ContainsFunc(r.Actions, Action.irreversible) {
		l.warnAt(place{n.Line, n.Column}, "take the line out, so that it does not allow more one day than you meant", "nothing in the rule %q is irreversible", r.Name)
	}
	if n != nil || r.Confirm != "" || r.asks { // of what a model decides, checkAsking has told
		return
	}
	for _, a := range r.Actions {
		if a.irreversible() {
			l.failAt(a.place, "add confirm: assistant to the rule, so that a person says yes first; or irreversible: ok, if you are sure", "%q can't be taken back", a.effect())
		}
	}
}

// notForSent are actions that make no sense for a mail that the executive wrote.
var notForSent = []string{"keep", "junk", "snooze", "reply", "unsubscribe", "respond"}

// checkGuards refuses what a rule says twice over or against itself.
func (l *loader) checkGuards(r *Rule, keys map[string]*yaml.Node) {
	for _, a := range r.Actions {
		switch {
		case slices.Contains(r.Never, a.Name):
			l.failAt(a.place, "take it out of do or out of never", "the rule does what its own never forbids: %q", a.Name)
		case r.On == "sent" && slices.Contains(notForSent, a.Name):
			l.failAt(a.place, "leave it out, or make it a rule on mail", "%s is for mail that comes in; the rule is on: sent", a.Name)
		}
	}
	n := keys["undoWhen"]
	if n == nil || r.undoWhen == nil {
		return
	}
	for _, a := range r.Actions {
		if a.irreversible() {
			l.failAt(a.place, "take it out of the rule, or leave undoWhen out", "%q can't be taken back, so undoWhen could not", a.effect())
		}
	}
	switch {
	case len(r.Actions) == 0:
		l.fail(n, "leave it out", "undoWhen takes back what the rule does, and this rule does nothing")
	case len(r.unless) == 0 && coveredBy(sources(r.undoWhen), sources(r.when)):
		l.fail(n, `write when it is over, for example: undoWhen: thread.waiting != "them"`, "undoWhen holds whenever the rule fires: what it does would be undone at once")
	}
}
