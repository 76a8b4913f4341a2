package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3 // a verb worked, and found something a person must see
)

// findings is the error of a verb that worked, and found something.
type findings struct{ message string }

func (f findings) Error() string { return f.message }

// usage is a mistake in how the command was called.
type usage struct{ err error }

func (u usage) Error() string { return u.err.Error() }

// command is what every verb gets: where to print, and the global flags.
type command struct {
	terminal
	configFile string
	account    string
	json       bool
	verbose    bool
}

func execute(ctx context.Context, args []string, t terminal) int {
	c := &command{terminal: t}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	verb, err := root.ExecuteContextC(ctx)
	return c.exit(verb.CommandPath(), err)
}

// exit prints an error, once and at the edge, and turns it into an exit code.
func (c *command) exit(verb string, err error) int {
	if err == nil {
		return exitDone
	}
	if found := (findings{}); errors.As(err, &found) {
		if found.message != "" {
			fmt.Fprintln(c.err, found.message)
		}
		return exitFindings
	}
	text := mailbox.InFull(err)
	if verb == "foredesk run" {
		text = err.Error() // it is read where the log is
	}
	fmt.Fprintf(c.err, "%s %s%s\n", c.red("foredesk:"), text, prefixed(". ", hint(err)))
	if wrong := (usage{}); errors.As(err, &wrong) {
		fmt.Fprintf(c.err, "Run \"%s --help\" to see how it is used.\n", verb)
		return exitUsage
	}
	return exitFailed
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "foredesk",
		Short: "An assistant's rules at the front of an executive's desk",
		Long: `Foredesk watches an executive's mailboxes and calendar, and files, flags, prepares
and answers by rules that an assistant writes in rules.yaml. Everything it does is
written down first, can be explained, and can be taken back.

See it work on a made-up desk:         foredesk demo
Find mistakes in a rules file:         foredesk check rules.yaml
See what the rules would do:           foredesk plan
See what an edit of them changes:      foredesk diff
Let it work:                           foredesk run
Ask why a mail went where it went:     foredesk explain MESSAGE
See the agenda as it would be sent:    foredesk agenda
See what is on the calendar twice:     foredesk conflicts
Take back what was done:               foredesk undo`,
		SilenceErrors: true, SilenceUsage: true,
		Args: knownVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	config := os.Getenv("FOREDESK_CONFIG")
	if config == "" {
		config = "foredesk.yaml"
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&c.configFile, "config", "c", config, "the configuration `file` (or FOREDESK_CONFIG)")
	flags.StringVarP(&c.account, "account", "a", "", "only this account, by its `name`")
	flags.BoolVar(&c.json, "json", false, "print JSON, for programs")
	flags.BoolVarP(&c.verbose, "verbose", "v", false, "say more while working")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		c.runCommand(), c.applyCommand(), c.planCommand(), c.diffCommand(), c.checkCommand(), c.testCommand(), c.readCommand(),
		c.explainCommand(), c.agendaCommand(), c.conflictsCommand(), c.undoCommand(), c.approveCommand(), c.refuseCommand(), c.logCommand(), c.statusCommand(), c.healthCommand(),
		c.suggestCommand(), c.authCommand(), c.schemaCommand(), c.demoCommand(), c.versionCommand(),
	)
	return root
}

// knownVerb is reached by words that are no verb.
func knownVerb(root *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	var verbs []string
	for _, verb := range root.Commands() {
		verbs = append(verbs, verb.Name())
	}
	if near := rules.Suggest(words[0], verbs); near != "" {
		return usage{fmt.Errorf("there is no verb %q; did you mean %q?", words[0], near)}
	}
	return usage{fmt.Errorf("there is no verb %q", words[0])}
}

// helpCommand is the library's own but for its exit code.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [VERB]", Short: "Say how a verb is used",
		RunE: func(cmd *cobra.Command, words []string) error {
			verb, rest, err := cmd.Root().Find(words)
			if err != nil || len(rest) > 0 {
				return knownVerb(cmd.Root(), words)
			}
			verb.InitDefaultHelpFlag()
			return verb.Help()
		},
	}
}

// takes wraps a check of arguments so that its error is one of usage.
func takes(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage{fmt.Errorf("%w; it is used so: %s", err, cmd.UseLine())}
		}
		return nil
	}
}

// nothing is cobra.NoArgs in plainer words.
func nothing(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes flags alone, not %q", cmd.Name(), args[0])
	}
	return nil
}

func (c *command) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: takes(nothing),
		RunE: func(*cobra.Command, []string) error {
			v := version()
			if c.json {
				return c.printJSON(v)
			}
			fmt.Fprintf(c.out, "foredesk %s (%s)\n", v.Version, v.Go)
			return nil
		},
	}
}

type versionOutput struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
}

func version() versionOutput {
	v := versionOutput{Version: "development"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}
