package files

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func cols(pairs ...string) (columns [][2]string) {
	for i := 0; i < len(pairs); i += 2 {
		columns = append(columns, [2]string{pairs[i], pairs[i+1]})
	}
	return columns
}

var lunch = cols("date", "2026-03-01", "what", "Lunch, with Pat", "amount", "12.50")

const (
	head     = "date,what,amount,foredesk\n"
	lunchRow = "2026-03-01,\"Lunch, with Pat\",12.50,s1\n"
	lunchObj = `{"date":"2026-03-01","what":"Lunch, with Pat","amount":"12.50","foredesk":"s1"}` + "\n"
)

func TestAddLine(t *testing.T) {
	for name, tc := range map[string]struct {
		file, there string
		columns     [][2]string
		want        string
	}{
		"a new file gets a header":             {"x.csv", "", lunch, head + lunchRow},
		"in a folder that is made":             {"2026/x.csv", "", lunch, head + lunchRow},
		"JSON lines have none":                 {"x.jsonl", "", lunch, lunchObj},
		"a line follows the others":            {"x.csv", head + "a,b,c,s0\n", lunch, head + "a,b,c,s0\n" + lunchRow},
		"an object follows the others":         {"x.jsonl", "{\"a\":1}\n", lunch, "{\"a\":1}\n" + lunchObj},
		"a line that is there is not repeated": {"x.csv", head + lunchRow + "a,b,c,s0\n", lunch, head + lunchRow + "a,b,c,s0\n"},
		"also when a person has changed it":    {"x.csv", head + "mine,mine,mine,s1\n", lunch, head + "mine,mine,mine,s1\n"},
		"an object is not repeated":            {"x.jsonl", "{ \"foredesk\" : \"s1\" }\n", lunch, "{ \"foredesk\" : \"s1\" }\n"},
		"the id elsewhere is no record":        {"x.csv", head + "s1,s1,s1,s0\n", lunch, head + "s1,s1,s1,s0\n" + lunchRow},
		"the id elsewhere is no object":        {"x.jsonl", "{\"a\":\"s1\"}\ns1\n", lunch, "{\"a\":\"s1\"}\ns1\n" + lunchObj},
		"a longer id is another":               {"x.csv", head + "a,b,c,s11\n", lunch, head + "a,b,c,s11\n" + lunchRow},
		"columns of a person stay empty":       {"x.csv", "paid,amount,foredesk,what,date\nyes,,,,\n", lunch, "paid,amount,foredesk,what,date\nyes,,,,\n,12.50,s1,\"Lunch, with Pat\",2026-03-01\n"},
		"fewer columns than before":            {"x.csv", head, lunch[:1], head + "2026-03-01,,,s1\n"},
		"saved with semicolons":                {"x.csv", "date;what;amount;foredesk\r\n", lunch, "date;what;amount;foredesk\r\n2026-03-01;Lunch, with Pat;12.50;s1\r\n"},
		"saved with tabs":                      {"x.csv", "date\twhat\tamount\tforedesk\n", lunch, "date\twhat\tamount\tforedesk\n2026-03-01\tLunch, with Pat\t12.50\ts1\n"},
		"saved with a byte order mark":         {"x.csv", "\ufeff" + head, lunch, "\ufeff" + head + lunchRow},
		"a byte order mark alone":              {"x.csv", "\ufeff", lunch, "\ufeff" + head + lunchRow},
		"saved without a last line end":        {"x.csv", head + "a,b,c,s0", lunch, head + "a,b,c,s0\n" + lunchRow},
		"a person's half row stays":            {"x.csv", head + "2026-02-28,train", lunch, head + "2026-02-28,train\n" + lunchRow},
		"an object without a line end":         {"x.jsonl", "{\"a\":1}", lunch, "{\"a\":1}\n" + lunchObj},
		"a cell of several lines":              {"x.csv", head + "a,\"b\ns1\n\",c,s0\n", lunch, head + "a,\"b\ns1\n\",c,s0\n" + lunchRow},
		"an empty file gets a header":          {"x.csv", "\n", lunch, head + lunchRow},
		"an extension in capitals":             {"X.CSV", "", lunch, head + lunchRow},
		"no columns but the id":                {"x.csv", "", nil, "foredesk\ns1\n"},
		"a value in JSON is as it is":          {"x.jsonl", "", cols("a", "=1<2&\"\n\xff"), "{\"a\":\"=1<2&\\\"\\n\\ufffd\",\"foredesk\":\"s1\"}\n"},
		"a value on one line":                  {"x.csv", "", cols("a", "1\r\n2\x00\u00853"), "a,foredesk\n1  2 3,s1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := newBox(t)
			if tc.there != "" {
				put(t, dir, tc.file, tc.there)
			}
			for range 2 { // a repeat adds nothing
				if err := b.AddLine(tc.file, "s1", tc.columns); err != nil {
					t.Fatal(err)
				}
				if got := get(t, dir, tc.file); got != tc.want {
					t.Fatalf("the file holds\n%q, not\n%q", got, tc.want)
				}
			}
			if left := tree(t, dir); len(left) != 1 {
				t.Errorf("there is %q", left)
			}
		})
	}
}

