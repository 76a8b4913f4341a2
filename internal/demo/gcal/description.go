package gcal

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// descriptionText is made from calendar-api.json of google.golang.org/api: two
// kinds of blocks, each with one indented line for a parameter or a field.
//
//	method events.get GET calendars/{calendarId}/events/{eventId} body=- scopes=calendar,calendar.readonly
//	  calendarId string path required
//	schema Event
//	  attendees []EventAttendee
//
//go:embed description.txt
var descriptionText string

// description is what may be asked: the methods and the schemas of their bodies.
type description struct {
	methods map[string]*method
	schemas map[string]map[string]string // field → type: string, integer, []EventAttendee, map[string]
}

type method struct {
	name, verb string
	path       []string // segments; a parameter stands in braces
	body       string   // schema, or "-"
	scopes     []string // any of which is enough, without the address before them
	params     map[string]param
}

type param struct {
	kind               string // string, string:date-time, integer, boolean
	required, repeated bool
	inPath             bool
	enum               []string
	min, max           string
}

func readDescription(text string) (*description, error) {
	d := &description{methods: map[string]*method{}, schemas: map[string]map[string]string{}}
	var m *method
	var schema map[string]string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "method" && line[0] != ' ' && len(words) == 6:
			m = &method{name: words[1], verb: words[2], path: strings.Split(words[3], "/"), params: map[string]param{}}
			m.body = strings.TrimPrefix(words[4], "body=")
			m.scopes = strings.Split(strings.TrimPrefix(words[5], "scopes="), ",")
			d.methods[m.name] = m
		case words[0] == "schema" && line[0] != ' ' && len(words) == 2:
			m, schema = nil, map[string]string{}
			d.schemas[words[1]] = schema
		case m != nil && len(words) >= 2:
			m.params[words[0]] = readParam(words[1], words[2:])
		case schema != nil && len(words) == 2:
			schema[words[0]] = words[1]
		default:
			return nil, fmt.Errorf("the description of the calendar API: what is %q?", strings.TrimSpace(line))
		}
	}
	return d, nil
}

func readParam(kind string, words []string) param {
	p := param{kind: kind}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "path":
			p.inPath = true
		case "required":
			p.required = true
		case "repeated":
			p.repeated = true
		case "enum":
			p.enum = strings.Split(value, ",")
		case "min":
			p.min = value
		case "max":
			p.max = value
		}
	}
	return p
}

// find returns the method that answers a path, which is escaped and relative to
// calendar/v3/, with the parameters in it. A method whose path has fewer
// parameters goes first: events/import is no event with the id "import".
func (d *description) find(verb, path string) (best *method, params map[string]string) {
	segments := strings.Split(path, "/")
	for _, m := range d.methods {
		if found, ok := m.match(verb, segments); ok && (best == nil || len(found) < len(params)) {
			best, params = m, found
		}
	}
	return best, params
}

func (m *method) match(verb string, segments []string) (map[string]string, bool) {
	if m.verb != verb || len(m.path) != len(segments) {
		return nil, false
	}
	found := map[string]string{}
	for i, s := range segments {
		name, isParam := strings.CutPrefix(m.path[i], "{")
		value, err := url.PathUnescape(s)
		switch {
		case err != nil || value == "":
			return nil, false
		case isParam:
			found[strings.TrimSuffix(name, "}")] = value
		case value != m.path[i]:
			return nil, false
		}
	}
	return found, true
}

// everywhere are the parameters of all methods. Only JSON is answered; fields.go
// reads the one that asks for a part of it.
var everywhere = map[string]param{
	"alt": {kind: "string", enum: []string{"json"}}, "fields": {kind: "string"}, "key": {kind: "string"}, "oauth_token": {kind: "string"},
	"prettyPrint": {kind: "boolean"}, "quotaUser": {kind: "string"}, "userIp": {kind: "string"},
}

