package hook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/foredesk/foredesk/internal/crashpoint"
)

var errAddress = errors.New("is no web address")

// message is what is posted.
type message struct {
	mediaType string
	header    map[string]string
	body      []byte
}

// post sends a message to an address once, and returns how that ended. dialer is
// nil for an address that we trust; that one may go through a proxy of the
// system (HTTPS_PROXY), which a guarded dialer would not see behind.
func (c *Client) post(ctx context.Context, to *url.URL, m message, dialer *net.Dialer) Outcome {
	limit := cmp.Or(c.Timeout, timeout)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// From here on the server may have got something.
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(m.body))
	if err != nil {
		return Outcome{Result: Refused, Reason: "the address " + errAddress.Error()}
	}
	req.Header.Set("User-Agent", "foredesk")
	req.Header.Set("Content-Type", m.mediaType)
	if u := to.User; u != nil { // http.Client would do this
		password, _ := u.Password()
		req.SetBasicAuth(u.Username(), password)
	}
	for name, value := range m.header {
		req.Header.Set(name, value)
	}
	transport := c.transport(dialer, limit)
	defer transport.CloseIdleConnections()
	crashpoint.Here("web")
	resp, err := transport.RoundTrip(req) // and not http.Client, which follows redirects
	crashpoint.Here("web")
	if err != nil {
		return lost(ctx, err, to, sent.Load())
	}
	defer resp.Body.Close() // unread: its status is all we need
	return answered(resp, to, time.Now())
}

// transport makes one connection for one call: calls are rare, and on a
// connection that was kept net/http would repeat some of them by itself.
func (c *Client) transport(dialer *net.Dialer, limit time.Duration) *http.Transport {
	t := &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		// A connection that is still being made outlives the call that wants it, but
		// not this.
		TLSHandshakeTimeout: limit,
	}
	if dialer == nil {
		dialer = &net.Dialer{}
		t.Proxy = http.ProxyFromEnvironment
	}
	dialer.Timeout = limit
	t.DialContext = dialer.DialContext
	return t
}

// answered is the outcome of a call that the server answered.
func answered(resp *http.Response, to *url.URL, now time.Time) Outcome {
	status := strings.TrimSpace(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	said := hostOf(to) + " answered " + status
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return Outcome{Result: Done}
	case code >= 300 && code < 400:
		return Outcome{Result: Refused, Reason: said + ", a redirect to another address, which was not followed"}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return Outcome{Result: Later, Reason: said, Wait: retryAfter(resp.Header.Get("Retry-After"), now)}
	case code == http.StatusGone:
		return Outcome{Result: Refused, Reason: said + ": nobody listens there any more"}
	}
	return Outcome{Result: Refused, Reason: said}
}

// retryAfter reads a Retry-After header: seconds or a date (RFC 9110 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil {
		wait = time.Duration(min(seconds, int(maxWait/time.Second))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return max(0, min(wait, maxWait))
}

// lost is the outcome of a call without an answer. The error itself is never
// shown: it may hold the address, or what the server wrote.
func lost(ctx context.Context, err error, to *url.URL, sent bool) Outcome {
	host := hostOf(to)
	if sent {
		return Outcome{Result: Unknown, Reason: "the call was sent to " + host + ", but " + why(ctx, err) + " before an answer came"}
	}
	for _, never := range []error{errNotPublic, errPort} {
		if errors.Is(err, never) {
			return Outcome{Result: Refused, Reason: host + " " + never.Error() + "; nothing was sent"}
		}
	}
	return Outcome{Result: Later, Reason: host + " could not be reached: " + why(ctx, err) + "; nothing was sent"}
}

// why names a failure in our own words.
func why(ctx context.Context, err error) string {
	_, unknownName := errors.AsType[*net.DNSError](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	slow, _ := errors.AsType[net.Error](err)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "time ran out"
	case ctx.Err() != nil:
		return "foredesk was told to stop"
	case unknownName:
		return "its name could not be looked up"
	case badCertificate:
		return certificate(err)
	case slow != nil && slow.Timeout():
		return "time ran out"
	case noTLS, errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refused the connection"
	}
	return "the connection broke"
}

func certificate(err error) string {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	_, otherHost := errors.AsType[x509.HostnameError](err)
	_, stranger := errors.AsType[x509.UnknownAuthorityError](err)
	switch {
	case ok && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet"
	case otherHost:
		return "its certificate is for another host"
	case stranger:
		return "its certificate is not from an authority that is known here"
	}
	return "its certificate is not valid"
}

// parse reads an address of http or https.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errAddress
	}
	return u, nil
}

const maxHost = 100 // bytes of a host in a reason

// hostOf is the host for people, without what should not be in one.
func hostOf(u *url.URL) string {
	host := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, u.Hostname())
	if len(host) > maxHost {
		return "…" + host[len(host)-maxHost:]
	}
	return host
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// keyOf is the key as every receiver takes it: itself if it is 1 to 64 letters,
// digits, dashes and underscores, or else the SHA-256 of it. What a key is made
// of, a Message-ID perhaps, then stays here.
func keyOf(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
