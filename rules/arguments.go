package rules

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// kind is what an argument can be: how it is read, and what editors are told of
// it (JSON Schema).
type kind struct {
	read   func(l *loader, n *yaml.Node, a *Action, name string)
	schema schema
}

// field is an argument of an action. One without a name is all that the action
// takes. On is the sort of rule in which alone it may stand: mail, which sent is
// too, or event; empty for all.
type field struct {
	name     string
	required bool
	kind     kind
	on       string
}

func (f field) standsOn(sort string) bool {
	return f.on == "" || f.on == sort || f.on == "mail" && sort == "sent"
}

// verb is what an action takes. The argument called main stands in the effect's
// Arg, the others in With; empty for all in With. Where the action is given a
// single value in place of named arguments, that is the one called short, or main.
type verb struct {
	main   string
	short  string
	fields []field
	// check looks at the arguments together, if that is needed.
	check func(l *loader, n *yaml.Node, a *Action)
}

// takes makes the verb of an action with one argument that has no name.
func takes(k kind) verb { return verb{fields: []field{{required: true, kind: k}}} }

// bare reports whether the action takes one value, without a name.
func (v verb) bare() bool { return len(v.fields) == 1 && v.fields[0].name == "" }

// single is the argument that a value alone is for.
func (v verb) single(sort string) string {
	name := v.main
	if v.short != "" {
		name = v.short
	}
	for _, f := range v.fields {
		if f.name == name && !f.standsOn(sort) {
			return v.required(sort)[0]
		}
	}
	return name
}

func (v verb) names() []string {
	var names []string
	for _, f := range v.fields {
		names = append(names, f.name)
	}
	return names
}

func (v verb) read(l *loader, n *yaml.Node, a *Action) {
	given := map[string]bool{}
	read := func(name string, value *yaml.Node) {
		given[name] = true
		for _, f := range v.fields {
			switch {
			case f.name != name:
			case !f.standsOn(l.sort):
				l.fail(value, "leave it out", "%q of %s is for rules on %s", name, a.Name, f.on)
			default:
				f.kind.read(l, value, a, argName(name, v.main))
			}
		}
	}
	before := len(l.problems)
	switch {
	case n.Kind == yaml.MappingNode && !v.bare():
		l.mapping(n, a.Name, v.names(), func(key, value *yaml.Node) { read(key.Value, value) })
	case n.Kind != yaml.ScalarNode && v.bare():
		l.fail(n, "write for example: "+codePattern.ReplaceAllString(actionWords[a.Name].example, "$1"), "%s takes one value", a.Name)
		return
	default:
		read(v.single(l.sort), n)
	}
	for _, name := range v.required(l.sort) {
		if !given[name] && len(l.problems) == before {
			l.fail(n, fmt.Sprintf("write: %s: {%s: …}", a.Name, strings.Join(v.required(l.sort), ": …, ")), "%s needs %s", a.Name, name)
		}
	}
}

// required are the arguments that can't be left out in a rule on that sort of item.
func (v verb) required(sort string) []string {
	var names []string
	for _, f := range v.fields {
		if f.required && f.standsOn(sort) {
			names = append(names, f.name)
		}
	}
	return names
}

func argName(name, main string) string {
	if name == main {
		return ""
	}
	return name
}

// what names an argument in a message: save, or "files" of save.
func (a *Action) what(name string) string {
	if name == "" {
		return a.Name
	}
	return fmt.Sprintf("%q of %s", name, a.Name)
}

// give sets an argument; "" is the main one.
func (a *Action) give(name, value string) {
	if name == "" {
		a.Arg = value
		return
	}
	if a.With == nil {
		a.With = map[string]string{}
	}
	a.With[name] = value
}

// giveTemplate sets an argument that has fields to be filled in.
func (a *Action) giveTemplate(name string, t *template) {
	a.give(name, t.source)
	if a.templates == nil {
		a.templates = map[string]*template{}
	}
	a.templates[name] = t
}

func (l *loader) template(n *yaml.Node, a *Action, name string, style templateStyle) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	t, err := templateOn(l.sort, s, style, "")
	if err != nil {
		l.failWith(n, err)
		return
	}
	a.giveTemplate(name, t)
}

