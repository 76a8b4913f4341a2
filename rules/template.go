package rules

import (
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// template is a text with fields in braces, such as "Invoices/{year}".
type template struct {
	source string
	style  templateStyle
	parts  []part
	// kept is a field that stays as it is: what it stands for is known when the
	// effect is performed. Empty where there is none.
	kept string
}

type part struct {
	text  string
	field string
}

// templateStyle is what a template is for, and so what may stand in it.
type templateStyle int

const (
	// inName: a folder or a file. What a stranger wrote is made safe for a name,
	// and a field that is empty is an error: the mail then stays where it is.
	inName templateStyle = iota
	// inLine: one line that people read.
	inLine
	// inText: several lines that people read.
	inText
)

// templateFields are what may stand in braces. Those of names are few: a folder
// for every subject is nobody's wish.
var (
	templateFields = []string{
		"year", "month", "day", "from.domain", "from.org", "from.user", "from.name", "list.id", "account", "kind",
	}
	textFields = []string{
		"subject", "from.email", "from.first", "to", "date", "today", "deadline", "amount", "currency", "code", "link", "text", "thread.quietDays", "thread.id",
		"invite.title", "invite.start", "organizer", "organizer.first", "conflict", "trip",
	}
	// eventFields are those of rules on events, dayFields those of rules on days.
	eventFields = []string{
		"title", "start", "end", "date", "year", "month", "day", "length", "location", "calendar", "organizer", "organizer.first", "organizer.email", "conflict", "account", "today",
	}
	dayFields = []string{"date", "year", "month", "day", "meetings", "load", "account", "today"}
)

// fieldsOn are the fields of a template in a rule on the given sort of item.
func fieldsOn(sort string, style templateStyle) []string {
	switch {
	case sort == "event":
		return eventFields
	case sort == "day":
		return dayFields
	case style == inName:
		return templateFields
	}
	return slices.Concat(templateFields, textFields)
}

var fieldPattern = regexp.MustCompile(`\{([^{}]*)\}`)

const (
	maxFolderName = 200    // bytes; servers and file systems take at least this
	maxWording    = 20000  // bytes of the text of a draft or a reply
	maxLineValue  = 200    // characters of a field in a line
	maxTextValue  = 4000   // characters of a field in a text
	maxFilled     = 100000 // bytes of a text with its fields filled in
)

// templateOn reads a text with the fields of a sort of item, and one that is kept.
// Every error names what to write instead.
func templateOn(sort, s string, style templateStyle, kept string) (*template, error) {
	t := &template{source: s, style: style, kept: kept}
	if err := style.check(s); err != nil {
		return nil, err
	}
	end, allowed := 0, fieldsOn(sort, style)
	for _, m := range fieldPattern.FindAllStringSubmatchIndex(s, -1) {
		field := s[m[2]:m[3]]
		if kept != "" && field == kept {
			continue // it stands in the text as it is
		}
		if header, ok := strings.CutPrefix(field, "header."); ok && takesHeaders(sort, style) {
			if field, ok = headerField(header); !ok {
				return nil, fmt.Errorf("%q is no name of a header field; write for example {header.X-Incident}", header)
			}
		} else if !slices.Contains(allowed, field) {
			return nil, unknownField(sort, field, style, allowed)
		}
		t.parts = append(t.parts, part{text: s[end:m[0]]}, part{field: field})
		end = m[1]
	}
	t.parts = append(t.parts, part{text: s[end:]})
	if rest := fieldPattern.ReplaceAllString(s, ""); strings.ContainsAny(rest, "{}") {
		return nil, fmt.Errorf("the braces in %q don't match", s)
	}
	return t, nil
}

// insteadOf are fields of another sort of item, and what says the same here.
var insteadOf = map[string]map[string]string{
	"event": {
		"subject": "title", "from.name": "organizer", "from.first": "organizer.first", "from.email": "organizer.email", "invite.title": "title", "invite.start": "start",
	},
	"mail": {"title": "subject", "start": "invite.start", "organizer.email": "from.email", "location": "", "calendar": ""},
	"day":  {"title": "", "start": "date"},
}

func unknownField(sort, field string, style templateStyle, allowed []string) error {
	if sort == "sent" {
		sort = "mail"
	}
	if instead, known := insteadOf[sort][field]; known && instead != "" {
		return fmt.Errorf("there is no {%s} for %s in a rule on: %s; did you mean {%s}?", field, style, sort, instead)
	}
	if near := nearest(field, allowed); near != "" {
		return fmt.Errorf("there is no {%s} for %s; did you mean {%s}?", field, style, near)
	}
	return fmt.Errorf("there is no {%s} for %s; there are: {%s}", field, style, strings.Join(allowed, "} {"))
}

func (style templateStyle) String() string {
	if style == inName {
		return "the name of a folder or file"
	}
	return "a text"
}

func (style templateStyle) check(s string) error {
	switch {
	case style == inName:
		return checkFolderName(s)
	case len(s) > maxWording:
		return fmt.Errorf("the text is longer than %d bytes", maxWording)
	case style == inLine && strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("the text has a control character")
	}
	return nil
}

func checkFolderName(s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return fmt.Errorf("the folder has no name")
	case s != strings.TrimSpace(s):
		return fmt.Errorf("the folder name %q begins or ends with a space", s)
	case len(s) > maxFolderName:
		return fmt.Errorf("the folder name is longer than %d bytes", maxFolderName)
	case strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") || strings.Contains(s, "//"):
		return fmt.Errorf("the folder name %q has an empty part; write: Parent/Child", s)
	case strings.ContainsAny(s, `*%\`):
		return fmt.Errorf(`the folder name %q has one of * %% \, which servers don't allow`, s)
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("the folder name has a control character")
	}
	return nil
}

// fields are the fields the template uses.
func (t *template) fields() []string {
	var names []string
	for _, p := range t.parts {
		if p.field != "" {
			names = append(names, p.field)
		}
	}
	return names
}

// factsOfField are the facts behind the fields whose name is none.
var factsOfField = map[string]string{
	"year": "received", "month": "received", "day": "received", "today": "now",
	"deadline": "found.deadline", "amount": "found.amounts", "currency": "found.amounts", "code": "found.codes", "link": "links", "trip": "found.trips",
	"organizer": "invite.organizer", "organizer.first": "invite.organizer", "conflict": "invite.conflicts",
}

// factsOfFields are the facts behind the fields of an action in a rule on the
// given sort of item.
func factsOfFields(sort string, fields []string) []string {
	return mapped(fields, func(field string) string {
		if sort == "event" || sort == "day" {
			return sort
		}
		if fact, ok := factsOfField[field]; ok {
			return fact
		}
		return field
	})
}

// expand fills the template in.
func (t *template) expand(e *env) (string, error) { return t.expandWith(e.templateValue) }

func (t *template) expandWith(valueOf func(field string) string) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.text)
		if p.field == "" {
			continue
		}
		value := valueOf(p.field)
		switch t.style {
		case inName:
			if value = safeName(value); value == "" {
				return "", fmt.Errorf("the folder %q needs {%s}, which this mail does not have", t.source, p.field)
			}
		case inLine:
			value = shortened(oneLine(value), maxLineValue)
		case inText:
			value = shortened(plainLines(value), maxTextValue)
		}
		if t.kept != "" { // what a stranger wrote must not ask for it
			value = strings.NewReplacer("{", "(", "}", ")").Replace(value)
		}
		if b.WriteString(value); b.Len() > maxFilled {
			return "", fmt.Errorf("the text would be longer than %d bytes", maxFilled)
		}
	}
	return b.String(), nil
}

