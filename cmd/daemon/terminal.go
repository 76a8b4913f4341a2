package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// terminal is where a verb reads and prints.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// coloured reports whether w is a terminal whose user wants colours
// (no-color.org).
func coloured(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }

func (t terminal) paint(w io.Writer, code, s string) string {
	if !coloured(w) {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t terminal) red(s string) string   { return t.paint(t.err, "31", s) }
func (t terminal) bold(s string) string  { return t.paint(t.out, "1", s) }
func (t terminal) faint(s string) string { return t.paint(t.out, "2", s) }
func (t terminal) green(s string) string { return t.paint(t.out, "32", s) }

// printJSON prints one value, indented, and a line end.
func (t terminal) printJSON(v any) error {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// logger logs to standard error: text on a terminal, JSON for programs.
func (c *command) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelWarn}
	return c.loggerWith(options)
}

func (c *command) loggerWith(options *slog.HandlerOptions) *slog.Logger {
	if c.verbose {
		options.Level = slog.LevelDebug
	}
	if isTerminal(c.err) {
		return slog.New(slog.NewTextHandler(c.err, options))
	}
	return slog.New(slog.NewJSONHandler(c.err, options))
}

// progress returns what draws a bar on a terminal, and does nothing elsewhere.
func (c *command) progress(what string) (step func(done, total int64), finish func()) {
	if c.json || !isTerminal(c.err) {
		return func(int64, int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(c.err),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30))
	step = func(done, total int64) {
		if total > 0 && bar.GetMax64() != total {
			bar.ChangeMax64(total)
		}
		_ = bar.Set64(done) // what it could return is that the terminal is gone
	}
	return step, func() { _ = bar.Finish() }
}

// table prints rows with aligned columns; a column of numbers is aligned right.
func (t terminal) table(indent string, rows [][]string) {
	widths := make([]int, 0, 4)
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	for r, row := range rows {
		line := indent
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-width(cell))
			switch {
			case r > 0 && isNumber(cell):
				line += pad + cell + "  "
			default:
				line += cell + pad + "  "
			}
		}
		line = strings.TrimRight(line, " ")
		if r == 0 {
			line = t.bold(line)
		}
		fmt.Fprintln(t.out, line)
	}
}

func width(s string) int { return len([]rune(s)) }

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789,.") == ""
}

// oneLine makes a stranger's text safe to print: no control characters, and not
// longer than n characters.
func oneLine(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// thousands writes 12345 as 12,345.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes "1 message" or "3 messages".
func count(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}
