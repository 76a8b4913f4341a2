package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Options are what a rules file is read with besides its bytes.
type Options struct {
	// Me are the account's own addresses; those of the file's me: are added.
	Me []string
	// Folders are the folders the daemon watches. With them a condition on a
	// folder that is never watched is refused.
	Folders []string
	// Timezone is the account's; the file's timezone: goes before it.
	Timezone *time.Location
}

const maxFile = 1 << 20 // bytes of a rules file

// Load reads a rules file. A file with a mistake is refused whole: the error is
// then Problems, with everything that is wrong in it.
func Load(name string, data []byte, options Options) (*Set, error) {
	if len(data) > maxFile {
		return nil, Problems{{File: name, Line: 1, Column: 1, Message: fmt.Sprintf("the file has %d bytes; at most %d are allowed", len(data), maxFile)}}
	}
	l := &loader{reader: newReader(name, data), options: options}
	if root := l.document(data); root != nil {
		l.load(root)
	}
	slices.SortStableFunc(l.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if errs := l.problems.Errors(); errs != nil {
		return nil, errs
	}
	sum := sha256.Sum256(data)
	l.set.File, l.set.Hash, l.set.Warnings = name, hex.EncodeToString(sum[:8]), l.problems
	return l.set, nil
}

// loader builds a Set from the nodes of a file.
type loader struct {
	*reader
	options  Options
	set      *Set
	compiler *compiler
	nodes    map[string]*yaml.Node // the top level, by key
}

var (
	fileKeys = []string{"version", "timezone", "me", "workHours", "people", "places", "glossary", "goals", "rules", "tests"}
	ruleKeys = []string{"name", "on", "when", "unless", "do", "stop", "enabled", "why", "irreversible"}
	// laterKeys are keys of a rule that this version can't follow yet.
	laterKeys = map[string]string{
		"run": "rules on a schedule", "never": "guards", "confirm": "approvals", "undoWhen": "undoing by condition", "goal": "goals",
	}
)

func (l *loader) load(root *yaml.Node) {
	l.nodes = map[string]*yaml.Node{}
	l.mapping(root, "a rules file", fileKeys, func(key, value *yaml.Node) { l.nodes[key.Value] = value })
	l.set = &Set{Timezone: time.UTC, workHours: defaultWorkHours, people: map[string]*People{}}
	if l.options.Timezone != nil {
		l.set.Timezone = l.options.Timezone
	}
	l.version(root)
	l.settings()
	l.compiler = newCompiler(l.set.people, l.options.Folders)
	l.rules(root)
	l.compiler.needs.addHeaders("Content-Type", "Sensitivity") // whether a mail is confidential is always asked
	l.set.needs = l.compiler.needs
	l.crossRules()
	l.tests()
	l.set.index = buildIndex(l.set.Rules, l.set.people)
}

func (l *loader) version(root *yaml.Node) {
	n := l.nodes["version"]
	switch {
	case n == nil:
		l.fail(root, "begin the file with: version: 1", "the file does not say its version")
	case n.Value != "1":
		l.fail(n, "write: version: 1", "this version of foredesk reads rules of version 1, not %q", n.Value)
	}
}

func (l *loader) settings() {
	me := slices.Clone(l.options.Me)
	if n := l.nodes["me"]; n != nil {
		for _, item := range items(n) {
			me = append(me, l.address(item, false)...)
		}
	}
	l.set.me = newPeople("me", me)
	l.set.home = newPeople("home", domainsOf(me))
	if n := l.nodes["timezone"]; n != nil {
		if zone, err := time.LoadLocation(n.Value); err != nil || n.Value == "" || n.Value == "Local" {
			l.fail(n, "write a name such as Europe/London or America/New_York", "there is no time zone %q", n.Value)
		} else {
			l.set.Timezone = zone
		}
	}
	if n := l.nodes["workHours"]; n != nil {
		w, err := parseWorkHours(n.Value)
		if err != nil {
			l.fail(n, "", "%s", err)
		}
		l.set.workHours = w
	}
	if n := l.nodes["people"]; n != nil {
		l.mapping(n, "people", nil, l.list)
	}
	l.words("places")
	l.words("glossary")
	if n := l.nodes["goals"]; n != nil {
		l.mapping(n, "goals", nil, func(key, value *yaml.Node) { l.texts(value, "the goal "+key.Value) })
	}
}

// words checks a mapping of names to one text each.
func (l *loader) words(key string) {
	if n := l.nodes[key]; n != nil {
		l.mapping(n, key, nil, func(k, v *yaml.Node) { l.text(v, k.Value) })
	}
}

func domainsOf(emails []string) []string {
	var domains []string
	for _, e := range emails {
		if _, domain, ok := strings.Cut(e, "@"); ok && !publicMail[strings.ToLower(domain)] {
			domains = append(domains, "@"+domain)
		}
	}
	return domains
}

// publicMail are domains that strangers share: an address there makes nobody
// else internal.
var publicMail = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "outlook.com": true, "hotmail.com": true, "live.com": true, "yahoo.com": true,
	"icloud.com": true, "me.com": true, "aol.com": true, "gmx.de": true, "gmx.net": true, "web.de": true, "proton.me": true, "protonmail.com": true,
}

