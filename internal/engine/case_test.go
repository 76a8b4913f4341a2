package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// A case is a txtar file: a promise in words, the rules, messages that are not
// just a letter, and a script of what happens. One command stands on a line:
//
//	server CAN                 what the server can: uidplus, bare or nokeywords
//	watch FOLDER...            instead of the inbox alone
//	deliver NAME [FOLDER] [FLAG...] [ago=TIME]
//	                           NAME.eml of the case, or a letter with that subject
//	run                        handle what is new and end
//	start, wait, stop          watch; wait until all that is new is handled; end
//	apply FOLDER... [rule=RULE] [as=NAME]
//	undo [rule=RULE] [message=ID] [run=NAME]
//	rules FILE                 these rules act from now on
//	restart                    end the process and start another
//	move-by-hand NAME FROM TO, delete-by-hand NAME FOLDER, flag-by-hand NAME FOLDER (+|-)FLAG...
//	meanwhile COMMAND          does it between the next plan and its first command
//	arriving COMMAND           does it between the next fetch and its plan
//	cut before|after WORD      the connection breaks before the server hears the command,
//	                           or before its answer comes back
//	strict                     the mail server confirms senders, and is asked for it
//	pass TIME                  so much time goes by, such as 3d or 2h
//	post HOW                   the SMTP server from now on: take, later, refuse or swallow the answer
//	hooks STATUS               what listens at {hooks} answers from now on
//	approve N..., refuse N...  at the terminal
//	answer FROM TEXT [mail=N] [verdict=fail]
//	                           answers the N-th mail that was posted, the last if not said
//	deliver-posted             what was posted comes into the inbox, too
//	edit-by-hand FOLDER        a mail program stores the message there, edited
//	posted, calls, kept, letter FIELD...
//	                           what was sent, "to: subject"; which files there are; fields of the last mail
//	look                       schedules and undoWhen are followed; a server may be away
//	interrupt                  foredesk is told to stop what it is just asked to do
//	renumber FOLDER, recreate FOLDER, delete-folder FOLDER, hang-up
//	said TEXT                  stands in the log, once
//	unsaid TEXT                stands nowhere in the log
//	folders, journal           what there must be: in the indented lines below
//	back-up, restore           the journal is copied; the copy is put back, and a process begins
//	fault ID [N]               what has just happened is a fault of internal/faults, N times
//
// "_" in an argument stands for a space; "! " before a command says that it fails.
type aCase struct {
	*desk
	files  map[string]string
	began  time.Time
	runs   map[string]int64 // by the names given with as=
	cancel context.CancelFunc
	ended  chan error
	// interrupt stops what the engine is just asked to do.
	interrupt context.CancelFunc

	answers  int
	decision func(n int) string // the mail that decided last: see decide_test.go
	second   *desk              // of another foredesk

	hooksURL string
	backup   string // of the journal: see backup_test.go
}

// worlds are the servers and journals that every case is played on.
var worlds = []struct {
	name    string
	server  func(testing.TB, string) imapServer
	journal func(testing.TB) func(testing.TB) string
}{
	{"memory and SQLite", startMemory, func(testing.TB) func(testing.TB) string { return sqlite }},
	{"memory and PostgreSQL", startMemory, postgres},
	{"Dovecot and SQLite", startDovecot, func(testing.TB) func(testing.TB) string { return sqlite }},
}

// postgres starts a server; what it returns makes databases in it.
func postgres(t testing.TB) func(testing.TB) string {
	dsn := storetest.Postgres(t)
	return func(t testing.TB) string { return storetest.Database(t, dsn) }
}

func TestPromises(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			journal := w.journal(t)
			for _, name := range names {
				archive, err := txtar.ParseFile(name)
				if err != nil {
					t.Fatal(err)
				}
				t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
					t.Parallel()
					play(t, archive, func(can string) imapServer { return w.server(t, can) }, journal(t))
				})
			}
		})
	}
}

func play(t *testing.T, archive *txtar.Archive, server func(can string) imapServer, dsn string) {
	playWith(t, archive, server, dsn, nil)
}

