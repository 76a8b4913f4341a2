package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

var words = []string{"board", "Invoice", "term sheet", "Straße", "RE:", "q3", "art", "party", "überfällig", "x"}

var domains = []string{"board.acme.example", "acme.example", "mail.board.acme.example", "news.example", "bigcustomer.example", "notboard.acme.example"}

// TestPlanAgreesWithExplain holds the plan, which leaves rules out by their
// guards, against the evaluation of every rule.
func TestPlanAgreesWithExplain(t *testing.T) {
	faulttest.Drawn(t, func(t *rapid.T) {
		set, err := Load("rules.yaml", []byte(drawRules(t)), Options{Me: []string{"dana@acme.example"}})
		if err != nil {
			t.Fatalf("the drawn rules were refused: %s", err)
		}
		for range 5 {
			item := drawItem(t)
			plan := set.Plan(item, testNow)
			full, verdicts := set.Explain(item, testNow)
			if diff := cmp.Diff(full, plan, cmp.AllowUnexported(Text{})); diff != "" {
				t.Fatalf("the plan differs from the evaluation of every rule (-all +plan):\n%s\n%+v", diff, verdicts)
			}
		}
	})
}

func drawRules(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("version: 1\npeople:\n  board: ['@board.acme.example', Chair@News.example]\n  vip: [a@bigcustomer.example]\nrules:\n")
	for i := range rapid.IntRange(1, 12).Draw(t, "rules") {
		when := drawWhen(t)
		fmt.Fprintf(&b, "  - name: rule %d\n    on: %s\n    when: [%s]\n%s    stop: %v\n", i, rapid.SampledFrom([]string{"mail", "mail", "sent"}).Draw(t, "on"), when,
			drawEffects(t, i, strings.Contains(when, askFunction)), rapid.IntRange(0, 9).Draw(t, "stop") == 0)
	}
	return b.String()
}

// drawWhen is a condition, sometimes beside one that remembers what it saw or asks a
// model.
func drawWhen(t *rapid.T) string {
	when := quoted(drawCondition(t, 2))
	switch rapid.IntRange(0, 6).Draw(t, "remembers") {
	case 0:
		return quoted(`seenBefore(subject, "7d")`) + ", " + when
	case 1:
		return when + ", " + quoted(`not seenBefore(from.email, "1d") or from in board`)
	case 2:
		return quoted(`llm("Is it about money?")`) + ", " + when
	case 3:
		return when + ", " + quoted(`toMe or not llm("Is it a joke?")`)
	}
	return when
}

// drawEffects is a label of the rule's own, one of a few places, a guard, or both
// of the latter. A rule that asks can't forbid to ask.
func drawEffects(t *rapid.T, i int, asks bool) string {
	place := rapid.SampledFrom([]string{"archive: true", "trash: true", "file: Board"}).Draw(t, "place")
	never := rapid.SampledFrom([]string{"label", "archive, trash", "file", "llm"}).Draw(t, "never")
	if asks && never == "llm" {
		never = "flag"
	}
	switch rapid.IntRange(0, 9).Draw(t, "effects") {
	case 0:
		return fmt.Sprintf("    never: [%s]\n", never)
	case 1:
		return fmt.Sprintf("    do: [{flag: red}, {label: L%d}]\n    never: [trash]\n", i)
	case 2, 3:
		return fmt.Sprintf("    run: daily at 08:00\n    do: {%s}\n", place) // rules that look again may contradict
	}
	return fmt.Sprintf("    do: {label: L%d}\n", i)
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func drawCondition(t *rapid.T, depth int) string {
	word := func() string { return fmt.Sprintf("%q", rapid.SampledFrom(words).Draw(t, "word")) }
	domain := func() string { return rapid.SampledFrom(domains).Draw(t, "domain") }
	if depth > 0 && rapid.Bool().Draw(t, "compound") {
		a, b := drawCondition(t, depth-1), drawCondition(t, depth-1)
		for a == b {
			b = drawCondition(t, depth-1)
		}
		return fmt.Sprintf("(%s) %s (%s)", a, rapid.SampledFrom([]string{"or", "or"}).Draw(t, "operator"), b)
	}
	switch rapid.IntRange(0, 12).Draw(t, "kind of condition") {
	case 0:
		return "from in board"
	case 1:
		return "to in vip and subject contains " + word()
	case 2:
		return "has(subject, " + word() + ", " + word() + ")"
	case 3:
		return "subject startsWith " + word()
	case 4:
		return fmt.Sprintf("from.domain == %q", domain())
	case 5:
		return fmt.Sprintf("from in [%q, %q]", "@"+domain(), "A@"+domain())
	case 6:
		return `kind in ["person", "invoice"]`
	case 7:
		return "subject == " + word()
	case 8:
		return fmt.Sprintf("%q in cc", "a@"+domain())
	case 9:
		return "not (subject contains " + word() + ")"
	case 10:
		return fmt.Sprintf("from == %q", "a+news@"+domain())
	case 11:
		return "subject in [" + word() + ", " + word() + "]"
	}
	return "toMe"
}

func drawItem(t *rapid.T) *Item {
	address := func(what string) Address {
		user := rapid.SampledFrom([]string{"a", "Chair", "a+news", "dana"}).Draw(t, what)
		return ParseAddress("A Name", user+"@"+rapid.SampledFrom(domains).Draw(t, what+" domain"))
	}
	return &Item{
		Subject: NewText(strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 3).Draw(t, "subject"), " ")),
		From:    address("from"), To: []Address{address("to")}, Cc: []Address{address("cc"), address("cc")},
		Kind:      rapid.SampledFrom([]string{"person", "invoice", "bounce"}).Draw(t, "kind"),
		Direction: rapid.SampledFrom([]string{"in", "in", "out"}).Draw(t, "direction"),
		Ask:       func(question string) (bool, error) { return strings.Contains(question, "money"), nil },
	}
}

