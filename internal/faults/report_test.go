package faults

import (
	"io"
	"strings"
	"testing"
)

// testOutput is what go test says of a test that injects faults 8 and S1, of one that
// fails behind fault 9, of a case, and of one that was skipped.
const testOutput = `{"Action":"run","Package":"example.com/m/internal/mail","Test":"TestA/sub"}
{"Action":"attr","Package":"example.com/m/internal/mail","Test":"TestA/sub","Key":"fault","Value":"8: 3"}
{"Action":"attr","Package":"example.com/m/internal/mail","Test":"TestA/sub","Key":"fault","Value":"S1: 1"}
{"Action":"attr","Package":"example.com/m/internal/mail","Test":"TestA/sub","Key":"kill","Value":"mail: journal"}
{"Action":"pass","Package":"example.com/m/internal/mail","Test":"TestA/sub"}
{"Action":"pass","Package":"example.com/m/internal/mail","Test":"TestA"}
{"Action":"attr","Package":"example.com/m/internal/mail","Test":"TestB","Key":"fault","Value":"9: 1"}
{"Action":"output","Package":"example.com/m/internal/mail","Test":"TestB","Output":"two copies\n"}
{"Action":"fail","Package":"example.com/m/internal/mail","Test":"TestB"}
{"Action":"attr","Package":"example.com/m/internal/engine","Test":"TestPromises/memory/twins_come","Key":"fault","Value":"8: 1"}
{"Action":"pass","Package":"example.com/m/internal/engine","Test":"TestPromises/memory/twins_come"}
{"Action":"skip","Package":"example.com/m/internal/mail","Test":"TestC"}
`

var testPlaces = []Place{{"8", "internal/mail", "TestA", ""}, {"8", "internal/engine", "TestPromises", "twins_come"}, {"10", "internal/mail", "TestC", ""}}

func testReport(t *testing.T) *Report {
	t.Helper()
	r := NewReport("example.com/m", io.Discard)
	if err := r.Read(strings.NewReader(testOutput)); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRowsCountWhatWasSaid(t *testing.T) {
	for _, row := range testReport(t).Rows() {
		switch row.ID {
		case "8":
			if row.Times != 4 || !row.Held || strings.Join(row.Tests, "; ") != "engine: twins come; mail: TestA" {
				t.Errorf("fault 8: %+v", row)
			}
		case "9":
			if row.Times != 1 || row.Held {
				t.Errorf("fault 9, whose test failed: %+v", row)
			}
		case "10":
			if row.Times != 0 || row.Held {
				t.Errorf("fault 10, whose test was skipped: %+v", row)
			}
		}
	}
}

func TestWhatDoesNotHoldIsTold(t *testing.T) {
	r := testReport(t)
	some := strings.Join(r.Wrong(testPlaces, false), "\n")
	for _, want := range []string{"internal/mail TestB failed\ntwo copies", "mail: TestC did not inject fault 10"} {
		if !strings.Contains(some, want) {
			t.Errorf("it does not say %q:\n%s", want, some)
		}
	}
	if strings.Contains(some, "TestA") || strings.Contains(some, "twins") || strings.Contains(some, "no test injects") {
		t.Errorf("it says too much:\n%s", some)
	}
	whole := strings.Join(r.Wrong(testPlaces, true), "\n")
	for _, want := range []string{"no test injects fault 11: ", "1 processes were killed, and 500 are wanted"} {
		if !strings.Contains(whole, want) {
			t.Errorf("of the whole it does not say %q:\n%s", want, whole)
		}
	}
}

func TestWhatDoesNotCompileIsTold(t *testing.T) {
	r := NewReport("example.com/m", io.Discard)
	err := r.Read(strings.NewReader(`{"Action":"build-output","ImportPath":"example.com/m/internal/mail","Output":"mail.go:1: no such thing\n"}
{"Action":"fail","Package":"example.com/m/internal/mail"}
`))
	if wrong := strings.Join(r.Wrong(nil, false), "\n"); err != nil || !strings.Contains(wrong, "no such thing") {
		t.Errorf("%s (%v)", wrong, err)
	}
}

func TestTheTableIsPrinted(t *testing.T) {
	var b strings.Builder
	if err := testReport(t).Print(&b, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"engine: twins come; mail: TestA\n", "NOT HELD", "1 processes, each at another point of one of 1 scenarios"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, b.String())
		}
	}
}
