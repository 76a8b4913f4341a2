//go:build unix

package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
)

const (
	template = "template" // the user whose mailbox the others get copies of
	worker   = "worker"
	seed     = 2026
	patience = 50 * time.Minute // for one contender, so that a hang ends
)

// places says where each message lies.
type places = map[mailgen.Sum][]mailgen.Place

// contender is one way of sorting a mailbox.
type contender struct {
	name string
	run  func(*bout) usage
	want func(*mailgen.Ledger) places
}

// usage is what a contender took.
type usage struct {
	wall time.Duration
	rss  int64 // peak of a process, bytes; 0 if it ran in this one, or is unknown
}

// bout is one mailbox in which contenders meet, each on a fresh copy.
type bout struct {
	*testing.B
	server *dovecot.Server
	binary string
}

// contenders take turns in this order. With FOREDESK_BENCH_IMAPFILTER_MANUAL=1
// imapfilter also comes with the setting of its manual, which in a large mailbox
// takes many times as long as its best.
func contenders() []contender {
	sorted := func(l *mailgen.Ledger) places { return l.After }
	all := []contender{
		{"floor", floor, func(l *mailgen.Ledger) places { return allIn("Floor", l.Before) }},
		{"imapfilter", func(b *bout) usage { return imapfilter(b, mailgen.BestLimit) }, sorted},
		{"foredesk12", func(b *bout) usage { return foredesk(b, 12) }, sorted},
		{"foredesk200", func(b *bout) usage { return foredesk(b, 200) }, sorted},
	}
	if os.Getenv("FOREDESK_BENCH_IMAPFILTER_MANUAL") == "1" {
		all = append(all, contender{manual, func(b *bout) usage { return imapfilter(b, mailgen.ManualLimit) }, sorted})
	}
	return all
}

// manual is the name of imapfilter with the setting of its manual.
var manual = fmt.Sprintf("imapfilter%d", mailgen.ManualLimit)

// BenchmarkApply lets each contender sort the same mailbox, in turns, and checks
// each time that every message is where it should be. It reports medians over
// the rounds of the ratios within a round.
func BenchmarkApply(b *testing.B) {
	dovecot.Require(b, "imapfilter", "imapfilter")
	messages, rounds := number(b, "FOREDESK_BENCH_MESSAGES", 10_000), number(b, "FOREDESK_BENCH_ROUNDS", 3)
	server := dovecot.Start(b, dovecot.Options{Users: []string{template, worker}})
	ledger := mailgen.Fill(server, template, seed, messages)
	bt := &bout{B: b, server: server, binary: desk.Build(b)}
	for range b.N {
		taken := map[string][]usage{}
		for round := range rounds {
			for _, c := range contenders() {
				u := bt.meet(c, ledger)
				taken[c.name] = append(taken[c.name], u)
				say("round %d: %-12s %7.2f s, %d MiB", round+1, c.name, u.wall.Seconds(), u.rss>>20)
			}
		}
		report(b, taken)
	}
}

// meet gives the worker a fresh mailbox, lets the contender sort it and checks
// the result.
func (b *bout) meet(c contender, ledger *mailgen.Ledger) usage {
	b.Helper()
	b.server.CopyMail(template, worker)
	syscall.Sync() // what writing the mailbox left to the disk is not the contender's
	u := c.run(b)
	found, err := mailgen.OnDisk(b.server, worker)
	if err != nil {
		b.Fatal(err)
	}
	if err := mailgen.Compare(c.want(ledger), found); err != nil {
		b.Fatalf("after %s: %v", c.name, err)
	}
	return u
}

// allIn moves all messages to one folder.
func allIn(folder string, from places) places {
	moved := places{}
	for sum, each := range from {
		for _, p := range each {
			moved[sum] = append(moved[sum], mailgen.Place{Folder: folder, Flags: p.Flags})
		}
	}
	return moved
}

// floor is the least that sorting costs the server: SELECT, one FETCH of what
// rules look at, one MOVE of everything.
func floor(b *bout) usage {
	start := time.Now()
	client, err := imapclient.DialInsecure(b.server.Addr(), nil)
	b.must(err)
	defer client.Close()
	b.must(client.Login(worker, b.server.Password).Wait())
	b.must(client.Create("Floor", nil).Wait())
	selected, err := client.Select("INBOX", nil).Wait()
	b.must(err)
	opened := time.Now()
	var all imap.UIDSet
	all.AddRange(1, selected.UIDNext-1)
	b.must(fetchAll(client, all, int(selected.NumMessages)))
	fetched := time.Now()
	_, err = client.Move(all, "Floor").Wait()
	b.must(err)
	b.must(client.Logout().Wait())
	end := time.Now()
	say("         floor: SELECT %.2f s, FETCH %.2f s, MOVE %.2f s",
		opened.Sub(start).Seconds(), fetched.Sub(opened).Seconds(), end.Sub(fetched).Seconds())
	return usage{wall: end.Sub(start)}
}

