package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how each account is doing", Args: takes(nothing),
		Long: `Status shows, from the journal alone, whether foredesk is running, how far each folder
and each calendar has been seen, whether the account is signed in at Google, when the
last agenda was sent, what is unfinished, and whether the rules file is in order.
Exit code 3 says that a person must look at something.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.status(cmd.Context()) },
	}
}

// accountStatus is an account's part of status --json.
type accountStatus struct {
	Account    string           `json:"account"`
	Running    bool             `json:"running"`
	Node       string           `json:"node,omitempty"` // the machine that it runs on, where several share the accounts
	Folders    []folderStatus   `json:"folders"`
	Calendars  []calendarStatus `json:"calendars,omitempty"`
	Google     *signInOutput    `json:"google,omitempty"` // nil where the account has nothing to do with it
	Agenda     *agendaStatus    `json:"agenda,omitempty"` // nil where the account has none
	Steps      map[string]int64 `json:"steps"`            // by state; "later" is planned for a time to come
	NextDue    time.Time        `json:"nextDue,omitzero"` // of what waits for its time
	LastRuns   []runStatus      `json:"lastRuns"`
	RulesFile  string           `json:"rulesFile"`
	RulesError string           `json:"rulesError,omitempty"`

	zone *time.Location
}

type folderStatus struct {
	Folder string    `json:"folder"`
	Seen   time.Time `json:"seen,omitzero"`
}

// calendarStatus is a calendar as the journal's mirror has it. One of the
// configuration that was never read has no time at which it was asked.
type calendarStatus struct {
	Calendar string    `json:"calendar"`
	Zone     string    `json:"zone,omitempty"`
	Role     string    `json:"role,omitempty"`
	Asked    time.Time `json:"asked,omitzero"`
	Events   int       `json:"events"`
	Late     bool      `json:"late,omitempty"` // foredesk runs and should have asked again long ago
}

type runStatus struct {
	Run     int64     `json:"run"`
	Kind    string    `json:"kind"`
	State   string    `json:"state"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Message string    `json:"message,omitempty"`
}

