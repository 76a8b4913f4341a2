package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// colours are the flag colours of Apple Mail and Thunderbird.
var colours = []string{"red", "orange", "yellow", "green", "blue", "purple", "gray"}

// laterActions are actions of the language that this version can't do yet, with
// what they wait for.
var laterActions = map[string]string{
	"save": "the files of mails", "delete": "deleting for good", "mute": "the history of threads",
	"summarize": "summaries", "digest": "summaries", "bundle": "summaries", "extract": "the text of mails",
	"schedule": "a calendar", "hold": "a calendar", "snooze": "reminders", "remind": "reminders", "expire": "reminders",
	"respond": "a calendar", "propose": "a calendar", "buffer": "a calendar", "prep": "a calendar", "focus": "a calendar",
	"color": "a calendar", "tag": "a calendar", "mirror": "a calendar",
	"draft": "writing mail", "forward": "writing mail", "redirect": "writing mail", "reply": "writing mail",
	"notify": "writing mail", "webhook": "webhooks", "unsubscribe": "unsubscribing",
}

// actionReaders read the argument of each action.
var actionReaders = map[string]func(d *reader, n *yaml.Node, a *Action){
	"file": readFolder, "copy": readFolder,
	"archive": readTrue, "junk": readTrue, "trash": readTrue,
	"keep": readKeep, "flag": readFlag,
	"label": readLabel, "unlabel": readLabel,
	"read": readBool, "important": readBool,
	"agenda": readSection,
}

func actionNames() []string {
	names := make([]string, 0, len(actionReaders))
	for name := range actionReaders {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// readAction reads one "name: argument" of do.
func readAction(d *reader, key, value *yaml.Node) (Action, bool) {
	a := Action{Name: key.Value, place: place{key.Line, key.Column}}
	read, ok := actionReaders[key.Value]
	if !ok {
		d.unknownAction(key)
		return a, false
	}
	before := len(d.problems)
	read(d, value, &a)
	return a, len(d.problems) == before
}

func (d *reader) unknownAction(key *yaml.Node) {
	if later, ok := laterActions[key.Value]; ok {
		d.fail(key, "leave it out until then", "the action %q needs %s, which this version does not have yet", key.Value, later)
		return
	}
	hint := "there are: " + strings.Join(actionNames(), ", ")
	if slices.Contains([]string{"move", "folder", "fileinto"}, key.Value) {
		hint = `did you mean "file"?`
	} else if near := nearest(key.Value, actionNames()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.fail(key, hint, "there is no action %q", key.Value)
}

func readFolder(d *reader, n *yaml.Node, a *Action) {
	name, ok := d.text(n, a.Name)
	if !ok {
		return
	}
	t, err := parseTemplate(name)
	if err != nil {
		d.fail(n, "", "%s", err)
		return
	}
	a.Arg, a.folder = name, t
}

func readTrue(d *reader, n *yaml.Node, a *Action) {
	if on, ok := d.boolean(n, a.Name); ok && !on {
		d.fail(n, "leave the line out instead", "%s: false does nothing", a.Name)
	}
}

func readKeep(d *reader, n *yaml.Node, a *Action) {
	if word, ok := d.text(n, a.Name); ok && word != "inbox" {
		d.fail(n, `write "keep: inbox"`, "keep takes inbox, not %q", word)
	}
	a.Arg = "inbox"
}

func readFlag(d *reader, n *yaml.Node, a *Action) {
	allowed := append([]string{"true", "false"}, colours...)
	word, ok := d.scalar(n, a.Name)
	if !ok {
		return
	}
	if word = strings.ToLower(word); word == "grey" {
		word = "gray"
	}
	if !slices.Contains(allowed, word) {
		d.fail(n, suggestion(word, allowed), "there is no flag %q", word)
	}
	a.Arg = word
}

// labelPattern is what every server takes as a keyword (RFC 9051 atom, without
// what some servers refuse).
var labelPattern = regexp.MustCompile(`^[A-Za-z0-9$_.:+-]+$`)

const maxLabel = 64

func readLabel(d *reader, n *yaml.Node, a *Action) {
	word, ok := d.text(n, a.Name)
	if !ok {
		return
	}
	if !labelPattern.MatchString(word) || len(word) > maxLabel {
		d.fail(n, fmt.Sprintf("write for example %q", labelFrom(word)), "mail servers take labels of plain letters, digits and - _ . only; %q is not one", word)
	}
	a.Arg = word
}

func labelFrom(s string) string {
	s = strings.Map(func(r rune) rune {
		if labelPattern.MatchString(string(r)) {
			return r
		}
		return '-'
	}, s)
	if s = strings.Trim(s, "-"); s == "" {
		return "Waiting"
	}
	return s[:min(len(s), maxLabel)]
}

func readBool(d *reader, n *yaml.Node, a *Action) {
	if on, ok := d.boolean(n, a.Name); ok {
		a.Arg = fmt.Sprint(on)
	}
}

func readSection(d *reader, n *yaml.Node, a *Action) {
	if word, ok := d.text(n, a.Name); ok {
		a.Arg = strings.TrimSpace(word)
	}
}

// checkActions refuses actions of one rule that can't all be done.
func checkActions(d *reader, at *yaml.Node, actions []Action) {
	for i, a := range actions {
		for _, b := range actions[:i] {
			ea, eb := a.effect(), b.effect()
			if ea.slot() != eb.slot() {
				continue
			}
			if ea.same(eb) {
				d.failAt(a.place, "", "%q stands here twice", ea)
			} else {
				d.failAt(a.place, "one mail ends up in one place, with one flag: keep one of the two", "%q contradicts %q", ea, eb)
			}
		}
	}
	if len(actions) == 0 && at != nil {
		d.fail(at, "write for example: do: [{file: Board}]", "do has no action")
	}
}

// effect is the action before its folder is filled in.
func (a Action) effect() Effect { return Effect{Action: a.Name, Arg: a.Arg} }
