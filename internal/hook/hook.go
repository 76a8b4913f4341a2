// Package hook makes the http calls that rules ask for: notify (a push service
// or a chat), webhook (a program of the assistant's firm) and unsubscribe (the
// list's own server, RFC 8058).
//
// A [Client] makes one call and tells by an [Outcome] how it ended; when and how
// often to try again is the engine's affair. No redirect is followed, no cookie
// kept and no answer's body read. What a reason says is safe to show and to log:
// it names the host, never the path of an address, which is often its password,
// and nothing that was sent or received.
//
// Addresses for Notify and Call are written by the assistant, so a machine in
// the house may be meant. The address for Unsubscribe comes from a stranger:
// dial.go keeps it away from all that is not public.
//
// Read notify.go, webhook.go and unsubscribe.go for the three calls, post.go for
// how a call goes and what its end means.
package hook

import (
	"crypto/x509"
	"net/netip"
	"time"
)

// Result says how a call ended.
type Result string

// How a call can end.
const (
	// Done: the server took it (2xx).
	Done Result = "done"
	// Later: nothing was sent, or the server asked for another attempt (408, 425,
	// 429, 5xx). It may be repeated.
	Later Result = "later"
	// Refused: the server does not want it, or the address can't be called. A
	// repeat would end the same way.
	Refused Result = "refused"
	// Unknown: it was sent, at least in part, and no answer came. Of Call, a repeat
	// with the same key is dropped by a receiver that keeps to the specification;
	// Unsubscribe may be repeated; of Notify, people may see a repeat.
	Unknown Result = "unknown"
)

// Outcome is the end of one call. Reason is for people and empty when it is Done.
type Outcome struct {
	Result Result
	Reason string
	// Wait is how long the server asked us to wait before another attempt, at most
	// a day; 0 if it did not say.
	Wait time.Duration
}

// Client makes calls. The zero Client is ready for use and may be used by
// several goroutines.
type Client struct {
	// Roots are the certificate authorities to believe; nil for the system's.
	Roots *x509.CertPool
	// Timeout ends a call; 0 is 20 seconds.
	Timeout time.Duration
	// Reach says whether Unsubscribe may connect to an address, and why not. Nil
	// is Public; another one is for tests.
	Reach func(netip.AddrPort) error
}

const (
	timeout = 20 * time.Second // the webhook specification recommends 15 to 30
	maxWait = 24 * time.Hour
)
