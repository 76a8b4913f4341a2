package google

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

// Errors that callers branch on. What they are wrapped in names the account and
// says what to do.
const (
	// ErrRevoked says that the refresh token does not hold any more: it was taken
	// back, ran out, or belongs to another client than the credentials file's. The
	// server is not asked again until a person has signed in again.
	ErrRevoked = lasting("the sign-in at Google does not hold any more")
	// ErrNotSignedIn says that nobody has signed the account in yet, or not for all
	// that is wanted now.
	ErrNotSignedIn = lasting("nobody has signed in at Google")
	// ErrRefused says that Google will not have the client or the service account. It
	// is asked again when the file has changed, or later.
	ErrRefused = lasting("the credentials are refused by Google")
)

// ErrUnreached says that no answer was had; the next try may succeed.
var ErrUnreached = errors.New("there was no answer from Google")

// lasting is an error that stays until a person does something.
type lasting string

func (l lasting) Error() string { return string(l) }

// Unwrap says it in the words of the OAuth library, for callers that know no others.
func (lasting) Unwrap() error {
	return &oauth2.RetrieveError{Response: &http.Response{StatusCode: http.StatusBadRequest}, ErrorCode: "invalid_grant"}
}

// refusal is what a server answered in the place of a token (RFC 6749, section 5.2).
type refusal struct {
	status int
	code   string // invalid_grant, …; empty where the answer had none
	words  string // for people, and clean of secrets
	// off is how far this machine's clock is ahead of the server's, by the Date of its answer.
	off time.Duration
}

func (r *refusal) Error() string {
	said := fmt.Sprintf("the server answered %d", r.status)
	if r.code != "" {
		said += " " + r.code
	}
	if r.words != "" {
		said += fmt.Sprintf(" (%s)", r.words)
	}
	if r.skewed() {
		said += fmt.Sprintf("; this machine's clock is %s off the server's: set it right", r.off.Abs().Round(time.Minute))
	}
	return said
}

// skewed reports a clock that assertions and expiries go wrong by.
func (r *refusal) skewed() bool { return r.off.Abs() > 5*time.Minute }

// passing reports a refusal that says nothing about what was sent. One without a
// code is not of a server for tokens, but of something between it and us.
func (r *refusal) passing() bool {
	return r.code == "" || r.status >= 500 || r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout || r.code == "temporarily_unavailable"
}

// judge turns what the library returns into a *refusal, or into an ErrUnreached.
// The library's own words may repeat the answer, and so what was sent.
func judge(err error, now time.Time, sent ...secret) error {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) {
		return fmt.Errorf("%w: %w", ErrUnreached, clean(err, sent))
	}
	r := &refusal{status: answered.Response.StatusCode, code: answered.ErrorCode, words: answered.ErrorDescription}
	if r.code == "" { // the library of service accounts leaves the body as it came
		var form struct {
			Code  string `json:"error"`
			Words string `json:"error_description"`
		}
		if json.Unmarshal(answered.Body, &form) == nil {
			r.code, r.words = form.Code, form.Words
		}
	}
	r.code, r.words = tellable(r.code, sent), tellable(r.words, sent)
	if date, err := http.ParseTime(answered.Response.Header.Get("Date")); err == nil {
		r.off = now.Sub(date)
	}
	return r
}

// clean keeps an error, for whoever asks what kind it is, if its words hold nothing
// of what was sent.
func clean(err error, sent []secret) error {
	if words := err.Error(); tellable(words, sent) != words {
		return errors.New(tellable(words, sent))
	}
	return err
}

// longWord is what no word is, and many a token.
const longWord = 60

// tellable cuts secrets and what is no text out of a server's words.
func tellable(words string, sent []secret) string {
	for _, s := range sent {
		if v := s.reveal(); v != "" {
			words = strings.ReplaceAll(words, v, hidden)
		}
	}
	words = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, words)
	kept := strings.Fields(words)
	for i, word := range kept {
		if len(word) > longWord && !strings.Contains(word, "://") {
			kept[i] = hidden
		}
	}
	words = strings.Join(kept, " ")
	if short := []rune(words); len(short) > 300 {
		words = string(short[:300]) + "…"
	}
	return words
}
