package store

import "testing"

func notesReplaced(t *testing.T, dsn string) {
	s := open(t, dsn)
	for _, value := range []string{"", "first", "second \x01 \u00e4"} {
		if value != "" {
			must(t, s.SetNote(t.Context(), "rules dana", value))
		}
		got, err := s.Note(t.Context(), "rules dana")
		if err != nil || got != value {
			t.Errorf("the note is %q, %v, want %q", got, err, value)
		}
	}
	if other, err := s.Note(t.Context(), "rules ben"); err != nil || other != "" {
		t.Errorf("another's note is %q, %v", other, err)
	}
}
