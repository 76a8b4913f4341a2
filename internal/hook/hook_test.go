package hook

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// request is what a server got.
type request struct {
	header http.Header
	path   string
	body   string
}

// receiver is a server over TLS that keeps what it got.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []request
}

// receive starts a server that answers as told; nil is a plain 200.
func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	s := &receiver{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, request{r.Header.Clone(), r.URL.String(), string(body)})
		s.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *receiver) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// client believes the server's certificate and may reach it.
func (s *receiver) client() *Client {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &Client{Roots: roots, Reach: func(netip.AddrPort) error { return nil }}
}

// The secrets of every call: none may appear in a reason.
const (
	pathCanary  = "PATHCANARY"
	bodyCanary  = "BODYCANARY"
	replyCanary = "REPLYCANARY"
	userCanary  = "USERCANARY"
)

var secret = mustSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

func mustSecret(text string) Secret {
	s, err := ParseSecret(text)
	if err != nil {
		panic(err)
	}
	return s
}

// calls are the three ways to call an address.
var calls = map[string]func(ctx context.Context, c *Client, address string) Outcome{
	"notify": func(ctx context.Context, c *Client, address string) Outcome {
		return c.Notify(ctx, address, "Title "+bodyCanary, "text "+bodyCanary, "key1")
	},
	"webhook": func(ctx context.Context, c *Client, address string) Outcome {
		return c.Call(ctx, address, secret, "key1", map[string]string{"text": bodyCanary})
	},
	"unsubscribe": func(ctx context.Context, c *Client, address string) Outcome {
		return c.Unsubscribe(ctx, address)
	},
}

func checkReason(t *testing.T, o Outcome) {
	t.Helper()
	for _, canary := range []string{pathCanary, bodyCanary, replyCanary, userCanary, "MfKQ9"} {
		if strings.Contains(o.Reason, canary) {
			t.Errorf("the reason shows %s: %s", canary, o.Reason)
		}
	}
	if (o.Reason == "") != (o.Result == Done) {
		t.Errorf("%s with the reason %q", o.Result, o.Reason)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, replyCanary)
	}
}

// hangUp ends the connection in place of an answer.
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

func TestHowACallEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   Result
		says   string
		wait   time.Duration
	}{
		"200 is done":                              {status(200), Done, "", 0},
		"204 is done":                              {status(204), Done, "", 0},
		"202 is done":                              {status(202), Done, "", 0},
		"429 is for later":                         {status(429, "Retry-After", "120"), Later, "429 Too Many Requests", 2 * time.Minute},
		"503 is for later, when the server says":   {status(503, "Retry-After", "7"), Later, "503", 7 * time.Second},
		"a wait of a year is cut to a day":         {status(503, "Retry-After", "31536000"), Later, "503", 24 * time.Hour},
		"a wait in the past is none":               {status(503, "Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"), Later, "503", 0},
		"a wait that can't be read is none":        {status(503, "Retry-After", replyCanary), Later, "503", 0},
		"500 is for later":                         {status(500), Later, "500", 0},
		"408 is for later":                         {status(408), Later, "408", 0},
		"400 is refused":                           {status(400), Refused, "400 Bad Request", 0},
		"404 is refused":                           {status(404), Refused, "404", 0},
		"410 is refused: nobody listens":           {status(410), Refused, "nobody listens", 0},
		"302 is refused and not followed":          {status(302, "Location", "/"+pathCanary), Refused, "redirect", 0},
		"307 is refused and not followed":          {status(307, "Location", "/"+pathCanary), Refused, "redirect", 0},
		"308 elsewhere is refused, not followed":   {status(308, "Location", "https://elsewhere.example/"), Refused, "redirect", 0},
		"a connection that ends is unknown":        {hangUp(""), Unknown, "before an answer came", 0},
		"half an answer is unknown":                {hangUp("HTTP/1.1 200 OK\r\nX-" + replyCanary), Unknown, "before an answer came", 0},
		"nonsense is unknown":                      {hangUp(replyCanary + "\r\n\r\n"), Unknown, "before an answer came", 0},
		"a header without end is unknown":          {hangUp("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), Unknown, "before an answer came", 0},
		"a status without a name is shown by code": {status(499), Refused, "answered 499", 0},
	} {
		for way, call := range calls {
			t.Run(name+"/"+way, func(t *testing.T) {
				s := receive(t, tc.answer)
				o := call(t.Context(), s.client(), s.URL+"/"+pathCanary+"?q="+pathCanary)
				if o.Result != tc.want || !strings.Contains(o.Reason, tc.says) || o.Wait != tc.wait {
					t.Errorf("%+v; want %s, %q, %s", o, tc.want, tc.says, tc.wait)
				}
				checkReason(t, o)
				if n := len(s.requests()); n != 1 {
					t.Errorf("the server got %d requests, not 1", n)
				}
			})
		}
	}
}

// A date as Retry-After is counted from now.
func TestRetryAfterADate(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if got := retryAfter("Sun, 01 Mar 2026 12:00:30 GMT", now); got != 30*time.Second {
		t.Errorf("wait %s", got)
	}
	if got := retryAfter("-5", now); got != 0 {
		t.Errorf("wait %s", got)
	}
}

// The answer's body is not waited for, however slow or large it is.
func TestABodyIsNotRead(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a slow one": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done() // until the client hangs up
		},
		"one without end": func(w http.ResponseWriter, _ *http.Request) {
			for block := make([]byte, 1<<20); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
		"a bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, replyCanary)
		},
	} {
		for way, call := range calls {
			t.Run(name+"/"+way, func(t *testing.T) {
				s := receive(t, answer)
				if o := call(t.Context(), s.client(), s.URL); o.Result != Done {
					t.Errorf("%+v", o)
				}
			})
		}
	}
}

