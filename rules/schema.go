package rules

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// schema is a part of a JSON Schema.
type schema map[string]any

// Schema is the JSON Schema (draft-07, which editors' YAML servers know) of a
// rules file. It is made from the tables that Load works by, so it names what
// this version knows; what Load says of conditions and across rules it can't say.
func Schema() []byte {
	file := object(fileKeys, fileKeyWords, map[string]schema{
		"version": {"const": 1}, "timezone": textSchema("Europe/London", "America/New_York"), "me": textsSchema("dana@acme.example"),
		"workHours": textSchema("Mon-Fri 08:00-18:00"), "holidays": {"type": []any{"string", "array"}, "items": schema{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`}},
		"people": named(textsSchema("@board.acme.example")), "places": named(textSchema()), "travel": named(textSchema("35m")), "glossary": named(textSchema()), "goals": named(textsSchema()),
		"rules": {"type": "array", "items": ruleSchema()}, "tests": {"type": "array", "items": testSchema()},
	}, "version", "rules")
	file["$schema"] = "http://json-schema.org/draft-07/schema#"
	file["title"] = "Rules of foredesk"
	text, _ := json.MarshalIndent(file, "", "  ") // of strings, lists and maps: can't fail
	return append(text, '\n')
}

// ruleSchema demands of a rule what Load demands. A rule that rests may hold
// what this version does not know.
func ruleSchema() schema {
	rule := object(ruleKeys, ruleKeyWords, map[string]schema{
		"name": textSchema("Board papers stay on top"), "on": {"enum": anys(sorts)},
		"when": conditionSchema(), "unless": conditionSchema(), "undoWhen": conditionSchema(), "do": doSchema(),
		"stop": yesOrNo(), "enabled": yesOrNo(), "run": textSchema("weekdays at 08:00", "first monday at 07:00", "every 2h"),
		"never": oneOrMore(schema{"enum": anys(forbiddable())}), "confirm": {"enum": []any{"assistant", "executive"}},
		"why": textSchema(), "goal": textSchema(), "irreversible": {"const": "ok"},
	}, "name", "when")
	rule["anyOf"] = []any{schema{"required": []string{"do"}}, schema{"required": []string{"never"}}}
	resting := schema{"properties": schema{"enabled": schema{"enum": []any{false, "no"}}}, "required": []string{"enabled"}}
	return schema{"if": resting, "then": schema{"type": "object", "required": []string{"name"}, "propertyNames": schema{"enum": anys(ruleKeys)}}, "else": rule}
}

// doSchema is one mapping of actions, or a list of such.
func doSchema() schema {
	properties := map[string]schema{}
	for _, name := range actionNames() {
		properties[name] = verbs[name].schema(name)
		describe(properties[name], actionWords[name].about+" Example: "+actionWords[name].example)
	}
	return oneOrMore(schema{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1})
}

// schema is what an action takes: its one value, or its named arguments.
func (v verb) schema(action string) schema {
	if v.bare() {
		return copyOf(v.fields[0].kind.schema)
	}
	properties, required := map[string]schema{}, v.required("mail")
	var main schema
	for _, f := range v.fields {
		properties[f.name] = copyOf(f.kind.schema)
		describe(properties[f.name], argumentWords[action+"."+f.name])
		if f.name == v.single("mail") {
			main = copyOf(f.kind.schema)
		}
	}
	all := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if onEvents := v.required("event"); slices.Equal(required, onEvents) && required != nil {
		all["required"] = required
	} else if required != nil {
		all["anyOf"] = []any{schema{"required": required}, schema{"required": onEvents}}
	}
	if len(required) > 1 || len(required) == 1 && required[0] != v.single("mail") {
		return all // one value alone is not enough
	}
	return schema{"anyOf": []any{main, all}}
}

func testSchema() schema {
	event := givenSchema(reflect.TypeFor[Event](), "event")
	given := map[string]schema{"headers": named(textsSchema()), "seenBefore": yesOrNo(), askFunction: textsSchema("Is the writer unhappy?"), "calendar": oneOrMore(event), "trip": oneOrMore(givenSchema(reflect.TypeFor[Trip](), "trip"))}
	t := reflect.TypeFor[Item]()
	for _, name := range fieldNames(t) {
		field, _ := tagged(t, name)
		given[name] = givenSchema(field.Type, name)
		describe(given[name], described(factWords[name], name))
	}
	expect := map[string]schema{"nothing": {"enum": []any{true, "yes"}}, "matched": textsSchema(), "section": textsSchema("Board")}
	for _, name := range actionNames() {
		expect[name] = expectSchema(name)
		describe(expect[name], actionWords[name].about)
	}
	return object(testKeys, testKeyWords, map[string]schema{
		"name": textSchema(), "now": {},
		"given":  {"type": "object", "properties": given, "additionalProperties": false},
		"expect": {"type": "object", "properties": expect, "additionalProperties": false, "minProperties": 1},
	}, "name", "given", "expect")
}

// expectSchema is what a test may ask of an action: its argument, or some of its
// arguments by name, or a list of such.
func expectSchema(action string) schema {
	properties := map[string]schema{}
	for _, name := range expectable(action) {
		properties[name] = textSchema()
		if name == "fields" { // the columns of extract
			properties[name] = schema{"anyOf": []any{textSchema(), named(textSchema())}}
		}
	}
	some := schema{"type": "object", "properties": properties, "additionalProperties": false}
	return oneOrMore(schema{"anyOf": []any{textSchema(), some}})
}

// givenSchema is how a test gives a fact.
func givenSchema(t reflect.Type, name string) schema {
	switch {
	case enumerations[name] != nil:
		return schema{"enum": anys(enumerations[name])}
	case t.Kind() == reflect.Bool:
		return yesOrNo()
	case t.Kind() == reflect.Int, t.Kind() == reflect.Float64:
		return schema{"type": "number"}
	case t == textType, t == stringType, t == addressType, t == reflect.TypeFor[time.Time](), t == reflect.TypeFor[time.Duration]():
		return schema{"type": []any{"string", "number", "boolean"}}
	case t.Kind() == reflect.Slice:
		return schema{"type": []any{"string", "number", "array", "object"}}
	}
	properties := map[string]schema{}
	for _, part := range fieldNames(t) {
		field, _ := tagged(t, part)
		properties[part] = givenSchema(field.Type, name+"."+part)
		describe(properties[part], described(memberWords[t.Name()+"."+part], name+"."+part))
	}
	for _, also := range alsoGiven[t] {
		properties[also] = textsSchema()
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

// alsoGiven are shorter names by which a test may give parts of a fact.
var alsoGiven = map[reflect.Type][]string{
	reflect.TypeFor[Event](): {"guests"}, reflect.TypeFor[Invite](): {"guests", "from"},
}

// object is a mapping of the keys with their words.
func object(keys []string, words map[string]string, properties map[string]schema, required ...string) schema {
	for _, key := range keys {
		describe(properties[key], words[key])
	}
	return schema{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// yesOrNo is what Load takes for true and false.
func yesOrNo() schema { return schema{"enum": []any{true, false, "yes", "no"}} }

// textSchema is a text; YAML reads some as numbers or yes and no.
func textSchema(examples ...string) schema {
	s := schema{"type": []any{"string", "number", "boolean"}}
	if len(examples) > 0 {
		s["examples"] = anys(examples)
	}
	return s
}

// wordSchema is one of the words, in any case; editors offer them as they stand.
func wordSchema(words ...any) schema {
	var patterns []string
	for _, w := range words {
		if s, ok := w.(string); ok {
			patterns = append(patterns, anyCase(s))
		}
	}
	return schema{"anyOf": []any{schema{"enum": words}, schema{"type": "string", "pattern": "^(" + strings.Join(patterns, "|") + ")$"}}}
}

// anyCase is a pattern for a word of plain letters; those of editors know no (?i).
func anyCase(word string) string {
	var b strings.Builder
	for _, r := range word {
		b.WriteString("[" + string(r) + strings.ToUpper(string(r)) + "]")
	}
	return b.String()
}

func textsSchema(examples ...string) schema { return oneOrMore(textSchema(examples...)) }

// oneOrMore is a value or a list of such.
func oneOrMore(one schema) schema {
	return schema{"anyOf": []any{one, schema{"type": "array", "items": one}}}
}

// named is a mapping of names that the file chooses.
func named(value schema) schema { return schema{"type": "object", "additionalProperties": value} }

func columnsSchema() schema {
	s := named(textSchema("{from.name}"))
	s["minProperties"] = 1
	return s
}

func conditionSchema() schema {
	examples := []string{"from in board", `hasFile("*.pdf")`, "toMe and unread", `has(subject, "invoice")`}
	for _, name := range slices.Sorted(slices.Values([]string{"dueWithin", "seenBefore", "labelled", "matched", "within"})) {
		examples = append(examples, functionWords[name].example)
	}
	return textsSchema(examples...)
}

func copyOf(s schema) schema {
	c := schema{}
	for k, v := range s {
		c[k] = v
	}
	return c
}

// describe sets what an editor shows at the name.
func describe(s schema, about string) {
	if about = plainWords(about); about != "" {
		s["description"] = about
	}
}

var codePattern = regexp.MustCompile("`([^`]*)`")

// plainWords is a text of the reference without its marks, as a sentence.
func plainWords(s string) string {
	s = strings.TrimSpace(codePattern.ReplaceAllString(s, "$1"))
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func anys(words []string) []any {
	all := make([]any, len(words))
	for i, w := range words {
		all[i] = w
	}
	return all
}
