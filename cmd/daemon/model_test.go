package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
)

// oracle is an endpoint that speaks chat completions, always says the same, and
// keeps what it was sent.
type oracle struct {
	*httptest.Server
	mu   sync.Mutex
	sent []string // the key and the request
}

func startOracle(t *testing.T, says string) *oracle {
	o := &oracle{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		o.sent = append(o.sent, r.Header.Get("Authorization")+" "+string(body))
		o.mu.Unlock()
		fmt.Fprintf(w, `{"choices":[{"message":{"role":"assistant","content":%q},"finish_reason":"stop"}],"usage":{"total_tokens":100}}`, says)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *oracle) wasSent() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent
}

// askAnew starts foredesk, as far as a model is concerned, asks once, and ends it.
func askAnew(t *testing.T, dsn string, cfg config.Model, text string) (bool, error) {
	t.Helper()
	journal, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	m, err := openModel(t.Context(), &cfg, journal, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return m.Ask(t.Context(), "Is it urgent?", text)
}

func TestTheModelsAllowanceHoldsAcrossRestarts(t *testing.T) {
	o := startOracle(t, "yes")
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "foredesk.db")
	cfg := config.Model{Endpoint: o.URL + "/v1", Name: "small", Timeout: 5 * time.Second, Requests: 3, Tokens: 100_000, MaxTokens: 400}
	for n, want := range []error{nil, nil, nil, engine.ErrNotNow, engine.ErrNotNow} {
		if yes, err := askAnew(t, dsn, cfg, fmt.Sprint("message ", n)); yes != (want == nil) || !errors.Is(err, want) {
			t.Errorf("message %d: %t, %v", n, yes, err)
		}
	}
	// What it has answered is known for good, and costs nothing.
	if yes, err := askAnew(t, dsn, cfg, "message 1"); !yes || err != nil || len(o.wasSent()) != 3 {
		t.Errorf("asked again: %t, %v; it was asked %d times in all", yes, err, len(o.wasSent()))
	}
}

// A verb beside the daemon, or another node, uses up the same allowance.
func TestTheModelsAllowanceIsOneForAll(t *testing.T) {
	o := startOracle(t, "yes")
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "foredesk.db")
	cfg := config.Model{Endpoint: o.URL + "/v1", Name: "small", Timeout: 5 * time.Second, Requests: 3, Tokens: 100_000, MaxTokens: 400}
	journal, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	var both []engine.Model
	for range 2 {
		m, err := openModel(t.Context(), &cfg, journal, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, m)
	}
	for n, m := range both {
		if _, err := m.Ask(t.Context(), "Is it urgent?", fmt.Sprint("message ", n)); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range []error{nil, engine.ErrNotNow} {
		if _, err := askAnew(t, dsn, cfg, fmt.Sprint("another message ", n)); !errors.Is(err, want) {
			t.Errorf("message %d after a restart: %v", n, err)
		}
	}
}

func TestWithoutAModelNothingIsAsked(t *testing.T) {
	if m, err := openModel(t.Context(), nil, nil, nil); m != nil || err != nil {
		t.Errorf("%v, %v", m, err)
	}
}

const modelDesk = `
model:
  endpoint: $MODEL/v1
  model: small
  key_file: model.key
  requests: 1
`

// withModel gives an installation a model to ask, and an agenda.
func (in *installation) withModel(o *oracle) {
	in.Helper()
	text := strings.Replace(plainDesk, "accounts:", strings.ReplaceAll(modelDesk, "$MODEL", o.URL)+"accounts:", 1) +
		"    agenda: {at: \"06:30\", to: [dana@acme.example]}\n    smtp: {host: localhost, port: 2525, tls: none}\n"
	if err := errors.Join(
		os.WriteFile(filepath.Join(in.dir, "foredesk.yaml"), []byte(text), 0o600),
		os.WriteFile(filepath.Join(in.dir, "model.key"), []byte("CANARY-key\n"), 0o600),
		writeDesk(in.dir, in.office.addr[strings.LastIndexByte(in.office.addr, ':')+1:]),
	); err != nil {
		in.Fatal(err)
	}
}

// What plan and explain show is what run would do, also where a model decides; what
// it has answered to the one, it is not asked by the others.
func TestPlanAndExplainAskTheModel(t *testing.T) {
	p, o := startOffice(t, officeOptions{}), startOracle(t, "Yes.")
	in := install(t, p, "version: 1\nrules: [{name: Complaints, when: 'llm(\"Is the writer unhappy?\")', do: {flag: red}}]\n")
	in.withModel(o)
	in.run("run", "--once")
	if err := p.deliver("INBOX", []byte("From: Ben <ben@partner.example>\r\nTo: dana@acme.example\r\nSubject: Lease\r\nMessage-ID: <lease@partner.example>\r\n\r\nThis won't do.\r\n")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"plan"}, {"explain", "lease@partner.example"}, {"run", "--once"}} {
		if out := in.run(args...); !strings.Contains(out, "Complaints") || strings.Contains(out, "no language model") {
			t.Errorf("foredesk %v:\n%s", args, out)
		}
	}
	if n := len(o.wasSent()); n != 1 {
		t.Errorf("the model was asked %d times", n)
	}
}

// From the configuration to the wire, with the whole program: a summary is asked for
// and kept, the allowance holds from one run to the next, and nothing of the mail,
// the answer or the key is told.
func TestARunAsksTheModel(t *testing.T) {
	p, o := startOffice(t, officeOptions{}), startOracle(t, "Ben asks for the lease by Friday.")
	in := install(t, p, "version: 1\nrules: [{name: Leases, when: 'subject contains \"lease\"', do: [{summarize: Leases}, {archive: yes}]}]\n")
	in.withModel(o)
	out := in.run("run", "--once")
	for n := range 2 {
		raw := fmt.Sprintf("From: Ben <ben@partner.example>\r\nTo: dana@acme.example\r\nSubject: lease %d CANARY-subject\r\nMessage-ID: <%d@partner.example>\r\n\r\n"+
			"Could you sign the lease %d by Friday? CANARY-text\r\n", n, n, n)
		if err := p.deliver("INBOX", []byte(raw)); err != nil {
			t.Fatal(err)
		}
		out += in.run("run", "--once")
	}
	if sent := o.wasSent(); len(sent) != 1 || !strings.HasPrefix(sent[0], "Bearer CANARY-key ") || !strings.Contains(sent[0], "Could you sign the lease 0") {
		t.Errorf("the endpoint was sent %q", sent)
	}
	if strings.Contains(out, "CANARY") || strings.Contains(out, "Ben asks") || !strings.Contains(out, "the allowance of the day is used up") {
		t.Errorf("foredesk said\n%s", out)
	}
	journal, err := store.Open(t.Context(), "sqlite:"+filepath.Join(in.dir, "foredesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	gists, err := journal.GistsSince(t.Context(), "dana", time.Time{})
	if err != nil || len(gists) != 2 {
		t.Fatalf("%d are kept, %v", len(gists), err)
	}
	for _, g := range gists {
		first := strings.Contains(g.Subject, "lease 0")
		if g.ByModel != first || g.Wanted == first || g.Text == "" {
			t.Errorf("what is kept: %+v", g)
		}
	}
}