func readFolder(l *loader, n *yaml.Node, a *Action, name string) {
	l.template(n, a, name, inName)
	a.folder = a.templates[name]
}

func readName(l *loader, n *yaml.Node, a *Action, name string) {
	l.template(n, a, name, inName)
	if slices.Contains(strings.Split(n.Value, "/"), "..") {
		l.fail(n, "name a folder below the one in the configuration", `%q leads out of the folder for files`, n.Value)
	}
}

func readTable(l *loader, n *yaml.Node, a *Action, name string) {
	readName(l, n, a, name)
	if ext := strings.ToLower(path.Ext(n.Value)); ext != ".csv" && ext != ".jsonl" {
		l.fail(n, `write for example "expenses.csv" or "expenses.jsonl"`, "extract writes to a .csv or a .jsonl file, not to %q", n.Value)
	}
}

func readLine(l *loader, n *yaml.Node, a *Action, name string) { l.template(n, a, name, inLine) }

func readPattern(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	if _, err := path.Match(s, ""); err != nil {
		l.fail(n, `write for example "*.pdf"`, "%q is no pattern for file names", s)
	}
	a.give(name, s)
}

func readTrue(l *loader, n *yaml.Node, a *Action, name string) {
	if on, ok := l.boolean(n, a.what(name)); ok && !on {
		l.fail(n, "leave the line out instead", "%s: false does nothing", a.Name)
	}
}

func readDelete(l *loader, n *yaml.Node, a *Action, name string) {
	readTrue(l, n, a, name)
	if !l.options.AllowDelete {
		l.fail(n, "write trash: true, or allow_delete: true for the account in foredesk.yaml", "deleting for good is not allowed for this account")
	}
}

func readKeep(l *loader, n *yaml.Node, a *Action, name string) {
	if word, ok := l.text(n, a.what(name)); ok && word != "inbox" {
		l.fail(n, `write "keep: inbox"`, "keep takes inbox, not %q", word)
	}
	a.give(name, "inbox")
}

func readFlag(l *loader, n *yaml.Node, a *Action, name string) {
	allowed := append([]string{"true", "false"}, colours...)
	word, ok := l.scalar(n, a.what(name))
	if !ok {
		return
	}
	if word = strings.ToLower(word); word == "grey" {
		word = "gray"
	}
	if !slices.Contains(allowed, word) {
		l.fail(n, suggestion(word, allowed), "there is no flag %q", word)
	}
	a.give(name, word)
}

// labelPattern is what every server takes as a keyword (RFC 9051 atom, without
// what some servers refuse).
var labelPattern = regexp.MustCompile(`^[A-Za-z0-9$_.:+-]+$`)

const maxLabel = 64

