package faults

import (
	"fmt"
	"strings"
)

// Page is the text of doc/guarantees.md with its tables made anew from the source
// below root. Each stands between "<!-- NAME -->" and "<!-- end of NAME -->".
func Page(root, text string) (string, error) {
	places, err := Find(root)
	if err != nil {
		return "", err
	}
	numbers, err := limitRows(root)
	if err != nil {
		return "", err
	}
	for name, table := range map[string]string{"faults": faultRows(places, false), "security": faultRows(places, true), "limits": numbers} {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
		before, rest, ok := strings.Cut(text, begin)
		_, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			return "", fmt.Errorf("the page has no %q and %q", strings.TrimSpace(begin), end)
		}
		text = before + begin + table + end + after
	}
	return text, nil
}

// faultRows is the table of the faults, or of the topics of security.
func faultRows(places []Place, security bool) string {
	var b strings.Builder
	b.WriteString("| | what goes wrong | what holds | shown by |\n|---|---|---|---|\n")
	for _, f := range Table {
		if strings.HasPrefix(f.ID, "S") != security {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.ID, f.Goes, f.Stands, shownBy(places, f.ID))
	}
	return b.String()
}

// shownBy names three tests of a fault, those of different packages first.
func shownBy(places []Place, id string) string {
	var first, more []string
	packages := map[string]bool{}
	for _, p := range places {
		switch {
		case p.ID != id:
		case packages[p.Package]:
			more = append(more, p.String())
		default:
			packages[p.Package] = true
			first = append(first, p.String())
		}
	}
	all := append(first, more...)
	switch {
	case len(all) == 0:
		return "no test yet"
	case len(all) > 3:
		return strings.Join(all[:3], "; ") + fmt.Sprintf("; %d more", len(all)-3)
	}
	return strings.Join(all, "; ")
}

// limitRows is the table of the limits.
func limitRows(root string) (string, error) {
	var b strings.Builder
	b.WriteString("| limit | at most | in the code | gone to by |\n|---|---|---|---|\n")
	for _, l := range Limits() {
		value, err := l.In(root)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` of `%s` | %s |\n", l.What, value, l.Const, l.Package, strings.ReplaceAll(l.Test, "_", " "))
	}
	return b.String(), nil
}
