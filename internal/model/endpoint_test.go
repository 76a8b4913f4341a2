package model

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// What must never be printed: none of it may stand in an error.
const (
	textCanary   = "TEXTCANARY"
	answerCanary = "ANSWERCANARY"
	keyCanary    = "KEYCANARY"
	pathCanary   = "PATHCANARY"
)

var mail = Request{Subject: "Board pack " + textCanary, Text: "Please approve the budget of 1,200 EUR by Friday. " + textCanary}

// server is an endpoint over TLS that speaks chat completions, and holds each
// request against what the protocol says.
type server struct {
	*httptest.Server
	t   *testing.T
	mu  sync.Mutex
	got []body
}

// serve starts an endpoint that answers its first request by the first of
// answers, and so on; the last one answers all others.
func serve(t *testing.T, answers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{t: t}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.take(r)
		answers[min(n, len(answers)-1)](w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// take reads a request strictly and returns how many came before it.
func (s *server) take(r *http.Request) int {
	var b body
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		s.t.Errorf("the request can't be read: %v", err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/"+pathCanary+"/v1/chat/completions" {
		s.t.Errorf("%s %s", r.Method, r.URL)
	}
	if r.Header.Get("Authorization") != "Bearer "+keyCanary || r.Header.Get("Content-Type") != "application/json" {
		s.t.Errorf("header %v", r.Header)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, b)
	return len(s.got) - 1
}

func (s *server) requests() []body {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// config is that of a client which trusts the server and shows it a key.
func (s *server) config() Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return Config{
		Endpoint: s.URL + "/" + pathCanary + "/v1", Model: "small", Roots: roots, Timeout: 15 * time.Second,
		Secret: func(context.Context) (string, error) { return keyCanary, nil },
	}
}

func client(t *testing.T, c Config) *Client {
	t.Helper()
	made, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// says is a whole answer, as the endpoints give it.
func says(words string) http.HandlerFunc {
	quoted, _ := json.Marshal(words)
	return plainly(200, fmt.Sprintf(`{"id":"c1","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,`+
		`"message":{"role":"assistant","content":%s,"tool_calls":null},"logprobs":null,"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":90,"completion_tokens":10,"total_tokens":100}}`, quoted))
}

// choice is an answer with one choice, written out.
func choice(rest string) http.HandlerFunc { return plainly(200, `{"choices":[{`+rest+`}]}`) }

func plainly(code int, text string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, text)
	}
}

// hangUp writes so much and ends the connection.
func hangUp(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(conn, raw)
		conn.Close()
	}
}

// endless sends an answer without end, one byte at a time or as fast as it can.
func endless(slowly bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		block := []byte(" ")
		if !slowly {
			block = make([]byte, 64<<10)
		}
		for {
			if _, err := w.Write(block); err != nil || r.Context().Err() != nil {
				return
			}
			w.(http.Flusher).Flush()
			if slowly {
				select {
				case <-r.Context().Done():
				case <-time.After(20 * time.Millisecond):
				}
			}
		}
	}
}

// never answers.
func never(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// asks are the two ways to ask.
var asks = map[string]func(ctx context.Context, c *Client) error{
	"summarize": func(ctx context.Context, c *Client) error { _, err := c.Summarize(ctx, mail); return err },
	"ask": func(ctx context.Context, c *Client) error {
		_, err := c.Ask(ctx, "Is it urgent?", mail.Text)
		return err
	},
}

// checkQuiet fails where an error shows what it must not, or does not say who
// failed.
func checkQuiet(t *testing.T, err error) {
	t.Helper()
	for _, print := range []string{"%v", "%+v", "%#v", "%q"} {
		for _, canary := range []string{textCanary, answerCanary, keyCanary, pathCanary} {
			if strings.Contains(fmt.Sprintf(print, err), canary) {
				t.Errorf("the error shows %s: "+print, canary, err)
			}
		}
	}
	if err != nil && !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("it does not say which endpoint: %v", err)
	}
}

// pipes is a network inside a bubble of synctest: net.Pipe and no sockets, so
// that time stands still while anybody works.
type pipes struct{ dialled chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p.dialled; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.dialled <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// visits are the times at which an endpoint was called.
type visits struct {
	mu    sync.Mutex
	times []time.Time
}

func (v *visits) all() []time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.times
}

// inABubble is a client of an endpoint in the same bubble.
func inABubble(t *testing.T, c Config, answer http.HandlerFunc) (*Client, *visits) {
	t.Helper()
	p, v := pipes{make(chan net.Conn)}, &visits{}
	read := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that we go away
		v.mu.Lock()
		v.times = append(v.times, time.Now())
		v.mu.Unlock()
		answer(w, r)
	}
	s := &http.Server{Handler: http.HandlerFunc(read), ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Serve(p)
	}()
	t.Cleanup(func() {
		close(p.dialled)
		<-ended
		s.Close()
	})
	c.Endpoint, c.Model = "http://127.0.0.1:1/v1", "small"
	made := client(t, c)
	made.transport.DialContext = p.dial
	return made, v
}
