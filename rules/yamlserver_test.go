package rules

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEditor opens the teaching file in the YAML server that editors use, with
// the schema that foredesk writes, and holds what an assistant sees there:
// explanations at names, suggestions, and mistakes while they are made.
func TestEditor(t *testing.T) {
	installed := os.Getenv("FOREDESK_YAML_LS")
	if installed == "" {
		t.Skip("needs the npm package yaml-language-server; FOREDESK_YAML_LS names the folder node_modules/yaml-language-server")
	}
	example, err := os.ReadFile("../rules.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := "# yaml-language-server: $schema=rules.schema.json\n" + string(example)
	e := startEditor(t, installed)

	file := e.open("rules.yaml", text)
	if d := e.diagnostics(file); len(d) != 0 {
		t.Errorf("the teaching file has findings: %v", d)
	}
	for at, want := range map[string]string{
		"workHours": "When the executive works", "when:": "a list of which all must hold", "    stop: true": "the rules below are not looked at",
		"flag: red": "as Apple Mail and Thunderbird show it", "junk: true": "moves it to the server's junk folder", "spamScore: 11.8": "filter gave it",
	} {
		if got := fmt.Sprint(e.at("textDocument/hover", file, text, at, len(at)-len(strings.TrimLeft(at, " "))+1)); !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("at %q the editor shows %q, want %q", at, got, want)
		}
	}

	for name, tc := range map[string]struct{ broken, at, wants string }{
		"colours":    {strings.Replace(text, "flag: purple", "flag: ", 1), "flag: \n", "orange"},
		"actions":    {strings.Replace(text, "      - flag: purple\n", "      - s\n", 1), "- s\n", "snooze"},
		"keys":       {strings.Replace(text, "    why: The CEO", "    \n    why: The CEO", 1), "    \n    why", "undoWhen"},
		"conditions": {strings.Replace(text, "when: from in family", "when: ", 1), "when: \n", "hasFile"},
	} {
		file := e.open(name+".yaml", tc.broken)
		length := len(strings.TrimRight(strings.SplitN(tc.at, "\n", 2)[0], "\n"))
		if got := fmt.Sprint(e.at("textDocument/completion", file, tc.broken, tc.at, length)); !strings.Contains(got, tc.wants) {
			t.Errorf("%s: the editor does not offer %s: %.300s", name, tc.wants, got)
		}
	}

	for name, tc := range map[string]struct{ from, to, wants string }{
		"unknown-key":    {"    stop: true", "    stopp: true", "stopp"},
		"unknown-action": {"- junk: true", "- jnuk: true", "jnuk"},
		"unknown-colour": {"flag: purple", "flag: pruple", "Value is not accepted"},
	} {
		file := e.open(name+".yaml", strings.Replace(text, tc.from, tc.to, 1))
		if got := fmt.Sprint(e.diagnostics(file)); !strings.Contains(got, tc.wants) {
			t.Errorf("%s: the editor says %s", name, got)
		}
	}
}

// editor speaks the Language Server Protocol to a YAML server.
type editor struct {
	t      *testing.T
	folder string
	in     io.Writer
	found  map[string]chan []any // findings by file
	answer chan any
	id     int
}

func startEditor(t *testing.T, installed string) *editor {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	cmd := exec.CommandContext(ctx, "node", filepath.Join(installed, "bin", "yaml-language-server"), "--stdio")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	e := &editor{t: t, folder: t.TempDir(), in: in, found: map[string]chan []any{}, answer: make(chan any)}
	for _, name := range strings.Fields("rules colours actions keys conditions unknown-key unknown-action unknown-colour") {
		e.found[e.uri(name+".yaml")] = make(chan []any, 100)
	}
	if err := os.WriteFile(filepath.Join(e.folder, "rules.schema.json"), Schema(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); e.listen(ctx, bufio.NewReader(out)) }()
	t.Cleanup(func() { cancel(); <-done; _ = cmd.Wait() })
	e.ask("initialize", map[string]any{"processId": nil, "rootUri": e.uri(""), "capabilities": map[string]any{}})
	e.send(map[string]any{"method": "initialized", "params": map[string]any{}})
	return e
}

func (e *editor) uri(name string) string {
	return "file://" + filepath.ToSlash(filepath.Join(e.folder, name))
}

func (e *editor) send(message map[string]any) {
	message["jsonrpc"] = "2.0"
	data, err := json.Marshal(message)
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(data), data); err != nil {
		e.t.Fatal(err)
	}
}

// ask sends a request and waits for its answer.
func (e *editor) ask(method string, params any) any {
	e.t.Helper()
	e.id++
	e.send(map[string]any{"id": e.id, "method": method, "params": params})
	answer, ok := <-e.answer
	if !ok {
		e.t.Fatalf("the YAML server ended before it answered %s", method)
	}
	return answer
}

func (e *editor) open(name, text string) string {
	uri := e.uri(name)
	e.send(map[string]any{"method": "textDocument/didOpen", "params": map[string]any{
		"textDocument": map[string]any{"uri": uri, "languageId": "yaml", "version": 1, "text": text},
	}})
	return uri
}

func (e *editor) diagnostics(uri string) []any {
	e.t.Helper()
	select {
	case d := <-e.found[uri]:
		return d
	case <-time.After(30 * time.Second):
		e.t.Fatalf("no findings of %s came", uri)
		return nil
	}
}

// at asks about the place some characters behind the beginning of a text.
func (e *editor) at(method, uri, text, here string, characters int) any {
	e.t.Helper()
	before, _, ok := strings.Cut(text, here)
	if !ok {
		e.t.Fatalf("the text has no %q", here)
	}
	line := strings.Count(before, "\n")
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + characters
	return e.ask(method, map[string]any{"textDocument": map[string]any{"uri": uri}, "position": map[string]any{"line": line, "character": column}})
}

// listen reads what the server says until it ends. Its own questions, about
// settings of the editor, are answered with nothing.
func (e *editor) listen(ctx context.Context, out *bufio.Reader) {
	defer close(e.answer)
	for {
		message, err := readMessage(out)
		if err != nil {
			return
		}
		method, _ := message["method"].(string)
		switch {
		case method == "textDocument/publishDiagnostics":
			params := message["params"].(map[string]any)
			if found := e.found[params["uri"].(string)]; found != nil {
				found <- params["diagnostics"].([]any)
			}
		case method != "" && message["id"] != nil:
			e.send(map[string]any{"id": message["id"], "result": nil})
		case message["id"] != nil:
			select {
			case e.answer <- message["result"]:
			case <-ctx.Done():
				return
			}
		}
	}
}

func readMessage(out *bufio.Reader) (map[string]any, error) {
	length := 0
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		if _, err := fmt.Sscanf(line, "Content-Length: %d", &length); err != nil {
			continue // another header field
		}
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(out, data); err != nil {
		return nil, err
	}
	var message map[string]any
	return message, json.Unmarshal(data, &message)
}