func (c *command) status(ctx context.Context) error {
	cfg, err := c.loadConfig()
	if err != nil {
		return err
	}
	if err := knowsAccount(cfg, c.account); err != nil {
		return err
	}
	journal, err := store.Open(ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer journal.Close()
	all := []accountStatus{}
	for _, a := range cfg.Accounts {
		if c.account != "" && c.account != a.Name {
			continue
		}
		s, err := readStatus(ctx, journal, &desk{Account: a, journal: journal})
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if c.json {
		err = c.printJSON(all)
	} else {
		for _, s := range all {
			c.printStatus(s)
		}
	}
	if err == nil && slices.ContainsFunc(all, accountStatus.needsPerson) {
		return findings{}
	}
	return err
}

func (s accountStatus) needsPerson() bool {
	late := slices.ContainsFunc(s.Calendars, func(k calendarStatus) bool { return k.Late })
	return s.RulesError != "" || s.Steps[string(store.Uncertain)] > 0 || late || s.Google != nil && s.Google.needsPerson()
}

func readStatus(ctx context.Context, journal *store.Store, d *desk) (accountStatus, error) {
	s := accountStatus{Account: d.Name, RulesFile: d.Rules, zone: d.Location, Steps: map[string]int64{}, LastRuns: []runStatus{}}
	if _, err := d.loadRules(); err != nil {
		s.RulesError = shortRulesError(err)
	}
	cursors, err := journal.Cursors(ctx, d.Name)
	if err != nil {
		return s, err
	}
	for _, folder := range d.IMAP.Folders {
		s.Folders = append(s.Folders, folderStatus{folder, cursors[folder].SeenAt})
	}
	if err := s.readCalendars(ctx, d); err != nil {
		return s, err
	}
	if s.Agenda, err = readAgenda(ctx, d); err != nil {
		return s, err
	}
	counts, err := journal.Counts(ctx, d.Name, 0)
	if err != nil {
		return s, err
	}
	for _, n := range counts {
		if !n.Undo {
			s.Steps[string(n.State)] += n.N
		}
	}
	if s.Steps[string(store.Planned)] > 0 {
		if err := s.splitPlanned(ctx, d); err != nil {
			return s, err
		}
	}
	runs, err := journal.Runs(ctx, store.RunFilter{Account: d.Name, Limit: 5})
	for _, r := range runs {
		s.LastRuns = append(s.LastRuns, runStatus{r.ID, string(r.Kind), string(r.State), r.Started, r.Ended, r.Message})
	}
	if err != nil {
		return s, err
	}
	if s.Running, s.Node, err = journal.Owned(ctx, d.Name); s.Running && d.Calendar != nil {
		for i, k := range s.Calendars {
			s.Calendars[i].Late = !k.Asked.IsZero() && time.Since(k.Asked) > lateAfter(d.Calendar.Poll)
		}
	}
	return s, err
}

// lateAfter is when a calendar that is asked so often has not been asked for too
// long: the sign-in may have been taken back, or Google is out of reach.
func lateAfter(poll time.Duration) time.Duration { return 3*poll + 5*time.Minute }

// readCalendars tells how far the calendars were seen, and how the account stands
// with Google. Google is not asked.
func (s *accountStatus) readCalendars(ctx context.Context, d *desk) error {
	if d.Account.Google == nil {
		return nil
	}
	source, err := openGoogle(d.Account, slog.New(slog.DiscardHandler))
	signIn := signInOutput{Account: d.Name, zone: d.Location}
	if err == nil {
		signIn, err = readSignIn(ctx, d.Account, source)
	}
	if err != nil {
		signIn.State, signIn.Problem = stateBroken, err.Error()
	}
	if s.Google = &signIn; d.Calendar == nil {
		return nil
	}
	known, err := d.journal.Calendars(ctx, d.Name)
	if err != nil {
		return err
	}
	for _, c := range known {
		if c.Events, err = d.journal.SyncedEvents(ctx, d.Name, c.ID); err != nil {
			return err
		}
		s.Calendars = append(s.Calendars, calendarStatus{Calendar: c.Name, Zone: c.Zone, Role: c.Role, Asked: c.SeenAt, Events: c.Events})
	}
	for _, name := range d.Calendar.Calendars {
		named := func(c datebook.Calendar) bool {
			return c.Name == name || c.ID == name || c.Primary && name == "primary"
		}
		if !slices.ContainsFunc(known, named) {
			s.Calendars = append(s.Calendars, calendarStatus{Calendar: name})
		}
	}
	return nil
}

// splitPlanned tells what waits for its time from what is to be done now.
func (s *accountStatus) splitPlanned(ctx context.Context, d *desk) error {
	later, err := stepsIn(ctx, d, store.Filter{Account: d.Name, States: []store.State{store.Planned}, NotUndo: true}, "later")
	n := int64(len(later))
	s.Steps[string(store.Planned)] -= n
	if s.Steps["later"] = n; n > 0 {
		s.NextDue = slices.MinFunc(later, func(a, b store.Step) int { return a.NotBefore.Compare(b.NotBefore) }).NotBefore
	}
	return err
}

func shortRulesError(err error) string {
	if problems := rules.Problems(nil); errors.As(err, &problems) {
		return fmt.Sprintf("%s (%s; foredesk check shows all)", problems[0].Error(), count(int64(len(problems)), "mistake"))
	}
	return err.Error()
}

func (c *command) printStatus(s accountStatus) {
	running := "not running"
	if s.Running {
		running = c.green("running") + prefixed(" on ", oneLine(s.Node, 60))
	}
	fmt.Fprintf(c.out, "%s: %s\n", c.bold(s.Account), running)
	for _, f := range s.Folders {
		seen := "not watched yet"
		if !f.Seen.IsZero() {
			seen = "last change seen " + f.Seen.In(s.zone).Format("Mon 2 Jan 15:04:05")
		}
		fmt.Fprintf(c.out, "  %-20s %s\n", f.Folder, seen)
	}
	c.printCalendars(s)
	c.printAgenda(s)
	rulesState := "in order"
	if s.RulesError != "" {
		rulesState = c.red("NOT taken: ") + s.RulesError
	}
	fmt.Fprintf(c.out, "  rules                %s\n", rulesState)
	for _, line := range []struct{ state, words string }{
		{"done", "done"},
		{"undone", "taken back"},
		{"failed", "not done; see foredesk log --state failed"},
		{"planned", "still to do"},
		{"started", "in the middle of being done"},
		{"later", "planned for later, the next " + moment(s.NextDue, s.zone) + "; see foredesk log --state later"},
		{"parked", "waiting for a person; see foredesk approve"},
		{"uncertain", "uncertain: a person must look; see foredesk log --state uncertain"},
	} {
		if n := s.Steps[line.state]; n > 0 {
			fmt.Fprintf(c.out, "  %8s %s %s\n", thousands(n), nounFor(n, "action"), line.words)
		}
	}
	for _, r := range s.LastRuns {
		fmt.Fprintf(c.out, "  run %-5d %-6s %-11s %s%s\n", r.Run, r.Kind, r.State, r.Started.In(s.zone).Format("Mon 2 Jan 15:04:05"), c.faint(prefixed("  ", oneLine(r.Message, 80))))
	}
}

// printCalendars shows the calendars, and how the account stands with Google.
func (c *command) printCalendars(s accountStatus) {
	for _, k := range s.Calendars {
		seen := "not read yet"
		if !k.Asked.IsZero() {
			seen = fmt.Sprintf("last asked %s, %s", k.Asked.In(s.zone).Format("Mon 2 Jan 15:04:05"), count(int64(k.Events), "event"))
			if k.Late {
				seen += c.paint(c.out, "31", "; that is long ago") + ": try foredesk auth google --account " + s.Account + ", or see the log"
			}
		}
		fmt.Fprintf(c.out, "  %-20s %s\n", "calendar "+oneLine(k.Calendar, 60), seen)
	}
	if g := s.Google; g != nil {
		how, _ := c.signInWords(*g)
		if g.Ending {
			how += "; " + c.paint(c.out, "31", "it ends "+moment(g.Expires, s.zone)) + ", sign in again before: foredesk auth google --account " + s.Account
		}
		fmt.Fprintf(c.out, "  %-20s %s\n", "google", how)
	}
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func nounFor(n int64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
