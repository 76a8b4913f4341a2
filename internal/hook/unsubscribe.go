package hook

import "context"

// Unsubscribe asks a list's server to take the reader off the list (RFC 8058
// 3.2), by the https address of a List-Unsubscribe header. The caller has
// checked that the message offers one click and that its DKIM signature covers
// both headers (RFC 8058 4), and that a rule asks for it.
//
// The request holds nothing but the address and the words "One-Click": no
// cookies, no authorization. It goes to public addresses and port 443 only, past
// any proxy; a redirect ends it.
func (c *Client) Unsubscribe(ctx context.Context, address string) Outcome {
	to, err := parse(address)
	switch {
	case err != nil:
		return Outcome{Result: Refused, Reason: "the list's address to unsubscribe " + err.Error() + "; nothing was sent"}
	case to.Scheme != "https":
		return Outcome{Result: Refused, Reason: hostOf(to) + " is not offered over https, which unsubscribing by one click needs; nothing was sent"}
	case to.User != nil:
		return Outcome{Result: Refused, Reason: "the address to unsubscribe at " + hostOf(to) + " holds a password, which must not be sent; nothing was sent"}
	}
	reach := c.Reach
	if reach == nil {
		reach = Public
	}
	m := message{mediaType: "application/x-www-form-urlencoded", body: []byte("List-Unsubscribe=One-Click")}
	return c.post(ctx, to, m, guarded(reach))
}
