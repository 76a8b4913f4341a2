package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) suggestCommand() *cobra.Command {
	var last string
	cmd := &cobra.Command{
		Use: "suggest", Short: "Propose rules for what is done by hand again and again", Args: takes(nothing),
		Long: `Suggest looks at the folders of the account (at headers alone) for mail that somebody
filed, archived or threw away by hand, and proposes a rule, with a test, where at least
five messages of one list, sender or domain went the same way and four in five did. What
the rules handle already is left out. It prints YAML to be pasted; it changes nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.suggest(cmd.Context(), last) },
	}
	cmd.Flags().StringVar(&last, "last", "180d", "look at mail of the last `time`")
	return cmd
}

// suggestion is a rule that somebody's habit would make, as suggest --json prints
// it.
type suggestion struct {
	Name   string `json:"name"`
	Why    string `json:"why"`
	Folder string `json:"folder"`
	Of     int    `json:"of"` // messages of the group
	In     int    `json:"in"` // of them, in the folder
	Rule   string `json:"rule"`
	Test   string `json:"test"`
}

func (c *command) suggest(ctx context.Context, last string) error {
	span, err := rules.ParseDuration(last)
	if err != nil {
		return usage{fmt.Errorf("--last: %w", err)}
	}
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	h := &habits{desk: d, groups: map[groupKey]*group{}}
	if err := c.observe(ctx, h, time.Now().Add(-span)); err != nil {
		return err
	}
	text, err := os.ReadFile(d.Rules)
	if err != nil {
		return fmt.Errorf("reading the rules: %w", err)
	}
	found := []suggestion{}
	for _, g := range h.wellKept() {
		s := g.suggest(d.set)
		// What would not load, or fail its test, is not worth a person's time.
		next, err := withSuggestion(text, s, d)
		if err != nil {
			d.log.Debug("a suggestion was dropped", "error", err)
			continue
		}
		text, found = next, append(found, s)
	}
	if c.json {
		return c.printJSON(found)
	}
	c.printSuggestions(found, h.seen, last)
	return nil
}

func (c *command) printSuggestions(found []suggestion, seen int64, last string) {
	if len(found) == 0 {
		fmt.Fprintf(c.out, "Nothing to suggest: among %s of the last %s there is no habit that the rules don't follow already.\n", count(seen, "message"), last)
		return
	}
	fmt.Fprintf(c.out, "# %s looked at; %s. Nothing was changed: paste what you like,\n# and see what it does with: foredesk diff\n\n# Under rules:\n", count(seen, "message"), count(int64(len(found)), "suggestion"))
	for _, s := range found {
		fmt.Fprintf(c.out, "\n  # %s\n%s", s.Why, s.Rule)
	}
	fmt.Fprint(c.out, "\n# Under tests:\n\n")
	for _, s := range found {
		fmt.Fprint(c.out, s.Test)
	}
}

// observe reads every folder that people file into.
func (c *command) observe(ctx context.Context, h *habits, since time.Time) error {
	ours, err := movedByRules(ctx, h.desk)
	if err != nil {
		return err
	}
	h.ours = ours
	needs := h.set.Needs().With(rules.Needs{Headers: []string{"List-Id", "List-Post", "List-Unsubscribe", "List-Unsubscribe-Post", "Authentication-Results"}})
	needs.Text, needs.Found, needs.FileText, needs.History, needs.Quota = false, false, false, false, false
	session, err := h.session(ctx, needs)
	if err != nil {
		return err
	}
	defer session.Close()
	folders, err := session.Folders(ctx)
	if err != nil {
		return err
	}
	step, finish := c.progress("looking at the folders")
	defer finish()
	for _, f := range folders {
		err := session.Scan(ctx, f.Name, mailbox.Query{Since: since}, func(_ context.Context, b mailbox.Batch) error {
			for i := range b.Messages {
				h.add(&b.Messages[i])
			}
			step(h.seen, 0)
			return nil
		})
		if err != nil {
			return fmt.Errorf("looking at the folder %q: %w", f.Name, err)
		}
	}
	return nil
}

// movedByRules tells into which folder a rule has moved a message last, by key.
func movedByRules(ctx context.Context, d *desk) (map[string]string, error) {
	ours := map[string]string{}
	err := d.journal.EachStep(ctx, store.Filter{Account: d.Name, States: []store.State{store.Done}, NotUndo: true}, func(s store.Step) error {
		if s.Op.Kind == mailbox.Move {
			ours[s.Item.Key] = s.At.Folder
		}
		return nil
	})
	return ours, err
}

// Of the folders, these are not what somebody filed mail into.
var notFiled = []string{"sent", "drafts", "junk"}

// where says what somebody did with a message, from where it lies; "" stands for
// mail that says nothing of anybody's habits.
func (h *habits) where(m *mailbox.Message) string {
	switch {
	case m.Poison != "" || m.ByUs || m.Item.Confidential() || m.Folder == engine.Snoozed || m.Item.Direction == "out":
		return ""
	case h.ours[m.Key] == m.Folder:
		return ""
	}
	for _, role := range notFiled {
		if m.Item.Role == role {
			return ""
		}
	}
	return m.Folder
}

// withSuggestion appends a suggestion to a rules file and makes sure that the
// result loads and that its tests pass.
func withSuggestion(text []byte, s suggestion, d *desk) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, errors.New("the rules file is empty")
	}
	for _, part := range []struct{ key, list string }{{"rules", s.Rule}, {"tests", s.Test}} {
		if err := appendTo(doc.Content[0], part.key, part.list); err != nil {
			return nil, err
		}
	}
	text, err := yaml.Marshal(&doc)
	if err != nil {
		return nil, err
	}
	_, templates := d.set.Source()
	options := d.ruleOptions()
	if options.Templates, options.Found = templates, foundIn; templates == nil {
		options.Templates = map[string]string{}
	}
	set, err := rules.Load("the rules with what is suggested", text, options)
	if err != nil {
		return nil, err
	}
	for _, r := range set.RunTests() {
		if r.Name == testNameOf(s) && r.Failed != nil {
			return nil, errors.New(r.Failed[0])
		}
	}
	return text, nil
}

// appendTo appends a list to the one under a key of the rules file.
func appendTo(file *yaml.Node, key, list string) error {
	var more yaml.Node
	if err := yaml.Unmarshal([]byte(list), &more); err != nil {
		return err
	}
	for i := 0; i+1 < len(file.Content); i += 2 {
		if n := file.Content[i+1]; file.Content[i].Value == key && n.Kind == yaml.SequenceNode {
			n.Style = 0
			n.Content = append(n.Content, more.Content[0].Content...)
			return nil
		}
	}
	var name yaml.Node
	name.SetString(key)
	file.Content = append(file.Content, &name, more.Content[0])
	return nil
}

func testNameOf(s suggestion) string { return "suggested: " + s.Name }

// suggest writes the rule and its test.
func (g *group) suggest(present *rules.Set) suggestion {
	s := suggestion{Folder: g.best, Of: g.total, In: g.folders[g.best].n}
	action, words := g.action()
	s.Name = fmt.Sprintf("%s %s", g.value, words)
	for i := 2; present.Rule(s.Name) != nil; i++ {
		s.Name = fmt.Sprintf("%s %s (%d)", g.value, words, i)
	}
	unread := ""
	if g.folders[g.best].role == "trash" {
		unread = "unread "
	}
	s.Why = oneLine(fmt.Sprintf("%d of %s from %s lie %sin %q, and no rule put them there.", s.In, count(int64(s.Of), "message"), g.value, unread, g.best), 200)
	rule := map[string]any{"name": s.Name, "when": g.kind.condition(g.value), "do": []any{action}}
	order := []string{"name", "when", "do"}
	if _, asks := action["unsubscribe"]; asks {
		rule["confirm"], order = "assistant", append(order, "confirm")
	}
	s.Rule = yamlItem(order, rule)
	given := map[string]any{"from": g.example.From.Email, "subject": oneLine(g.example.Subject.String(), 80)}
	givenOrder := []string{"from", "subject"}
	if list := g.example.List; list.ID != "" {
		given["list"], givenOrder = map[string]any{"id": list.ID}, append(givenOrder, "list")
		if _, leaves := action["unsubscribe"]; leaves {
			given["list"] = map[string]any{"id": list.ID, "oneClick": true, "unsubscribe": list.Unsubscribe}
			given["auth"], givenOrder = map[string]any{"dkim": "pass"}, append(givenOrder, "auth")
		}
	}
	s.Test = yamlItem([]string{"name", "given", "expect"}, map[string]any{"name": testNameOf(s), "given": ordered(givenOrder, given), "expect": action})
	return s
}

// action is what the rule does to follow the habit.
func (g *group) action() (action map[string]any, words string) {
	f := g.folders[g.best]
	switch {
	case f.role == "trash" && g.example.List.OneClick && g.example.List.Unsubscribe != "" && g.kind == byList:
		return map[string]any{"unsubscribe": true}, "is never read"
	case f.role == "trash":
		return map[string]any{"trash": true}, "is thrown away"
	case f.role == "archive":
		return map[string]any{"archive": true}, "goes to the archive"
	}
	return map[string]any{"file": g.best}, "goes to " + g.best
}

// yamlItem writes one item of a list, indented as it stands in a rules file.
func yamlItem(order []string, values map[string]any) string {
	node := ordered(order, values)
	for i := 1; i < len(node.Content); i += 2 {
		if node.Content[i].Kind != yaml.ScalarNode {
			node.Content[i].Style = yaml.FlowStyle
		}
	}
	text, err := yaml.Marshal(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{node}})
	if err != nil {
		return "" // of texts, numbers and maps: can't fail
	}
	return string(indented(bytes.TrimLeft(text, "\n")))
}

func ordered(order []string, values map[string]any) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, name := range order {
		var key, value yaml.Node
		key.SetString(name)
		if node, ok := values[name].(*yaml.Node); ok {
			m.Content = append(m.Content, &key, node)
			continue
		}
		if err := value.Encode(values[name]); err != nil {
			continue // of texts, numbers and maps: can't fail
		}
		m.Content = append(m.Content, &key, &value)
	}
	return m
}

// condition is how a rule asks for the group.
func (k groupKind) condition(value string) string {
	return map[groupKind]string{byList: "list.id", byDomain: "from.domain", bySender: "from.email"}[k] + " == " + strconv.Quote(value)
}