// FuzzLoad promises that no file crashes the loader, that what it refuses it
// refuses with a place, and that what it takes has a working plan.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "version: 1", "version: 1\nrules:\n  - {name: a, when: toMe, do: {file: 'A/{year}'}}\n", "a: &a [*a]", "version: 1\nrules: [{name: b, when: [!x y], do: []}]",
		"version: 1\nrules:\n  - {name: a, on: sent, run: first monday at 7:00, when: thread.waiting == 'them', do: [{snooze: '{deadline} - 1d'}, {expire: {after: 3d, unless: flagged}}], undoWhen: answered, never: [reply]}\n",
		"version: 1\nrules:\n  - {name: a, when: 'seenBefore(subject, \"7d\")', confirm: assistant, do: {extract: {to: a.csv, fields: {a: '{amount}'}}}}\ntests: [{name: t, given: {found: {amounts: [1 EUR]}}, expect: {extract: {to: a.csv}}}]\n",
		"version: 1\nplaces: {hq: Fleet Street, city: Gresham Street}\ntravel: {hq to city: 35m, any: 1h}\nrules:\n  - {name: a, on: event, when: event.external, do: [{buffer: {before: 5m, travel: true}}, {prep: 1d}, {mirror: busy}]}\ntests: [{name: t, given: {event: {title: x, start: tomorrow 10:00, guests: [a@b.example]}, calendar: [{start: tomorrow}]}, expect: {buffer: {start: tomorrow 10:00}}}]\n",
		"version: 1\nrules:\n  - {name: a, on: day, when: day.ahead < 3 and day.load > 0.5, do: [{focus: 2h}, {hold: {at: '12:00', length: 45m, flip: busy}}]}\ntests: [{name: t, given: {day: {load: 0.7}}, expect: {focus: true}}]\n",
		"version: 1\nrules:\n  - {name: a, when: invite.conflict, irreversible: ok, do: [{respond: {answer: decline, comment: '{alternative}'}}, {schedule: {on: trip}}, {propose: 30m}]}\ntests: [{name: t, given: {invite: {start: friday, from: a@b.example}, trip: [{title: x, start: tomorrow 7:00}]}, expect: {respond: decline}}]\n",
		"version: 1\nrules:\n  - {name: a, when: 'llm(\"Is it a bill?\") and toMe', do: [{summarize: {section: Board, story: '{header.X-A} {subject}', as: opened}}, {agenda: {section: B, due: '{deadline} - 1d', ahead: 30d}}]}\n  - {name: b, when: flagged, never: llm}\n  - {name: c, on: event, when: event.recurring, do: [{brief: 2h}, {agenda: {section: B, due: '{start}'}}]}\ntests: [{name: t, given: {llm: Is it a bill?, found: {deadlines: [friday]}}, expect: {section: b}}]\n",
	} {
		f.Add(seed)
	}
	item := &Item{Subject: NewText("Q3"), From: ParseAddress("Pat", "pat@board.acme.example"), Files: []File{NewFile("a.pdf", "", 1, false)}}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Load("f.yaml", []byte(text), Options{})
		if err != nil {
			for _, p := range err.(Problems) {
				if p.Line < 1 || p.Column < 1 || p.Message == "" {
					t.Fatalf("a problem without place or words: %+v", p)
				}
			}
			return
		}
		set.Plan(item, testNow)
		set.RunTests()
	})
}