// list reads one list of people.
func (l *loader) list(key, value *yaml.Node) {
	switch {
	case !listName.MatchString(key.Value):
		l.fail(key, "write it in letters, digits and _", "%q is no name for a list of people", key.Value)
		return
	case factByName[key.Value].name != "" || laterFacts[key.Value] != "" || contains(functionNames(), key.Value) || contains(reserved, key.Value):
		l.fail(key, "choose another name", "%q already means something in conditions", key.Value)
		return
	}
	var entries []string
	for _, item := range items(value) {
		entries = append(entries, l.address(item, true)...)
	}
	l.set.people[key.Value] = newPeople(key.Value, entries)
}

// address reads an address or, where allowed, "@domain".
func (l *loader) address(n *yaml.Node, domains bool) []string {
	s, ok := l.text(n, "an address")
	if !ok {
		return nil
	}
	user, domain, at := strings.Cut(strings.TrimSpace(s), "@")
	switch {
	case !at || domain == "" || strings.ContainsAny(s, " <>,;"):
		l.fail(n, `write an address like "pat@board.example", or "@board.example" for everybody there`, "%q is no address", s)
	case user == "" && !domains:
		l.fail(n, "write a whole address", "%q is everybody of a domain", s)
	default:
		return []string{strings.TrimSpace(s)}
	}
	return nil
}

func (l *loader) rules(root *yaml.Node) {
	n := l.nodes["rules"]
	if n == nil {
		l.fail(root, "add rules: and below it a list", "the file has no rules")
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.fail(n, "begin each rule with: - name: …", "rules must be a list")
		return
	}
	for _, item := range n.Content {
		l.rule(item)
	}
}

// rule reads one rule. It is added even when it has mistakes, so that rules
// below may name it.
func (l *loader) rule(n *yaml.Node) {
	r := &Rule{Line: n.Line, Enabled: true}
	keys := map[string]*yaml.Node{}
	allowed := slices.Clone(ruleKeys)
	for later := range laterKeys {
		allowed = append(allowed, later)
	}
	l.mapping(n, "a rule", allowed, func(key, value *yaml.Node) { keys[key.Value] = value })
	if n.Kind != yaml.MappingNode {
		return
	}
	l.ruleName(n, keys["name"], r)
	if e := keys["enabled"]; e != nil {
		r.Enabled, _ = l.boolean(e, "enabled")
	}
	if r.Enabled {
		l.laterRuleKeys(n, keys)
		l.conditions(n, keys, r)
		l.actions(n, keys["do"], r)
	}
	if s := keys["stop"]; s != nil {
		r.Stop, _ = l.boolean(s, "stop")
	}
	if w := keys["why"]; w != nil {
		r.Why, _ = l.text(w, "why")
	}
	r.facts = mergeFacts(r.when, r.unless)
	l.set.Rules = append(l.set.Rules, r)
	l.compiler.earlier = append(l.compiler.earlier, r.Name)
}

func (l *loader) ruleName(n, name *yaml.Node, r *Rule) {
	if name == nil {
		l.fail(n, "give it a name that says what it does: name: Board papers stay on top", "the rule has no name")
		return
	}
	r.Name, _ = l.text(name, "name")
	for _, other := range l.set.Rules {
		if other.Name == r.Name && r.Name != "" {
			l.fail(name, "names stand in the log and in explain: make each different", "another rule (line %d) is called %q", other.Line, r.Name)
		}
	}
}

// laterRuleKeys refuses by name what this version would otherwise ignore.
func (l *loader) laterRuleKeys(n *yaml.Node, keys map[string]*yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if later, ok := laterKeys[key.Value]; ok {
			l.fail(key, "leave the line out, or write enabled: false, until then", "%q needs %s, which this version does not have yet", key.Value, later)
		}
	}
	on := keys["on"]
	if on == nil || on.Value == "mail" {
		return
	}
	all := []string{"mail", "sent", "event", "day"}
	if contains(all, on.Value) {
		l.fail(on, "leave the rule out, or write enabled: false, until then", "rules on %q are not followed by this version yet", on.Value)
		return
	}
	l.fail(on, suggestion(on.Value, all), "a rule is on mail, sent, event or day, not %q", on.Value)
}

func (l *loader) actions(n, do *yaml.Node, r *Rule) {
	if do == nil {
		l.fail(n, "add for example: do: [{file: Board}]", "the rule %q does nothing", r.Name)
		return
	}
	before := len(l.problems)
	for _, item := range items(do) {
		l.mapping(item, "do", nil, func(key, value *yaml.Node) {
			if a, ok := readAction(l.reader, key, value); ok {
				r.Actions = append(r.Actions, a)
			}
		})
	}
	if len(l.problems) == before {
		checkActions(l.reader, do, r.Actions)
	}
	for _, a := range r.Actions {
		if a.folder != nil {
			l.templateNeeds(a.folder)
		}
	}
}

func (l *loader) templateNeeds(t *template) {
	for _, field := range t.fields() {
		l.compiler.needs.add(factByName[rootOf(field)])
	}
}
