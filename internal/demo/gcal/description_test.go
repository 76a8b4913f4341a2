package gcal

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write description.txt anew from google.golang.org/api")

// property is a parameter or a field in Google's description.
type property struct {
	Type       string              `json:"type"`
	Format     string              `json:"format"`
	Ref        string              `json:"$ref"`
	Location   string              `json:"location"`
	Required   bool                `json:"required"`
	Repeated   bool                `json:"repeated"`
	Enum       []string            `json:"enum"`
	Minimum    string              `json:"minimum"`
	Maximum    string              `json:"maximum"`
	Items      *property           `json:"items"`
	Additional *property           `json:"additionalProperties"`
	Properties map[string]property `json:"properties"`
}

type api struct {
	Resources map[string]struct {
		Methods map[string]struct {
			ID         string              `json:"id"`
			HTTPMethod string              `json:"httpMethod"`
			Path       string              `json:"path"`
			Parameters map[string]property `json:"parameters"`
			Request    property            `json:"request"`
			Scopes     []string            `json:"scopes"`
		} `json:"methods"`
	} `json:"resources"`
	Schemas    map[string]property `json:"schemas"`
	Parameters map[string]property `json:"parameters"`
}

// TestTheDescriptionIsGoogles holds description.txt against the client library
// that go.mod names; a new release of it fails here until -update was run.
func TestTheDescriptionIsGoogles(t *testing.T) {
	google := readAPI(t)
	want := compact(google)
	if *update {
		if err := os.WriteFile("description.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, descriptionText); diff != "" {
		t.Errorf("description.txt is not what google.golang.org/api says; run go test -update (-Google +ours):\n%s", diff)
	}
	if got := slices.Sorted(maps.Keys(everywhere)); !slices.Equal(got, slices.Sorted(maps.Keys(google.Parameters))) {
		t.Errorf("parameters of all methods: %q", got)
	}
	for name := range handlers {
		if !strings.Contains(want, "method "+name+" ") {
			t.Errorf("%s is no method of the API", name)
		}
	}
}

func readAPI(t *testing.T) (a api) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatalf("where does google.golang.org/api lie? %v", err)
	}
	raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "calendar", "v3", "calendar-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func compact(a api) string {
	var b strings.Builder
	b.WriteString("# Made by go test -update from calendar-api.json of google.golang.org/api; see description.go.\n")
	wanted := map[string]bool{}
	for _, group := range slices.Sorted(maps.Keys(a.Resources)) {
		methods := a.Resources[group].Methods
		for _, name := range slices.Sorted(maps.Keys(methods)) {
			m := methods[name]
			body := m.Request.Ref
			if body == "" {
				body = "-"
			}
			wanted[body] = true
			fmt.Fprintf(&b, "method %s %s %s body=%s scopes=%s\n",
				strings.TrimPrefix(m.ID, "calendar."), m.HTTPMethod, m.Path, body, strings.ReplaceAll(strings.Join(m.Scopes, ","), scopePrefix, ""))
			for _, p := range slices.Sorted(maps.Keys(m.Parameters)) {
				b.WriteString(parameter(p, m.Parameters[p]))
			}
		}
	}
	delete(wanted, "-")
	schemas := map[string]string{}
	for name := range wanted {
		describe(a, schemas, name, a.Schemas[name])
	}
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		b.WriteString("schema " + name + "\n" + schemas[name])
	}
	return b.String()
}

func parameter(name string, p property) string {
	line := "  " + name + " " + scalar(p)
	if p.Location == "path" {
		line += " path"
	}
	if p.Required {
		line += " required"
	}
	if p.Repeated {
		line += " repeated"
	}
	if len(p.Enum) > 0 {
		line += " enum=" + strings.Join(p.Enum, ",")
	}
	if p.Minimum != "" {
		line += " min=" + p.Minimum
	}
	if p.Maximum != "" {
		line += " max=" + p.Maximum
	}
	return line + "\n"
}

func scalar(p property) string {
	if p.Format == "" || p.Type == "integer" {
		return p.Type
	}
	return p.Type + ":" + p.Format
}

// describe writes a schema and all that its fields lead to. An object without a
// name of its own gets the path to it: Event.creator.
func describe(a api, into map[string]string, name string, p property) {
	if _, done := into[name]; done {
		return
	}
	into[name] = ""
	var b strings.Builder
	for _, field := range slices.Sorted(maps.Keys(p.Properties)) {
		fmt.Fprintf(&b, "  %s %s\n", field, kind(a, into, name+"."+field, p.Properties[field]))
	}
	into[name] = b.String()
}

func kind(a api, into map[string]string, path string, p property) string {
	switch {
	case p.Ref != "":
		describe(a, into, p.Ref, a.Schemas[p.Ref])
		return p.Ref
	case p.Type == "array":
		return "[]" + kind(a, into, path, *p.Items)
	case p.Type == "object" && p.Additional != nil:
		return "map:" + kind(a, into, path, *p.Additional)
	case p.Type == "object":
		describe(a, into, path, p)
		return path
	}
	return scalar(p)
}