// checkQuery holds the parameters of a request against those of its method.
func (m *method) checkQuery(query url.Values) error {
	for name, values := range query {
		p, ok := m.params[name]
		if !ok {
			p, ok = everywhere[name]
		}
		if !ok || p.inPath {
			return refuse(http.StatusBadRequest, "badRequest", "Unknown name %q: %s has no such parameter", name, m.name)
		}
		if len(values) > 1 && !p.repeated {
			return refuse(http.StatusBadRequest, "badRequest", "%q was given %d times", name, len(values))
		}
		for _, v := range values {
			if why := p.wrong(v); why != "" {
				return refuse(http.StatusBadRequest, "invalidParameter", "Invalid value for %q: %s", name, why)
			}
		}
	}
	for name, p := range m.params {
		if p.required && !p.inPath && !query.Has(name) {
			return refuse(http.StatusBadRequest, "required", "Required parameter: %s", name)
		}
	}
	return nil
}

// wrong says why a value can't be one of the parameter, or "".
func (p param) wrong(value string) string {
	if len(p.enum) > 0 && !slices.Contains(p.enum, value) {
		return fmt.Sprintf("%q is none of %s", value, strings.Join(p.enum, ", "))
	}
	switch p.kind {
	case "boolean":
		if value != "true" && value != "false" {
			return "it must be true or false"
		}
	case "integer":
		n, err := strconv.Atoi(value)
		low, _ := strconv.Atoi(p.min) // the tests know that bounds are numbers
		high, _ := strconv.Atoi(p.max)
		if err != nil || p.min != "" && n < low || p.max != "" && n > high {
			return fmt.Sprintf("%q is no number in the range", value)
		}
	case "string:date-time":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return fmt.Sprintf("%q is no RFC 3339 time with an offset", value)
		}
	}
	return ""
}

// readBody decodes the body of a request and holds it against its schema.
func (d *description) readBody(m *method, r io.Reader) (object, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "badRequest", "reading the request: %v", err)
	}
	if m.body == "-" {
		if len(raw) > 0 {
			return nil, refuse(http.StatusBadRequest, "badRequest", "%s takes no body", m.name)
		}
		return object{}, nil
	}
	var body object
	if err := json.Unmarshal(raw, &body); err != nil || body == nil {
		return nil, refuse(http.StatusBadRequest, "parseError", "Parse Error: the body is no JSON object")
	}
	if err := d.check(m.body, body, ""); err != nil {
		return nil, refuse(http.StatusBadRequest, "badRequest", "Invalid JSON payload received. %v", err)
	}
	return body, nil
}

// check holds a value against a type of the description. Null stands for every type.
func (d *description) check(kind string, v any, at string) error {
	if v == nil {
		return nil
	}
	item, isArray := strings.CutPrefix(kind, "[]")
	value, isMap := strings.CutPrefix(kind, "map:")
	switch {
	case isArray:
		return d.checkArray(item, v, at)
	case isMap:
		o, ok := v.(object)
		if !ok {
			return fmt.Errorf("%s must be an object", at)
		}
		for k, below := range o {
			if err := d.check(value, below, at+"."+k); err != nil {
				return err
			}
		}
		return nil
	}
	if fields, ok := d.schemas[kind]; ok {
		return d.checkFields(fields, v, at)
	}
	return checkScalar(kind, v, at)
}

func (d *description) checkArray(item string, v any, at string) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("%s must be an array", at)
	}
	for i, one := range list {
		if one == nil {
			return fmt.Errorf("%s[%d] is null", at, i)
		}
		if err := d.check(item, one, fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

// checkFields names all fields that the schema does not have, not only the first.
func (d *description) checkFields(fields map[string]string, v any, at string) error {
	o, ok := v.(object)
	if !ok {
		return fmt.Errorf("%s must be an object", at)
	}
	var errs []error
	for k, below := range o {
		kind, known := fields[k]
		if !known {
			errs = append(errs, fmt.Errorf("unknown name %q at %q: cannot find field", k, strings.TrimPrefix(at, ".")))
			continue
		}
		errs = append(errs, d.check(kind, below, at+"."+k))
	}
	return errors.Join(errs...)
}

func checkScalar(kind string, v any, at string) error {
	ok := false
	switch name, _, _ := strings.Cut(kind, ":"); name {
	case "string":
		_, ok = v.(string)
	case "boolean":
		_, ok = v.(bool)
	case "integer":
		n, isNumber := v.(float64)
		ok = isNumber && n == float64(int64(n))
	case "any":
		ok = true
	}
	if !ok {
		return fmt.Errorf("%s must be a %s", strings.TrimPrefix(at, "."), kind)
	}
	return nil
}
