package mailgen

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/dovecot"
)

const sample = 20_000

func TestTheSameSeedMakesTheSameMail(t *testing.T) {
	first, second := slices.Collect(Messages(7, 300)), slices.Collect(Messages(7, 300))
	other := slices.Collect(Messages(8, 300))
	same := 0
	for i := range first {
		if !bytes.Equal(first[i].Raw, second[i].Raw) || !slices.Equal(first[i].Flags, second[i].Flags) {
			t.Fatalf("message %d differs from run to run", i)
		}
		if bytes.Equal(first[i].Raw, other[i].Raw) {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d messages are the same with another seed", same)
	}
}

func TestEveryMessageIsMail(t *testing.T) {
	for m := range Messages(1, 2000) {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.Header.AddressList("From"); err != nil {
			t.Errorf("From %q: %v", parsed.Header.Get("From"), err)
		}
		if _, err := parsed.Header.Date(); err != nil {
			t.Error(err)
		}
		if bytes.Count(m.Raw, []byte("\n")) != bytes.Count(m.Raw, []byte("\r\n")) {
			t.Error("a line does not end in CRLF")
		}
		if n := len(m.Raw); n < 1000 || n > 33_000 {
			t.Errorf("a message has %d bytes", n)
		}
	}
}

func TestTheMailIsMixed(t *testing.T) {
	folders, domains, ids, sums := map[string]int{}, map[string]int{}, map[string]int{}, map[Sum]int{}
	var flagged, bytes int
	for m := range Messages(1, sample) {
		folders[m.After().Folder]++
		domains[strings.ToLower(m.facts.from.domain)]++
		ids[m.facts.messageID]++
		sums[m.Sum()]++
		if m.After().Flags != m.Before().Flags {
			flagged++
		}
		bytes += len(m.Raw)
	}
	for _, folder := range append(slices.Clone(Folders), "INBOX") {
		if folders[folder] < sample/100 {
			t.Errorf("%s gets %d of %d messages", folder, folders[folder], sample)
		}
	}
	if len(domains) < 55 {
		t.Errorf("mail from %d domains", len(domains))
	}
	shared := 0
	for id, n := range ids {
		if id != "" && n > 1 {
			shared++
		}
	}
	if ids[""] == 0 || shared == 0 || len(sums) == sample || flagged == 0 {
		t.Errorf("without Message-ID %d, shared %d, different texts %d of %d, flagged by rules %d", ids[""], shared, len(sums), sample, flagged)
	}
	t.Logf("%d bytes a message, %v", bytes/sample, folders)
}

func TestCompareTellsWhatIsWrong(t *testing.T) {
	one, two := Sum{1}, Sum{2}
	want := map[Sum][]Place{one: {{"Board", ""}}}
	for name, c := range map[string]struct {
		found map[Sum][]Place
		says  string
	}{
		"as it should be": {map[Sum][]Place{one: {{"Board", ""}}}, ""},
		"lost":            {nil, "lost"},
		"doubled":         {map[Sum][]Place{one: {{"Board", ""}, {"INBOX", ""}}}, "doubled"},
		"elsewhere":       {map[Sum][]Place{one: {{"INBOX", ""}}}, "should be in [Board ()]"},
		"wrong flags":     {map[Sum][]Place{one: {{"Board", `\Seen`}}}, `[Board (\Seen)]`},
		"unknown":         {map[Sum][]Place{one: {{"Board", ""}}, two: {{"INBOX", ""}}}, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			got := fmt.Sprint(Compare(want, c.found))
			if c.says == "" {
				c.says = "<nil>"
			}
			if !strings.Contains(got, c.says) {
				t.Errorf("it says %q, want %q in it", got, c.says)
			}
		})
	}
}

// The imapfilter rules and the oracle were written apart from each other; here
// they agree on every message.
func TestImapfilterDoesWhatTheOracleSays(t *testing.T) {
	dovecot.Require(t, "imapfilter", "imapfilter")
	server := dovecot.Start(t, dovecot.Options{})
	ledger := Fill(server, server.User, 3, 1000)
	checkOnDisk(t, ledger, server, ledger.Before)

	config := filepath.Join(t.TempDir(), "config.lua")
	if err := os.WriteFile(config, []byte(Imapfilter("127.0.0.1", server.Port(), server.User, server.Password, BestLimit, false)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "imapfilter", "-c", config)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("imapfilter: %v\n%s", err, out)
	}
	checkOnDisk(t, ledger, server, ledger.After)
}

func checkOnDisk(t *testing.T, ledger *Ledger, server *dovecot.Server, want map[Sum][]Place) {
	t.Helper()
	found, err := OnDisk(server, server.User)
	if err != nil {
		t.Fatal(err)
	}
	if err := Compare(want, found); err != nil {
		t.Error(err)
	}
}

func BenchmarkMessages(b *testing.B) {
	n := 0
	for m := range Messages(1, b.N) {
		n += len(m.Raw)
	}
	b.SetBytes(int64(n / b.N))
}