func playWith(t *testing.T, archive *txtar.Archive, server func(can string) imapServer, dsn string, cal *calendars) {
	c := &aCase{began: time.Now(), files: map[string]string{}, runs: map[string]int64{}}
	for _, f := range archive.Files {
		c.files[f.Name] = string(f.Data)
	}
	can, script := "", c.files["script"]
	if first, rest, _ := strings.Cut(script, "\n"); strings.HasPrefix(first, "server ") {
		can, script = strings.TrimPrefix(first, "server "), rest
	}
	listening := startHooks(t)
	c.hooksURL = listening.url
	c.desk = newDesk(t, server(can), dsn, c.rulesText("rules.yaml"))
	c.desk.listening, c.desk.cal, c.desk.calendarNames = listening, cal, []string{"primary"}
	if cal != nil {
		c.began = cal.begin
	}
	t.Cleanup(c.stop)
	for _, line := range strings.Split(block(script), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			c.do(line)
		}
	}
}

// rulesText is a file of rules, with the address of what listens for them.
func (c *aCase) rulesText(name string) string {
	return strings.ReplaceAll(c.files[name], "{hooks}", c.hooksURL)
}

// indent marks the lines of a command's block within its line.
const indent = "\x00"

// block joins indented lines to the command above them.
func block(script string) string { return strings.ReplaceAll(script, "\n    ", indent) }

func (c *aCase) do(line string) {
	c.Helper()
	line, want, _ := strings.Cut(line, indent)
	command, fails := strings.CutPrefix(line, "! ")
	words := strings.Fields(command)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "_", " ")
	}
	name, args := words[0], words[1:]
	var err error
	switch name {
	case "run", "apply", "undo", "approve", "refuse":
		err = c.work(name, args)
	case "agenda":
		err = c.sendAgenda(args)
	case "poll":
		err = c.take().SyncCalendar(c.Context())
	case "events":
		c.compare(line, want, c.eventLines())
	case "soon":
		c.soon(want)
	case "told":
		c.compare(line, want, c.mailsByCalendar())
	case "asked":
		if n := c.asked(args[0]); int64(n) != c.number(args[1]) {
			c.Errorf("%s: there were %d", line, n)
		}
	case "folders":
		c.compare(line, want, c.mailIn(c))
	case "posted":
		c.compare(line, want, c.post.String())
	case "calls":
		c.compare(line, want, c.callsMade())
	case "kept":
		c.compare(line, want, c.keptFiles())
	case "notices":
		c.compare(line, want, c.notices())
	case "letter":
		c.compare(line, want, c.lastLetter(args))
	case "journal":
		c.compare(line, want, journalOf(c.T, c.take(), c.journal, want))
	default:
		happen, ok := events[name]
		if !ok {
			c.Fatalf("there is no command %q", line)
		}
		happen(c, args)
	}
	if err != nil {
		c.logger().Error(name+" failed", "error", err) // what the daemon would log
	}
	if (err != nil) != fails {
		c.Fatalf("%s: the error is %v", line, err)
	}
}

func (c *aCase) compare(command, want, got string) {
	c.Helper()
	lines := strings.Split(want, indent)
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if want = strings.TrimSpace(strings.Join(lines, "\n")); strings.TrimSpace(got) != want {
		c.Errorf("%s\ngot:\n%s\nwant:\n%s", command, got, want)
	}
}

// work is what the engine is asked to do.
func (c *aCase) work(name string, args []string) (err error) {
	named, plain := map[string]string{}, []string(nil)
	for _, arg := range args {
		if key, value, ok := strings.Cut(arg, "="); ok {
			named[key] = value
		} else {
			plain = append(plain, arg)
		}
	}
	a := c.take()
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	c.interrupt = cancel
	var run int64
	switch name {
	case "run":
		return a.RunOnce(ctx)
	case "approve", "refuse":
		answer := engine.AnswerArgs{Answer: name}
		for _, id := range args {
			answer.IDs = append(answer.IDs, c.number(id))
		}
		_, err = a.Answer(ctx, answer)
	case "apply":
		run, err = a.Apply(ctx, engine.ApplyArgs{Folders: plain, Rule: named["rule"]}, nil)
	case "undo":
		run, err = a.Undo(ctx, engine.UndoArgs{Rule: named["rule"], Step: c.number(named["step"]), MessageID: named["message"], Run: c.runs[named["run"]]}, nil)
	}
	if as, ok := named["as"]; ok {
		c.runs[as] = run
	}
	return err
}

// events are what others do, and what befalls us.
var events map[string]func(c *aCase, args []string)

