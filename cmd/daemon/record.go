package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// recording are the flags of test --record.
type recording struct {
	message string
	force   bool
	reading reading
}

// recordOutput is test --record --json.
type recordOutput struct {
	Test string `json:"test"`
}

// record prints a test made of a real message.
func (c *command) record(ctx context.Context, r *recording, files []string) error {
	if len(files) > 1 || len(files) == 1 && r.reading.rules != "" {
		return usage{errors.New("a test is recorded for one rules file")}
	}
	if len(files) == 1 {
		r.reading.rules = files[0]
	}
	set, m, err := c.recorded(ctx, r)
	if err != nil {
		return err
	}
	switch {
	case m.Poison != "":
		return fmt.Errorf("the message can't be read, so there is nothing to test: %s", m.Poison)
	case m.Item.Confidential() && !r.force:
		return errors.New("the message is confidential, and a test would hold its sender and subject in the open, so none was made; --force makes it all the same")
	}
	text, err := set.Record(&m.Item, m.Item.Received)
	if err != nil {
		return fmt.Errorf("no test was made: %w", err)
	}
	text = indented(text)
	if c.json {
		return c.printJSON(recordOutput{string(text)})
	}
	fmt.Fprintf(c.out, "%s", text)
	fmt.Fprintln(c.err, "Paste it under tests: in the rules file. It holds names, addresses and words of the real mail: change them before you show the file to others.")
	return nil
}

// recorded finds the message, in a file or on the server, and the rules it is
// recorded for.
func (c *command) recorded(ctx context.Context, r *recording) (*rules.Set, *mailbox.Message, error) {
	if _, err := os.Stat(r.message); err == nil || r.message == "-" {
		set, identity, now, err := c.readingSet(&r.reading)
		if err != nil {
			return nil, nil, err
		}
		m, err := c.readMessage(r.message, identity, now)
		m.Item.Account = identity.Account
		return set, &m, err
	}
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return nil, nil, err
	}
	defer done()
	set := d.set
	if r.reading.rules != "" {
		if set, err = loadRules(r.reading.rules, d.ruleOptions()); err != nil {
			return nil, nil, err
		}
	}
	if _, ok, err := occasionOfStep(ctx, d, r.message); ok || err != nil {
		return nil, nil, errors.Join(err, errors.New("that step is about an event or a day, and tests are recorded of mail alone; doc/rules.md shows how such a test is written"))
	}
	filter, err := messageFilter(ctx, d, r.message)
	if err != nil {
		return nil, nil, err
	}
	steps, err := d.journal.Steps(ctx, filter)
	if err != nil {
		return nil, nil, err
	}
	m, err := d.find(ctx, steps, filter.MessageID)
	if err == nil && m == nil {
		err = fmt.Errorf("there is no file and no message %q in any folder; nothing was recorded", r.message)
	}
	if err != nil {
		return nil, nil, err
	}
	m.Item.Folder, m.Item.Role, m.Item.Unread = mailbox.Inbox, "inbox", true // as it came
	m.Item.Flagged, m.Item.Labels = false, nil
	return set, m, nil
}

// messageFilter is what is meant by a Message-ID or the number of a step.
func messageFilter(ctx context.Context, d *desk, name string) (store.Filter, error) {
	if id, ok := stepNumber(name); ok {
		return messageOfStep(ctx, d, id)
	}
	return store.Filter{Account: d.Name, MessageID: strings.Trim(name, "<>")}, nil
}

// indented puts a list of YAML below a key of the rules file.
func indented(text []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) > 0 {
			b.WriteString("  ")
		}
		b.Write(line)
	}
	return b.Bytes()
}