func TestACallThatIsStopped(t *testing.T) {
	for way, call := range calls {
		t.Run("before it is sent is for later/"+way, func(t *testing.T) {
			s := receive(t, nil)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			o := call(ctx, s.client(), s.URL+"/"+pathCanary)
			if checkReason(t, o); o.Result != Later || len(s.requests()) != 0 {
				t.Errorf("%+v after %d requests", o, len(s.requests()))
			}
		})
		t.Run("after it is sent is unknown/"+way, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := receive(t, func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				unanswered(r)
			})
			o := call(ctx, s.client(), s.URL+"/"+pathCanary)
			if checkReason(t, o); o.Result != Unknown || !strings.Contains(o.Reason, "told to stop") {
				t.Errorf("%+v", o)
			}
		})
		t.Run("by its own time limit is unknown/"+way, func(t *testing.T) {
			s := receive(t, func(_ http.ResponseWriter, r *http.Request) { unanswered(r) })
			c := s.client()
			c.Timeout = 250 * time.Millisecond
			o := Outcome{Result: Later}
			for o.Result == Later && c.Timeout < time.Minute { // a busy machine was not even connected by then
				c.Timeout *= 2
				o = call(t.Context(), c, s.URL+"/"+pathCanary)
			}
			if checkReason(t, o); o.Result != Unknown || !strings.Contains(o.Reason, "time ran out") {
				t.Errorf("%+v", o)
			}
		})
	}
}

// unanswered waits until the caller has gone; to return would be an answer, which may
// come before the caller has noticed that its time is up.
func unanswered(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// What can't be reached was not sent anything: it is for later, and says why.
func TestAServerThatCannotBeReached(t *testing.T) {
	closed := func(t *testing.T) (*Client, string) {
		s := receive(t, nil)
		s.Close()
		return s.client(), s.URL
	}
	for name, tc := range map[string]struct {
		place func(t *testing.T) (*Client, string)
		says  string
	}{
		"nobody listens": {closed, "it refused the connection"},
		"a certificate of a stranger": {func(t *testing.T) (*Client, string) {
			s := receive(t, nil)
			c := s.client()
			c.Roots = x509.NewCertPool()
			return c, s.URL
		}, "not from an authority that is known"},
		"a certificate for another host": {func(t *testing.T) (*Client, string) {
			s := receive(t, nil)
			return s.client(), strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
		}, "for another host"},
		"a server without TLS": {func(t *testing.T) (*Client, string) {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			return &Client{Reach: func(netip.AddrPort) error { return nil }}, strings.Replace(s.URL, "http:", "https:", 1)
		}, "does not speak TLS"},
		"a server that only accepts": {func(t *testing.T) (*Client, string) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			return &Client{Timeout: 500 * time.Millisecond, Reach: func(netip.AddrPort) error { return nil }}, "https://" + l.Addr().String()
		}, "time ran out"},
	} {
		for way, call := range calls {
			t.Run(name+"/"+way, func(t *testing.T) {
				c, address := tc.place(t)
				o := call(t.Context(), c, address+"/"+pathCanary)
				if o.Result != Later || !strings.Contains(o.Reason, tc.says) || !strings.Contains(o.Reason, "nothing was sent") {
					t.Errorf("%+v, which does not say %q", o, tc.says)
				}
				checkReason(t, o)
			})
		}
	}
}

func TestAnAddressThatIsNone(t *testing.T) {
	for _, address := range []string{"", pathCanary, "ftp://" + pathCanary + ".example/", "https://", "https:///" + pathCanary, "https://a b/" + pathCanary, "mailto:" + pathCanary + "@example.com", "https://[::1/" + pathCanary, "https://example.com/%zz" + pathCanary, "file:///" + pathCanary} {
		for way, call := range calls {
			o := call(t.Context(), &Client{}, address)
			if checkReason(t, o); o.Result != Refused {
				t.Errorf("%s of %q: %+v", way, address, o)
			}
		}
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func FuzzAnswer(f *testing.F) {
	f.Add("https://lists.example.com/u?x=1", "120")
	f.Add("HTTPS://user:pw@[fe80::1%25eth0]:443/", "Fri, 31 Dec 2027 23:59:59 GMT")
	f.Add("https://"+strings.Repeat("a.", 200)+"example", "-99999999999999999999")
	f.Add("https://x\u202ey.example/%0d%0a", "9223372036854775807")
	f.Fuzz(func(t *testing.T, address, after string) {
		if wait := retryAfter(after, time.Unix(1e9, 0)); wait < 0 || wait > maxWait {
			t.Errorf("%q is a wait of %s", after, wait)
		}
		to, err := parse(address)
		if err != nil {
			return
		}
		if host := hostOf(to); host == "" || len(host) > maxHost+len("…") || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' && r != '…' }) {
			t.Errorf("%q is shown as %q", address, host)
		}
	})
}
