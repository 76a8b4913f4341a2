package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	minSecret  = 24        // bytes, as the specification has it
	maxSecret  = 64        // bytes, as the specification has it
	maxPayload = 256 << 10 // bytes; the specification recommends less than 20 kB
)

// Secret signs webhooks. It holds the key where neither fmt, slog nor
// encoding/json look: inside a function. The zero Secret can't sign.
type Secret struct{ mac func(content []byte) []byte }

// ParseSecret reads a secret as Standard Webhooks writes it: "whsec_" and the
// base64 of 24 to 64 random bytes; the prefix may be missing. `openssl rand
// -base64 32` makes one. The error never holds a part of it.
func ParseSecret(text string) (Secret, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "whsec_")
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return Secret{}, errors.New("reading the secret for webhooks: it is not whsec_ and base64; webhooks can't be signed: make one with openssl rand -base64 32")
	}
	if len(key) < minSecret || len(key) > maxSecret {
		return Secret{}, fmt.Errorf("reading the secret for webhooks: it has %d bytes and not %d to %d; webhooks can't be signed: make one with openssl rand -base64 32", len(key), minSecret, maxSecret)
	}
	return Secret{func(content []byte) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(content)
		return mac.Sum(nil)
	}}, nil
}

// sign is the webhook-signature of a body.
func (s Secret) sign(id string, at time.Time, body []byte) string {
	content := fmt.Appendf(nil, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(s.mac(content))
}

// Call posts a payload as JSON, signed as Standard Webhooks 1.0.0 has it
// (https://www.standardwebhooks.com): webhook-id is the key, or its SHA-256 in
// hexadecimal if it is no plain word of up to 64 letters, digits, dashes and
// underscores; webhook-timestamp is the time of this attempt. A repeat has the
// same id, by which the receiver drops it. Without a secret nothing is sent.
func (c *Client) Call(ctx context.Context, address string, secret Secret, key string, payload any) Outcome {
	to, err := parse(address)
	if err != nil {
		return Outcome{Result: Refused, Reason: "the webhook's address " + err.Error()}
	}
	if secret.mac == nil {
		return Outcome{Result: Refused, Reason: "there is no secret to sign webhooks with; nothing was sent"}
	}
	body, err := json.Marshal(payload)
	if err != nil { // which may quote the payload
		return Outcome{Result: Refused, Reason: "the webhook's payload can't be written as JSON; nothing was sent"}
	}
	if len(body) > maxPayload {
		return Outcome{Result: Refused, Reason: fmt.Sprintf("the webhook's payload is larger than %d KiB; nothing was sent", maxPayload>>10)}
	}
	id, now := keyOf(key), time.Now()
	return c.post(ctx, to, message{mediaType: "application/json", body: body, header: map[string]string{
		"Webhook-Id":        id,
		"Webhook-Timestamp": strconv.FormatInt(now.Unix(), 10),
		"Webhook-Signature": secret.sign(id, now, body),
	}}, nil)
}