// hiddenFields are never filled in for a confidential item.
var hiddenFields = []string{
	"subject", "text", "to", "amount", "currency", "code", "link", "deadline", "trip", "title", "location", "conflict", "invite.title", "invite.start",
	"organizer", "organizer.first", "organizer.email",
}

// templateValue is what stands for a field. Of a confidential item nothing is
// told but who wrote it and when: what is filled in goes into the journal.
func (e *env) templateValue(field string) string {
	if e.Confidential && slices.Contains(hiddenFields, field) {
		return map[string]string{"subject": "(confidential)", "title": "(private)", "invite.title": "(confidential)"}[field]
	}
	if value, ok := e.calendarValue(field); ok {
		return value
	}
	if header, ok := strings.CutPrefix(field, "header."); ok {
		return e.headerValue(header)
	}
	when := e.when()
	switch field {
	case "year":
		return when.Format("2006")
	case "month":
		return when.Format("01")
	case "day":
		return when.Format("02")
	case "date":
		return when.Format(longDate)
	case "today":
		return e.Now.Format(longDate)
	case "from.first":
		return firstName(e.From)
	case "to":
		return strings.Join(firstOf(e.To, func(a Address) string { return a.Email }), ", ")
	}
	if value, ok := e.foundValue(field); ok {
		return value
	}
	value, err := e.lookup(field)
	if err != nil {
		return ""
	}
	if t, ok := value.(Text); ok {
		return t.raw
	}
	return fmt.Sprint(value)
}

