package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a Markdown document as far as the tests look at it.
type page struct {
	file     string
	sections []section
}

// section is what stands below one heading, up to the next.
type section struct {
	level  int // 1 for "#"; 0 for what stands above the first heading
	title  string
	line   int
	prose  string // paragraphs, without tables and blocks
	blocks []block
	rows   []row
}

// block is a fenced block; lang and label are the words behind the fence.
type block struct {
	lang, label string
	text        string
	line        int
}

// row is one row of a table, without the row of its heads.
type row struct {
	cells []string
	line  int
}

// root is the project's folder.
func root(parts ...string) string {
	return filepath.Join(append([]string{"..", ".."}, parts...)...)
}

func readPage(t *testing.T, parts ...string) page {
	t.Helper()
	text, err := os.ReadFile(root(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return parsePage(filepath.Join(parts...), string(text))
}

var (
	heading   = regexp.MustCompile(`^(#+) +(.+)$`)
	fence     = regexp.MustCompile("^```(\\S*) ?(.*)$")
	tableRule = regexp.MustCompile(`^\|[ |:-]+\|$`)
)

func parsePage(file, text string) page {
	p := page{file: file, sections: []section{{}}}
	var open *block
	for n, line := range strings.Split(text, "\n") {
		s := &p.sections[len(p.sections)-1]
		m, f := heading.FindStringSubmatch(line), fence.FindStringSubmatch(line)
		switch {
		case open != nil && f != nil:
			s.blocks, open = append(s.blocks, *open), nil
		case open != nil:
			open.text += line + "\n"
		case f != nil:
			open = &block{lang: f[1], label: f[2], line: n + 1}
		case m != nil:
			p.sections = append(p.sections, section{level: len(m[1]), title: m[2], line: n + 1})
		case tableRule.MatchString(line):
			s.rows = s.rows[:len(s.rows)-1] // the heads stand above the rule
		case strings.HasPrefix(line, "|"):
			s.rows = append(s.rows, row{cellsOf(line), n + 1})
		default:
			s.prose += line + "\n"
		}
	}
	return p
}

// cellsOf takes a row apart; "\|" is a character of a cell.
func cellsOf(line string) []string {
	const bar = "\x00"
	line = strings.Trim(strings.ReplaceAll(line, `\|`, bar), "|")
	cells := strings.Split(line, "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(c, bar, "|"))
	}
	return cells
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// codeIn returns what stands between backticks in a cell.
func codeIn(cell string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// templates are the wordings that a page gives in full: blocks whose label is
// "templates/NAME.txt".
func (p page) templates() map[string]string {
	all := make(map[string]string)
	for _, s := range p.sections {
		for name, text := range s.templates() {
			all[name] = text
		}
	}
	return all
}

func (s section) templates() map[string]string {
	all := make(map[string]string)
	for _, b := range s.blocks {
		if name, ok := strings.CutPrefix(b.label, "templates/"); ok {
			all[strings.TrimSuffix(name, ".txt")] = b.text
		}
	}
	return all
}

// yaml returns the section's YAML blocks.
func (s section) yaml() []block {
	var all []block
	for _, b := range s.blocks {
		if b.lang == "yaml" {
			all = append(all, b)
		}
	}
	return all
}

func indent(text string, by int) string {
	pad := strings.Repeat(" ", by)
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = pad + line
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestAPageIsReadAsItIsShown(t *testing.T) {
	p := parsePage("x.md", "# A\n\nwords\n\n| a | b |\n|---|---|\n| `x \\| y` | z |\n\n```text templates/away.txt\n# no heading\n```\n## B\n")
	if len(p.sections) != 3 || p.sections[1].title != "A" || p.sections[2].title != "B" {
		t.Fatalf("the sections are %+v", p.sections)
	}
	a := p.sections[1]
	if len(a.rows) != 1 || a.rows[0].cells[0] != "`x | y`" || codeIn(a.rows[0].cells[0])[0] != "x | y" || a.rows[0].line != 7 {
		t.Errorf("the rows are %+v", a.rows)
	}
	if p.templates()["away"] != "# no heading\n" {
		t.Errorf("the templates are %+v", p.templates())
	}
}