// fetchAll takes one message after the other and keeps none.
func fetchAll(client *imapclient.Client, all imap.UIDSet, count int) error {
	got := 0
	err := eachMessage(fetchHeaders(client, all), func(*imapclient.FetchMessageBuffer) { got++ })
	if err == nil && got != count {
		err = fmt.Errorf("fetched %d of %d messages", got, count)
	}
	return err
}

// fetchHeaders asks for what rules look at.
func fetchHeaders(client *imapclient.Client, all imap.UIDSet) *imapclient.FetchCommand {
	return client.Fetch(all, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, Envelope: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection: []*imap.FetchItemBodySection{{
			Peek: true, Specifier: imap.PartSpecifierHeader,
			HeaderFields: []string{"List-Id", "X-Ticket-ID"},
		}},
	})
}

func imapfilter(b *bout, limit int) usage {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	return b.measure(imapfilterCommand(ctx, b.B, b.server, worker, limit, false))
}

// imapfilterCommand is imapfilter with a configuration in a home of its own.
func imapfilterCommand(ctx context.Context, b *testing.B, server *dovecot.Server, user string, limit int, idle bool) *exec.Cmd {
	home := b.TempDir()
	config := filepath.Join(home, "config.lua")
	text := mailgen.Imapfilter("127.0.0.1", server.Port(), user, server.Password, limit, idle)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "imapfilter", "-c", config)
	cmd.Env = append(os.Environ(), "HOME="+home)
	return cmd
}

func foredesk(b *bout, rules int) usage {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	d := desk.Open(b, b.binary, b.server, worker, mailgen.Rules(rules-12))
	return b.measure(d.Command(ctx, "apply"))
}

// measure runs a process to its end, which must be a good one.
func (b *bout) measure(cmd *exec.Cmd) usage {
	b.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	b.must(cmd.Start())
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watchMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	u := usage{wall: time.Since(start)}
	close(ended)
	u.rss = <-peak
	if err != nil {
		b.Fatalf("%s: %v\n%s", filepath.Base(cmd.Path), err, out.Bytes())
	}
	return u
}

// watchMemory returns the most resident memory a process has had until ended, in
// bytes; 0 where there is no /proc. The rusage of wait4 will not do: a process
// begins with the peak of the one it was forked from, and this one is large.
func watchMemory(pid int, ended <-chan struct{}) (peak int64) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return peak
		case <-look.C:
			peak = max(peak, highWater(pid))
		}
	}
}

// highWater is VmHWM of proc(5), in bytes.
func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}

func (b *bout) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// report prints the ratios that the project promises, each with the promise.
func report(b *testing.B, taken map[string][]usage) {
	for _, r := range []struct{ above, below, promise string }{
		{"foredesk12", "floor", "at most 1.5 at 100,000 messages"},
		{"imapfilter", "foredesk12", "at least 2 at 100,000 messages"},
		{"foredesk200", "foredesk12", "at most 1.2"},
		{"imapfilter", "floor", "no promise"},
		{manual, "foredesk12", "no promise; imapfilter as its manual has it"},
	} {
		if len(taken[r.above]) == 0 {
			continue
		}
		ratios := make([]float64, len(taken[r.below]))
		for i := range ratios {
			ratios[i] = taken[r.above][i].wall.Seconds() / taken[r.below][i].wall.Seconds()
		}
		b.ReportMetric(median(ratios), r.above+"/"+r.below)
		say("%-11s / %-10s %5.2f (%.2f to %.2f): %s", r.above, r.below, median(ratios), slices.Min(ratios), slices.Max(ratios), r.promise)
	}
	var peak int64
	for _, u := range slices.Concat(taken["foredesk12"], taken["foredesk200"]) {
		peak = max(peak, u.rss)
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	for name, us := range taken {
		var walls []float64
		for _, u := range us {
			walls = append(walls, u.wall.Seconds())
		}
		b.ReportMetric(median(walls), name+"-s")
	}
}

// say prints at once: a benchmark's own log is cut after ten lines and comes when
// all is over.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the value below or at which the given share of the values lies.
func quantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func number(b *testing.B, variable string, otherwise int) int {
	b.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("%s=%s is not a number from 1", variable, text)
	}
	return n
}
