package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/textproto"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr"
)

// env is what a condition runs against: the facts of one item, those that
// follow from the rule set and the clock, and what the rules above have planned.
type env struct {
	*Item

	Everyone     []Address     `expr:"everyone"`
	ToMe         bool          `expr:"toMe"`
	CcMe         bool          `expr:"ccMe"`
	OnlyMe       bool          `expr:"onlyMe"`
	Internal     bool          `expr:"internal"`
	Confidential bool          `expr:"confidential"`
	Weekday      string        `expr:"weekday"`
	WorkHours    bool          `expr:"workHours"`
	Date         time.Time     `expr:"date"`
	Received     time.Time     `expr:"received"`
	Now          time.Time     `expr:"now"`
	Age          time.Duration `expr:"age"`
	AgeDays      int           `expr:"ageDays"`
	Thread       Thread        `expr:"thread"`
	Sender       Sender        `expr:"sender"`

	set  *Set
	plan *Plan
	// given is the item as it came; the Item above is a copy once consulted is so.
	given     *Item
	consulted bool
	also      []string // rules that matched without being asked to do anything
	leg       *Trip    // of the trips found, the one that is being planned
	// answers are what a language model said to questions; it is not asked twice.
	answers map[string]bool
	silent  bool // it may not be asked of this item
	work    int  // units that the conditions of the rule at hand have needed
	// headers are the fields that header(…) was asked for.
	headers map[string]Text
}

// newEnv works out the facts that need the rule set or the clock.
func (s *Set) newEnv(item *Item, now time.Time, plan *Plan) *env {
	item = bounded(item)
	e := &env{Item: item, set: s, given: item, plan: plan, Now: now.In(s.Timezone)}
	e.Received = item.Received.In(s.Timezone)
	if item.Received.IsZero() {
		e.Received = e.Now
	}
	e.Date = item.Date.In(s.Timezone)
	if item.Date.IsZero() {
		e.Date = e.Received
	}
	if age := e.Now.Sub(e.Received); age > 0 {
		e.Age, e.AgeDays = age, int(age/(24*time.Hour))
	}
	e.Thread, e.Sender = s.threadAt(item.Thread, e.Now), item.Sender
	e.Weekday = strings.ToLower(e.Received.Weekday().String())
	e.WorkHours = s.workHours.contain(e.Received)
	e.Everyone = append(append(make([]Address, 0, len(item.To)+len(item.Cc)), item.To...), item.Cc...)
	e.ToMe, e.CcMe = s.me.Any(item.To), s.me.Any(item.Cc)
	e.OnlyMe = len(e.Everyone) > 0 && !slices.ContainsFunc(e.Everyone, func(a Address) bool { return !s.me.Has(a) })
	e.Internal = s.home.Has(item.From)
	e.Confidential = item.Confidential()
	return e
}

// function is one that a condition may call, or an operator that is made one. It
// gets the environment as a first argument, which the compiler puts there: it looks
// at the item or the plan, and counts its work.
type function struct {
	run   func(params ...any) (any, error)
	types []any
}

var functions = map[string]function{
	"has":      {callHas, []any{new(func(*env, Text, ...Text) bool)}},
	"hasFile":  {callHasFile, []any{new(func(*env, string) bool)}},
	"header":   {callHeader, []any{new(func(*env, string) Text)}},
	"labelled": {callLabelled, []any{new(func(*env, string) bool)}},
	"matched":  {callMatched, []any{new(func(*env, string) bool)}},
	"within":   {callWithin, []any{new(func(*env, string) bool)}},
	"duration": {callDuration, []any{new(func(*env, string) time.Duration)}},
	"date":     {callDate, []any{new(func(*env, string) time.Time)}},

	"dueWithin":  {callDueWithin, []any{new(func(*env, string) bool)}},
	"busy":       {callBusy, []any{new(func(*env, time.Time, time.Time) bool), new(func(*env, string, string) bool)}},
	"free":       {callFree, []any{new(func(*env, string, string) bool)}},
	"seenBefore": {callSeenBefore, []any{new(func(*env, string, string) bool), new(func(*env, Text, string) bool)}},
	askFunction:  {callAsk, []any{new(func(*env, string) bool)}},
}

