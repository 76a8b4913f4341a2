package summary

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestActs(t *testing.T) {
	for name, tc := range map[string]struct {
		text           string
		asks, promises []string
	}{
		"a request and a promise": {
			"Hi Dana,\n\nThe lease is ready. Could you send me the signed copy by Friday? I'll forward the annexes tomorrow.\n",
			[]string{"Could you send me the signed copy by Friday?"},
			[]string{"I'll forward the annexes tomorrow."},
		},
		"a question is no promise":                  {"Shall we do it, or will you? I will ask whether we'll send it.", []string{"Shall we do it, or will you?"}, []string{"I will ask whether we'll send it."}},
		"to be somewhere is no promise":             {"I will be in Leeds on Monday. We'll be out of the office. I'm going to Leeds next week.", nil, nil},
		"what hangs on something is none":           {"If you agree, we will send the contract. When you are back, I'll show you the plans.", nil, nil},
		"to look into it is to promise nothing yet": {"Let me check with legal, I'll get back to you.", nil, nil},
		"what will not be done":                     {"We will not extend the offer. I won't come.", nil, nil},
		"courtesies":                                {"Thank you, we'll look forward to seeing you. Please do not hesitate to call.", nil, nil},
		"what has to be thought about":              {"We'll have to see. We will need more time. We'll discuss it on Monday.", nil, nil},
		"a request that leans on the one before": {
			"Two things are missing in the data room: churn by cohort and the lease. Can you add them by Monday?",
			[]string{"Two things are missing in the data room: churn by cohort and the lease. Can you add them by Monday?"},
			nil,
		},
		"deutsch":  {"Ich schicke Ihnen die Zahlen bis Freitag. Können Sie den Vertrag unterschreiben? Wir werden am Montag da sein.", []string{"Können Sie den Vertrag unterschreiben?"}, []string{"Ich schicke Ihnen die Zahlen bis Freitag."}},
		"français": {"Je vous envoie le devis demain. Pouvez-vous signer le contrat ? Je vais être en retard.", []string{"Pouvez-vous signer le contrat ?"}, []string{"Je vous envoie le devis demain."}},
		"nothing":  {"The new line ran its first full shift today.", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := Summarize(tc.text, Options{})
			if got := textsOf(s.Asks); !slices.Equal(got, tc.asks) {
				t.Errorf("asks %q, want %q", got, tc.asks)
			}
			if got := textsOf(s.Promises); !slices.Equal(got, tc.promises) {
				t.Errorf("promises %q, want %q", got, tc.promises)
			}
		})
	}
}

func textsOf(points []Point) (texts []string) {
	for _, p := range points {
		texts = append(texts, p.Text)
	}
	return texts
}

func TestActsAreBounded(t *testing.T) {
	s := Summarize(strings.Repeat("Could you send me the lease? I'll send you the annexes. ", 5000), Options{})
	if len(s.Asks) != maxActsKept || len(s.Promises) != maxActsKept {
		t.Errorf("%d asks and %d promises", len(s.Asks), len(s.Promises))
	}
}

// retold is what is kept of a message as one text: its summary, and what that has
// left out.
func retold(summary string, sentences []string) string {
	for _, s := range sentences {
		if !strings.Contains(summary, s) {
			summary += " " + s
		}
	}
	return summary
}

// TestThreadOfWhatIsKept: what is kept of messages (their summaries, asks and
// promises) tells where a thread stands as the messages do. Each must come to as
// many points, and three in four to the very same summary: who of several readers a
// request is meant for may be lost.
func TestThreadOfWhatIsKept(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "threads.txt"))
	if err != nil {
		t.Fatal(err)
	}
	same, all := 0, 0
	for _, part := range strings.Split("\n"+string(content), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		_, text, _ := strings.Cut(rest, "\n---\n")
		whole := readThread(t, text)
		kept := slices.Clone(whole)
		for i, m := range whole {
			s := Summarize(m.Text, Options{})
			kept[i].Text = retold(s.Text, append(textsOf(s.Asks), textsOf(s.Promises)...))
		}
		want, got := Thread(whole, Options{}), Thread(kept, Options{})
		if all++; want.Text == got.Text {
			same++
		}
		if len(want.Points) != len(got.Points) {
			t.Errorf("%s\nof the messages: %s\nof what is kept: %s", name, want.Text, got.Text)
		}
	}
	if 4*same < 3*all {
		t.Errorf("only %d of %d threads have the same summary", same, all)
	}
}

// Whatever a text is, its acts are few, short, valid and on one line.
func FuzzActs(f *testing.F) {
	for _, text := range []string{"Could you send me the lease? I'll forward the annexes.", "If you agree, we will.\n\n> quoted", "going to \xff", strings.Repeat("I'll send ", 400)} {
		f.Add(text, "Lease")
	}
	f.Fuzz(func(t *testing.T, text, about string) {
		s := Summarize(text, Options{Subject: about})
		if len(s.Asks) > maxActsKept || len(s.Promises) > maxActsKept {
			t.Errorf("%d asks and %d promises", len(s.Asks), len(s.Promises))
		}
		for _, act := range append(textsOf(s.Asks), textsOf(s.Promises)...) {
			if act == "" || len(act) > maxActBytes || !utf8.ValidString(act) || strings.ContainsAny(act, "\n\r") {
				t.Errorf("%q", act)
			}
		}
	})
}
