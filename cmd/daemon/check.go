package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check [RULES...]", Short: "Find mistakes in the configuration and the rules",
		Long: `Check reads the given rules files or, without any, the configuration and the rules
of every account. Each mistake is shown with its line, a mark below the place, and
what to write instead. Nothing is connected to and nothing is changed. Where foredesk
runs already, it says when an edit would change more than a little: see foredesk diff.
Exit code 3 says that there are mistakes.`,
		RunE: func(cmd *cobra.Command, files []string) error { return c.check(cmd.Context(), files) },
	}
}

// ruleFile is a rules file with what it is read with.
type ruleFile struct {
	name    string
	options rules.Options
	account string // whose it is; empty for a file that was named
	bare    bool   // the account has no calendar
	silent  bool   // there is no language model
	unsent  bool   // the account gets no letters
}

func (c *command) check(ctx context.Context, files []string) error {
	list, problems, err := c.ruleFiles(files)
	if err != nil {
		return err
	}
	sets, mistakes, err := loadSets(list)
	if err != nil {
		return err
	}
	problems = append(problems, mistakes...)
	ok := []string{}
	for _, set := range sets {
		problems = append(append(problems, set.Warnings...), inVain(set, list)...)
		ok = append(ok, fmt.Sprintf("%s: %s, %s", nearName(set.File), count(int64(len(set.Rules)), "rule"), count(int64(len(set.Tests)), "test")))
	}
	err = c.printProblems(problems, ok)
	if err == nil && len(files) == 0 && !c.json {
		c.warnOfEdit(ctx)
	}
	return err
}

// inVain warns of the rules that need what the configuration does not have, a
// calendar, letters or a language model: they would do nothing, nothing that anybody
// sees, or fail.
func inVain(set *rules.Set, list []ruleFile) (problems rules.Problems) {
	bare := slices.IndexFunc(list, func(f ruleFile) bool { return f.bare && f.name == set.File })
	unsent := slices.IndexFunc(list, func(f ruleFile) bool { return f.unsent && f.name == set.File })
	silent := slices.ContainsFunc(list, func(f ruleFile) bool { return f.silent && f.name == set.File })
	for _, r := range set.Rules {
		if bare >= 0 && r.LooksAtCalendar() {
			problems = append(problems, warning(set, r, fmt.Sprintf("the rule needs a calendar, and the account %q has none", list[bare].account),
				"name it in the configuration: calendar: {google: {credentials_file: client.json}}; doc/google.md says how"))
		}
		if what := intoLetters(r); unsent >= 0 && what != "" {
			problems = append(problems, warning(set, r, fmt.Sprintf("the rule %s, as the account %q has no agenda", what, list[unsent].account),
				"give it one in the configuration: agenda: {at: \"06:30\"}; doc/agenda.md says more"))
		}
		if silent && r.Asks() {
			problems = append(problems, warning(set, r, "the rule asks a language model, and there is none",
				"name it in the configuration: model: {endpoint: \"http://127.0.0.1:11434/v1\", model: …}"))
		}
	}
	return problems
}

// intoLetters says what a rule does in vain where the executive gets no agenda; "" is
// nothing. A brief is sent all the same, but nothing is kept of mail that it could tell.
func intoLetters(r *rules.Rule) string {
	vain := map[string]string{
		"digest": "collects a digest that nobody will see", "bundle": "collects a bundle that nobody will see",
		"summarize": "writes a summary that nobody will see", "agenda": "puts a line on an agenda that nobody will see",
		"brief": "wants a brief that will know nothing of what mail says",
	}
	for _, a := range r.Actions {
		if vain[a.Name] != "" && r.Enabled {
			return vain[a.Name]
		}
	}
	return ""
}

// warning is one at the line of a rule.
func warning(set *rules.Set, r *rules.Rule, message, hint string) rules.Problem {
	text, _ := set.Source()
	p := rules.Problem{File: set.File, Line: r.Line, Column: 1, Warning: true, Message: message, Hint: hint}
	if lines := strings.Split(string(text), "\n"); r.Line >= 1 && r.Line <= len(lines) {
		p.Source = strings.TrimRight(lines[r.Line-1], "\r")
		p.Column += len(p.Source) - len(strings.TrimLeft(p.Source, " -"))
	}
	return p
}