func init() {
	events = map[string]func(c *aCase, args []string){
		"watch":          func(c *aCase, args []string) { c.folders = args; c.makeAll(args) },
		"deliver":        func(c *aCase, args []string) { c.deliverAs(args) },
		"start":          func(c *aCase, _ []string) { c.start() },
		"wait":           func(c *aCase, _ []string) { c.wait() },
		"look":           func(c *aCase, _ []string) { c.look() },
		"interrupt":      func(c *aCase, _ []string) { c.interrupt() },
		"stop":           func(c *aCase, _ []string) { c.stop() },
		"restart":        func(c *aCase, _ []string) { c.leave() },
		"killed":         func(c *aCase, _ []string) { c.killed() },
		"post":           func(c *aCase, args []string) { c.tools(); c.post.answers(args[0]) },
		"hooks":          func(c *aCase, args []string) { c.hooksAnswer(args[0]) },
		"pass":           func(c *aCase, args []string) { c.pass(c.length(args[0])) },
		"answer":         func(c *aCase, args []string) { c.answerAs(args) },
		"deliver-posted": func(c *aCase, _ []string) { c.deliverPosted() },
		"edit-by-hand":   func(c *aCase, args []string) { c.byHand(func(h *hand) { h.edit(args[0]) }) },
		"strict":         func(c *aCase, _ []string) { c.desk.strict = true },
		"fault":          func(c *aCase, args []string) { c.fault(args) },
		"close":          func(c *aCase, args []string) { c.imapServer.closed.Store(&args[0]) },
		"hang-up":        func(c *aCase, _ []string) { c.line.hangUp() },
		"cut":            func(c *aCase, args []string) { c.line.cutAt(args[1], args[0] == "after") },
		"renumber":       func(c *aCase, args []string) { c.renumber(args[0]) },
		"meanwhile":      func(c *aCase, args []string) { c.before = func() { events[args[0]](c, args[1:]) } },
		"arriving":       func(c *aCase, args []string) { c.arriving = func() { events[args[0]](c, args[1:]) } },
		"rules": func(c *aCase, args []string) {
			c.set = loadRules(c, c.rulesText(args[0]))
			c.take().UseRules(c.set)
		},
		"delete-folder": func(c *aCase, args []string) { c.byHand(func(h *hand) { h.must(h.Delete(args[0]).Wait()) }) },
		"recreate": func(c *aCase, args []string) {
			c.byHand(func(h *hand) {
				h.must(h.Delete(args[0]).Wait())
				h.must(h.Create(args[0], nil).Wait())
			})
		},
		"move-by-hand":   func(c *aCase, args []string) { c.byHand(func(h *hand) { h.move(args[0], args[1], args[2]) }) },
		"delete-by-hand": func(c *aCase, args []string) { c.byHand(func(h *hand) { h.delete(args[0], args[1]) }) },
		"flag-by-hand":   func(c *aCase, args []string) { c.byHand(func(h *hand) { h.flag(args[0], args[1], args[2:]) }) },
		"unsaid": func(c *aCase, args []string) {
			if text := strings.Join(args, " "); strings.Contains(strings.ToLower(c.log.String()), text) {
				c.Errorf("the log says %q", text)
			}
		},
		"said": func(c *aCase, args []string) {
			if text := strings.Join(args, " "); strings.Count(c.log.String(), text) != 1 {
				c.Errorf("the log says %q %d times, want once", text, strings.Count(c.log.String(), text))
			}
		},
	}
	maps.Copy(events, calendarEvents())
	maps.Copy(events, aroundCalendars())
	maps.Copy(events, letterEvents())
	maps.Copy(events, backupEvents())
}

// look lets schedules and undoWhen be followed. Only trouble with a server may keep that
// from being done: all else ends the process.
func (c *aCase) look() {
	c.Helper()
	err := c.take().Look(c.Context(), c.now())
	var mail *engine.MailError
	var calendar *engine.CalendarError
	if err != nil && !errors.As(err, &mail) && !errors.As(err, &calendar) {
		c.Errorf("looking ended with: %v", err)
	}
}

func (c *aCase) fault(args []string) {
	times := int64(1)
	if len(args) == 2 {
		times = c.number(args[1])
	}
	faulttest.Injected(c.T, args[0], int(times))
}

func (c *aCase) byHand(do func(*hand)) {
	h := c.hand(c)
	defer h.close()
	do(h)
}

func (c *aCase) makeAll(folders []string) {
	c.byHand(func(h *hand) {
		for _, folder := range folders {
			h.make(folder)
		}
	})
}

