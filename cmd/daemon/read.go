package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// reading are the flags of verbs that read a message file.
type reading struct {
	now, timezone, rules string
}

func (r *reading) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.now, "now", "", "the `time` to stand at (2026-12-08 10:00)")
	cmd.Flags().StringVar(&r.timezone, "timezone", "", "the account's time `zone` (Europe/London)")
	cmd.Flags().StringVar(&r.rules, "rules", "", "the rules `file`; the account's otherwise")
}

func (c *command) readCommand() *cobra.Command {
	var r reading
	var w window
	var text bool
	cmd := &cobra.Command{
		Use: "read FILE", Short: "Show what a message, a calendar file or a text says, as JSON", Args: takes(cobra.ExactArgs(1)),
		Long: `Read prints what the rules can know of a message (a file as mail programs save it,
.eml; - reads standard input), as JSON. With a configuration, or --rules, "toMe" and
the lists of people are those of the account. What the mailbox knows of conversations
and senders, a file does not tell: see foredesk explain MESSAGE.

Of a calendar file (.ics, or what begins like one) it prints the occurrences between
two dates as a JSON array: start and end with their offset, zone, uid, title and more.
--from begins at the midnight of that date, --to ends at that of the other, which is
excluded; without them it is from today for 400 days. Dates, and times of the file
without a zone, are in --timezone, or the account's, or else UTC. Events that can't be
read are named on stderr with their line, and the exit code is then 3.

With --text the file is a piece of prose, and what stands in it is printed: dates,
deadlines, amounts, codes, questions and asks, and what is newly written apart from
quotes. "Tomorrow" is meant from --now, or from this moment.`,
		Example: `  foredesk read pack.eml
  foredesk read holidays.ics --from 2027-01-01 --to 2028-01-01 --timezone Europe/London
  foredesk read --text --now "2026-12-08 10:00" --timezone Europe/London - < letter.txt`,
		RunE: func(_ *cobra.Command, files []string) error {
			if text {
				return c.readText(&r, files[0])
			}
			return c.read(&r, w, files[0])
		},
	}
	r.flags(cmd)
	cmd.Flags().BoolVar(&text, "text", false, "the file is prose, not a message")
	cmd.Flags().StringVar(&w.from, "from", "", "of a calendar file: the first `date` (2027-01-01)")
	cmd.Flags().StringVar(&w.to, "to", "", "of a calendar file: the `date` at whose beginning to end")
	return cmd
}

func (c *command) read(r *reading, w window, file string) error {
	set, identity, now, err := c.readingSet(r)
	if err != nil {
		return err
	}
	in, err := c.openInput(file)
	if err != nil {
		return fmt.Errorf("reading a file: %w", err)
	}
	defer in.Close()
	begun := bufio.NewReader(in)
	switch {
	case isCalendarFile(file, begun):
		return c.readCalendar(w, file, begun, set.Timezone, now)
	case w != window{}:
		return usage{fmt.Errorf("%s is no calendar file, and --from and --to are for those", file)}
	}
	m, err := mail.ReadFile(begun, identity, now)
	if err != nil {
		return fmt.Errorf("reading the message %s: %w", file, err)
	}
	return c.printFacts(set, m, file, now)
}

func (c *command) printFacts(set *rules.Set, m mailbox.Message, file string, now time.Time) error {
	if m.Poison != "" {
		return fmt.Errorf("%s can't be read as a message: %s. In a mailbox it would stay where it is and be listed by foredesk log", file, m.Poison)
	}
	if m.Odd != "" {
		fmt.Fprintf(c.err, "%s: its invitation can't be read, and counts as none: %s\n", file, m.Odd)
	}
	facts := set.Facts(&m.Item, now)
	facts["messageID"] = m.MessageID
	facts["key"] = m.Key
	for name, v := range facts {
		facts[name] = readable(v)
	}
	return c.printJSON(facts)
}

func (c *command) readMessage(file string, identity mail.Identity, now time.Time) (mailbox.Message, error) {
	in, err := c.openInput(file)
	if err != nil {
		return mailbox.Message{}, fmt.Errorf("reading a message: %w", err)
	}
	defer in.Close()
	m, err := mail.ReadFile(in, identity, now)
	if err != nil {
		return m, fmt.Errorf("reading the message %s: %w", file, err)
	}
	return m, nil
}

// openInput opens a file, or standard input where it is called -.
func (c *command) openInput(file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(c.in), nil
	}
	return os.Open(file)
}

// readable is a fact as people read it: JSON would count a length of time in
// nanoseconds, and write null for a list of nothing.
func readable(v any) any {
	switch v := v.(type) {
	case time.Duration:
		return v.String()
	case rules.Thread:
		v.Labels, v.Participants = list(v.Labels), list(v.Participants)
		return threadOutput{v, v.Quiet.String()}
	case rules.Invite:
		v.Attendees, v.Conflicts = list(v.Attendees), list(v.Conflicts)
		return inviteOutput{v, v.Length.String()}
	case rules.Found:
		v.Deadlines, v.Dates, v.Amounts, v.Codes = list(v.Deadlines), list(v.Dates), list(v.Amounts), list(v.Codes)
		v.Trips = list(v.Trips)
		return v
	case []rules.Link:
		return list(v)
	}
	return v
}

// inviteOutput is an invitation with its length in words.
type inviteOutput struct {
	rules.Invite
	Length string `json:"length"`
}

// threadOutput is a conversation with its quiet time in words.
type threadOutput struct {
	rules.Thread
	Quiet string `json:"quiet"`
}

// readingSet is the rule set whose words a message is read with: of --rules, of
// the configuration, or an empty one.
func (c *command) readingSet(r *reading) (*rules.Set, mail.Identity, time.Time, error) {
	var options rules.Options
	var identity mail.Identity
	file := r.rules
	if _, err := os.Stat(c.configFile); err == nil && r.rules == "" {
		cfg, err := c.loadConfig()
		if err != nil {
			return nil, identity, time.Time{}, err
		}
		for _, a := range cfg.Accounts {
			if c.account == "" || c.account == a.Name {
				d := &desk{Account: a}
				identity, file = d.identity(), a.Rules
				options.AllowDelete = a.AllowDelete
				options.Me, options.Timezone = a.Addresses, a.Location
				break
			}
		}
	}
	zone := options.Timezone
	if r.timezone != "" {
		var err error
		if zone, err = time.LoadLocation(r.timezone); err != nil {
			return nil, identity, time.Time{}, usage{fmt.Errorf("there is no time zone %q; write a name such as Europe/London", r.timezone)}
		}
	}
	set, err := setIn(file, options)
	if err != nil {
		return nil, identity, time.Time{}, err
	}
	if zone != nil {
		set.Timezone = zone
	}
	now := time.Now()
	if r.now != "" {
		if now, err = rules.ParseDate(r.now, set.Timezone); err != nil {
			return nil, identity, now, usage{fmt.Errorf("--now: %w", err)}
		}
	}
	if len(identity.Address) == 0 {
		identity.Address = set.Me()
	}
	identity.Calendar = calendarOf(set)
	return set, identity, now, nil
}

func setIn(file string, options rules.Options) (*rules.Set, error) {
	if file == "" {
		return rules.Load("(no rules)", []byte("version: 1\nrules: []\n"), options)
	}
	return loadRules(file, options)
}
