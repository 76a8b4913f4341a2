package agenda

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// programs is testdata/programs.txt: what mail programs show.
type programs struct {
	lines  []support
	limits map[string]float64
}

type support struct {
	kind, verdict, dropped string
	names, elements        []string
}

func readPrograms(t *testing.T) *programs {
	t.Helper()
	text, err := os.ReadFile("testdata/programs.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := &programs{limits: map[string]float64{}}
	for n, line := range strings.Split(string(text), "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#" || strings.HasPrefix(f[0], "#"):
		case f[0] == "limit" && len(f) >= 4:
			if p.limits[f[1]], err = strconv.ParseFloat(f[2], 64); err != nil {
				t.Fatal(err)
			}
		case len(f) >= 6 && slices.Contains([]string{"shown", "harmless", "refused"}, f[4]) && strings.Contains("WHGCO", f[5]):
			p.lines = append(p.lines, support{kind: f[0], names: strings.Split(f[1], ","), elements: strings.Split(f[2], ","), dropped: f[3], verdict: f[4]})
		default:
			t.Fatalf("testdata/programs.txt:%d is none of its kinds of lines", n+1)
		}
	}
	return p
}

// refuses says why something may not stand in a mail, or "".
func (p *programs) refuses(kind, name, value, element string) string {
	for _, s := range p.lines {
		if s.kind != kind || !slices.ContainsFunc(s.names, func(n string) bool { return fits(n, name, value) }) {
			continue
		}
		if element == "" || slices.Contains(s.elements, "*") || slices.Contains(s.elements, "-") || slices.Contains(s.elements, element) {
			if s.verdict == "refused" {
				return fmt.Sprintf("%s %s of <%s> is dropped by %s", kind, name, element, s.dropped)
			}
			return ""
		}
	}
	return fmt.Sprintf("%s %s of <%s> is not in testdata/programs.txt", kind, name, element)
}

func fits(pattern, name, value string) bool {
	pattern, part, hasPart := strings.Cut(pattern, ":")
	return (pattern == name || pattern == "*") && (!hasPart || strings.Contains(value, part))
}

// checker looks at one document.
type checker struct {
	*programs
	wrong []string
	night map[string]string // declarations of the dark style, by class
	h     int               // the level of the last heading
}

func (c *checker) say(wrong string) {
	if wrong != "" && !slices.Contains(c.wrong, wrong) {
		c.wrong = append(c.wrong, wrong)
	}
}

// check returns what a mail program would drop of a document, and what else may not
// be in one.
func (p *programs) check(t *testing.T, document string) []string {
	t.Helper()
	c := &checker{programs: p, night: map[string]string{}}
	if len(document) > int(p.limits["html"]) {
		c.say(fmt.Sprintf("it has %d bytes", len(document)))
	}
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	c.styles(root)
	c.walk(root, paint{"#000000", "#ffffff"}, paint{"#ffffff", "#000000"})
	return c.wrong
}

var (
	cssRule   = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	nightRule = regexp.MustCompile(`\.([a-z0-9-]+)\{([^}]*)\}`)
)

// styles reads the style elements of the head.
func (c *checker) styles(root *html.Node) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "style" || n.FirstChild == nil {
			continue
		}
		text := n.FirstChild.Data
		if len(text) > int(c.limits["style"]) {
			c.say(fmt.Sprintf("a style element has %d bytes", len(text)))
		}
		if at, body, ok := strings.Cut(text, "{"); ok && strings.HasPrefix(at, "@") {
			c.say(c.refuses("at", strings.ReplaceAll(strings.SplitN(at[1:], ":", 2)[0], " ", ""), "", ""))
			if text = strings.TrimSuffix(body, "}"); strings.Contains(at, "prefers-color-scheme") {
				for _, m := range nightRule.FindAllStringSubmatch(text, -1) {
					c.night[m[1]] += m[2]
				}
			}
		}
		for _, m := range cssRule.FindAllStringSubmatch(text, -1) {
			c.declarations(m[2], "")
		}
	}
}

// declarations checks each and returns them.
func (c *checker) declarations(text, element string) map[string]string {
	all := map[string]string{}
	for d := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(d, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			continue
		}
		value = strings.TrimSpace(strings.ReplaceAll(value, "!important", ""))
		c.say(c.refuses("css", name, value, element))
		all[name] = value
	}
	return all
}

// paint is the colours that are in force.
type paint struct{ ink, ground string }

func (p paint) with(declarations map[string]string) paint {
	if v := declarations["color"]; v != "" {
		p.ink = v
	}
	if v := declarations["background-color"]; v != "" {
		p.ground = v
	}
	return p
}

