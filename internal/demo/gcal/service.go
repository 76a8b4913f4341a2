package gcal

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"time"
)

// assertionGrant is how a service account asks for a token (RFC 7523).
const assertionGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// skew is how far the clocks of a client and of Google may differ.
const skew = 5 * time.Minute

// AddServiceAccount lets a service account act for the account's user, as a
// domain's administrator does with domain-wide delegation. A scope that is not
// among these is refused.
func (s *Server) AddServiceAccount(email string, key *rsa.PublicKey, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants.service[email] = serviceAccount{key, scopes}
}

// ServiceAccountFile is AddServiceAccount, and returns the key file (JSON) that Google
// gives out for such an account.
func (s *Server) ServiceAccountFile(email string, key *rsa.PrivateKey, scopes ...string) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	s.AddServiceAccount(email, &key.PublicKey, scopes...)
	return json.Marshal(map[string]any{
		"type": "service_account", "client_email": email, "private_key_id": "1", "token_uri": s.TokenURL(),
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
}

type serviceAccount struct {
	key    *rsa.PublicKey
	scopes []string
}

// claims are what an assertion says; times are in seconds since 1970.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Scope    string `json:"scope"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// fromAssertion changes a signed assertion for an access token.
func (s *Server) fromAssertion(assertion string) answerPage {
	c, signed, signature, ok := readAssertion(assertion)
	if !ok {
		return oauthError("invalid_grant", "Invalid JWT: it can't be read.")
	}
	account, known := s.grants.service[c.Issuer]
	if !known {
		return oauthError("invalid_grant", "Invalid grant: account not found")
	}
	sum := sha256.Sum256([]byte(signed))
	now, issued, expires := s.account.Now(), time.Unix(c.IssuedAt, 0), time.Unix(c.Expires, 0)
	switch {
	case rsa.VerifyPKCS1v15(account.key, crypto.SHA256, sum[:], signature) != nil:
		return oauthError("invalid_grant", "Invalid JWT Signature.")
	case c.Audience != s.TokenURL():
		return oauthError("invalid_grant", "Invalid JWT: the audience is not this server.")
	case issued.After(now.Add(skew)) || !expires.After(now.Add(-skew)) || expires.Sub(issued) > accessLife+skew:
		return oauthError("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values.")
	case c.Subject != s.account.User:
		return oauthError("unauthorized_client", "The service account may not act for this user.")
	}
	for _, scope := range strings.Fields(c.Scope) {
		if !slices.Contains(account.scopes, scope) {
			return oauthError("unauthorized_client", "The service account has not been given one of the scopes.")
		}
	}
	return answerPage{status: http.StatusOK, json: s.issue(grant{client: c.Issuer, scopes: strings.Fields(c.Scope)})}
}

// readAssertion takes a JSON web token apart (RFC 7519, section 3); RS256 is the
// one signature that Google takes.
func readAssertion(assertion string) (c claims, signed string, signature []byte, ok bool) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return c, "", nil, false
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if !decodePart(parts[0], &header) || header.Algorithm != "RS256" || !decodePart(parts[1], &c) {
		return c, "", nil, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	return c, parts[0] + "." + parts[1], signature, err == nil
}

func decodePart(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, into) == nil
}
