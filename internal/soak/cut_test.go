package soak

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// Wherever the connection of a run is cut, in a greeting, a header, or the answer to
// a move: when it has been run again, every message is where the rules say, once.
func TestApplyOnALineThatIsCutAnywhere(t *testing.T) {
	t.Parallel()
	for name, capability := range map[string]string{"with everything": "", "without MOVE": dovecot.CapabilityNoMove} {
		t.Run(name, func(t *testing.T) {
			server := dovecot.Start(t, dovecot.Options{Users: []string{"template", "cut"}, Capability: capability})
			c := &cutting{
				T: t, server: server, ledger: mailgen.Fill(server, "template", seed, 200),
				line: badline.Open(t, server.Addr()), binary: desk.Build(t),
			}
			cuts := 0
			for bytes := 200; c.cutAfter(bytes); bytes = bytes * 5 / 2 {
				cuts++
			}
			if cuts < 5 {
				t.Errorf("the line was cut at %d places only", cuts)
			}
			faulttest.Injected(t, "17", cuts)
		})
	}
}

type cutting struct {
	*testing.T
	server *dovecot.Server
	ledger *mailgen.Ledger
	line   *badline.Line
	binary string
}

// cutAfter says whether a run was cut when the server had said so many bytes on the
// first connection.
func (c *cutting) cutAfter(count int) bool {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	c.server.CopyMail("template", "cut")
	d := desk.Open(c.T, c.binary, c.server, "cut", mailgen.Rules(0))
	o := &office{T: c.T, server: c.server, desk: d}
	o.configure([]string{"cut"}, map[string]int{"cut": c.line.Port()})

	made := c.line.CutAt("* OK ", count, 1)
	var said bytes.Buffer
	run := d.Command(ctx, "apply")
	run.Stderr = &said
	err := run.Run()
	c.line.Mend()
	if err != nil && made() == 0 {
		c.Fatalf("apply failed on a whole line: %v\n%s", err, said.Bytes())
	}
	if err := c.check(); err != nil && made() == 0 {
		c.Fatal(err)
	}
	d.Run(ctx, "apply")
	if err := c.check(); err != nil {
		c.Fatalf("cut after %d bytes: %v\n%s", count, err, said.Bytes())
	}
	return made() > 0
}

func (c *cutting) check() error {
	found, err := mailgen.OnDisk(c.server, "cut")
	if err != nil {
		return fmt.Errorf("reading the mailbox: %w", err)
	}
	return mailgen.Compare(c.ledger.After, found)
}
