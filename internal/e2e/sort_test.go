package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
)

const (
	seed     = 1
	template = "template" // the user whose mailbox others get copies of
	patience = 5 * time.Minute
)

// servers are what a Dovecot may announce: each leads to another way of moving.
var servers = []struct{ name, capability string }{
	{"with everything", ""},
	{"without MOVE", dovecot.CapabilityNoMove},
	{"without MOVE and UIDPLUS", dovecot.CapabilityBare},
}

// Every message ends exactly where the rules say, none lost and none doubled;
// undo puts every one back with its flags; and what was undone stays undone.
func TestApplyAndUndo(t *testing.T) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			server := dovecot.Start(t, dovecot.Options{Capability: s.capability})
			ledger := mailgen.Fill(server, server.User, seed, messages(t))
			checkEverywhere(t, "before", server, ledger.Before)
			d := desk.Open(t, desk.Build(t), server, server.User, mailgen.Rules(0))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()

			run := runID(t, d.Run(ctx, "apply", "--json"))
			checkEverywhere(t, "after apply", server, ledger.After)

			d.Run(ctx, "apply")
			checkEverywhere(t, "after a second apply", server, ledger.After)

			d.Run(ctx, "undo", "--run", run)
			checkEverywhere(t, "after undo", server, ledger.Before)

			d.Run(ctx, "undo", "--run", run)
			checkEverywhere(t, "after a second undo", server, ledger.Before)

			d.Run(ctx, "apply")
			checkEverywhere(t, "after apply of what was undone", server, ledger.Before)
		})
	}
}

func messages(t *testing.T) int {
	t.Helper()
	otherwise := 2_000
	if os.Getenv("FOREDESK_CI") == "1" {
		otherwise = 10_000
	}
	return number(t, "FOREDESK_E2E_MESSAGES", otherwise)
}

// number is the value of an environment variable.
func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is not a number from 1", variable, text)
	}
	return n
}

// runID is the name that apply gave its run.
func runID(t *testing.T, printed []byte) string {
	t.Helper()
	var result struct {
		Run json.RawMessage `json:"run"`
	}
	if err := json.Unmarshal(printed, &result); err != nil || len(result.Run) == 0 {
		t.Fatalf("apply --json printed no run: %v\n%s", err, printed)
	}
	var name string
	if json.Unmarshal(result.Run, &name) == nil {
		return name
	}
	return string(result.Run) // a number
}

// checkEverywhere compares what IMAP tells and what lies on disk with what should
// be there.
func checkEverywhere(t *testing.T, moment string, server *dovecot.Server, want map[mailgen.Sum][]mailgen.Place) {
	t.Helper()
	found, err := byIMAP(server, server.User)
	if err != nil {
		t.Fatal(err)
	}
	if err := mailgen.Compare(want, found); err != nil {
		t.Fatalf("%s, by IMAP: %v", moment, err)
	}
	checkOnDisk(t, moment, server, server.User, want)
}

func checkOnDisk(t *testing.T, moment string, server *dovecot.Server, user string, want map[mailgen.Sum][]mailgen.Place) {
	t.Helper()
	found, err := mailgen.OnDisk(server, user)
	if err != nil {
		t.Fatal(err)
	}
	if err := mailgen.Compare(want, found); err != nil {
		t.Fatalf("%s, on disk: %v", moment, err)
	}
}

// byIMAP reads all messages of all folders. One flagged \Deleted counts as gone: on
// a server without UIDPLUS that is how a move leaves its source.
func byIMAP(server *dovecot.Server, user string) (map[mailgen.Sum][]mailgen.Place, error) {
	client, err := imapclient.DialInsecure(server.Addr(), nil)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if err := client.Login(user, server.Password).Wait(); err != nil {
		return nil, err
	}
	folders, err := client.List("", "*", nil).Collect()
	if err != nil {
		return nil, err
	}
	found := map[mailgen.Sum][]mailgen.Place{}
	for _, folder := range folders {
		if err := readFolder(client, folder.Mailbox, found); err != nil {
			return nil, fmt.Errorf("reading %s: %w", folder.Mailbox, err)
		}
	}
	return found, nil
}

func readFolder(client *imapclient.Client, folder string, found map[mailgen.Sum][]mailgen.Place) error {
	selected, err := client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || selected.NumMessages == 0 {
		return err
	}
	var all imap.SeqSet
	all.AddRange(1, selected.NumMessages)
	text := &imap.FetchItemBodySection{Peek: true}
	fetch := client.Fetch(all, &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{text}})
	for m := fetch.Next(); m != nil; m = fetch.Next() {
		message, err := m.Collect()
		if err != nil {
			return err
		}
		addMessage(found, folder, message.Flags, message.FindBodySection(text))
	}
	return fetch.Close()
}

func addMessage(found map[mailgen.Sum][]mailgen.Place, folder string, flags []imap.Flag, text []byte) {
	words := make([]string, len(flags))
	for i, flag := range flags {
		if flag == imap.FlagDeleted {
			return
		}
		words[i] = string(flag)
	}
	sum := mailgen.Message{Raw: text}.Sum()
	found[sum] = append(found[sum], mailgen.NewPlace(folder, words))
}