// loadSets reads rules files. Mistakes are gathered over all of them; an error
// means that one could not be read.
func loadSets(list []ruleFile) (sets []*rules.Set, problems rules.Problems, err error) {
	for _, f := range list {
		set, err := loadRules(f.name, f.options)
		var found rules.Problems
		switch {
		case errors.As(err, &found):
			problems = append(problems, found...)
		case err != nil:
			return nil, nil, err
		default:
			sets = append(sets, set)
		}
	}
	return sets, problems, nil
}

func (c *command) printProblems(problems rules.Problems, ok []string) error {
	if c.json {
		if problems == nil {
			problems = rules.Problems{}
		}
		if err := c.printJSON(problems); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			fmt.Fprintf(c.out, "%s\n\n", p.Pretty())
		}
		for _, line := range ok {
			fmt.Fprintln(c.out, c.green("ok")+"  "+line)
		}
	}
	if n := len(problems.Errors()); n > 0 {
		return findings{fmt.Sprintf("%s; a running foredesk goes on with the rules from before", count(int64(n), "mistake"))}
	}
	return nil
}

// ruleFiles are the named files or, without any, those of the configuration.
func (c *command) ruleFiles(files []string) ([]ruleFile, rules.Problems, error) {
	var list []ruleFile
	for _, name := range files {
		list = append(list, ruleFile{name: name})
	}
	if len(files) > 0 {
		return list, nil, nil
	}
	cfg, err := config.Load(c.configFile)
	if problems := rules.Problems(nil); errors.As(err, &problems) {
		return nil, problems, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, a := range cfg.Accounts {
		if c.account == "" || c.account == a.Name {
			options := rules.Options{Me: a.Addresses, Folders: a.IMAP.Folders, Timezone: a.Location, AllowDelete: a.AllowDelete}
			list = append(list, ruleFile{a.Rules, options, a.Name, a.Calendar == nil, cfg.Model == nil, a.Agenda == nil})
		}
	}
	return list, nil, nil
}

func (c *command) testCommand() *cobra.Command {
	var r recording
	cmd := &cobra.Command{
		Use: "test [RULES...]", Short: "Run the tests that stand in the rules, or make one",
		Long: `Test runs the tests: block of the given rules files or, without any, of every
account's. Exit code 3 says that a test failed.

With --record it makes a test of a real message instead: what the rules do with it
today, given only what they look at, ready to be pasted under tests:. The message is a
file, a Message-ID, or the number of a step in foredesk log.`,
		Example: `  foredesk test rules.yaml
  foredesk test --record "<q3-pack@board.acme.example>"
  foredesk test --record pack.eml rules.yaml`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if r.message != "" {
				return c.record(cmd.Context(), &r, files)
			}
			return c.test(files)
		},
	}
	cmd.Flags().StringVar(&r.message, "record", "", "make a test of this `message`")
	cmd.Flags().BoolVar(&r.force, "force", false, "with --record: of a confidential message, too")
	cmd.Flags().StringVar(&r.reading.timezone, "timezone", "", "with --record: the time `zone` of a file's message (Europe/London)")
	return cmd
}

// testOutput is a file's part of test --json.
type testOutput struct {
	File  string             `json:"file"`
	Tests []rules.TestResult `json:"tests"`
}

func (c *command) test(files []string) error {
	list, problems, err := c.ruleFiles(files)
	if err != nil {
		return err
	}
	sets, mistakes, err := loadSets(list)
	if err != nil {
		return err
	}
	problems = append(problems, mistakes...)
	var all []testOutput
	var passed, failed int64
	for _, set := range sets {
		results := set.RunTests()
		all = append(all, testOutput{set.File, results})
		for _, r := range results {
			if len(r.Failed) == 0 {
				passed++
			} else {
				failed++
			}
		}
	}
	if problems.Errors() != nil {
		return c.printProblems(problems, nil)
	}
	return c.printTests(all, passed, failed)
}

func (c *command) printTests(all []testOutput, passed, failed int64) error {
	if c.json {
		if err := c.printJSON(all); err != nil {
			return err
		}
	} else {
		for _, f := range all {
			c.printFailures(f)
		}
		fmt.Fprintf(c.out, "%s passed, %s failed\n", count(passed, "test"), thousands(failed))
	}
	if failed > 0 {
		return findings{}
	}
	return nil
}

func (c *command) printFailures(f testOutput) {
	for _, r := range f.Tests {
		if len(r.Failed) == 0 {
			continue
		}
		fmt.Fprintf(c.out, "%s:%d: %s\n", f.File, r.Line, c.bold(r.Name))
		for _, line := range r.Failed {
			fmt.Fprintf(c.out, "    %s\n", line)
		}
	}
}
