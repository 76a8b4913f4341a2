//go:build unix

package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
)

// Rules that look at texts and match nothing, so that reading is all there is to
// measure.
const (
	textRules = `version: 1
rules:
  - {name: Words, when: 'has(text, "xyzzy", "plugh")', do: [{flag: red}]}
  - {name: Quoted words, when: 'full contains "xyzzy plugh"', do: [{flag: red}]}
  - {name: Links, when: 'any(links, .domain == "xyzzy.example")', do: [{flag: red}]}
`
	foundRules = textRules + `  - {name: Deadlines, when: 'found.ask and dueWithin("1h") and subject contains "xyzzy"', do: [{flag: red}]}
`
)

// BenchmarkBodies goes over a mailbox with rules that look at the text of every
// message, beside a bare client that fetches headers, structures and bodies.
func BenchmarkBodies(b *testing.B) {
	messages, rounds := number(b, "FOREDESK_BENCH_MESSAGES", 10_000), number(b, "FOREDESK_BENCH_ROUNDS", 3)
	server := dovecot.Start(b, dovecot.Options{Users: []string{template, worker}})
	ledger := mailgen.Fill(server, template, seed, messages)
	bt := &bout{B: b, server: server, binary: desk.Build(b)}
	untouched := func(l *mailgen.Ledger) places { return l.Before }
	readers := []contender{
		{"bodies", fetchBodies, untouched},
		{"text", func(b *bout) usage { return foredeskWith(b, textRules) }, untouched},
		{"found", func(b *bout) usage { return foredeskWith(b, foundRules) }, untouched},
	}
	for range b.N {
		ratios := map[string][]float64{}
		for round := range rounds {
			var floor time.Duration
			for i, c := range readers {
				u := bt.meet(c, ledger)
				say("round %d: %-7s %6.2f s, %d MiB", round+1, c.name, u.wall.Seconds(), u.rss>>20)
				if i == 0 {
					floor = u.wall
					continue
				}
				ratios[c.name] = append(ratios[c.name], u.wall.Seconds()/floor.Seconds())
			}
		}
		for name, promise := range map[string]string{"text": "at most 2", "found": "at most 2"} {
			b.ReportMetric(median(ratios[name]), name+"/bodies")
			say("%-6s / bodies %5.2f: %s", name, median(ratios[name]), promise)
		}
	}
}

// fetchBodies is the least that reading all texts costs: headers and structures
// in one FETCH, then the parts that hold the texts, in one FETCH for all messages
// that have the same.
func fetchBodies(b *bout) usage {
	start := time.Now()
	client, err := imapclient.DialInsecure(b.server.Addr(), nil)
	b.must(err)
	defer client.Close()
	b.must(client.Login(worker, b.server.Password).Wait())
	selected, err := client.Select("INBOX", nil).Wait()
	b.must(err)
	var all imap.UIDSet
	all.AddRange(1, selected.UIDNext-1)
	same := map[string]*texts{}
	got := 0
	b.must(eachMessage(fetchHeaders(client, all), func(m *imapclient.FetchMessageBuffer) {
		t := textsOf(m.BodyStructure)
		if same[t.name] == nil {
			same[t.name] = t
		}
		same[t.name].of.AddNum(m.UID)
		got++
	}))
	if got != int(selected.NumMessages) {
		b.Fatalf("fetched %d of %d messages", got, selected.NumMessages)
	}
	for _, t := range same {
		fetch := client.Fetch(t.of, &imap.FetchOptions{UID: true, BodySection: t.sections})
		b.must(eachMessage(fetch, func(*imapclient.FetchMessageBuffer) {}))
	}
	b.must(client.Logout().Wait())
	return usage{wall: time.Since(start)}
}

// texts are the parts of a message that hold its text, and the messages with the
// same.
type texts struct {
	name     string
	sections []*imap.FetchItemBodySection
	of       imap.UIDSet
}

func textsOf(structure imap.BodyStructure) *texts {
	t := &texts{}
	structure.Walk(func(path []int, part imap.BodyStructure) bool {
		if strings.HasPrefix(part.MediaType(), "text/") {
			t.name += fmt.Sprint(path)
			t.sections = append(t.sections, &imap.FetchItemBodySection{Peek: true, Part: slices.Clone(path), Partial: &imap.SectionPartial{Size: 512 << 10}})
		}
		return true
	})
	return t
}

// eachMessage takes one message after the other and keeps none.
func eachMessage(fetch *imapclient.FetchCommand, take func(*imapclient.FetchMessageBuffer)) error {
	for m := fetch.Next(); m != nil; m = fetch.Next() {
		message, err := m.Collect()
		if err != nil {
			return err
		}
		take(message)
	}
	return fetch.Close()
}

func foredeskWith(b *bout, rules string) usage {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	d := desk.Open(b, b.binary, b.server, worker, rules)
	return b.measure(d.Command(ctx, "apply"))
}