// FuzzPlan promises that no condition crashes or runs away, and that the plan
// agrees with the evaluation of every rule, whatever the mail says.
func FuzzPlan(f *testing.F) {
	f.Add(`has(subject, "a") or from in board`, "subject", "a@board.acme.example")
	f.Add(`any(to, .domain == "x") and len(subject) > 2`, "\x00\xff", "@@")
	f.Fuzz(func(t *testing.T, source, subject, from string) {
		text := "version: 1\npeople: {board: ['@board.acme.example']}\nrules:\n  - name: a\n    when: " + quoted(strings.Map(printable, source)) + "\n    do: {file: 'A/{from.name}'}\n"
		set, err := Load("f.yaml", []byte(text), Options{})
		if err != nil {
			return
		}
		item := &Item{Subject: NewText(subject), From: ParseAddress(subject, from), To: []Address{ParseAddress("", from)}}
		plan := set.Plan(item, testNow)
		full, _ := set.Explain(item, testNow)
		if len(plan.Failures) == 0 && len(full.Failures) == 0 && !cmp.Equal(full.Effects, plan.Effects) {
			t.Fatalf("%s: plan %v, all rules %v", source, plan.Effects, full.Effects)
		}
	})
}

func printable(r rune) rune {
	if r < ' ' {
		return ' '
	}
	return r
}

// benchRules writes n header rules of the kinds that assistants write most.
func benchRules(n int) string {
	var b strings.Builder
	b.WriteString("version: 1\npeople:\n")
	for i := range n/4 + 1 {
		fmt.Fprintf(&b, "  list%d: ['@list%d.example', one@solo%d.example]\n", i, i, i)
	}
	b.WriteString("rules:\n")
	for i := range n {
		condition := []string{
			fmt.Sprintf("from in list%d", i/4), fmt.Sprintf(`from.domain == "vendor%d.example"`, i),
			fmt.Sprintf(`has(subject, "project %d", "initiative %d")`, i, i), fmt.Sprintf(`list.id == "list%d.example" and unread`, i),
		}[i%4]
		fmt.Fprintf(&b, "  - name: rule %d\n    when: %s\n    do: {file: 'Folder %d'}\n", i, quoted(condition), i)
	}
	return b.String()
}

func benchItems() []*Item {
	random := rand.New(rand.NewPCG(1, 2))
	items := make([]*Item, 256)
	for i := range items {
		items[i] = &Item{
			Subject: NewText(fmt.Sprintf("Re: notes on project %d and the plan for next week", random.IntN(2000))),
			From:    ParseAddress("Some Body", fmt.Sprintf("some.body@vendor%d.example", random.IntN(2000))),
			To:      []Address{ParseAddress("Dana", "dana@acme.example")}, Kind: "person", Unread: true, Received: testNow.Add(-time.Hour),
		}
	}
	return items
}

// BenchmarkPlan prints the cost of a plan and of each rule in it.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			set, items := load(b, benchRules(n)), benchItems()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				set.Plan(items[i%len(items)], testNow)
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/rule")
		})
	}
}

// BenchmarkCondition prints the cost of evaluating one rule of each kind when no
// guard can leave it out.
func BenchmarkCondition(b *testing.B) {
	for _, source := range []string{`from in board`, `from.domain == "x.example"`, `subject contains "budget"`, `has(subject, "invoice", "bill")`, `subject matches "budget|invoice"`, `toMe and unread`} {
		b.Run(source, func(b *testing.B) {
			set := load(b, "version: 1\npeople: {board: ['@board.example']}\nrules:\n  - {name: a, when: "+quoted(source)+", do: {flag: true}}\n")
			run := set.newRun(benchItems()[0], testNow)
			b.ReportAllocs()
			for b.Loop() {
				run.env.work = 0
				if _, err := run.holds(set.Rules[0].when[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
