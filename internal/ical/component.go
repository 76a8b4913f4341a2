package ical

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// component is what stands between BEGIN and END.
type component struct {
	name     string
	line     int
	props    []property
	children []*component
	broken   error // why nothing in it can be relied on
}

// all returns the properties of a name, in the order of the file.
func (c *component) all(name string) (found []property) {
	for _, p := range c.props {
		if p.Name == name {
			found = append(found, p)
		}
	}
	return found
}

// one returns the property that RFC 5545 allows once at most. Two that differ are
// an error: nobody can know which was meant.
func (c *component) one(name string) (property, bool, error) {
	found := c.all(name)
	if len(found) == 0 {
		return property{}, false, nil
	}
	// The same line twice is a merge gone wrong, and harmless.
	for _, p := range found[1:] {
		if p.Value != found[0].Value || p.Params.Get("TZID") != found[0].Params.Get("TZID") {
			return p, true, fmt.Errorf("there are two %s, and they differ", name)
		}
	}
	return found[0], true, nil
}

// text returns the first property of a name as TEXT, or "".
func (c *component) text(name string) string {
	for _, p := range c.props {
		if p.Name == name {
			return p.text()
		}
	}
	return ""
}

// timing are the properties on which the times of an event depend. Where one of
// them can't be read, the event is refused.
var timing = []string{
	"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID",
	"TZOFFSETFROM", "TZOFFSETTO", "TZID",
}

// tree is the state of reading lines into components.
type tree struct {
	root  *component
	open  []*component
	count int
	last  string // the name of the property before
}

// grow builds the tree. Components that are not closed, lines that are cut off
// and the like break the component they are in, and no other.
func grow(lines []line) (*component, error) {
	t := &tree{root: &component{}}
	t.open = []*component{t.root}
	for _, l := range lines {
		if err := t.add(l); err != nil {
			return nil, err
		}
	}
	for _, c := range t.open[1:] {
		c.breaks(errors.New("the file ends before it does"))
	}
	if t.count == 0 {
		return nil, errors.New("reading a calendar file: there is no BEGIN in it; it is not a calendar file")
	}
	return t.root, nil
}

func (c *component) breaks(err error) {
	if c.broken == nil {
		c.broken = err
	}
}

func (t *tree) add(l line) error {
	top := t.open[len(t.open)-1]
	p, err := cut(l)
	switch {
	case err != nil:
		// A line that makes no sense is often the rest of the one before it.
		if slices.Contains(timing, p.Name) || slices.Contains(timing, t.last) {
			top.breaks(fmt.Errorf("line %d can't be read (%w), nor relied on", l.no, err))
		}
		return nil
	case p.Name == "BEGIN":
		return t.begin(strings.ToUpper(strings.TrimSpace(p.Value)), l.no)
	case p.Name == "END":
		t.end(strings.ToUpper(strings.TrimSpace(p.Value)), l.no)
		return nil
	}
	t.last = p.Name
	switch {
	case len(p.Value) > maxLine && slices.Contains(timing, p.Name):
		top.breaks(fmt.Errorf("the %s in line %d is longer than %d KiB", p.Name, l.no, maxLine>>10))
	case len(p.Value) > maxLine:
	case len(top.props) >= maxProperties:
		top.breaks(fmt.Errorf("it has more than %d properties", maxProperties))
	default:
		top.props = append(top.props, p)
	}
	return nil
}

func (t *tree) begin(name string, no int) error {
	if t.count++; t.count > maxComponents {
		return fmt.Errorf("reading a calendar file: there are more than %d components in it; nothing was read", maxComponents)
	}
	if len(t.open) > maxDepth {
		return fmt.Errorf("reading a calendar file: line %d opens a component in %d others; nothing was read", no, maxDepth)
	}
	top := t.open[len(t.open)-1]
	c := &component{name: name, line: no}
	// An END that was lost: nobody can say which properties are whose.
	if name == "VEVENT" && top.name == "VEVENT" {
		top.breaks(fmt.Errorf("another event begins in it, in line %d", no))
	}
	top.children = append(top.children, c)
	t.open = append(t.open, c)
	t.last = ""
	return nil
}

// end closes the component of that name. Those that were opened in it and not
// closed are broken; an END of something that is not open breaks what is.
func (t *tree) end(name string, no int) {
	t.last = ""
	for i := len(t.open) - 1; i > 0; i-- {
		if t.open[i].name != name {
			continue
		}
		for _, c := range t.open[i+1:] {
			c.breaks(fmt.Errorf("it has no END before that of %s in line %d", name, no))
		}
		t.open = t.open[:i]
		return
	}
	if len(t.open) > 1 {
		t.open[len(t.open)-1].breaks(fmt.Errorf("line %d ends %q, which was not begun", no, name))
	}
}