func (c *checker) walk(n *html.Node, light, dark paint) {
	switch n.Type {
	case html.TextNode:
		c.text(n, light, dark)
	case html.CommentNode:
		c.say("there is a comment")
	case html.ElementNode:
		declarations := c.element(n)
		light = light.with(declarations)
		dark = dark.with(declarations)
		for _, class := range strings.Fields(attribute(n, "class")) {
			dark = dark.with(c.declarations(c.night[class], ""))
		}
	}
	for child := range n.ChildNodes() {
		c.walk(child, light, dark)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// element checks one element and returns its style.
func (c *checker) element(n *html.Node) map[string]string {
	parent := ""
	if n.Data == "style" && n.Parent != nil {
		parent = n.Parent.Data
	}
	// The parser adds tbody by itself.
	if n.Data != "tbody" {
		c.say(c.refuses("element", n.Data, "", parent))
	}
	for _, a := range n.Attr {
		c.say(c.refuses("attribute", a.Key, "", n.Data))
	}
	if n.Data == "table" && attribute(n, "role") != "presentation" {
		c.say("a table of the layout does not say so (role)")
	}
	if n.Data == "html" && attribute(n, "lang") == "" {
		c.say("the language is not said")
	}
	if src := attribute(n, "src"); n.Data == "img" && (attribute(n, "alt") == "" || !strings.HasPrefix(src, "cid:")) {
		c.say("an image has no alt text, or is loaded from elsewhere")
	}
	if href := attribute(n, "href"); n.Data == "a" && !strings.HasPrefix(href, "https://") && !strings.HasPrefix(href, "mailto:") {
		c.say("a link is neither https nor mailto")
	}
	if level := strings.Index("0123", n.Data[1:]); len(n.Data) == 2 && n.Data[0] == 'h' && level > 0 {
		if level > c.h+1 {
			c.say("a level of headings is left out before " + n.Data)
		}
		c.h = level
	}
	return c.declarations(attribute(n, "style"), n.Data)
}

// text checks that a text can be read, by day and by night.
func (c *checker) text(n *html.Node, light, dark paint) {
	if strings.TrimSpace(strings.ReplaceAll(n.Data, noBreak, " ")) == "" || n.Parent == nil || n.Parent.Data == "style" || n.Parent.Data == "title" {
		return
	}
	for name, p := range map[string]paint{"light": light, "dark": dark} {
		ratio, err := contrast(p.ink, p.ground)
		if err != nil {
			c.say(err.Error())
		} else if ratio < c.limits["contrast"] {
			c.say(fmt.Sprintf("%s: %s on %s has a contrast of %.1f", name, p.ink, p.ground, ratio))
		}
	}
}

// TestMailProgramsShowAllOfIt holds every golden letter against the list.
func TestMailProgramsShowAllOfIt(t *testing.T) {
	p := readPrograms(t)
	for name, one := range everyLetter() {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range p.check(t, rendered(t, one).HTML) {
				t.Error(wrong)
			}
		})
	}
}

// TestEveryStyleIsSafe looks at those that no golden day happens to use, too.
func TestEveryStyleIsSafe(t *testing.T) {
	c := &checker{programs: readPrograms(t)}
	for name, declarations := range style.inline {
		c.declarations(declarations, "")
		if strings.Contains(declarations, "$") || strings.Contains(declarations, ":;") {
			t.Errorf("%s names a colour that style.css does not have: %s", name, declarations)
		}
	}
	for _, wrong := range c.wrong {
		t.Error(wrong)
	}
	if len(style.inline) < 40 {
		t.Errorf("only %d rules were read of style.css", len(style.inline))
	}
}

// TestTheCheckerRefuses promises that each of these would be noticed.
func TestTheCheckerRefuses(t *testing.T) {
	p := readPrograms(t)
	page := func(body string) string {
		return `<!DOCTYPE html><html lang="en"><head><title>x</title></head><body>` + body + `</body></html>`
	}
	if wrong := p.check(t, page(`<h1>Tuesday</h1><p style="color:#333333">text</p>`)); len(wrong) > 1 {
		t.Fatalf("a plain page is refused: %q", wrong)
	}
	for name, body := range map[string]string{
		"a script":                `<script>x</script>`,
		"a form":                  `<form></form>`,
		"a picture from the net":  `<img alt="x" src="https://attacker.example/x.png">`,
		"a picture without alt":   `<img src="cid:1">`,
		"a background from there": `<p style="background-color:url(https://attacker.example)">x</p>`,
		"flex":                    `<p style="display:flex">x</p>`,
		"padding of a paragraph":  `<p style="padding:1px">x</p>`,
		"centring by margin":      `<p style="margin:0 auto">x</p>`,
		"a shadow":                `<p style="box-shadow:1px">x</p>`,
		"a colour with alpha":     `<p style="color:rgba(0,0,0,1)">x</p>`,
		"an unknown property":     `<p style="shine:1">x</p>`,
		"an event handler":        `<p onclick="x">x</p>`,
		"a script as a link":      `<a href="javascript:alert(1)">x</a>`,
		"plain http":              `<a href="http://attacker.example">x</a>`,
		"a table for reading":     `<table><tr><td>x</td></tr></table>`,
		"a style in the body":     `<p><style>p{color:#000000}</style></p>`,
		"an import":               `<style>@import{}</style>`,
		"grey on white":           `<p style="color:#aaaaaa;background-color:#ffffff">x</p>`,
		"black at night":          `<p style="color:#000000">x</p>`,
		"a heading too deep":      `<h1>x</h1><h3>y</h3>`,
		"81 KB":                   strings.Repeat("text ", 16200),
		"a comment":               `<!-- x -->`,
	} {
		if wrong := p.check(t, page(body)); len(wrong) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
	if wrong := p.check(t, `<html><body><p>x</p></body></html>`); len(wrong) == 0 {
		t.Error("a page without a language is not noticed")
	}
}