func readLabel(l *loader, n *yaml.Node, a *Action, name string) {
	word, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	if !labelPattern.MatchString(word) || len(word) > maxLabel {
		l.fail(n, fmt.Sprintf("write for example %q", labelFrom(word)), "mail servers take labels of plain letters, digits and - _ . only; %q is not one", word)
	}
	a.give(name, word)
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

func readBool(l *loader, n *yaml.Node, a *Action, name string) {
	if on, ok := l.boolean(n, a.what(name)); ok {
		a.give(name, fmt.Sprint(on))
	}
}

func readSection(l *loader, n *yaml.Node, a *Action, name string) {
	if word, ok := l.text(n, a.what(name)); ok {
		a.give(name, oneLine(word))
	}
}

// digests are when collected mail is shown.
var digests = []string{"daily", "morning", "evening", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// oneOf is one of a few words.
func oneOf(words ...string) kind {
	read := func(l *loader, n *yaml.Node, a *Action, name string) { readWord(l, n, a, name, words) }
	return kind{read, wordSchema(anys(words)...)}
}

func readWord(l *loader, n *yaml.Node, a *Action, name string, allowed []string) {
	word, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	if word = strings.ToLower(word); !slices.Contains(allowed, word) {
		l.fail(n, suggestion(word, allowed), "%s does not take %q", a.what(name), word)
	}
	a.give(name, word)
}

func readWait(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	if d, err := ParseDuration(s); err != nil || d <= 0 {
		l.fail(n, `write it like "3d", "2w" or "4h"`, "%q is no length of time", s)
	}
	a.give(name, s)
}

func readMoment(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	m, err := parseMoment(s)
	if err != nil {
		l.failWith(n, err)
		return
	}
	a.moment = m
	a.give(name, s)
}

// readUnless reads the condition that keeps something from happening later.
func readUnless(l *loader, n *yaml.Node, a *Action, name string) {
	if c := l.laterCondition(n, n); c != nil {
		a.give(name, c.source)
	}
}

// readWording takes the name of a template beside the rules file.
func readWording(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	a.give(name, s)
	if l.options.Templates == nil {
		return // not known here
	}
	text, ok := l.options.Templates[s]
	if !ok {
		var names []string
		for name := range l.options.Templates {
			names = append(names, name)
		}
		slices.Sort(names)
		hint := fmt.Sprintf("write the text into templates/%s.txt beside the rules file", safeName(s))
		if len(names) > 0 {
			hint += "; there are: " + strings.Join(names, ", ")
		}
		l.fail(n, hint, "there is no template %q", s)
		return
	}
	if l.used != nil {
		l.used[s] = text
	}
	kept := ""
	if a.Name == "propose" {
		kept = "slots"
	}
	w, err := parseWording(text, kept)
	if err != nil {
		l.fail(n, fmt.Sprintf("mend templates/%s.txt", safeName(s)), "the template %q can't be used: %s", s, err)
		return
	}
	if a.wording = w; kept != "" && !strings.Contains(w.text.source, "{"+kept+"}") {
		l.fail(n, fmt.Sprintf("write {%s} into templates/%s.txt, where the times are to stand", kept, safeName(s)), "the template %q has no {%s}", s, kept)
	}
}

// readRecipients reads one address or several; "assistant" and "executive" are
// those of the account.
func readRecipients(l *loader, n *yaml.Node, a *Action, name string) {
	var to []string
	for _, item := range items(n) {
		s, ok := l.text(item, a.what(name))
		if !ok {
			continue
		}
		if s == "assistant" || s == "executive" {
			to = append(to, s)
			continue
		}
		addr, err := mail.ParseAddress(s)
		if err != nil || strings.ContainsFunc(s, unicode.IsControl) {
			l.fail(item, `write an address like "pat@board.example", or assistant, or executive`, "%q is no address", s)
			continue
		}
		to = append(to, strings.ToLower(addr.Address))
	}
	if len(items(n)) == 0 {
		l.fail(n, `write an address, assistant, or executive`, "%s names nobody", a.what(name))
	}
	a.give(name, strings.Join(to, ", "))
}

func readNotify(l *loader, n *yaml.Node, a *Action, name string) {
	if s, ok := l.text(n, a.what(name)); ok && s != "assistant" && s != "executive" && !isHTTP(s) {
		l.fail(n, `write "assistant", "executive" or an address that begins with https://`, "%q can't be notified", s)
	}
	a.give(name, n.Value)
}

func readURL(l *loader, n *yaml.Node, a *Action, name string) {
	if s, ok := l.text(n, a.what(name)); ok && !isHTTP(s) {
		l.fail(n, "write an address that begins with https://", "%q is no web address", s)
	}
	a.give(name, n.Value)
}

func isHTTP(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// readColumns reads the columns of extract, in the order in which they stand.
func readColumns(l *loader, n *yaml.Node, a *Action, name string) {
	var columns [][2]string
	before := len(l.problems)
	l.mapping(n, "fields", nil, func(key, value *yaml.Node) {
		s, ok := l.text(value, key.Value)
		if !ok {
			return
		}
		t, err := templateOn(l.sort, s, inLine, "")
		if err != nil {
			l.failWith(value, err)
			return
		}
		columns = append(columns, [2]string{key.Value, s})
		a.columns = append(a.columns, column{key.Value, t})
	})
	if len(columns) == 0 && len(l.problems) == before {
		l.fail(n, `write for example: fields: {date: "{date}", amount: "{amount}"}`, "extract has no fields")
	}
	text, _ := json.Marshal(columns) // of strings: can't fail
	a.give(name, string(text))
}

// column is one column of extract.
type column struct {
	name  string
	value *template
}
