package mail

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/rules"
)

func TestParseHeader(t *testing.T) {
	tests := []struct {
		name, block string
		want        header
	}{
		{"CRLF, ending at the empty line", "A: 1\r\nB: 2\r\n\r\nC: 3\r\n", header{{"A", "1"}, {"B", "2"}}},
		{"LF alone", "A: 1\nB: 2", header{{"A", "1"}, {"B", "2"}}},
		{"folded with blanks and tabs", "A: 1\r\n 2\r\n\t3\r\nB: x\r\n", header{{"A", "1 2\t3"}, {"B", "x"}}},
		{"a line of blanks folds on", "A: 1\n \n 2\n", header{{"A", "1  2"}}},
		{"a blank before the colon", "A : 1\n", header{{"A", "1"}}},
		{"an indented first line", " A: 1\nB: 2\n", header{{"A", "1"}, {"B", "2"}}},
		{"a byte order mark", "\ufeffA: 1\n", header{{"A", "1"}}},
		{"an mbox line before", "From a@example.com Sat Jan  3 01:05:34 2026\nA: 1\n", header{{"A", "1"}}},
		{"no field, and what continues it", "A: 1\nno field\n more: of it\nB: 2\n", header{{"A", "1"}, {"B", "2"}}},
		{"a bare CR is no line", "A: 1\rB: 2\n", header{{"A", "1 B: 2"}}},
		{"an empty name", ": 1\nA:\n", header{{"A", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parseHeader([]byte(tt.block))
			for i := range got {
				got[i].body = unfold(got[i].body)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(field{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestHeaderNamesAreAskedForOnce(t *testing.T) {
	got := headerNames(rules.Needs{Headers: []string{"List-Id", "Subject", "Message-Id", "X-Own"}})
	want := []string{"Message-ID", "Date", "From", "To", "Cc", "Subject", "List-Id", "X-Own"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(alwaysFetched) != 6 {
		t.Error("a caller's needs changed what is always fetched")
	}
}

func TestHeaderLimits(t *testing.T) {
	if got := len(parseHeader([]byte(strings.Repeat("A: 1\n", maxFields+100)))); got != maxFields {
		t.Errorf("%d fields", got)
	}
	h := parseHeader([]byte("A: " + strings.Repeat("x", maxHeaderRead) + "\nB: 2\n"))
	if len(h) != 1 || len(h[0].body) > maxHeaderRead {
		t.Errorf("%d fields", len(h))
	}
}

func TestDecodedHeaderValues(t *testing.T) {
	h := parseHeader([]byte("X-A: =?utf-8?q?=C3=BC?=\nx-a: 2\n" + strings.Repeat("Received: x\n", maxValues+5)))
	got := h.decoded([]string{"X-A", "Received", "X-Absent"})
	if diff := cmp.Diff([]string{"ü", "2"}, got["X-A"]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(got["Received"]) != maxValues || got["X-Absent"] != nil {
		t.Errorf("%d values, absent %v", len(got["Received"]), got["X-Absent"])
	}
}
