package agenda

import (
	_ "embed"
	"html/template"
	"regexp"
	"strings"
)

//go:embed style.css
var styleFile string

// Mail programs keep style attributes and drop much of the rest, so everything that
// matters for reading is in attributes. What the head holds only improves on that.

// narrow is for phones: less room at the sides, and what stands on the right moves
// below. Gmail and Apple Mail read it; Word does not, and is never narrow.
const narrow = `@media (max-width:480px){` +
	`.frame{padding:0 !important}.sheet{border-radius:0 !important}` +
	`.head{padding:24px 16px 4px 16px !important}.block{padding:26px 16px 0 16px !important}.noticegap{padding:12px 16px 0 16px !important}.foot{padding:26px 16px !important}` +
	`.left,.aside{display:block !important;width:auto !important;padding:0 !important;text-align:left !important}` +
	`.timecol{width:62px !important}.time{padding-right:9px !important}.barname,.bartext{display:block !important;width:auto !important}.barname{padding:6px 8px 0 0 !important}.bartext{padding:0 8px 6px 0 !important}.barcol{width:72px !important}` +
	`}`

// everywhere holds what Word would not take over from the cell around a table.
const everywhere = `table{border-collapse:separate;border-spacing:0}td,p,h1,h2,h3,a{font-family:'Segoe UI',-apple-system,Roboto,Helvetica,Arial,sans-serif}`

// sheetStyle is the style of the agenda: style attributes by class, and the rules
// for dark mode, which name the same classes.
type sheetStyle struct {
	inline map[string]string
	dark   string
	named  map[string]bool // classes that a rule of the head names
}

var style = readStyle(styleFile)

// A colour and a class by name, and a line of either kind.
var (
	styleColor = regexp.MustCompile(`\$([a-z]+)`)
	colorLine  = regexp.MustCompile(`(?m)^\$([a-z]+)\s+(#[0-9a-f]{6})\s+(#[0-9a-f]{6})$`)
	className  = regexp.MustCompile(`\.([a-z][a-z0-9-]*)[{,]`)
	ruleLine   = regexp.MustCompile(`(?m)^([a-z0-9-]+) \{ (.*) \}$`)
)

func readStyle(file string) sheetStyle {
	light, dark := map[string]string{}, map[string]string{}
	for _, m := range colorLine.FindAllStringSubmatch(file, -1) {
		light[m[1]], dark[m[1]] = m[2], m[3]
	}
	colored := func(s string, palette map[string]string) string {
		return styleColor.ReplaceAllStringFunc(s, func(name string) string { return palette[name[1:]] })
	}
	s := sheetStyle{inline: map[string]string{}, named: map[string]bool{}}
	var rules strings.Builder
	for _, m := range ruleLine.FindAllStringSubmatch(file, -1) {
		name, declarations := m[1], strings.ReplaceAll(m[2], "; ", ";")
		s.inline[name] = colored(declarations, light)
		// Only what has a colour changes at night; "!important" is needed to win over
		// the attribute.
		atNight := ""
		for d := range strings.SplitSeq(declarations, ";") {
			if strings.Contains(d, "$") {
				atNight += colored(d, dark) + " !important;"
			}
		}
		if atNight != "" {
			rules.WriteString("." + name + "{" + atNight + "}")
		}
	}
	for _, m := range className.FindAllStringSubmatch(narrow+rules.String(), -1) {
		s.named[m[1]] = true
	}
	s.dark = "@media (prefers-color-scheme:dark){:root{color-scheme:dark}" + rules.String() + "}"
	return s
}

// css is the class and style attributes of an element. A name that is empty or ends
// with "-" is nothing, and a class that no rule of the head names is left out.
func css(names ...string) template.HTMLAttr {
	var classes, styles []string
	for _, name := range names {
		if style.named[name] {
			classes = append(classes, name)
		}
		if s := style.inline[name]; s != "" {
			styles = append(styles, strings.TrimSuffix(s, ";"))
		}
	}
	var attributes []string
	if len(classes) > 0 {
		attributes = append(attributes, `class="`+strings.Join(classes, " ")+`"`)
	}
	if len(styles) > 0 {
		attributes = append(attributes, `style="`+strings.Join(styles, ";")+`"`)
	}
	return template.HTMLAttr(strings.Join(attributes, " "))
}
