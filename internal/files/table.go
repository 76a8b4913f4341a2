package files

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// csvTable is the content of a .csv file (RFC 4180) without a torn end.
type csvTable struct {
	content []byte
	body    int // where the records begin: after a byte order mark
	comma   rune
	header  []string // nil in an empty file
}

var (
	errUnclosed = errors.New("a quotation mark in it is not closed; mend it by hand")
	errNoID     = fmt.Errorf("its first line has no column %q; add one, or name another file in the rule", idColumn)
)

func readCSV(content []byte) (*csvTable, error) {
	content, err := sound(content)
	if err != nil {
		return nil, err
	}
	t := &csvTable{content: content, comma: ','}
	if bytes.HasPrefix(content, []byte("\ufeff")) {
		t.body = len("\ufeff")
	}
	if len(bytes.TrimSpace(content[t.body:])) == 0 {
		return t, nil
	}
	// In half of Europe a spreadsheet saves a CSV file with semicolons.
	for _, t.comma = range []rune{',', ';', '\t'} {
		t.header, err = t.reader().Read()
		if err == nil && slices.Contains(t.header, idColumn) {
			return t, nil
		}
	}
	return nil, errNoID
}

// sound takes off a last line that was torn inside quotation marks: nothing could
// be read after it.
func sound(content []byte) ([]byte, error) {
	if bytes.Count(content, []byte{'"'})%2 == 0 {
		return content, nil
	}
	whole := content[:bytes.LastIndexByte(content, '\n')+1]
	if len(whole) == 0 || len(whole) == len(content) || bytes.Count(whole, []byte{'"'})%2 != 0 {
		return nil, errUnclosed
	}
	return whole, nil
}

func (t *csvTable) reader() *csv.Reader {
	r := csv.NewReader(bytes.NewReader(t.content[t.body:]))
	r.Comma = t.comma
	r.FieldsPerRecord = -1 // what people add by hand may be short
	return r
}

func (t *csvTable) has(id string) (found bool, err error) {
	err = t.find(id, func(int, int) { found = true })
	return found, err
}

func (t *csvTable) without(id string) (rest []byte, found bool, err error) {
	end := 0
	err = t.find(id, func(from, to int) {
		rest, end, found = append(rest, t.content[end:from]...), to, true
	})
	return append(rest, t.content[end:]...), found, err
}

// find calls hit with where each record with the id begins and ends.
func (t *csvTable) find(id string, hit func(from, to int)) error {
	if !bytes.Contains(t.content, []byte(id)) {
		return nil // most calls end here, without reading the table
	}
	r, column := t.reader(), slices.Index(t.header, idColumn)
	for {
		from := t.body + int(r.InputOffset())
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("it can't be read: %w; mend it by hand", err)
		}
		for t.content[from] == '\n' || t.content[from] == '\r' {
			from++ // empty lines before it are not the record's
		}
		if column < len(record) && record[column] == id {
			hit(from, t.body+int(r.InputOffset()))
		}
	}
}

func (t *csvTable) add(id string, columns [][2]string) (keep int, text []byte, err error) {
	header := t.header
	if header == nil {
		for _, c := range columns {
			header = append(header, cell(c[0]))
		}
		header = append(header, idColumn)
	}
	record, err := arrange(header, id, columns)
	if err != nil {
		return 0, nil, err
	}
	line, err := t.encode(record)
	if err != nil {
		return 0, nil, err
	}
	if t.header == nil {
		text, err = t.encode(header)
		return t.body, append(text, line...), err
	}
	last := bytes.LastIndexByte(t.content, '\n') + 1
	switch torn := t.content[last:]; {
	case len(torn) == 0:
		return last, line, nil
	case bytes.HasPrefix(line, torn): // what a crash has left of this very line
		return last, line, nil
	}
	// Perhaps a person's, from an editor that does not end the last line.
	return len(t.content), append([]byte("\n"), line...), nil
}

// arrange puts the values into the order of the header.
func arrange(header []string, id string, columns [][2]string) ([]string, error) {
	record := make([]string, len(header))
	filled := map[int]bool{slices.Index(header, idColumn): true}
	record[slices.Index(header, idColumn)] = id
	for _, c := range columns {
		at := slices.Index(header, cell(c[0]))
		switch {
		case at < 0:
			return nil, fmt.Errorf("it has no column %q; add it to its first line, or name another file in the rule", c[0])
		case filled[at]:
			return nil, fmt.Errorf("the column %q is given twice, or is the one for foredesk's own use; rename it in the rule", c[0])
		}
		record[at], filled[at] = cell(c[1]), true
	}
	return record, nil
}

func (t *csvTable) encode(record []string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = t.comma
	first, _, _ := bytes.Cut(t.content, []byte{'\n'})
	w.UseCRLF = bytes.HasSuffix(first, []byte{'\r'})
	err := w.Write(record)
	w.Flush()
	return b.Bytes(), errors.Join(err, w.Error())
}

var (
	negative = regexp.MustCompile(`^-[0-9]+([.,][0-9]+)*$`)
	// hidden is what begins a cell where a spreadsheet parts cells at semicolons or tabs.
	hidden = regexp.MustCompile(`([;\t] *)([=+@-])`)
)

// cell is a value on one line that no spreadsheet takes for a formula: what a
// stranger wrote must not compute, or fetch, on the reader's machine
// (https://owasp.org/www-community/attacks/CSV_Injection). A negative number is
// none and stays a number.
func cell(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r // guarded below
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = hidden.ReplaceAllString(s, "$1'$2")
	first := strings.TrimLeft(s, " ")
	if first != "" && strings.ContainsRune("=+-@\t＝＋－＠", []rune(first)[0]) && !negative.MatchString(s) {
		return "'" + s
	}
	return s
}

// jsonLines is the content of a .jsonl file: one JSON object a line.
type jsonLines []byte

func (t jsonLines) has(id string) (bool, error) {
	for line := range bytes.Lines(t) {
		if isRecord(line, id) {
			return true, nil
		}
	}
	return false, nil
}

func (t jsonLines) without(id string) (rest []byte, found bool, err error) {
	for line := range bytes.Lines(t) {
		if isRecord(line, id) {
			found = true
		} else {
			rest = append(rest, line...)
		}
	}
	return rest, found, nil
}

func isRecord(line []byte, id string) bool {
	if !bytes.Contains(line, []byte(id)) {
		return false
	}
	var record map[string]any
	return json.Unmarshal(line, &record) == nil && record[idColumn] == id
}

func (t jsonLines) add(id string, columns [][2]string) (keep int, text []byte, err error) {
	var b bytes.Buffer
	for i, c := range append(slices.Clone(columns), [2]string{idColumn, id}) {
		if i < len(columns) && c[0] == idColumn {
			return 0, nil, fmt.Errorf("the column %q is for foredesk's own use; rename it in the rule", c[0])
		}
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.Write(jsonText(c[0]))
		b.WriteByte(':')
		b.Write(jsonText(c[1]))
	}
	b.WriteString("}\n")
	last := bytes.LastIndexByte(t, '\n') + 1
	if torn := t[last:]; len(torn) == 0 || !json.Valid(torn) {
		return last, b.Bytes(), nil
	}
	return len(t), append([]byte("\n"), b.Bytes()...), nil
}

// jsonText is a string in JSON with < and & as they are: this is no web page.
func jsonText(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // of a string: can't fail
	return bytes.TrimSpace(b.Bytes())
}
