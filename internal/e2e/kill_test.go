package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// kills is at how many moments of one run, evenly spread over it, it is killed.
func kills(t *testing.T) int {
	t.Helper()
	otherwise := 10
	if os.Getenv("FOREDESK_CI") == "1" {
		otherwise = 50
	}
	return number(t, "FOREDESK_E2E_KILLS", otherwise)
}

// A run that is killed and started again ends as one that was left alone, at
// whatever moment it was killed.
func TestApplySurvivesBeingKilled(t *testing.T) {
	for i, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			n, moments := messages(t), kills(t)
			if i > 0 {
				n, moments = n/5, (moments+1)/2 // the same code but for the moves
			}
			server := dovecot.Start(t, dovecot.Options{Capability: s.capability, Users: []string{template, "timed", "killed"}})
			k := &killing{T: t, server: server, ledger: mailgen.Fill(server, template, seed, n), binary: desk.Build(t)}
			whole := k.timed()
			for moment := range moments {
				after := whole * time.Duration(2*moment+1) / time.Duration(2*moments)
				t.Run(strconv.Itoa(moment+1), func(t *testing.T) {
					k.killedAfter(t, after)
					faulttest.Killed(t, "2", "apply: any moment, "+s.name)
				})
			}
		})
	}
}

// killing is one server with a mailbox to be sorted again and again.
type killing struct {
	*testing.T
	server *dovecot.Server
	ledger *mailgen.Ledger
	binary string
}

// fresh gives a user the unsorted mailbox and a foredesk that has never run.
func (k *killing) fresh(t *testing.T, user string) *desk.Desk {
	t.Helper()
	k.server.CopyMail(template, user)
	return desk.Open(t, k.binary, k.server, user, mailgen.Rules(0))
}

// timed is how long a run takes that nobody disturbs.
func (k *killing) timed() time.Duration {
	ctx, cancel := context.WithTimeout(k.Context(), patience)
	defer cancel()
	d := k.fresh(k.T, "timed")
	start := time.Now()
	d.Run(ctx, "apply")
	took := time.Since(start)
	checkOnDisk(k.T, "undisturbed", k.server, "timed", k.ledger.After)
	return took
}

// killedAfter kills a run after some time, runs it again to the end and compares.
// Should the run end before, which a machine with other work makes possible, it
// is tried again with an earlier moment.
func (k *killing) killedAfter(t *testing.T, after time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := k.fresh(t, "killed")
	for !killed(t, d.Command(ctx, "apply"), after) {
		after = after * 9 / 10
		d = k.fresh(t, "killed")
	}
	d.Run(ctx, "apply")
	checkOnDisk(t, "killed after "+after.String(), k.server, "killed", k.ledger.After)
}

// killed tells whether the process was still at work when it was killed.
func killed(t *testing.T, cmd *exec.Cmd, after time.Duration) bool {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // SIGKILL; an error means that it has ended
	defer timer.Stop()
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("foredesk apply ended by itself: %v\n%s", err, out.Bytes())
	}
	return err != nil
}