func (h *hand) flag(name, folder string, changes []string) {
	set := h.find(folder, name)
	for _, change := range changes {
		op := imap.StoreFlagsAdd
		if change[0] == '-' {
			op = imap.StoreFlagsDel
		}
		h.must(h.Store(set, &imap.StoreFlags{Op: op, Silent: true, Flags: []imap.Flag{imap.Flag(change[1:])}}, nil).Close())
	}
}

func (c *aCase) deliverAs(args []string) {
	name, folder, received := args[0], "INBOX", c.now()
	var flags []imap.Flag
	for _, arg := range args[1:] {
		ago, isAgo := strings.CutPrefix(arg, "ago=")
		switch {
		case isAgo:
			d, err := time.ParseDuration(ago)
			if err != nil {
				c.Fatal(err)
			}
			received = c.began.Add(-d)
		case arg == "epoch": // as of a server that knows no time
			received = time.Unix(0, 0).AddDate(0, 0, 1)
		case strings.ContainsAny(arg[:1], `\$+`):
			flags = append(flags, imap.Flag(strings.TrimPrefix(arg, "+")))
		default:
			folder = arg
		}
	}
	raw := letter(name)
	if name == "poison" {
		raw = eml(name, nested(30))
	}
	if text, ok := c.files[name+".eml"]; ok {
		raw = eml(name, text)
	}
	c.byHand(func(h *hand) { h.put(folder, raw, received, flags...) })
}

// start lets the engine watch until stop.
func (c *aCase) start() {
	a := c.take()
	ctx, cancel := context.WithCancel(c.Context())
	c.cancel, c.ended = cancel, make(chan error, 1)
	go func() { c.ended <- a.Run(ctx) }()
	c.wait()
}

func (c *aCase) stop() {
	if c.cancel == nil {
		return
	}
	c.cancel()
	c.cancel = nil
	if err := <-c.ended; err != nil {
		c.Errorf("Run returned %v", err)
	}
}

// wait returns when the journal has all that is in the watched folders and
// nothing is unfinished.
func (c *aCase) wait() {
	c.Helper()
	h := c.hand(c)
	defer h.close()
	late := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !c.quiet(h) {
		select {
		case <-tick.C:
		case err := <-c.ended:
			c.Fatalf("Run returned %v", err)
		case <-late:
			c.Fatal("what is new was not handled in 20 s")
		}
	}
}

// quiet asks the server last: what comes while something is done is not in the cursor yet.
func (c *aCase) quiet(h *hand) bool {
	var cursors []mailbox.Cursor
	for _, folder := range c.folders {
		cursor, _, err := c.journal.Cursor(c.Context(), user, folder)
		h.must(err)
		cursors = append(cursors, cursor)
	}
	open, err := c.journal.Unfinished(c.Context(), user, c.now(), 1)
	h.must(err)
	if len(open) > 0 {
		return false
	}
	for i, folder := range c.folders {
		status, err := h.Status(folder, &imap.StatusOptions{UIDNext: true, UIDValidity: true}).Wait()
		h.must(err)
		if cursors[i].UIDNext != uint32(status.UIDNext) || cursors[i].UIDValidity != status.UIDValidity {
			return false
		}
	}
	return true
}

// journalOf is the journal's steps in the order they were planned, a line each:
// "one: Board / file: done (reason)". Reasons are told only where want has any.
func journalOf(t testing.TB, a *engine.Account, journal *store.Store, want string) string {
	t.Helper()
	steps, err := journal.Steps(t.Context(), store.Filter{Account: a.Name})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range steps {
		name, undo, reason := s.Item.Subject, "", ""
		if s.Item.Occurrence > 1 {
			name += fmt.Sprintf("#%d", s.Item.Occurrence)
		}
		if s.Undoes != 0 {
			undo = "undo "
		}
		if s.Reason != "" && tellsReasons.MatchString(want) {
			reason = " (" + s.Reason + ")"
		}
		fmt.Fprintf(&b, "%s: %s%s / %s: %s%s\n", name, undo, s.Rule, s.Action, s.State, reason)
	}
	return b.String()
}

// tellsReasons finds a line that ends with a reason. The names of some rules are in
// brackets, too.
var tellsReasons = regexp.MustCompile(`\)\s*($|\x00)|^\($`)

// nested is a message with multiparts within one another.
func nested(depth int) string {
	var b strings.Builder
	b.WriteString("From: Ben <ben@partner.example>\nSubject: board poison\nMessage-ID: <poison@partner.example>\n")
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\n\nHello\n")
	for i := depth - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\n", i)
	}
	return b.String()
}
