package google

import (
	"fmt"
	"io"
	"net/http"
)

// Transport carries the token on requests that go out through base. One that is
// answered with 401, because the token ended before its time, is sent once more
// with another token, if its body can be had again.
func (s *Source) Transport(base http.RoundTripper) http.RoundTripper { return &transport{s, base} }

type transport struct {
	source *Source
	base   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, used, err := t.send(r, r.Body)
	if err != nil || answer.StatusCode != http.StatusUnauthorized || r.Body != nil && r.GetBody == nil {
		return answer, err
	}
	t.source.dropIf(r.Context(), func(a access) bool { return a.token.equal(used) })
	body := r.Body
	if r.GetBody != nil {
		if body, err = r.GetBody(); err != nil {
			return answer, nil // the refusal is what the caller has to know
		}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxFile)) // so that the connection can be used again
	_ = answer.Body.Close()
	answer, _, err = t.send(r, body)
	return answer, err
}

// send makes a copy of the request, which is the caller's, and closes the body in
// any case.
func (t *transport) send(r *http.Request, body io.ReadCloser) (*http.Response, secret, error) {
	a, err := t.source.token(r.Context())
	if err != nil {
		if body != nil {
			_ = body.Close()
		}
		return nil, secret{}, fmt.Errorf("nothing was asked of the calendar: %w", err)
	}
	out := r.Clone(r.Context())
	out.Body = body
	out.Header.Set("Authorization", "Bearer "+a.token.reveal())
	answer, err := t.base.RoundTrip(out)
	return answer, a.token, err
}
