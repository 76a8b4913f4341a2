package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// template is a folder name with fields such as "Invoices/{year}".
type template struct {
	source string
	parts  []part
}

type part struct {
	text  string
	field string
}

// templateFields are what may stand in braces, with what each needs.
var templateFields = []string{
	"year", "month", "day", "from.domain", "from.org", "from.user", "from.name", "list.id", "account", "kind",
}

var fieldPattern = regexp.MustCompile(`\{([^{}]*)\}`)

const maxFolderName = 200 // bytes; servers and file systems take at least this

// parseTemplate reads a folder name. Every error names what to write instead.
func parseTemplate(s string) (*template, error) {
	t := &template{source: s}
	if err := checkFolderName(s); err != nil {
		return nil, err
	}
	end := 0
	for _, m := range fieldPattern.FindAllStringSubmatchIndex(s, -1) {
		field := s[m[2]:m[3]]
		if !slices.Contains(templateFields, field) {
			return nil, fmt.Errorf("there is no {%s} for folder names; there are: {%s}", field, strings.Join(templateFields, "} {"))
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

func checkFolderName(s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return fmt.Errorf("the folder has no name")
	case s != strings.TrimSpace(s):
		return fmt.Errorf("the folder name %q begins or ends with a space", s)
	case len(s) > maxFolderName:
		return fmt.Errorf("the folder name is longer than %d bytes", maxFolderName)
	case strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") || strings.Contains(s, "//"):
		return fmt.Errorf("the folder name %q has an empty part; write Parent/Child", s)
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

// expand fills the template in. A field that is empty for this item is an
// error: the mail then stays where it is.
func (t *template) expand(e *env) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.text)
		if p.field == "" {
			continue
		}
		value := safeName(e.templateValue(p.field))
		if value == "" {
			return "", fmt.Errorf("the folder %q needs {%s}, which this mail does not have", t.source, p.field)
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

func (e *env) templateValue(field string) string {
	when := e.Received
	switch field {
	case "year":
		return when.Format("2006")
	case "month":
		return when.Format("01")
	case "day":
		return when.Format("02")
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
