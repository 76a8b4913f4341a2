package google

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Errors of a sign-in that was not completed. Nothing was written down.
var (
	ErrState  = errors.New("the answer belongs to another sign-in")
	ErrDenied = errors.New("access was denied at Google")
)

// answer is what comes back from the consent page in the redirect address (RFC
// 6749, section 4.1.2).
type answer struct {
	state, code secret
	refusal     string // access_denied, …
}

// maxAnswer is the longest address that is read, in bytes.
const maxAnswer = 8 << 10

// readAnswer reads an address as a person copies it out of a browser, which may
// have left out how it begins.
func readAnswer(text string) (answer, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxAnswer {
		return answer{}, errors.New("what was pasted is too long for the address of a page")
	}
	_, query, found := strings.Cut(text, "?")
	if !found {
		return answer{}, errors.New("what was pasted is not the address of the page that the browser could not open: that begins with http://127.0.0.1 and has state= and code= in it. Copy all of it from the address bar")
	}
	query, _, _ = strings.Cut(query, "#")
	values, err := url.ParseQuery(query)
	if err != nil {
		return answer{}, errors.New("what was pasted is not an address; copy all of it from the address bar")
	}
	return fromQuery(values)
}

// fromQuery takes each parameter once: of two, nobody can say which one counts.
func fromQuery(values url.Values) (answer, error) {
	for _, name := range []string{"state", "code", "error"} {
		if len(values[name]) > 1 {
			return answer{}, fmt.Errorf("the answer has %s twice, which Google's never has; begin again", name)
		}
	}
	return answer{keep(values.Get("state")), keep(values.Get("code")), tellable(values.Get("error"), nil)}, nil
}

// isAnswer reports whether a request is the redirect, and not a browser's question
// for an icon.
func isAnswer(values url.Values) bool {
	return values.Has("state") || values.Has("code") || values.Has("error")
}

// check returns the code of an answer to the sign-in that has this state.
func (a answer) check(state string) (code string, err error) {
	switch {
	case subtle.ConstantTimeCompare([]byte(a.state.reveal()), []byte(state)) != 1:
		return "", fmt.Errorf("%w: its state is not the one that was sent. Open the address that this run has printed, and no older one", ErrState)
	case a.refusal == "access_denied":
		return "", fmt.Errorf("%w: the person pressed Cancel, or is no test user of a client in testing status, or an administrator forbids it", ErrDenied)
	case a.refusal != "":
		return "", fmt.Errorf("the consent page answered %q", a.refusal)
	case a.code.reveal() == "":
		return "", errors.New("the answer has no code in it; begin again, and copy all of the address")
	}
	return a.code.reveal(), nil
}
