package store

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func asksWithLetters(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	fresh := commit(t, o, one(run, 1, Step{Rule: "A", Action: "agenda"}, Step{Rule: "B", Action: "forward", State: Parked, Approver: "executive"}))
	waiting := func() Approval {
		t.Helper()
		all, err := s.Approvals(t.Context(), "dana")
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v wait, %v", all, err)
		}
		return all[0]
	}
	letter := Letter{Kind: "agenda", Date: "2026-12-08", Made: day, Body: json.RawMessage("{}"), Asks: []Ask{{Approval: waiting().ID, Token: "secret", Mailed: day}}}
	write := func() error {
		_, err := o.WriteLetter(t.Context(), fresh[0].ID, letter, nil, nil)
		return err
	}
	must(t, o.Finish(t.Context(), day, []Ending{{StepID: fresh[0].ID, State: Failed}}))
	if err := write(); !errors.Is(err, ErrNotPlanned) {
		t.Fatalf("a letter that is not wanted any more was written: %v", err)
	}
	if a := waiting(); !a.Mailed.IsZero() {
		t.Errorf("it counts as asked for at %s by a letter that was not written", a.Mailed)
	}
	must(t, o.Finish(t.Context(), day, []Ending{{StepID: fresh[0].ID, State: Planned}}))
	must(t, write())
	known, err := s.MailedWith(t.Context(), "dana", func(int64) string { return "secret" })
	if a := waiting(); !a.Mailed.Equal(day) || len(known) != 1 || err != nil {
		t.Errorf("the letter was written, and it was asked for at %s with a token that %d know, %v", a.Mailed, len(known), err)
	}
}

// What ends while a letter reads the journal is told of by it or by the next.
func endsBesideLetters(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	p := one(run, 1, Step{Rule: "A", Action: "digest"}, Step{Rule: "A", Action: "summarize"}, Step{Rule: "A", Action: "bundle"}, Step{Rule: "A", Action: "agenda"})
	fresh := commit(t, o, p)
	end := func(step Step, at time.Time) {
		t.Helper()
		must(t, o.Finish(t.Context(), at, []Ending{{StepID: step.ID, State: Done}}))
	}
	told := func(from, to time.Time) (n int) {
		t.Helper()
		all, err := s.Told(t.Context(), "dana", from, to)
		must(t, err)
		return len(all)
	}
	end(fresh[0], day.Add(-time.Second))
	// This one is being written down when the letter is made. No line is drawn before
	// it is there.
	_, written := o.line.ending(day.Add(-time.Millisecond))
	drawn := make(chan struct{})
	go func() {
		defer close(drawn)
		o.Draw(day)
	}()
	select {
	case <-drawn:
		t.Error("a line was drawn while something was being written down that had ended before")
	case <-time.After(20 * time.Millisecond):
	}
	written()
	<-drawn
	before := told(day.Add(-time.Hour), day)
	// These looked at the clock before the letter was made, and are written down after it
	// has read.
	end(fresh[1], day.Add(-time.Millisecond))
	_, err := o.Commit(t.Context(), Plan{RunID: run, Planned: day.Add(-time.Millisecond), Endings: []Ending{{StepID: fresh[2].ID, State: Done}}})
	must(t, err)
	after := told(day, day.Add(time.Hour))
	if before != 1 || after != 2 {
		t.Errorf("one letter told of %d and the next of %d, want 1 and 2", before, after)
	}
	// A clock that was hours ahead when a letter was made is not followed.
	end(fresh[3], day.Add(-2*time.Hour))
	if n := told(day.Add(-3*time.Hour), day.Add(-time.Hour)); n != 1 {
		t.Errorf("%d ended by the clock as it is now, want 1", n)
	}
}