// No value of a stranger is a formula to a spreadsheet.
func TestFormulasAreDisarmed(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1+1": "'+1+1", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t'=1", "  =1": "'  =1", "\r\n=1": "'  =1", "＝1": "'＝1",
		"-": "'-", "+49 30 1234": "'+49 30 1234", "-12.50": "-12.50", "-1,234.00": "-1,234.00", "-12.50-1": "'-12.50-1", "-1e5": "'-1e5",
		"a;=HYPERLINK(1)": "a;'=HYPERLINK(1)", "a; @x": "a; '@x", "a\t=1": "a\t'=1", "\x00=1": "'=1",
		"": "", "a=b": "a=b", "12.50": "12.50", "a - b; c": "a - b; c", "'=1": "'=1",
	} {
		if got := cell(in); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
	b, dir := newBox(t)
	if err := b.AddLine("x.csv", "s1", cols("=a", "=cmd|' /C calc'!A1", "b", "\"\n@x")); err != nil {
		t.Fatal(err)
	}
	if got, want := get(t, dir, "x.csv"), "'=a,b,foredesk\n'=cmd|' /C calc'!A1,\"\"\" @x\",s1\n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestAddLineRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		file, there, id string
		columns         [][2]string
		says            string
	}{
		"a way out":                  {"../x.csv", "", "s1", lunch, "no name inside"},
		"another kind of file":       {"x.xlsx", "", "s1", lunch, ".csv or a .jsonl"},
		"no id":                      {"x.csv", "", "", lunch, "no plain word"},
		"an id of two words":         {"x.csv", "", "s 1", lunch, "no plain word"},
		"an id with a quote":         {"x.jsonl", "", `s"1`, lunch, "no plain word"},
		"an id that computes":        {"x.csv", "", "=1", lunch, "no plain word"},
		"a column the file lacks":    {"x.csv", "date,foredesk\n", "s1", lunch, `no column "what"; add it to its first line`},
		"a file of other making":     {"x.csv", "a,b\n1,2\n", "s1", lunch, `no column "foredesk"`},
		"a file that is no table":    {"x.csv", "\x00\x01\"\"", "s1", lunch, `no column "foredesk"`},
		"a quote left open":          {"x.csv", head + "a,\"b,c,s0\na,b,c,s2\n", "s1", lunch, "quotation mark in it is not closed"},
		"a header with an open one":  {"x.csv", "\"date,foredesk", "s1", lunch, "quotation mark in it is not closed"},
		"a broken row":               {"x.csv", head + "a,b\"\"c,s1,s0\n", "s1", lunch, "line 2"},
		"a column given twice":       {"x.csv", "", "s1", cols("a", "1", "a", "2"), "given twice"},
		"foredesk's own column":      {"x.csv", "", "s1", cols("foredesk", "1"), "rename it in the rule"},
		"foredesk's own key":         {"x.jsonl", "", "s1", cols("foredesk", "1"), "rename it in the rule"},
		"a file in the folder's way": {"y/x.csv", "", "s1", lunch, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := newBox(t)
			put(t, dir, "y", "theirs")
			if tc.there != "" {
				put(t, dir, tc.file, tc.there)
			}
			before := tree(t, dir)
			says(t, b.AddLine(tc.file, tc.id, tc.columns), tc.says, "adding a line to ", "no line was added")
			if tc.there != "" && get(t, dir, tc.file) != tc.there {
				t.Errorf("the file holds %q", get(t, dir, tc.file))
			}
			if !slices.Equal(tree(t, dir), before) {
				t.Errorf("there is %q", tree(t, dir))
			}
		})
	}
}

