package google

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// hidden is what a secret prints as.
const hidden = "<secret>"

// secret is a token, or the secret of a client. It prints as "<secret>" by fmt, slog
// and JSON alike. Methods are not called on unexported fields; there fmt prints the
// address that is in it, and json leaves it out.
type secret struct{ value *string }

func keep(s string) secret { return secret{&s} }

// reveal returns the value, to be sent or stored and for nothing else.
func (s secret) reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

func (s secret) equal(o secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.reveal()), []byte(o.reveal())) == 1
}

// Format prints "<secret>" for every verb and flag.
func (secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText writes "<secret>", in JSON as well.
func (secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue logs "<secret>".
func (secret) LogValue() slog.Value { return slog.StringValue(hidden) }