// takesHeaders reports whether {header.X-Name} may stand in a text. A folder for
// each value that a stranger writes is nobody's wish.
func takesHeaders(sort string, style templateStyle) bool {
	return sort != "event" && sort != "day" && style != inName
}

// headerField is the field that stands for a line of a mail's head.
func headerField(name string) (string, bool) {
	name = textproto.CanonicalMIMEHeaderKey(name)
	return "header." + name, headerName.MatchString(name)
}

// headerValue is the first such line; of a confidential item none.
func (e *env) headerValue(name string) string {
	if values := e.Header[name]; len(values) > 0 && !e.Confidential {
		return values[0]
	}
	return ""
}

// foundValue is the first of what was found in the text.
func (e *env) foundValue(field string) (value string, ok bool) {
	switch field {
	case "deadline":
		if d := e.Found.Deadline; !d.IsZero() {
			value = d.In(e.Now.Location()).Format(longDate)
		}
	case "amount":
		if len(e.Found.Amounts) > 0 {
			value, _, _ = strings.Cut(e.Found.Amounts[0].String(), " ")
		}
	case "currency":
		if len(e.Found.Amounts) > 0 {
			value = e.Found.Amounts[0].Currency
		}
	case "code":
		if len(e.Found.Codes) > 0 {
			value = e.Found.Codes[0]
		}
	case "link":
		if len(e.Links) > 0 {
			value = e.Links[0].URL
		}
	default:
		return "", false
	}
	return value, true
}

// firstName is how a letter begins: "Pat" of "Pat Moore" and of "Moore, Pat".
func firstName(a Address) string {
	name := a.Name.raw
	if _, given, ok := strings.Cut(name, ","); ok {
		name = given
	}
	if first, _, _ := strings.Cut(strings.TrimSpace(name), " "); first != "" {
		return first
	}
	return a.User
}

// safeName makes one part of a folder name of what a stranger wrote: no
// separators, wildcards, control characters or leading dots, and not too long.
func safeName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		case strings.ContainsRune(`/\*%&~"{}`, r):
			return '-'
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	if runes := []rune(s); len(runes) > 60 {
		s = strings.TrimRight(string(runes[:60]), ". ")
	}
	return s
}

// oneLine takes line breaks and other control characters out: a line may become
// a header field.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// plainLines takes control characters out but for the ends of lines and tabs.
func plainLines(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// wording is the template of a draft or a reply: an optional line "Subject: …",
// an empty line, and the text.
type wording struct{ subject, text *template }

// parseWording reads a template file of a draft or a reply; one of propose keeps
// {slots}.
func parseWording(s, kept string) (*wording, error) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	w := &wording{}
	var err error
	if first, rest, ok := strings.Cut(s, "\n"); ok {
		if subject, has := strings.CutPrefix(first, "Subject:"); has {
			if w.subject, err = templateOn("mail", strings.TrimSpace(subject), inLine, ""); err != nil {
				return nil, err
			}
			s = strings.TrimPrefix(rest, "\n")
		}
	}
	if strings.TrimSpace(s) == "" {
		return nil, fmt.Errorf("it has no text")
	}
	w.text, err = templateOn("mail", s, inText, kept)
	return w, err
}

func (w *wording) fields() []string {
	if w.subject == nil {
		return w.text.fields()
	}
	return append(w.subject.fields(), w.text.fields()...)
}

// formatInstant is how an instant stands in the arguments of an effect.
func formatInstant(t time.Time) string { return t.Format(time.RFC3339) }
