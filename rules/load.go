package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
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
	// AllowDelete lets rules delete for good.
	AllowDelete bool
	// Templates are the texts of drafts and replies by name; nil where they are
	// not known.
	Templates map[string]string
	// Found reads dates, amounts and asks out of the text of a test's mail; nil
	// leaves tests to say what is found.
	Found func(text string, received time.Time) Found
}

const (
	maxFile  = 1 << 20 // bytes of a rules file
	maxRules = 5_000   // of a file: each is held against all that stand above it
)

// Load reads a rules file. A file with a mistake is refused whole: the error is
// then Problems, with everything that is wrong in it.
func Load(name string, data []byte, options Options) (*Set, error) {
	if len(data) > maxFile {
		return nil, Problems{{File: name, Line: 1, Column: 1, Message: fmt.Sprintf("the file has %d bytes; at most %d are allowed", len(data), maxFile)}}
	}
	l := &loader{reader: newReader(name, data), options: options, used: map[string]string{}}
	if root := l.document(data); root != nil {
		l.load(root)
	}
	slices.SortStableFunc(l.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if errs := l.problems.Errors().first(); errs != nil {
		return nil, errs
	}
	l.set.File, l.set.Hash, l.set.Warnings = name, hashOf(data, l.used), l.problems.first()
	l.set.source, l.set.templates = data, l.used
	return l.set, nil
}

// hashOf is the hash of a file and of the templates that it names.
func hashOf(data []byte, templates map[string]string) string {
	sum := sha256.New()
	sum.Write(data)
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		fmt.Fprintf(sum, "\x00%s\x00%s", name, templates[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// loader builds a Set from the nodes of a file.
type loader struct {
	*reader
	options  Options
	set      *Set
	compiler *compiler
	nodes    map[string]*yaml.Node // the top level, by key
	used     map[string]string     // of the templates, those that rules name
	sort     string                // what the rule that is being read is on
	now      time.Time             // of the test that is being read
}

var (
	fileKeys = []string{"version", "timezone", "me", "workHours", "holidays", "people", "places", "travel", "glossary", "goals", "rules", "tests"}
	ruleKeys = []string{"name", "on", "when", "unless", "do", "stop", "run", "never", "confirm", "undoWhen", "enabled", "why", "goal", "irreversible"}
)

// alwaysRead are the header fields by which a mail is confidential.
var alwaysRead = []string{"Content-Type", "Sensitivity"}

func (l *loader) load(root *yaml.Node) {
	l.nodes = map[string]*yaml.Node{}
	l.mapping(root, "a rules file", fileKeys, func(key, value *yaml.Node) { l.nodes[key.Value] = value })
	l.set = &Set{Timezone: time.UTC, workHours: defaultWorkHours, people: map[string]*People{}, holidays: map[string]bool{}, options: l.options}
	if l.options.Timezone != nil {
		l.set.Timezone = l.options.Timezone
	}
	l.version(root)
	l.settings()
	l.compiler = newCompiler(l.set.people, l.options.Folders)
	l.rules(root)
	l.compiler.needs.addHeaders(alwaysRead...)
	l.set.needs = l.compiler.needs
	l.set.lookalike, l.set.asked = l.compiler.lookalike, l.compiler.asked
	for _, r := range l.set.Rules {
		if r.Enabled && contains(r.Never, askFunction) {
			l.set.silencers = append(l.set.silencers, r)
		}
	}
	l.crossRules()
	l.tests()
	l.set.index = buildIndex(l.set.Rules, l.set.people)
	l.set.imitated = sync.OnceValue(func() *imitated { return newImitated(l.set) })
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
			l.fail(n, "write them like: Mon-Fri 08:00-18:00", "%q are no work hours", n.Value)
		}
		l.set.workHours = w
	}
	if n := l.nodes["holidays"]; n != nil {
		for _, item := range items(n) {
			day, _ := l.text(item, "holidays")
			if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
				l.fail(item, "write each like 2026-12-25", "%q is no date", day)
			}
			l.set.holidays[day] = true
		}
	}
	if n := l.nodes["people"]; n != nil {
		l.mapping(n, "people", nil, l.list)
	}
	l.places()
	l.set.glossary = l.words("glossary")
	if n := l.nodes["goals"]; n != nil {
		l.mapping(n, "goals", nil, l.goal)
	}
}

// goal is one of the file's goals: what the executive's time should go to.
type goal struct {
	name   string
	words  []Text  // of titles
	people *People // of guests
}

// goal reads a goal: names of lists of people, addresses, and words.
func (l *loader) goal(key, value *yaml.Node) {
	g := goal{name: key.Value}
	var entries []string
	for _, s := range l.texts(value, "the goal "+key.Value) {
		switch list := l.set.people[s]; {
		case list != nil:
			entries = append(entries, list.entries...)
		case strings.Contains(s, "@"):
			entries = append(entries, s)
		default:
			g.words = append(g.words, NewText(s))
		}
	}
	g.people = newPeople(key.Value, entries)
	l.set.goals = append(l.set.goals, g)
}

// words checks a mapping of names to one text each.
func (l *loader) words(key string) map[string]string {
	words := map[string]string{}
	if n := l.nodes[key]; n != nil {
		l.mapping(n, key, nil, func(k, v *yaml.Node) {
			if text, ok := l.text(v, k.Value); ok {
				words[k.Value] = text
			}
		})
	}
	return words
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
	case factByName[key.Value].name != "" || contains(functionNames(), key.Value) || contains(reserved, key.Value):
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
	if len(n.Content) > maxRules {
		l.fail(n.Content[maxRules], "name many people in a list under people: instead of writing a rule for each", "the file has %d rules; at most %d are allowed", len(n.Content), maxRules)
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
	l.mapping(n, "a rule", ruleKeys, func(key, value *yaml.Node) { keys[key.Value] = value })
	if n.Kind != yaml.MappingNode {
		return
	}
	l.ruleName(n, keys["name"], r)
	if e := keys["enabled"]; e != nil {
		r.Enabled, _ = l.boolean(e, "enabled")
	}
	if r.Enabled {
		others := l.compiler.needs.Diary
		l.compiler.needs.Diary = false
		l.on(keys["on"], r)
		l.sort, l.compiler.on = r.On, r.On
		l.compiler.above(l.set.Rules, r.On)
		l.conditions(n, keys, r)
		l.guards(keys, r)
		l.actions(n, keys["do"], r)
		l.checkPlaces(r)
		l.checkAsking(r)
		l.checkIrreversible(r, keys)
		l.checkGuards(r, keys)
		r.diary = l.compiler.needs.Diary
		l.compiler.needs.Diary = r.diary || others
	}
	if s := keys["stop"]; s != nil {
		r.Stop, _ = l.boolean(s, "stop")
	}
	if w := keys["why"]; w != nil {
		r.Why, _ = l.text(w, "why")
	}
	r.facts = mergeFacts(r.when, r.unless)
	l.set.Rules = append(l.set.Rules, r)
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
			return
		}
	}
}

