package faults

import (
	"go/parser"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the project's folder, seen from here.
var root = filepath.Join("..", "..")

func TestTheTableIsWhole(t *testing.T) {
	var want []string
	for n := 1; n <= 44; n++ {
		want = append(want, strconv.Itoa(n))
	}
	for n := 1; n <= 12; n++ {
		want = append(want, "S"+strconv.Itoa(n))
	}
	var got []string
	for _, f := range Table {
		got = append(got, f.ID)
		for letter := range strings.FieldsSeq(f.By) {
			if !slices.ContainsFunc(Techniques, func(how struct{ Letter, How string }) bool { return how.Letter == letter }) {
				t.Errorf("fault %s: there is no technique %q", f.ID, letter)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the ids are %q", got)
	}
}

// The tests that inject faults, and what they inject, stand in the page as they stand
// in the source.
func TestThePageIsUpToDate(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "doc", "guarantees.md"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Page(root, string(text))
	if err != nil {
		t.Fatal(err)
	}
	if want != string(text) {
		t.Error("the tables of doc/guarantees.md are not those of the source; write them anew: go run ./internal/faults/run -page")
	}
}

func TestEveryLimitIsGoneToByATest(t *testing.T) {
	all := Limits()
	for _, l := range all {
		if !l.Tested(root) {
			t.Errorf("%s has no test %s, which is to go to the limit %s", l.Package, l.Test, l.Const)
		}
		if value, err := l.In(root); err != nil || value == "0" {
			t.Errorf("%s: %s, %v", l.What, value, err)
		}
	}
	if len(all) < 20 {
		t.Errorf("there are %d limits: is limits.txt read?", len(all))
	}
}

func TestNumbersAreReadOutOfSource(t *testing.T) {
	for source, want := range map[string]string{
		"bytes: 64 << 10": "64 KiB", "bytes: 8 << 20": "8 MiB", "bytes: 80 * 1000": "80,000 bytes", "bytes: 20_000_000": "20,000,000 bytes",
		"count: 100": "100", "count: 5_000": "5,000", "time: 10 * time.Minute": "10 min", "time: 12 * time.Hour": "12 h", "time: 90 * time.Second": "90 s",
		"count: len(x)": "", "count: y": "",
	} {
		unit, expr, _ := strings.Cut(source, ": ")
		parsed, err := parser.ParseExpr(expr)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if value, err := number(parsed); err == nil {
			got = inWords(value, unit)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

func TestEveryPlaceNamesAKnownFault(t *testing.T) {
	places, err := Find(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range places {
		if p.ID != "" && !Known(p.ID) {
			t.Errorf("%s injects fault %q, which the table does not have", p, p.ID)
		}
	}
	if len(places) < 100 {
		t.Errorf("only %d places were found: is this the project?", len(places))
	}
}

func TestPatternsRunTheTestsOfAPackageAndNoOthers(t *testing.T) {
	places := []Place{
		{"1", "internal/mail", "TestB", ""},
		{"2", "internal/mail", "TestA", ""},
		{"3", "internal/mail", "TestB", ""},
		{"4", "internal/engine", "TestPromises", "one"},
		{"5", "internal/engine", "TestPromises", "two"},
		{"6", "internal/engine", "TestC", ""},
	}
	for pkg, want := range map[string]string{
		"internal/mail":   "^(TestB|TestA)$",
		"internal/engine": "^(TestC)$|^TestPromises$/./^(one|two)$",
		"internal/store":  "",
	} {
		if got := Pattern(places, pkg); got != want {
			t.Errorf("%s: %s, want %s", pkg, got, want)
		}
	}
}
