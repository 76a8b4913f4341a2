package ical

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// corpusFolder is where the calendar files of the corpus lie.
func corpusFolder() string {
	root := os.Getenv("FOREDESK_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	return filepath.Join(root, "ics", "calcard")
}

// corpusFiles returns the calendar files of the corpus, by name.
func corpusFiles(tb testing.TB) map[string][]byte {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(corpusFolder(), "*.ics"))
	if err != nil {
		tb.Fatal(err)
	}
	if len(names) == 0 {
		tb.Skipf("no calendar corpus at %s: put one there or name the folder above in FOREDESK_CORPORA", corpusFolder())
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
