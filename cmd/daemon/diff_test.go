package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// diffLimit is many times what a comparison of 10,000 messages may take, so
// that a busy machine is no failure; the test prints what it took.
const diffLimit = 10 * time.Minute

// A month of 10,000 messages is compared in seconds, without the mail server.
func TestDiffOverTenThousandMessagesAnswersInSeconds(t *testing.T) {
	const messages = 10_000
	dir := t.TempDir()
	rememberMany(t, filepath.Join(dir, "foredesk.db"), messages)
	for name, text := range map[string]string{
		"foredesk.yaml": strings.ReplaceAll(plainDesk, "$IMAP_PORT", "1"), "password": "none\n",
		"rules.yaml": manyRules("Customers"), "new.yaml": manyRules("Clients"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	var out, errs bytes.Buffer
	start := time.Now()
	code := execute(t.Context(), []string{"diff", "new.yaml"}, terminal{in: strings.NewReader(""), out: &out, err: &errs})
	took := time.Since(start)
	if want := fmt.Sprintf("this edit changes %s of %s of the last 30d", thousands(messages/100), count(messages, "message")); code != exitFindings || !strings.Contains(out.String(), want) {
		t.Errorf("exit code %d, want %q in\n%s%s", code, want, out.Bytes(), errs.Bytes())
	}
	t.Logf("%d messages by two sets of 60 rules: %s", messages, took.Round(time.Millisecond))
	if took > diffLimit {
		t.Errorf("it took %s", took)
	}
}

// manyRules are 60 rules, of which one files where the word says.
func manyRules(word string) string {
	var b strings.Builder
	b.WriteString("version: 1\nme: [dana@acme.example]\nrules:\n")
	for i := range 60 {
		folder := fmt.Sprintf("Company %d", i)
		if i == 7 {
			folder = word
		}
		fmt.Fprintf(&b, "  - name: Company %d\n    when: [from.domain == \"company%d.example\", 'kind == \"person\" or hasFile(\"*.pdf\") or list.id != \"\"']\n    do: [{file: %q}, {agenda: Mail}]\n", i, i, folder)
	}
	b.WriteString("  - name: New people\n    when: sender.new and thread.count == 1 and has(subject, \"hello\")\n    do: [{label: New}]\n")
	return b.String()
}

// rememberMany fills a journal with mail of the last month, one in a hundred from
// company 7.
func rememberMany(t *testing.T, file string, n int) {
	t.Helper()
	journal, err := store.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	owner, err := journal.Own(t.Context(), "dana")
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Release()
	set, err := rules.Load("rules.yaml", []byte(manyRules("Customers")), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []store.Message
	begin := time.Now().Add(-29 * 24 * time.Hour)
	for i := range n {
		from := fmt.Sprintf("person%d@company%d.example", i%900, i%100)
		received := begin.Add(time.Duration(i) * 3 * time.Minute)
		item := rules.Item{
			Account: "dana", Folder: "INBOX", Role: "inbox", Direction: "in", Kind: "person", Unread: true, Received: received, Date: received,
			Subject: rules.NewText(fmt.Sprintf("Report number %d of the week", i)), From: rules.ParseAddress("Somebody Else", from),
			To: []rules.Address{rules.ParseAddress("Dana", "dana@acme.example")}, Size: 4000, Files: []rules.File{rules.NewFile("report.pdf", "application/pdf", 3000, false)},
			Thread: rules.Thread{ID: fmt.Sprint(i), Count: 1, Waiting: "me", Participants: []rules.Address{rules.ParseAddress("", from)}},
		}
		facts, err := json.Marshal(struct {
			rules.Item
			Known rules.Needs `json:"known"`
		}{item, set.Needs()})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, store.Message{
			Key: fmt.Sprint("key", i), MessageID: fmt.Sprint(i, "@company.example"), From: from, To: []string{"dana@acme.example"}, Received: received,
			Place: mailbox.Ref{Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1)}, Facts: facts,
		})
	}
	if err := owner.Remember(t.Context(), all, nil); err != nil {
		t.Fatal(err)
	}
}