// builtins are the functions of expr that a condition may call: none of them can
// make something much larger than what it is given, and none gives nil: find does,
// where it finds nothing.
var builtins = []string{
	"all", "any", "none", "one", "count", "len", "lower", "upper", "trim", "abs", "ceil", "floor", "round", "int", "float", "max", "min",
}

func functionNames() []string {
	names := slices.Clone(builtins)
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// exprOptions declare the environment and the functions to expr. It is declared as a
// struct, though conditions are given a pointer to it: of a pointer's type expr looks
// every fact up by its name when a condition is evaluated, of a struct's when it is
// compiled.
func exprOptions() []expr.Option {
	opts := []expr.Option{expr.Env(env{}), expr.AsBool(), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes)}
	for _, name := range builtins {
		opts = append(opts, expr.EnableBuiltin(name))
	}
	for name, f := range functions {
		opts = append(opts, expr.Function("$"+name, f.run, f.types...))
	}
	for name, op := range textOperators {
		opts = append(opts, expr.Function(name, op.run, op.types...))
	}
	return opts
}

// callHas reports whether the text has one of the words, as whole words.
func callHas(params ...any) (any, error) {
	e, text := params[0].(*env), params[1].(Text)
	for _, p := range params[2:] {
		found, looks := findWord(text.folded, p.(Text).folded)
		if err := e.spend(search(text.folded) + looks*callWork); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// hasWord looks for word between characters that are neither letters nor digits.
func hasWord(text, word string) bool {
	found, _ := findWord(text, word)
	return found
}

// findWord is hasWord, and how often the letters of the word were found.
func findWord(text, word string) (found bool, looks int) {
	if word == "" {
		return false, 0
	}
	for from := 0; ; looks++ {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false, looks
		}
		start, end := from+i, from+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !isWordRune(before) && !isWordRune(after) {
			return true, looks
		}
		from = start + 1
	}
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// callHasFile reports whether a file's name fits the pattern (path.Match),
// whatever its case.
func callHasFile(params ...any) (any, error) { return params[0].(*env).hasFile(params[1].(string)) }

func (e *env) hasFile(pattern string) (bool, error) {
	pattern = Fold(pattern)
	for _, f := range e.Files {
		if err := e.spend(len(f.Name.folded) * len(pattern) / 4); err != nil {
			return false, err
		}
		// The loader lets no bad pattern through.
		if ok, err := path.Match(pattern, f.Name.folded); ok && err == nil {
			return true, nil
		}
	}
	return false, nil
}

// callHeader returns a header field's value, several joined by a line break.
func callHeader(params ...any) (any, error) {
	e, name := params[0].(*env), textproto.CanonicalMIMEHeaderKey(params[1].(string))
	value, known := e.headers[name]
	if known {
		return value, e.spend(0)
	}
	joined := strings.Join(e.Header[name], "\n")
	if err := e.spend(foldWork * len(joined)); err != nil {
		return Text{}, err
	}
	if e.headers == nil {
		e.headers = map[string]Text{}
	}
	value = NewText(joined)
	e.headers[name] = value
	return value, nil
}

func callLabelled(params ...any) (any, error) {
	e := params[0].(*env)
	return e.labelled(params[1].(string)), e.spend(len(e.Labels) + len(e.plan.Effects))
}

// labelled reports whether the item has the label or will have it by the rules
// above. Keywords compare without regard to case (RFC 9051 2.3.2).
func (e *env) labelled(label string) bool {
	has := slices.ContainsFunc(e.Labels, func(l string) bool { return strings.EqualFold(l, label) })
	for _, effect := range e.plan.Effects {
		if strings.EqualFold(effect.Arg, label) {
			has = (has || effect.Action == "label") && effect.Action != "unlabel"
		}
	}
	return has
}

func callMatched(params ...any) (any, error) {
	e, name := params[0].(*env), params[1].(string)
	return slices.Contains(e.also, name) || slices.ContainsFunc(e.plan.Matches, func(m Match) bool { return m.Rule == name }), nil
}

// callWithin reports whether the mail came within a span of the day.
func callWithin(params ...any) (any, error) {
	from, to, err := parseSpan(params[1].(string))
	if err != nil {
		return false, err
	}
	e := params[0].(*env)
	return minuteWithin(e.Received, from, to), e.spend(wordWork)
}

// callDueWithin reports whether the text names a deadline from now on until then.
func callDueWithin(params ...any) (any, error) {
	within, err := ParseDuration(params[1].(string))
	if err != nil {
		return false, err
	}
	e := params[0].(*env)
	if err := e.spend(wordWork + 3*len(e.Found.Deadlines)); err != nil {
		return false, err
	}
	return slices.ContainsFunc(e.Found.Deadlines, func(w When) bool {
		end := w.End
		if end.Before(w.Start) {
			end = w.Start // a moment without a length
		}
		return !end.Before(e.Now) && w.Start.Before(e.Now.Add(within))
	}), nil
}

// callSeenBefore reports whether another item had the key within that time, and
// has the plan remember the key for those to come. Of the key only a hash leaves
// the evaluation: what a mail says is not kept.
func callSeenBefore(params ...any) (any, error) {
	within, err := ParseDuration(params[2].(string))
	if err != nil {
		return false, err
	}
	e, key := params[0].(*env), ""
	if err := e.spend(seenWork); err != nil {
		return false, err
	}
	switch k := params[1].(type) {
	case Text:
		key = k.folded
	case string:
		key = Fold(k)
	}
	if key == "" {
		return false, nil
	}
	sum := sha256.Sum256([]byte(key))
	key = hex.EncodeToString(sum[:16])
	if !slices.Contains(e.plan.Remember, key) {
		e.plan.Remember = append(e.plan.Remember, key)
	}
	return e.Seen != nil && e.Seen(key, within), nil
}

func callDuration(params ...any) (any, error) {
	if err := params[0].(*env).spend(wordWork); err != nil {
		return time.Duration(0), err
	}
	return ParseDuration(params[1].(string))
}

func callDate(params ...any) (any, error) {
	e := params[0].(*env)
	if err := e.spend(wordWork); err != nil {
		return time.Time{}, err
	}
	return ParseDate(params[1].(string), e.Now.Location())
}

// lookup returns the value of a dotted fact such as "from.domain".
func (e *env) lookup(name string) (any, error) {
	path, ok := factPath(name)
	if !ok {
		return nil, fmt.Errorf("no fact %q", name)
	}
	return reflect.ValueOf(e).Elem().FieldByIndex(path).Interface(), nil
}

// factPaths remembers where in env a dotted fact is.
var factPaths sync.Map // string → []int

func factPath(name string) ([]int, bool) {
	if path, ok := factPaths.Load(name); ok {
		return path.([]int), true
	}
	var path []int
	t := reflect.TypeFor[env]()
	for part := range strings.SplitSeq(name, ".") {
		field, ok := tagged(t, part)
		if !ok {
			return nil, false
		}
		path, t = append(path, field.Index...), field.Type
	}
	factPaths.Store(name, path)
	return path, true
}

// tagged finds a struct's field by its expr name; a field of the struct itself
// goes before one of the Item inside.
func tagged(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("expr") == name {
			return t.Field(i), true
		}
	}
	for i := range t.NumField() {
		if inner := t.Field(i); inner.Anonymous {
			field, ok := tagged(inner.Type.Elem(), name)
			field.Index = append(slices.Clone(inner.Index), field.Index...)
			return field, ok
		}
	}
	return reflect.StructField{}, false
}

// fieldByTag finds the value of a struct's field by its expr name.
func fieldByTag(v reflect.Value, name string) (reflect.Value, bool) {
	field, ok := tagged(v.Type(), name)
	if !ok {
		return reflect.Value{}, false
	}
	return v.FieldByIndex(field.Index), true
}
