package ical

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// corpusFiles returns the calendar files of the corpus, by name.
func corpusFiles(tb testing.TB) map[string][]byte {
	tb.Helper()
	root := os.Getenv("FOREDESK_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	names, err := filepath.Glob(filepath.Join(root, "ics", "calcard", "*.ics"))
	if err != nil {
		tb.Fatal(err)
	}
	if len(names) == 0 {
		tb.Skipf("no calendar corpus at %s: put one there or name its folder in FOREDESK_CORPORA", root)
	}
	files := map[string][]byte{}
	for _, name := range names {
		if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			tb.Fatal(err)
		}
	}
	return files
}

func zoneOf(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

// shown is an occurrence in a line: its start and end on the clock of its zone.
func shown(o Occurrence) string {
	form := "2006-01-02 15:04 -0700"
	if o.AllDay {
		form = time.DateOnly
	}
	s := o.Start.Format(form) + " to " + o.End.Format(form)
	switch {
	case o.AllDay:
	case o.Floating:
		s += " floating"
	default:
		s += " " + o.Zone
	}
	return s
}