func TestAFileThatIsNotPlainIsRefused(t *testing.T) {
	b, dir := newBox(t)
	outside := private(t)
	put(t, outside, "x.csv", head)
	link("x.csv", filepath.Join(outside, "x.csv"))(t, dir)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.jsonl"), 0o600); err != nil {
		t.Fatal(err)
	}
	big, err := os.Create(filepath.Join(dir, "big.csv"))
	if err == nil {
		err = big.Truncate(maxTable + 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	big.Close()
	for file, why := range map[string]string{"x.csv": "not a plain file", "pipe.jsonl": "not a plain file", "big.csv": "larger than 32 MiB"} {
		says(t, b.AddLine(file, "s1", lunch), why)
		says(t, b.RemoveLine(file, "s1"), why)
	}
	if get(t, outside, "x.csv") != head {
		t.Error("a file outside was changed")
	}
}

// torn is each state in which a crash can leave a file to which line was being
// appended.
func torn(file, there, line string) map[string]string {
	states := map[string]string{}
	for n := range len(line) + 1 {
		states[fmt.Sprintf("%s after %d bytes", file, n)] = there + line[:n]
	}
	return states
}

// After a crash in the middle of a line, the repeat makes the file what it would
// have been.
func TestATornLineIsMendedByItsRepeat(t *testing.T) {
	b, dir := newBox(t)
	for file, lines := range map[string][2]string{"x.csv": {head + "a,\"b\"\"\nb\",c,s0\n", lunchRow}, "x.jsonl": {"{\"a\":1}\n", lunchObj}} {
		for name, state := range torn(file, lines[0], lines[1]) {
			put(t, dir, file, state)
			if err := b.AddLine(file, "s1", lunch); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			// Where only the last line end is missing, the next line brings it.
			if got, want := strings.TrimSuffix(get(t, dir, file), "\n")+"\n", lines[0]+lines[1]; got != want {
				t.Fatalf("%s: %q", name, got)
			}
		}
	}
}

// When another account writes first, the file can still be read, its line is
// there once, and so is the torn one after its repeat, unless the crash cut off
// just within the id.
func TestATornLineIsMendedByAnother(t *testing.T) {
	b, dir := newBox(t)
	there := head + "a,b,c,s0\n"
	for name, state := range torn("x.csv", there, lunchRow) {
		put(t, dir, "x.csv", state)
		for _, id := range []string{"other", "s1"} {
			if err := b.AddLine("x.csv", id, lunch); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		r := csv.NewReader(strings.NewReader(get(t, dir, "x.csv")))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ids := map[string]int{}
		for _, row := range rows {
			ids[row[len(row)-1]]++
		}
		if ids["s0"] != 1 || ids["s1"] != 1 || ids["other"] != 1 {
			t.Errorf("%s: the file holds %q", name, get(t, dir, "x.csv"))
		}
	}
	for name, state := range torn("x.jsonl", "{\"a\":1}\n", lunchObj) {
		put(t, dir, "x.jsonl", state)
		for _, id := range []string{"other", "s1"} {
			if err := b.AddLine("x.jsonl", id, lunch); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		text := get(t, dir, "x.jsonl")
		for line := range strings.Lines(text) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%s: %q is no JSON", name, line)
			}
		}
		if strings.Count(text, `"foredesk":"s1"`) != 1 || strings.Count(text, "\n") != 3 {
			t.Errorf("%s: the file holds %q", name, text)
		}
	}
}

func TestRemoveLine(t *testing.T) {
	for name, tc := range map[string]struct{ file, there, want string }{
		"the line goes, the others stay as they are": {"x.csv", "date;x;foredesk\r\n\r\n\"a\"; b ;s0\r\n\r\n1;2;s1\r\nodd,row\r\n", "date;x;foredesk\r\n\r\n\"a\"; b ;s0\r\n\r\nodd,row\r\n"},
		"a line of several":                          {"x.csv", "\ufeffa,foredesk\n\"1\n2\n\",s1\n3,s2\n", "\ufeffa,foredesk\n3,s2\n"},
		"the last one without an end":                {"x.csv", "a,foredesk\n1,s0\n2,s1", "a,foredesk\n1,s0\n"},
		"a line that is gone":                        {"x.csv", "a,foredesk\ns1,s0\n", "a,foredesk\ns1,s0\n"},
		"the header stays":                           {"x.csv", "a,foredesk\n1,s1\n", "a,foredesk\n"},
		"an object goes":                             {"x.jsonl", "{\"a\":1}\n{\"foredesk\":\"s1\"}\nnotes\n", "{\"a\":1}\nnotes\n"},
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := newBox(t)
			put(t, dir, tc.file, tc.there)
			if err := os.Chmod(filepath.Join(dir, tc.file), 0o400|0o200); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := b.RemoveLine(tc.file, "s1"); err != nil {
					t.Fatal(err)
				}
				if got := get(t, dir, tc.file); got != tc.want {
					t.Fatalf("the file holds\n%q, not\n%q", got, tc.want)
				}
			}
			if left := tree(t, dir); len(left) != 1 {
				t.Errorf("there is %q", left)
			}
		})
	}
	b, dir := newBox(t)
	if err := b.RemoveLine("gone/x.csv", "s1"); err != nil || len(tree(t, dir)) != 0 {
		t.Errorf("from a file that is gone: %v", err)
	}
	says(t, b.RemoveLine("../x.csv", "s1"), "no line was removed")
}

