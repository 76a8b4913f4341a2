package calendar

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"

	"github.com/foredesk/foredesk/internal/datebook"
)

// ErrSignIn says that the account's sign-in at Google is not good any more, or
// never allowed this. It stays so until a person signs in again.
var ErrSignIn = datebook.ErrSignIn

// refusal is an answer that says no. It prints nothing of the answer but the
// reason: the message, and the address of the request, may name people.
type refusal struct {
	status int    // of the HTTP answer
	reason string // Google's word, or OAuth's: "rateLimitExceeded", "invalid_grant"
	token  bool   // it was the sign-in that was refused, before the request
	err    error
}

func (r *refusal) Error() string {
	said := "Google answers " + strconv.Itoa(r.status)
	if r.reason != "" {
		said += " " + r.reason
	}
	if hint := r.hint(); hint != "" {
		return said + ": " + hint
	}
	return said
}

func (r *refusal) Unwrap() error { return r.err }

// Is makes errors.Is find ErrSignIn.
func (r *refusal) Is(target error) bool { return target == ErrSignIn && r.needsPerson() }

// rates are the reasons of a 403 that is a 429 in truth.
var rates = []string{"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}

func (r *refusal) passing() bool {
	return r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout || r.status >= 500 ||
		r.status == http.StatusForbidden && slices.Contains(rates, r.reason)
}

func (r *refusal) needsPerson() bool {
	return r.token && !r.passing() || r.status == http.StatusUnauthorized || r.reason == "insufficientPermissions"
}

// hint says what a person can do.
func (r *refusal) hint() string {
	switch {
	case r.reason == "insufficientPermissions":
		return "the sign-in does not cover the calendar; sign in again and allow it"
	case r.needsPerson():
		return "the sign-in was taken back or has run out; sign in again"
	case r.reason == "accessNotConfigured":
		return "the Google Calendar API is switched off in the project that the sign-in belongs to; switch it on in Google's console"
	case r.status == http.StatusForbidden && !r.passing():
		return "the account lacks the access for this; have the calendar's owner share it, or take it out of the configuration"
	}
	return ""
}

// trouble is a request without a whole answer.
type trouble struct {
	sent bool // the server may have got it
	err  error
}

func (t *trouble) Error() string { return "no answer from Google: " + t.err.Error() }
func (t *trouble) Unwrap() error { return t.err }

// plainly sorts what the Go client returns into a *refusal and a *trouble. It
// takes off *url.Error, which prints the calendar's id in the address.
func plainly(err error) error {
	var api *googleapi.Error
	var token *tokenError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &token):
		return token.plain()
	case errors.As(err, &api):
		r := &refusal{status: api.Code, err: err}
		if len(api.Errors) > 0 {
			r.reason = api.Errors[0].Reason
		}
		return r
	}
	var dial *net.OpError
	sent := !errors.As(err, &dial) || dial.Op != "dial"
	return &trouble{sent, unaddressed(err)}
}

func unaddressed(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// reasonOf returns the status and the reason of an answer that said no, and 0
// where there was no answer.
func reasonOf(err error) (status int, reason string) {
	var r *refusal
	if errors.As(err, &r) {
		return r.status, r.reason
	}
	return 0, ""
}

// passing reports whether the same request may succeed later without anybody
// doing anything: limits, 5xx and connection trouble.
func passing(err error) bool {
	var r *refusal
	if errors.As(err, &r) {
		return r.passing()
	}
	return err != nil
}

// undone reports whether the request has certainly not been done.
func undone(err error) bool {
	var r *refusal
	var t *trouble
	switch {
	case errors.As(err, &r):
		return r.token || r.status < 500
	case errors.As(err, &t):
		return !t.sent
	}
	return false
}

// retryAfter is how long the server asks us to wait, if it does.
func retryAfter(err error) time.Duration {
	var api *googleapi.Error
	if !errors.As(err, &api) {
		return 0
	}
	seconds, err := strconv.Atoi(api.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0 // a date instead: no part of Google's answers here
	}
	return time.Duration(min(seconds, 24*60*60)) * time.Second
}

// signIn marks the errors of a token source, so that they can be told from those
// of the request itself.
type signIn struct{ oauth2.TokenSource }

// Token is that of the source.
func (s signIn) Token() (*oauth2.Token, error) {
	t, err := s.TokenSource.Token()
	if err != nil {
		return nil, &tokenError{err}
	}
	return t, nil
}

type tokenError struct{ err error }

func (e *tokenError) Error() string { return "signing in: " + e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// plain tells a refused sign-in from trouble on the way to it. Of a service
// account's (x/oauth2/jwt) the code stands in the body alone.
func (e *tokenError) plain() error {
	var r *oauth2.RetrieveError
	if !errors.As(e.err, &r) || r.Response == nil {
		return &trouble{false, unaddressed(e.err)}
	}
	code := r.ErrorCode
	if code == "" {
		var body struct {
			Error string `json:"error"`
		}
		_ = json.Unmarshal(r.Body, &body) // what is no JSON has no code
		code = body.Error
	}
	return &refusal{status: r.Response.StatusCode, reason: code, token: true, err: e}
}
