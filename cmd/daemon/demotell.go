package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// twoWeeks applies the rules to what is there, in the inbox and among what Dana
// has sent, and shows enough of it that each rule is met.
func (s *show) twoWeeks(ctx context.Context) error {
	s.heading("Two weeks of mail", "foredesk apply --folder INBOX,Sent")
	run, err := s.account.Apply(ctx, engine.ApplyArgs{Folders: []string{mailbox.Inbox, mailbox.Sent}}, nil)
	if err != nil {
		return err
	}
	shown := map[string]bool{}
	var more int64
	err = s.eachMail(ctx, store.Filter{RunID: run}, func(steps []store.Step) {
		fresh := false
		for _, step := range steps {
			fresh = fresh || !shown[step.Rule]
			shown[step.Rule] = true
		}
		if fresh {
			s.line(steps)
		} else {
			more++
		}
	})
	s.printf("  … and %s like these\n", count(more, "more mail"))
	return err
}

// eachMail reads the journal mail by mail.
func (s *show) eachMail(ctx context.Context, f store.Filter, tell func([]store.Step)) error {
	f.Account, f.NotUndo = s.desk.Name, true
	var mail []store.Step // the steps of one mail stand together
	err := s.desk.journal.EachStep(ctx, f, func(step store.Step) error {
		if len(mail) > 0 && mail[0].Item.ID != step.Item.ID {
			tell(mail)
			mail = nil
		}
		mail = append(mail, step)
		return nil
	})
	if len(mail) > 0 {
		tell(mail)
	}
	return err
}

// line says in a line what was done to one mail, and what waits.
func (s *show) line(steps []store.Step) {
	var words []string
	for _, step := range steps {
		if said := s.say(step); said != "" {
			words = append(words, said)
		}
	}
	item := steps[0].Item
	rows := wrap(words, 78)
	s.printf("  %-24s %-42s %s %s\n", oneLine(item.Sender, 24), oneLine(item.Subject, 42), s.green("→"), rows[0])
	for _, row := range rows[1:] {
		s.printf("%72s%s\n", "", row)
	}
}

// wrap joins words by commas, in rows of a width where that can be.
func wrap(words []string, width int) []string {
	rows := []string{""}
	for i, word := range words {
		if i < len(words)-1 {
			word += ","
		}
		row := &rows[len(rows)-1]
		switch {
		case *row == "":
			*row = word
		case len([]rune(*row))+len([]rune(word)) < width:
			*row += " " + word
		default:
			rows = append(rows, word)
		}
	}
	return rows
}

// say puts a step into words; the second half of a snooze is told by the first.
func (s *show) say(step store.Step) string {
	verb, half, _ := strings.Cut(step.Action, " ")
	words := rules.Effect{Action: verb, Arg: step.Arg, With: step.Op.With}.String()
	switch {
	case verb == "snooze" && half == "back":
		return "back on " + moment(step.NotBefore, s.desk.Location)
	case verb == "snooze" && half == "unread":
		return ""
	case verb == "snooze":
		return "out of the inbox"
	case step.State == store.Parked:
		return words + " (waits for a yes)"
	case !step.NotBefore.IsZero() && step.State == store.Planned && verb != "brief": // whose words say it
		return words + ", on " + moment(step.NotBefore, s.desk.Location)
	}
	return words
}

// ask lets foredesk ask for approval. In daily life it does so two minutes after
// something began to wait; the demo looks at a clock that is ahead.
func (s *show) ask(ctx context.Context) error {
	s.heading("What can't be called back waits for a yes", "foredesk approve")
	if err := s.account.Look(ctx, s.world.Clock().Add(3*time.Minute)); err != nil {
		return err
	}
	for _, d := range s.world.Departures() {
		if strings.Contains(d.Subject(), "[fd-") {
			s.asked = d
		}
	}
	if s.asked.Raw == nil {
		return errors.New("nothing waits for approval, or nobody was asked")
	}
	s.printf("  Priya Nair, Dana's assistant, gets one mail about all of it:\n\n")
	for line := range strings.Lines(s.asked.Text()) {
		if !strings.Contains(line, "mailto:") {
			indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
			s.printf("  %s %s%s\n", s.faint("|"), indent, oneLine(line, 160))
		}
	}
	return nil
}