// sorts are what a rule can be on.
var sorts = []string{"mail", "sent", "event", "day"}

// on reads what the rule looks at.
func (l *loader) on(n *yaml.Node, r *Rule) {
	r.On = "mail"
	if n == nil {
		return
	}
	if r.On = n.Value; !contains(sorts, n.Value) {
		l.fail(n, suggestion(n.Value, sorts), "a rule is on mail, sent, event or day, not %q", n.Value)
	}
}

// guards reads what limits a rule or its effects: run, confirm, never, undoWhen
// and goal.
func (l *loader) guards(keys map[string]*yaml.Node, r *Rule) {
	if n := keys["run"]; n != nil {
		if text, ok := l.text(n, "run"); ok {
			var err error
			if r.Run, err = parseSchedule(text); err != nil {
				l.failWith(n, err)
			}
		}
	}
	if n := keys["confirm"]; n != nil {
		if r.Confirm = n.Value; !contains([]string{"assistant", "executive"}, n.Value) {
			l.fail(n, `write "confirm: assistant" or "confirm: executive"`, "%q can't approve", n.Value)
		}
	}
	if n := keys["never"]; n != nil {
		r.Never = l.never(n)
	}
	if n := keys["undoWhen"]; n != nil {
		r.undoWhen = l.conditionList(n, l.laterCondition)
	}
	if n := keys["goal"]; n != nil {
		r.Goal, _ = l.text(n, "goal")
		if known := l.goalNames(); r.Goal != "" && !contains(known, r.Goal) {
			l.fail(n, suggestion(r.Goal, known), "there is no goal %q under goals:", r.Goal)
		}
	}
}

// forbiddable are what never may name.
func forbiddable() []string {
	return slices.Sorted(slices.Values(append(actionNames(), askFunction)))
}

// never reads the actions that a guard forbids, and whether a model may be asked.
func (l *loader) never(n *yaml.Node) []string {
	allowed := forbiddable()
	words := []string{} // not nil: the rule has a never, if a wrong one
	for _, item := range items(n) {
		word, ok := l.text(item, "never")
		switch {
		case !ok:
		case !contains(allowed, word):
			l.fail(item, suggestion(word, allowed), "never does not know %q", word)
		case contains(words, word):
			l.fail(item, "keep one of the two", "never names %q twice", word)
		default:
			words = append(words, word)
		}
	}
	if len(items(n)) == 0 {
		l.fail(n, "write for example: never: [forward, reply]", "never names no action")
	}
	return words
}

func (l *loader) goalNames() []string {
	var names []string
	if n := l.nodes["goals"]; n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			names = append(names, n.Content[i].Value)
		}
	}
	return names
}

func (l *loader) actions(n, do *yaml.Node, r *Rule) {
	if do == nil && r.Never != nil {
		return
	}
	if do == nil {
		l.fail(n, "add for example: do: [{file: Board}]", "the rule %q does nothing", r.Name)
		return
	}
	before := len(l.problems)
	for _, item := range items(do) {
		l.mapping(item, "do", nil, func(key, value *yaml.Node) {
			if a, ok := readAction(l, key, value); ok {
				r.Actions = append(r.Actions, a)
			}
		})
	}
	if len(l.problems) == before {
		l.checkActions(do, r.Actions)
	}
	for i := range r.Actions {
		l.actionNeeds(&r.Actions[i])
	}
}
