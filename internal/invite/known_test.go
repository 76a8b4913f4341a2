package invite

import (
	"testing"
	"time"
)

// Mail overtakes mail: what counts is SEQUENCE, and then DTSTAMP.
func TestTheLaterWordReplacesTheEarlier(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC) }
	first := Known{UID: "1", Sequence: 1, Stamp: at(10)}
	for rule, test := range map[string]struct {
		a    Known
		want bool
	}{
		"a higher sequence":                      {Known{UID: "1", Sequence: 2, Stamp: at(9)}, true},
		"a lower sequence, though written later": {Known{UID: "1", Sequence: 0, Stamp: at(12)}, false},
		"the same sequence, written later":       {Known{UID: "1", Sequence: 1, Stamp: at(11)}, true},
		"the same sequence, written earlier":     {Known{UID: "1", Sequence: 1, Stamp: at(9)}, false},
		"the same again":                         {first, false},
		"the same sequence, without a stamp":     {Known{UID: "1", Sequence: 1}, false},
		"another event":                          {Known{UID: "2", Sequence: 9, Stamp: at(12)}, false},
		"one instance of it":                     {Known{UID: "1", Original: at(8), Sequence: 9, Stamp: at(12)}, false},
	} {
		if got := Newer(test.a, first); got != test.want {
			t.Errorf("%s: %t", rule, got)
		}
	}
	instance := Known{UID: "1", Original: at(8), Sequence: 1, Stamp: at(10)}
	moved := Known{UID: "1", Original: at(8).In(time.FixedZone("", 3600)), Sequence: 2, Stamp: at(10)}
	if !Newer(moved, instance) || Newer(instance, moved) {
		t.Error("an instance is named by its instant, whatever the zone")
	}
}

// A cancellation with a lower sequence was overtaken by a new invitation.
func TestAnOvertakenCancellationIsNotNewer(t *testing.T) {
	_, cancelled := mustRead(t, part("CANCEL", "UID:1", "SEQUENCE:1", "DTSTAMP:20260520T080000Z"))
	_, invited := mustRead(t, part("REQUEST", "UID:1", "SEQUENCE:2", "DTSTAMP:20260519T080000Z", "DTSTART:20260610T100000Z"))
	if Newer(cancelled, invited) || !Newer(invited, cancelled) {
		t.Errorf("%+v and %+v", cancelled, invited)
	}
}
