package model

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/foredesk/foredesk/internal/crashpoint"
)

const (
	maxAnswer = 256 << 10 // bytes of an answer with all its thinking
	maxKey    = 16 << 10
)

// body is a request for a completion. The newer names of OpenAI's own models are
// sent to an endpoint that has refused the older ones, which all others take.
type body struct {
	Model       string    `json:"model"`
	Messages    []message `json:"messages"`
	Temperature *float64  `json:"temperature,omitempty"`
	MaxTokens   int       `json:"max_tokens,omitempty"`
	MaxNewer    int       `json:"max_completion_tokens,omitempty"`
	Stream      bool      `json:"stream"`
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// trouble is the end of a call without an answer, in our own words: those of the
// endpoint may repeat what it was sent.
type trouble struct {
	says    string
	verdict verdict
	wait    time.Duration // that the endpoint asked for
	free    bool          // no tokens were spent, as far as one can tell
	because error         // of a context, or nil
}

func (t *trouble) Error() string { return t.says }
func (t *trouble) Unwrap() error { return t.because }

// errOlder means that the endpoint refuses the older names of parameters.
var errOlder = errors.New("it refuses a parameter that other endpoints need")

// ask returns the model's words, from the cache or from the endpoint.
func (c *Client) ask(ctx context.Context, p prompt) (string, error) {
	key := p.key(c.config.Model)
	if c.config.Cache.Get != nil {
		if answer, ok := c.config.Cache.Get(ctx, key); ok && len(answer) <= maxWords {
			return answer, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Total)
	defer cancel()
	if err := c.turn(ctx); err != nil {
		return "", fmt.Errorf("%w: %w", ErrBusy, err)
	}
	defer func() { <-c.turns }()
	answer, err := c.converse(ctx, p)
	if err == nil && c.config.Cache.Put != nil {
		c.config.Cache.Put(ctx, key, answer)
	}
	return answer, err
}

// turn waits until a call may begin; the caller gives its turn back. A turn that
// leaves hardly any time comes too late: the call could only fail, and the
// endpoint would be blamed for it.
func (c *Client) turn(ctx context.Context) error {
	select {
	case c.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	end, _ := ctx.Deadline() // ask has set one
	if time.Until(end) < min(c.config.Timeout, c.config.Total)/10 {
		<-c.turns
		return context.DeadlineExceeded
	}
	return nil
}

// converse asks once, or a second time in newer words.
func (c *Client) converse(ctx context.Context, p prompt) (string, error) {
	newer := c.newer.Load()
	answer, err := c.counted(ctx, p, newer)
	if errors.Is(err, errOlder) && !newer {
		c.newer.Store(true)
		answer, err = c.counted(ctx, p, true)
	}
	return answer, err
}

// counted makes one call, if it is allowed, and keeps count of it.
func (c *Client) counted(ctx context.Context, p prompt, newer bool) (string, error) {
	begun := time.Now()
	aside := int64((len(p.system)+len(p.material))/3 + c.config.MaxTokens)
	if err := c.spending.admit(begun, aside); err != nil {
		return "", err
	}
	c.keep()
	defer c.keep()
	answer, tokens, err := c.call(ctx, p, newer)
	needed, judged, wait := aside, alive, time.Duration(0)
	if t, ok := errors.AsType[*trouble](err); ok {
		judged, wait = t.verdict, t.wait
		if t.free {
			needed = 0
		}
	} else if tokens > 0 {
		needed = min(tokens, 1<<20)
	}
	c.spending.settle(time.Now(), dayOf(begun), aside, needed, judged, wait)
	return answer, err
}

// keep hands on what has been used.
func (c *Client) keep() {
	if c.config.Keep == nil {
		return
	}
	c.keeping.Lock()
	defer c.keeping.Unlock()
	c.config.Keep(c.Usage())
}

// call makes one call and reads its answer. The error is a *trouble, or
// ErrUnusable.
func (c *Client) call(ctx context.Context, p prompt, newer bool) (answer string, tokens int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	req, err := c.request(ctx, p, newer)
	if err != nil {
		return "", 0, err
	}
	crashpoint.Here("model")
	resp, err := c.transport.RoundTrip(req) // and not http.Client, which follows redirects
	crashpoint.Here("model")
	if err != nil {
		return "", 0, lost(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", 0, refusal(resp, time.Now())
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil || ctx.Err() != nil:
		return "", 0, lost(ctx, err)
	case len(raw) > maxAnswer:
		return "", 0, &trouble{says: fmt.Sprintf("it sent more than %d KiB", maxAnswer>>10), verdict: failed}
	}
	return read(raw)
}

// request is what is sent. The key lives here alone; net/http shows no header in
// an error.
func (c *Client) request(ctx context.Context, p prompt, newer bool) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, bytes.NewReader(c.body(p, newer)))
	if err != nil {
		return nil, &trouble{says: "its address is no web address", verdict: failed, free: true}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "foredesk")
	if c.config.Secret == nil {
		return req, nil
	}
	key, err := c.config.Secret(ctx)
	switch {
	case errors.Is(err, context.Canceled):
		return nil, &trouble{says: "foredesk was told to stop", verdict: silent, free: true, because: err}
	case err != nil: // a failure like the endpoint's own: what reveals the key may be slow, too
		return nil, &trouble{says: err.Error() + "; nothing was asked", verdict: failed, free: true, because: err}
	case key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, &trouble{says: "its key is empty or holds what no key does; nothing was asked", verdict: failed, free: true}
	}
	req.Header.Set("Authorization", "Bearer "+key)
	return req, nil
}

func (c *Client) body(p prompt, newer bool) []byte {
	b := body{Model: c.config.Model, Messages: []message{{"system", p.system}, {"user", p.material}}}
	if newer {
		b.MaxNewer = c.config.MaxTokens
	} else {
		b.MaxTokens, b.Temperature = c.config.MaxTokens, new(float64)
	}
	encoded, _ := json.Marshal(b) // of strings and numbers: can't fail
	return encoded
}

// refusal is the end of a call that was answered with another status than 200.
func refusal(resp *http.Response, now time.Time) error {
	code := resp.StatusCode
	t := &trouble{says: strings.TrimSpace(fmt.Sprintf("it answered %d %s", code, http.StatusText(code))), verdict: failed, free: true}
	switch {
	case code >= 300 && code < 400:
		t.says += ", a redirect, which was not followed; correct the endpoint"
		t.verdict = closed
	case code == http.StatusBadRequest && namesOlder(resp.Body):
		t.verdict, t.because = alive, errOlder
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		// About this message and not about the next one: it may be too long, or a
		// filter may not like it.
		t.verdict, t.because = alive, ErrUnusable
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		t.says += "; look at the key"
		t.verdict = closed
	case code == http.StatusNotFound:
		t.says += "; look at the endpoint and the name of the model"
		t.verdict = closed
	case code == http.StatusTooManyRequests:
		t.verdict = closed
	}
	t.wait = retryAfter(resp.Header.Get("Retry-After"), now)
	return t
}

// namesOlder tells whether an error is about the older names of parameters.
func namesOlder(body io.Reader) bool {
	raw, err := io.ReadAll(io.LimitReader(body, 16<<10))
	var said struct {
		Error struct{ Param string }
	}
	if err != nil || json.Unmarshal(raw, &said) != nil {
		return false
	}
	return said.Error.Param == "max_tokens" || said.Error.Param == "temperature"
}

// retryAfter reads a Retry-After header: seconds or a date (RFC 9110 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil {
		wait = time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return max(0, min(wait, longestWait))
}

// lost is the end of a call without an answer. The error itself is not shown: it
// may hold the address, or what the server wrote.
func lost(ctx context.Context, err error) error {
	_, unknownName := errors.AsType[*net.DNSError](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	dial, notReached := errors.AsType[*net.OpError](err)
	notReached = notReached && dial.Op == "dial"
	t := &trouble{verdict: failed, because: ctx.Err(), free: unknownName || badCertificate || noTLS || notReached}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		t.says, t.verdict = "foredesk was told to stop", silent
	case ctx.Err() != nil:
		t.says = "no answer came in time"
	case errors.Is(err, errElsewhere):
		t.says = "its name leads to another machine, where nothing is sent without TLS"
	case unknownName:
		t.says = "its name could not be looked up"
	case badCertificate:
		t.says = "its certificate is not valid here"
	case noTLS, errors.Is(err, http.ErrSchemeMismatch):
		t.says = "it does not speak TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		t.says = "it refused the connection"
	default:
		t.says = "the connection broke"
	}
	return t
}

var errElsewhere = errors.New("not on this machine")

// transport makes one connection for one call: a model takes seconds, beside
// which a handshake is nothing, and no connection is left to be looked after.
func transport(at *url.URL, c Config) *http.Transport {
	dialer := &net.Dialer{Timeout: c.Timeout}
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    c.Timeout,
		DisableKeepAlives:      true,
		DisableCompression:     true, // an answer is small, unless it is a bomb
		MaxResponseHeaderBytes: 64 << 10,
	}
	if at.Scheme == "http" {
		t.Proxy = nil
		dialer.Control = onlyHere
	}
	return t
}

// onlyHere looks at the address that is about to be connected to: "localhost" is
// a name, too, and may lead elsewhere.
func onlyHere(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().Unmap().IsLoopback() {
		return errElsewhere
	}
	return nil
}

func thisMachine(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// hostOf is the host for people, without what should not be in one.
func hostOf(u *url.URL) string {
	host := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, u.Host)
	return host[max(0, len(host)-100):]
}