// approve lets the assistant answer that mail, for the one thing that is sent on,
// and waits until it has been.
func (s *show) approve(ctx context.Context) error {
	forward, err := s.stepThat(ctx, "forward")
	if err != nil {
		return err
	}
	waiting, err := s.desk.journal.Approvals(ctx, s.desk.Name)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(waiting, func(a store.Approval) bool { return a.ItemID == forward.Item.ID && a.Rule == forward.Rule })
	if i < 0 {
		return fmt.Errorf("the rule %q waits for nobody", forward.Rule)
	}
	if err := s.rest(ctx); err != nil {
		return err
	}
	word := fmt.Sprintf("approve %d", waiting[i].ID)
	s.printf("  %s\n", s.faint("Priya answers the mail that asked her: "+word+"."))
	if err := s.world.Answer(ctx, s.asked, word); err != nil {
		return err
	}
	err = s.until(ctx, "what Priya approved", func(ctx context.Context) (bool, error) {
		now, err := s.desk.journal.Steps(ctx, store.Filter{Account: s.desk.Name, StepID: forward.ID})
		return err == nil && len(now) == 1 && now[0].State == store.Done, err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.eachMail(ctx, store.Filter{ItemIDs: []int64{forward.Item.ID}, Rule: forward.Rule}, s.line)
}

// stepThat finds the first step of a kind.
func (s *show) stepThat(ctx context.Context, action string) (store.Step, error) {
	var found store.Step
	err := s.eachMail(ctx, store.Filter{}, func(steps []store.Step) {
		for _, step := range steps {
			if found.ID == 0 && step.Action == action {
				found = step
			}
		}
	})
	if err == nil && found.ID == 0 {
		err = fmt.Errorf("no rule wanted to %s anything", action)
	}
	return found, err
}

// answered shows what a rule's undoWhen takes back. A daemon that runs looks each
// minute.
func (s *show) answered(ctx context.Context) error {
	if err := s.account.Look(ctx, s.world.Clock()); err != nil {
		return err
	}
	return s.eachMail(ctx, store.Filter{States: []store.State{store.Undone}}, func(steps []store.Step) {
		if rule := s.desk.set.Rule(steps[0].Rule); rule == nil || !rule.TakesBack() {
			return
		}
		s.printf("  %s\n", s.faint(fmt.Sprintf("So %q is over (undoWhen), and what it did is taken back:", steps[0].Rule)))
		s.line(steps)
	})
}

// shelf is what lies ready for somebody, in lines.
type shelf struct {
	title string
	lines []string
}

func (p *shelf) add(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

// ready shows what there is now that was not there before.
func (s *show) ready(ctx context.Context) error {
	s.heading("What lies ready", "foredesk log")
	drafts, back := shelf{title: "Drafts, for Dana to send"}, shelf{title: "Comes back"}
	var agenda, collected tally
	err := s.eachMail(ctx, store.Filter{States: []store.State{store.Done, store.Planned}}, func(steps []store.Step) {
		for _, step := range steps {
			about := fmt.Sprintf("%s (%s)", oneLine(step.Item.Subject, 48), oneLine(s.from(step.Item), 30))
			switch {
			case step.Action == "snooze back":
				back.add("%s: %s", moment(step.NotBefore, s.desk.Location), about)
			case step.State == store.Planned && strings.HasPrefix(step.Action, "remind"):
				back.add("%s: %s, flagged, unless answered", moment(step.NotBefore, s.desk.Location), about)
			case step.State == store.Planned: // newsletters that are put away in a month
			case step.Op.Do == "draft":
				drafts.add("Re: %s", about)
			case engine.IsLetter(step.Item): // it was sent
			default:
				agenda.count(step, "agenda", "")
				agenda.count(step, "summarize", "")
				collected.count(step, "digest", "digest of ")
				collected.count(step, "bundle", "bundle ")
			}
		}
	})
	if err != nil {
		return err
	}
	slices.Sort(back.lines)
	files, err := s.files()
	if err != nil {
		return err
	}
	waits, err := s.waits(ctx)
	s.shelves(drafts, back, files, agenda.shelf("On the agenda"), collected.shelf("Collected, to be read"), waits, s.sent())
	return err
}

// from is who wrote a mail. What Dana is to be answered is drafted to others.
func (s *show) from(it store.Item) string {
	if it.Sender == s.world.Address {
		return "which she has asked"
	}
	return it.Sender
}

// waits lists what nobody has answered.
func (s *show) waits(ctx context.Context) (shelf, error) {
	p := shelf{title: "Waits for a yes"}
	list, err := s.desk.journal.Approvals(ctx, s.desk.Name)
	for _, a := range list {
		line, e := gather.WaitingLine(ctx, s.desk.journal, a)
		err = errors.Join(err, e)
		p.add("%d: %s: %s (%s)", a.ID, strings.Join(line.Does, ", and "), oneLine(line.Subject, 48), oneLine(line.From, 30))
	}
	return p, err
}

// tally counts steps by their argument, in the order in which they came.
type tally struct {
	names []string
	n     map[string]int64
}

func (t *tally) count(step store.Step, action, prefix string) {
	verb, _, _ := strings.Cut(step.Action, " ")
	if verb != action {
		return
	}
	if t.n == nil {
		t.n = map[string]int64{}
	}
	name := prefix + step.Arg
	if t.n[name]++; t.n[name] == 1 {
		t.names = append(t.names, name)
	}
}

func (t *tally) shelf(title string) shelf {
	parts := make([]string, len(t.names))
	for i, name := range t.names {
		parts[i] = fmt.Sprintf("%s %d", name, t.n[name])
	}
	p := shelf{title: title}
	for part := range slices.Chunk(parts, 6) {
		p.add("%s", strings.Join(part, ", "))
	}
	return p
}

// files lists what rules have written into the account's folder.
func (s *show) files() (shelf, error) {
	p := shelf{title: "Files"}
	in := map[string][]string{}
	root := os.DirFS(s.desk.Files)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		// What is being written has a name with a dot.
		if err == nil && !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			in[path.Dir(name)] = append(in[path.Dir(name)], path.Base(name))
		}
		return err
	})
	for _, folder := range slices.Sorted(maps.Keys(in)) {
		names := in[folder]
		if folder != "." {
			p.add("%s in %s, such as %s", count(int64(len(names)), "file"), folder, names[0])
			continue
		}
		for _, name := range names {
			text, e := fs.ReadFile(root, name)
			err = errors.Join(err, e)
			p.add("%s, a table with %s", name, count(int64(strings.Count(string(text), "\n")-1), "line"))
		}
	}
	return p, err
}

