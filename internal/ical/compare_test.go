package ical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// comparedDays is how long each window of the comparison is.
const comparedDays = 400

// otherPython returns a Python that has the libraries of the comparison.
func otherPython(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(t.Context(), name, "-c", "import icalendar, dateutil, zoneinfo").Run() == nil {
			return name
		}
	}
	const missing = "no Python with icalendar and dateutil, with which the expansion is compared: apt-get install python3-icalendar python3-dateutil"
	if os.Getenv("FOREDESK_CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// asked is what testdata/expand.py is asked of a file.
type asked struct {
	Name    string     `json:"name"`
	Path    string     `json:"path"`
	Windows [][2]int64 `json:"windows"`
}

var firstStart = regexp.MustCompile(`(?m)^DTSTART[^\n]*:(\d{8})`)

// windowsOf are 400 days from the day of the first start in a file, and of the last.
// In a file of which nothing was read, the first is looked for in the text.
func windowsOf(c *Calendar, text []byte, zone *time.Location) (windows [][2]int64) {
	var starts []time.Time
	for _, e := range c.Events {
		starts = append(starts, e.Start.In(zone))
	}
	slices.SortFunc(starts, time.Time.Compare)
	if found := firstStart.FindSubmatch(text); found != nil && len(starts) == 0 {
		if day, err := time.ParseInLocation("20060102", string(found[1]), zone); err == nil {
			starts = append(starts, day)
		}
	}
	if len(starts) > 2 {
		starts = []time.Time{starts[0], starts[len(starts)-1]}
	}
	for _, day := range starts {
		from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
		windows = append(windows, [2]int64{from.Unix(), from.AddDate(0, 0, comparedDays).Unix()})
	}
	return windows
}

// TestAnotherImplementationAgrees expands each file of the corpus a second time, with
// Python's icalendar and dateutil, and compares who, from when, until when.
func TestAnotherImplementationAgrees(t *testing.T) {
	files, python, zone := corpusFiles(t), otherPython(t), zoneOf(t, "Europe/London")
	question := struct {
		Zone  string  `json:"zone"`
		Files []asked `json:"files"`
	}{Zone: zone.String()}
	calendars := map[string]*Calendar{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c, err := Read(bytes.NewReader(files[name]), zone)
		if err != nil {
			c = &Calendar{} // TestCorpus knows each of them
		}
		if windows := windowsOf(c, files[name], zone); windows != nil {
			calendars[name] = c
			question.Files = append(question.Files, asked{name, filepath.Join(corpusFolder(), name), windows})
		}
	}
	answers, explained := askOther(t, python, question), explanations(t)
	compared := 0
	for _, q := range question.Files {
		diff, n := differences(t, calendars[q.Name], q, answers[q.Name])
		compared += n
		why, listed := explained[q.Name]
		switch {
		case diff != "" && !listed:
			t.Errorf("%s: %s", q.Name, diff)
		case diff == "" && listed:
			t.Errorf("%s agrees, and testdata/differences.txt says: %s", q.Name, why)
		}
	}
	t.Logf("%d files with %d occurrences compared, %d differ with a reason", len(question.Files), compared, len(explained))
}

// explanations are the files in which the two differ, with the reason.
func explanations(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "differences.txt"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for row := range strings.Lines(string(text)) {
		name, why, ok := strings.Cut(strings.TrimSpace(row), ": ")
		if ok && !strings.HasPrefix(row, "#") {
			all[name] = why
		}
	}
	return all
}

// otherAnswer is what the other implementation says of a file: for each window who,
// from when, until when; or why it says nothing.
type otherAnswer struct {
	windows [][]taking
	refusal string
}

// taking is one occurrence, as a UID and two instants in seconds.
type taking struct {
	uid        string
	start, end int64
}

func (a *otherAnswer) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &a.refusal) == nil {
		return nil
	}
	return json.Unmarshal(data, &a.windows)
}

func (o *taking) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&o.uid, &o.start, &o.end})
}

func askOther(t *testing.T, python string, question any) map[string]otherAnswer {
	t.Helper()
	text, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	var said, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "expand.py"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &said, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, complaint.String())
	}
	var answers map[string]otherAnswer
	if err := json.Unmarshal(said.Bytes(), &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// differences says what only one of the two has, and how much was compared.
func differences(t *testing.T, c *Calendar, q asked, other otherAnswer) (diff string, compared int) {
	t.Helper()
	if other.refusal != "" {
		return "the other refuses it: " + other.refusal, 0
	}
	var wrong []string
	for i, w := range q.Windows {
		ours, err := c.Occurrences(time.Unix(w[0], 0), time.Unix(w[1], 0))
		if err != nil {
			return err.Error(), 0
		}
		balance := map[taking]int{}
		for _, o := range ours {
			balance[taking{o.UID, o.Start.Unix(), o.End.Unix()}]++
		}
		for _, o := range other.windows[i] {
			balance[o]--
		}
		compared += len(ours)
		for o, n := range balance {
			if n != 0 {
				wrong = append(wrong, fmt.Sprintf("%s %.30q %s to %s", map[bool]string{true: "only ours", false: "only the other's"}[n > 0],
					o.uid, time.Unix(o.start, 0).UTC().Format(time.DateTime), time.Unix(o.end, 0).UTC().Format(time.DateTime)))
			}
		}
	}
	slices.Sort(wrong)
	if len(wrong) > 6 {
		wrong = append(wrong[:6], fmt.Sprintf("and %d more", len(wrong)-6))
	}
	return strings.Join(wrong, "; "), compared
}
