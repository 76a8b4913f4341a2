package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// diffing are the flags of diff.
type diffing struct {
	last    string
	all     bool
	offline bool
}

func (c *command) diffCommand() *cobra.Command {
	var f diffing
	cmd := &cobra.Command{
		Use: "diff [[OLD] NEW]", Short: "Show what an edit of the rules changes", Args: takes(cobra.MaximumNArgs(2)),
		Long: `Diff plans the mail of the last month by two rules files and shows which messages
they treat differently, and how. With one file the account's rules are compared with
it. With none, the account's file is compared with the rules that foredesk runs with
or, if it runs with that file, with those it ran with before. A file called - is
standard input: git show HEAD:rules.yaml | foredesk diff - rules.yaml

The mail is judged as it was when it came, by what the journal knows. Where rules look
at more than that (the text of messages), it is read from the mail server, once;
--offline does without. Confidential mail is not in the journal and not compared, and
a rule with run: is looked at as of when the mail came. Rules on events and days are
left out, and conflicts of invitations: what was on the calendar then is not known.
Exit code 3 says that something changes.`,
		Example: `  foredesk diff
  foredesk diff new-rules.yaml
  foredesk diff old.yaml new.yaml --last 90d --all`,
		RunE: func(cmd *cobra.Command, files []string) error { return c.diff(cmd.Context(), &f, files) },
	}
	cmd.Flags().StringVar(&f.last, "last", "30d", "compare over the mail of the last `time`")
	cmd.Flags().BoolVar(&f.all, "all", false, "show every message that changes")
	cmd.Flags().BoolVar(&f.offline, "offline", false, "only by what the journal knows; don't ask the mail server")
	return cmd
}

// diffOutput is diff --json.
type diffOutput struct {
	Before  string          `json:"before"`
	After   string          `json:"after"`
	Since   time.Time       `json:"since"`
	Seen    int64           `json:"messages"` // judged by both
	Changed []changedOutput `json:"changed"`
	Absent  int64           `json:"notFound,omitempty"`      // no longer where they were
	Unread  int64           `json:"notCompared,omitempty"`   // with --offline: their text was not asked for
	Faded   int64           `json:"factsGone,omitempty"`     // too old
	Left    int             `json:"calendarRules,omitempty"` // rules on events and days of the two files, which are not compared
}

type changedOutput struct {
	Item   itemOutput     `json:"message"`
	Before []rules.Effect `json:"before"` // what only the old rules do
	After  []rules.Effect `json:"after"`  // what only the new ones do
}

func (c *command) diff(ctx context.Context, f *diffing, files []string) error {
	span, err := rules.ParseDuration(f.last)
	if err != nil {
		return usage{fmt.Errorf("--last: %w", err)}
	}
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	before, after, err := c.sidesOf(ctx, d, files)
	if err != nil {
		return err
	}
	cmp := newComparison(d.journal, d.Name, before, after)
	out := diffOutput{Before: before.File, After: after.File, Since: time.Now().Add(-span).Truncate(time.Second)}
	if err := cmp.past(ctx, out.Since); err != nil {
		return err
	}
	if err := cmp.recallOpen(ctx); err != nil {
		return err
	}
	if !f.offline && len(cmp.open) > 0 {
		if err := c.readOpen(ctx, d, cmp); err != nil {
			return err
		}
	} else {
		out.Unread = int64(len(cmp.open))
	}
	out.Left = len(calendarRules(before, after))
	out.Seen, out.Absent, out.Faded = cmp.messages, cmp.absent, cmp.faded
	return c.printDiff(d, f, out, cmp.changes)
}

// readOpen reads what the journal does not know enough of from the server.
func (c *command) readOpen(ctx context.Context, d *desk, cmp *comparison) error {
	session, err := d.session(ctx, cmp.needs)
	if err != nil {
		return fmt.Errorf("%w. %s would have to be read; --offline compares the others alone", err, count(int64(len(cmp.open)), "message"))
	}
	defer session.Close()
	step, finish := c.progress("reading the mail")
	defer finish()
	return cmp.close(ctx, session, step)
}

// sidesOf are the two sets that are compared.
func (c *command) sidesOf(ctx context.Context, d *desk, files []string) (before, after *rules.Set, err error) {
	switch len(files) {
	case 0:
		before, err = previousRules(ctx, d)
		return before, d.set, err
	case 1:
		after, err = c.sideOf(d, files[0])
		return d.set, after, err
	}
	if files[0] == "-" && files[1] == "-" {
		return nil, nil, usage{errors.New("only one of the two files can be standard input")}
	}
	if before, err = c.sideOf(d, files[0]); err == nil {
		after, err = c.sideOf(d, files[1])
	}
	return before, after, err
}