// Undo gives back the bytes that were there before.
func FuzzLines(f *testing.F) {
	f.Add([]byte(head+lunchRow), "x", true)
	f.Add([]byte("a;foredesk\r\n\"1\n\";s\r\n"), "=1;@", true)
	f.Add([]byte("\ufeffforedesk,a,b\n\n x, \"\n"), "\"", true)
	f.Add([]byte("{\"foredesk\":\"s1\"}\n{"), "\xff", false)
	f.Add([]byte("\n\"\"\"\n"), "", true)
	f.Fuzz(func(t *testing.T, content []byte, value string, isCSV bool) {
		var table lines = jsonLines(content)
		if isCSV {
			read, err := readCSV(content)
			if err != nil {
				return
			}
			table = read
		}
		const id = "fuzzed-id"
		if there, err := table.has(id); there || err != nil {
			return
		}
		keep, text, err := table.add(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkAdded(t, content[:keep], text, id, isCSV)
		if c := cell(value); c != cell(c) || strings.ContainsAny(c, "\r\n\x00") || c != "" && strings.Contains("=+@\t", c[:1]) {
			t.Errorf("%q becomes %q", value, c)
		}
	})
}

func checkAdded(t *testing.T, kept, text []byte, id string, isCSV bool) {
	after := slices.Concat(kept, text)
	var table lines = jsonLines(after)
	if isCSV {
		read, err := readCSV(after)
		if err != nil {
			t.Fatalf("%q can't be read: %v", after, err)
		}
		table = read
	}
	if broken(after, isCSV) {
		return // by what was there before
	}
	if there, err := table.has(id); !there || err != nil {
		t.Fatalf("it is not in %q: %v", after, err)
	}
	rest, found, err := table.without(id)
	if err != nil || !found || !bytes.HasPrefix(rest, kept) || bytes.Contains(rest, []byte(id)) {
		t.Errorf("%q without it is %q, %v", after, rest, err)
	}
}

// broken reports whether a row before ours can't be read: strays of quotation
// marks that happen to be even in number.
func broken(content []byte, isCSV bool) bool {
	if !isCSV {
		return false
	}
	table, _ := readCSV(content)
	_, err := table.reader().ReadAll()
	return err != nil
}
