package agenda

import (
	_ "embed"
	"html/template"
	"regexp"
	"strings"
)

//go:embed page.html
var pageFile string

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":  css,
	"rest": func(percent int) int { return 100 - percent },
	// The rules of the document's head are ours, and the same for every agenda.
	"head": func() template.HTML {
		return template.HTML("<style>" + everywhere + "</style>\n<style>" + narrow + "</style>\n<style>" + style.dark + "</style>")
	},
}).Parse(tidy(pageFile)))

// constantStyle is a style that does not hang on what is shown.
var constantStyle = regexp.MustCompile(`\{\{css ((?:"[a-z0-9-]+" ?)+)\}\}`)

// tidy takes the indentation out, which is a third of a long mail, and puts in the
// styles that are always the same, which spares most of the work of writing one.
func tidy(file string) string {
	var b strings.Builder
	for line := range strings.Lines(file) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return constantStyle.ReplaceAllStringFunc(b.String(), func(call string) string {
		names := constantStyle.FindStringSubmatch(call)[1]
		return string(css(strings.Fields(strings.ReplaceAll(names, `"`, ""))...))
	})
}

// html writes the page. html/template escapes whatever is put in for the place
// where it stands. Only css and head put in what is not escaped, and both know nothing
// but style.css.
func (p *page) html() (string, error) {
	var b strings.Builder
	b.Grow(32 << 10)
	err := layout.Execute(&b, p)
	return b.String(), err
}

// Beside is the only link of a row that has room for it at the right, or nil.
func (r row) Beside() *act {
	if r.Aside != "" || len(r.Acts) != 1 {
		return nil
	}
	return &r.Acts[0]
}

// Inline is the only link of a row that stands behind its text rather than below it,
// or nil.
func (r row) Inline() *act {
	if r.Strong || len(r.Acts) != 1 || len(r.Notes) == 0 || r.Beside() != nil {
		return nil
	}
	return &r.Acts[0]
}

// IsLast says that a note is the last of its row.
func (r row) IsLast(i int) bool { return i == len(r.Notes)-1 }