// sideOf reads a rules file as one of the account's.
func (c *command) sideOf(d *desk, file string) (*rules.Set, error) {
	if file != "-" {
		set, err := loadRules(file, d.ruleOptions())
		return set, ofDiff(file, err)
	}
	text, err := io.ReadAll(io.LimitReader(c.in, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("reading rules from standard input: %w", err)
	}
	options := d.ruleOptions()
	if options.Templates, err = readTemplates(os.DirFS(filepath.Dir(d.Rules))); err != nil {
		return nil, err
	}
	options.Found = foundIn
	set, err := rules.Load("(standard input)", text, options)
	return set, ofDiff("standard input", err)
}

func ofDiff(file string, err error) error {
	if problems := rules.Problems(nil); errors.As(err, &problems) {
		return fmt.Errorf("the rules in %s have mistakes, so nothing was compared.\n\n%w", file, problems)
	}
	return err
}

func (d *desk) ruleOptions() rules.Options {
	return rules.Options{Me: d.Addresses, Timezone: d.Location, AllowDelete: d.AllowDelete}
}

func (c *command) printDiff(d *desk, f *diffing, out diffOutput, changes []change) error {
	if c.json {
		out.Changed = []changedOutput{}
		for _, ch := range changes {
			out.Changed = append(out.Changed, changedOutput{ch.item, notNil(ch.before), notNil(ch.after)})
		}
		if err := c.printJSON(out); err != nil {
			return err
		}
	} else {
		c.printChanges(d, f, changes)
		c.printCount(out, int64(len(changes)), f.last)
		if out.Left > 0 {
			fmt.Fprintf(c.out, "Left out: %s on events and days, as what was on the calendar then is not known; foredesk plan shows what is done now.\n", count(int64(out.Left), "rule"))
		}
	}
	if len(changes) > 0 {
		return findings{}
	}
	return nil
}

func notNil(effects []rules.Effect) []rules.Effect {
	if effects == nil {
		return []rules.Effect{}
	}
	return effects
}

func (c *command) printCount(out diffOutput, changed int64, last string) {
	if out.Seen+out.Absent+out.Unread == 0 {
		fmt.Fprintf(c.out, "The journal knows of no mail of the last %s: there is nothing to compare with yet.\n", last)
		return
	}
	fmt.Fprintf(c.out, "%s → %s: this edit changes %s of %s of the last %s.\n", nearName(out.Before), nearName(out.After), thousands(changed), count(out.Seen, "message"), last)
	for _, line := range []struct {
		n     int64
		words string
	}{
		{out.Absent, "could not be compared: these rules look at more than the journal keeps, and the mail is no longer where it was"},
		{out.Unread, "could not be compared: these rules look at more than the journal keeps; without --offline it is read from the mail server"},
		{out.Faded, "could not be compared: what was known of the mail has grown too old"},
	} {
		if line.n > 0 {
			fmt.Fprintf(c.out, "%s %s.\n", count(line.n, "message"), line.words)
		}
	}
}

// calendarRules are the names of the rules on events and days in either set.
func calendarRules(sets ...*rules.Set) (names []string) {
	for _, set := range sets {
		for _, r := range set.Rules {
			if r.Enabled && (r.On == "event" || r.On == "day") && !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	return names
}

// nearName is a file's name as it is written in the folder where one stands.
func nearName(file string) string {
	here, err := os.Getwd()
	if err != nil || !filepath.IsAbs(file) {
		return file
	}
	if near, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(near) {
		return near
	}
	return file
}

const fewMessages = 5 // of each sort of change, that diff shows without --all

// printChanges shows the changes, those of one sort together and the commonest
// sort first.
func (c *command) printChanges(d *desk, f *diffing, changes []change) {
	for _, list := range sortsOf(changes) {
		fmt.Fprintln(c.out, c.bold(count(int64(len(list)), "message")))
		c.printSide("before", list[0].before, list[0].after)
		c.printSide("after", list[0].after, list[0].before)
		shown := list
		if !f.all {
			shown = list[:min(len(list), fewMessages)]
		}
		for _, ch := range shown {
			fmt.Fprintf(c.out, "    %6s  %-28s %s\n", ch.item.Date.In(d.Location).Format("2 Jan"), oneLine(ch.item.From, 28), oneLine(ch.item.Subject, 60))
		}
		if more := len(list) - len(shown); more > 0 {
			fmt.Fprintf(c.out, "    %s\n", c.faint(fmt.Sprintf("… and %s more (--all shows them)", thousands(int64(more)))))
		}
		fmt.Fprintln(c.out)
	}
}

// printSide says what the rules of one side do that those of the other don't.
func (c *command) printSide(word string, effects, others []rules.Effect) {
	if len(effects) == 0 {
		words := "nothing"
		if len(others) == 0 {
			words = ""
		}
		fmt.Fprintf(c.out, "  %-7s %s\n", word, words)
		return
	}
	for i, e := range effects {
		if i > 0 {
			word = ""
		}
		fmt.Fprintf(c.out, "  %-7s %s  %s\n", word, differingWords(e, others), c.faint(fmt.Sprintf("(%s)", oneLine(e.Rule, 60))))
	}
}

// differingWords are an effect's words and, where the other side's are the same,
// what of it differs.
func differingWords(e rules.Effect, others []rules.Effect) string {
	words := effectWords(e, nil)
	for _, o := range others {
		if effectWords(o, nil) != words || o.Action != e.Action {
			continue
		}
		for _, name := range []string{"at", "subject", "text", "fields", "unless", "to", "once", "as", "url", "length", "after", "before", "between", "days", "start", "location", "guests", "comment"} {
			if o.With[name] != e.With[name] {
				return fmt.Sprintf("%s, %s: %s", words, name, oneLine(e.With[name], 60))
			}
		}
	}
	return words
}

// sortsOf puts changes together that are of the same rules and read the same.
func sortsOf(changes []change) [][]change {
	bySort := map[string][]change{}
	for _, ch := range changes {
		key := sortKey(ch.before) + "\x00\x00" + sortKey(ch.after)
		bySort[key] = append(bySort[key], ch)
	}
	sorts := make([][]change, 0, len(bySort))
	for _, list := range bySort {
		sorts = append(sorts, list)
	}
	slices.SortFunc(sorts, func(a, b []change) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(sortKey(a[0].before)+sortKey(a[0].after), sortKey(b[0].before)+sortKey(b[0].after))
	})
	for _, list := range sorts {
		slices.SortFunc(list, func(a, b change) int { return a.item.Date.Compare(b.item.Date) })
	}
	return sorts
}

func sortKey(effects []rules.Effect) string {
	var b strings.Builder
	for _, e := range effects {
		fmt.Fprintf(&b, "%s\x00%s\x00", e.Rule, effectWords(e, nil))
	}
	return b.String()
}

// The notes of the journal about an account's rules: those that act, and those
// that acted before them.
const (
	notePresent  = "rules "
	notePrevious = "rules before "
)

// keptRules are rules as they stand in a note.
type keptRules struct {
	Hash      string            `json:"hash"`
	Since     time.Time         `json:"since"`
	Text      string            `json:"text"`
	Templates map[string]string `json:"templates,omitempty"`
}

// noteRules writes down which rules act from now on, and which did before, so that
// "foredesk diff" can compare them once the file has been saved over.
func noteRules(ctx context.Context, journal *store.Store, account string, set *rules.Set) error {
	present, _, err := readNote(ctx, journal, notePresent+account)
	if err != nil || present.Hash == set.Hash {
		return err
	}
	if present.Hash != "" {
		if err := writeNote(ctx, journal, notePrevious+account, present); err != nil {
			return err
		}
	}
	text, templates := set.Source()
	return writeNote(ctx, journal, notePresent+account, keptRules{set.Hash, time.Now().UTC(), string(text), templates})
}

func writeNote(ctx context.Context, journal *store.Store, name string, k keptRules) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return journal.SetNote(ctx, name, string(text))
}

func readNote(ctx context.Context, journal *store.Store, name string) (k keptRules, ok bool, err error) {
	text, err := journal.Note(ctx, name)
	if err != nil || text == "" {
		return k, false, err
	}
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return k, false, fmt.Errorf("the note of the journal about the rules can't be read: %w", err)
	}
	return k, true, nil
}

// load makes a set of rules out of a note.
func (k keptRules) load(d *desk) (*rules.Set, error) {
	options := d.ruleOptions()
	options.Templates, options.Found = k.Templates, foundIn
	if options.Templates == nil {
		options.Templates = map[string]string{}
	}
	name := "rules of " + k.Since.In(d.Location).Format("2 Jan 15:04")
	set, err := rules.Load(name, []byte(k.Text), options)
	if err != nil {
		return nil, fmt.Errorf("this foredesk can't read the rules that acted before; name two files instead: %w", err)
	}
	return set, nil
}

// previousRules are the rules that act or, if those are the file's, that acted
// before.
func previousRules(ctx context.Context, d *desk) (*rules.Set, error) {
	for _, name := range []string{notePresent, notePrevious} {
		k, ok, err := readNote(ctx, d.journal, name+d.Name)
		if err != nil {
			return nil, err
		}
		if ok && k.Hash != d.set.Hash {
			return k.load(d)
		}
	}
	return nil, fmt.Errorf("foredesk run has not had other rules than those in %s, so there is nothing to compare with; name a file: foredesk diff OLD %s", nearName(d.Rules), nearName(d.Rules))
}
