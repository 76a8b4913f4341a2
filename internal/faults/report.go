package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// LeastKills is how many processes the whole of the tests kills, or the table is not
// complete: each point of each scenario.
const LeastKills = 500

// A Report is what tests said about faults, and how they ended.
type Report struct {
	said   []saying
	ended  map[name]string // "pass", "fail" or "skip"
	output map[name]string
	kills  map[string]int // by scenario
	module string
	told   io.Writer
}

// name is a test, or with no Test a package.
type name struct{ Package, Test string }

type saying struct {
	by    name
	id    string
	times int
}

// event is one line of "go test -json" (go doc test2json).
type event struct {
	Action, Package, Test, Key, Value, Output string
	Elapsed                                   float64 // seconds
}

// NewReport is a report about tests of a module. While it reads it writes to told which
// packages have ended, and which tests failed, with what they said.
func NewReport(module string, told io.Writer) *Report {
	return &Report{ended: map[name]string{}, output: map[name]string{}, kills: map[string]int{}, module: module, told: told}
}

// Read takes in the output of "go test -json".
func (r *Report) Read(in io.Reader) error {
	for lines := json.NewDecoder(in); ; {
		var e event
		switch err := lines.Decode(&e); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading what go test says: %w", err)
		}
		r.take(e)
	}
}

func (r *Report) take(e event) {
	n := name{strings.TrimPrefix(e.Package, r.module+"/"), e.Test}
	switch e.Action {
	case "attr":
		r.attribute(n, e.Key, e.Value)
	case "pass", "fail", "skip":
		r.ended[n] = e.Action
		switch {
		case e.Action == "fail" && e.Test != "":
			fmt.Fprintf(r.told, "%s %s %s (%.0f s)\n%s", e.Action, n.Package, e.Test, e.Elapsed, r.output[n])
		case e.Test == "":
			fmt.Fprintf(r.told, "%s %s (%.0f s)\n", e.Action, n.Package, e.Elapsed)
		}
	case "output", "build-output":
		r.output[n] += e.Output
	}
}

func (r *Report) attribute(by name, key, value string) {
	switch key {
	case KillKey:
		r.kills[value]++
	case FaultKey:
		id, text, _ := strings.Cut(value, ": ")
		if times, err := strconv.Atoi(text); err == nil {
			r.said = append(r.said, saying{by, id, times})
		}
	}
}

// Row is what became of one fault.
type Row struct {
	Fault
	Times int
	Tests []string // which said so: "mail: TestX"
	Held  bool     // all of them passed
}

// Rows are those of the whole table.
func (r *Report) Rows() []Row {
	rows := make([]Row, len(Table))
	for i, f := range Table {
		rows[i] = Row{Fault: f, Held: true}
		for _, s := range r.said {
			if s.id != f.ID {
				continue
			}
			rows[i].Times += s.times
			rows[i].Tests = append(rows[i].Tests, short(s.by))
			rows[i].Held = rows[i].Held && r.ended[s.by] == "pass"
		}
		slices.Sort(rows[i].Tests)
		rows[i].Tests = slices.Compact(rows[i].Tests)
		rows[i].Held = rows[i].Held && rows[i].Times > 0
	}
	return rows
}

// short names a test without its subtests, and a case by its own name.
func short(n name) string {
	test, rest, _ := strings.Cut(n.Test, "/")
	for _, player := range players {
		if player.test == test && rest != "" {
			test = strings.ReplaceAll(path.Base(rest), "_", " ")
			break
		}
	}
	return path.Base(n.Package) + ": " + test
}

// Kills is how many processes were killed, in how many scenarios.
func (r *Report) Kills() (n, scenarios int) {
	for _, k := range r.kills {
		n += k
	}
	return n, len(r.kills)
}

// Wrong is what does not hold: tests that failed, and places of which nothing was
// heard. With whole, also rows that nobody injects, and too few kills.
func (r *Report) Wrong(places []Place, whole bool) (wrong []string) {
	for _, n := range slices.SortedFunc(maps.Keys(r.ended), func(a, b name) int { return strings.Compare(a.Package+a.Test, b.Package+b.Test) }) {
		if r.ended[n] == "fail" {
			why := r.output[n]
			if n.Test == "" {
				why += r.output[name{}] // what does not compile belongs to no test
			}
			wrong = append(wrong, n.Package+" "+n.Test+" failed\n"+why)
		}
	}
	for _, p := range places {
		if p.ID != "" && !slices.ContainsFunc(r.said, func(s saying) bool { return s.id == p.ID && s.by.Package == p.Package && short(s.by) == p.String() }) {
			wrong = append(wrong, fmt.Sprintf("%s did not inject fault %s: it failed before, or was skipped for want of a server", p, p.ID))
		}
	}
	if !whole {
		return wrong
	}
	for _, row := range r.Rows() {
		if row.Times == 0 {
			wrong = append(wrong, fmt.Sprintf("no test injects fault %s: %s", row.ID, row.Goes))
		}
	}
	if n, _ := r.Kills(); n < LeastKills {
		wrong = append(wrong, fmt.Sprintf("%d processes were killed, and %d are wanted", n, LeastKills))
	}
	return wrong
}

// Print writes the table; rows of which nothing was heard only with whole.
func (r *Report) Print(w io.Writer, whole bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "id\tfault\thow\ttimes\theld\tby")
	for _, row := range r.Rows() {
		if row.Times == 0 && !whole {
			continue
		}
		by := strings.Join(row.Tests[:min(2, len(row.Tests))], "; ")
		if more := len(row.Tests) - 2; more > 0 {
			by += fmt.Sprintf("; and %d more", more)
		}
		held := map[bool]string{true: "held", false: "NOT HELD"}[row.Held]
		if row.Times == 0 {
			held = "NO TEST"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", row.ID, row.Goes, row.By, row.Times, held, by)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, how := range Techniques {
		fmt.Fprintf(w, "%s: %s\n", how.Letter, how.How)
	}
	n, scenarios := r.Kills()
	_, err := fmt.Fprintf(w, "Killed and started again: %d processes, each at another point of one of %d scenarios\n", n, scenarios)
	return err
}
