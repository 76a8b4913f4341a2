package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// compiledSchema is the schema of a rules file as an editor would read it.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("rules.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("rules.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as an editor's server does: dates stay texts.
func asJSON(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return asJSON(n.Content[0])
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = asJSON(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		all := []any{}
		for _, item := range n.Content {
			all = append(all, asJSON(item))
		}
		return all
	}
	switch n.ShortTag() {
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		return json.Number(n.Value)
	case "!!null":
		return nil
	}
	return n.Value
}

func validate(t *testing.T, s *jsonschema.Schema, file string) error {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) == 0 {
		return fmt.Errorf("YAML: %w", err)
	}
	return s.Validate(asJSON(&doc))
}

// TestSchemaTakesWhatLoads holds that an editor finds no fault with a file that
// loads.
func TestSchemaTakesWhatLoads(t *testing.T) {
	s := compiledSchema(t)
	files, _ := filepath.Glob("testdata/*/*.yaml")
	for _, file := range append(files, "../rules.example.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file, data, Options{AllowDelete: true}); err != nil {
			if !strings.HasPrefix(file, "testdata/lint") {
				t.Errorf("%s does not load: %s", file, err)
			}
			continue
		}
		t.Run(file, func(t *testing.T) {
			if err := validate(t, s, file); err != nil {
				t.Errorf("%#v", err)
			}
		})
	}
}

// TestSchemaRefuses names the mistakes that an editor shows while they are made.
// All others are of conditions, of texts, or between rules.
func TestSchemaRefuses(t *testing.T) {
	s := compiledSchema(t)
	for _, name := range strings.Fields(`
		action-with-names-it-has-not archive-false argument-missing argument-missing-alone argument-not-a-text argument-unknown confirm-unknown
		digest-unknown expire-to extract-fields-not-named extract-no-fields forward-as irreversible-not-ok keep-elsewhere label-with-a-space
		hold-load-without-flip missing-do missing-name missing-version missing-when never-unknown newer-version on-unknown propose-slots read-neither respond-unknown
		rules-not-a-list schedule-color-unknown summarize-lines summarize-no-section summarize-show brief-to test-unknown-argument test-unknown-fact test-unknown-waiting test-without-expect trap-colon-in-a-list-item
		unknown-action unknown-flag unknown-key unknown-top-key webhook-no-address`) {
		t.Run(name, func(t *testing.T) {
			if err := validate(t, s, filepath.Join("testdata/lint", name+".yaml")); err == nil {
				t.Error("the schema takes it")
			}
		})
	}
}

// TestSchemaExplains holds that what an editor shows at a name are the words of
// the reference, and that every example is one.
func TestSchemaExplains(t *testing.T) {
	var found int
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch node := node.(type) {
		case map[string]any:
			if about, ok := node["description"].(string); ok {
				if found++; about == "" || strings.Contains(about, "`") {
					t.Errorf("%s is described by %q", path, about)
				}
			}
			if properties, ok := node["properties"].(map[string]any); ok && strings.HasSuffix(path, "/else") {
				for key, value := range properties {
					if value.(map[string]any)["description"] == nil {
						t.Errorf("the key %q of a rule has no description", key)
					}
				}
			}
			for key, value := range node {
				walk(path+"/"+key, value)
			}
		case []any:
			for _, value := range node {
				walk(path, value)
			}
		}
	}
	var doc any
	if err := json.Unmarshal(Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	if walk("", doc); found < len(fileKeys)+len(ruleKeys)+len(verbs) {
		t.Errorf("%d descriptions", found)
	}
}