// sent lists what left the desk: to nobody, in a demo. What begins alike is told
// once.
func (s *show) sent() shelf {
	type kind struct{ to, begins string }
	var order []kind
	first, n := map[kind]string{}, map[kind]int64{}
	for _, d := range s.world.Departures() {
		if len(d.To) == 0 {
			continue // it is to Dana alone
		}
		subject, _, _ := strings.Cut(d.Subject(), " [fd-") // the secret of a request is not for the screen
		begins, _, _ := strings.Cut(subject, ":")
		k := kind{strings.Join(d.To, ", "), begins}
		if n[k]++; n[k] == 1 {
			order, first[k] = append(order, k), subject
		}
	}
	p := shelf{title: "Sent, to nobody"}
	for _, k := range order {
		more := ""
		if n[k] > 1 {
			more = fmt.Sprintf(", and %d more of the kind", n[k]-1)
		}
		p.add("to %s: %s%s", k.to, oneLine(first[k], 60), more)
	}
	return p
}

func (s *show) shelves(all ...shelf) {
	for _, p := range all {
		title := p.title
		for _, line := range p.lines {
			s.printf("  %-26s%s\n", title, line)
			title = ""
		}
	}
}

// summary counts what each rule did, from the journal.
func (s *show) summary(ctx context.Context) error {
	s.heading("What was done", "foredesk log")
	by := map[string]*sums{}
	all := sums{items: map[int64]bool{}}
	err := s.eachMail(ctx, store.Filter{}, func(steps []store.Step) {
		for _, step := range steps {
			if by[step.Rule] == nil {
				by[step.Rule] = &sums{items: map[int64]bool{}}
			}
			by[step.Rule].add(step)
			all.add(step)
		}
	})
	if err == nil && all.failed != "" {
		err = errors.New(all.failed)
	}
	rows := [][]string{{"RULE", "MESSAGES", "DONE", "WAITING", "TAKEN BACK"}}
	for _, r := range s.desk.set.Rules {
		if n := by[r.Name]; n != nil {
			rows = append(rows, n.row(oneLine(r.Name, 60)))
		}
	}
	s.table("  ", append(rows, all.row("All")))
	return err
}

// sums count the steps of a rule by what became of them.
type sums struct {
	items                 map[int64]bool
	done, waiting, undone int64
	failed                string
}

func (n *sums) add(step store.Step) {
	n.items[step.Item.ID] = true
	switch step.State {
	case store.Done:
		n.done++
	case store.Undone:
		n.undone++
	case store.Planned, store.Parked:
		n.waiting++
	default:
		if strings.HasPrefix(step.Reason, engine.NothingFree) || slices.Contains(decisions, step.Reason) {
			return // a full day has no room for more, and not all is needed when its time comes: that is no failure of the demo
		}
		n.failed = fmt.Sprintf("the demo did not go as it should: step %d (%s) of the rule %q is %s: %s", step.ID, step.Action, step.Rule, step.State, step.Reason)
	}
}

func (n *sums) row(name string) []string {
	return []string{name, thousands(int64(len(n.items))), thousands(n.done), thousands(n.waiting), thousands(n.undone)}
}
