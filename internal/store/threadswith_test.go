package store

import (
	"slices"
	"testing"
)

func threadsOfPeople(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	const marta, tom = "marta@bigcustomer.example", "tom@acme.example"
	say(t, o, run,
		func(*Message, *Gist) {},
		func(m *Message, _ *Gist) { m.From = tom },
		func(m *Message, _ *Gist) { m.From = "other@acme.example" },
		func(m *Message, _ *Gist) { m.From, m.Automatic = tom, true },
		func(m *Message, _ *Gist) { m.References = []string{message(0).MessageID} })
	threads, err := s.ThreadsWith(t.Context(), "dana", []string{marta, tom}, day, 5)
	if err != nil || !slices.Equal(threads, []string{idHash(message(0).MessageID), idHash(message(1).MessageID)}) {
		t.Errorf("conversations with the two: %q, %v", threads, err)
	}
	if threads, err := s.ThreadsWith(t.Context(), "dana", []string{marta, tom}, day, 1); err != nil || len(threads) != 1 {
		t.Errorf("the latest: %q, %v", threads, err)
	}
	if threads, err := s.ThreadsWith(t.Context(), "dana", []string{tom}, message(0).Date.AddDate(0, 0, 1), 5); err != nil || len(threads) != 0 {
		t.Errorf("of later: %q, %v", threads, err)
	}
	if threads, err := s.ThreadsWith(t.Context(), "dana", nil, day, 5); err != nil || len(threads) != 0 {
		t.Errorf("with nobody: %q, %v", threads, err)
	}
}
