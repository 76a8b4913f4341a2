package google

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// pause is how long a client or a service account that was refused is not tried
// again. What it lacks is mended elsewhere, so nothing here tells when.
const pause = 5 * time.Minute

// checkKey finds a damaged key when the configuration is read, not at the first use.
func checkKey(text string) error {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return errors.New("its private_key is not PEM; " + wantedFile)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if _, ok := key.(*rsa.PrivateKey); err != nil || !ok {
		return errors.New("its private_key is not an RSA key; " + wantedFile)
	}
	return nil
}

// assert has an access token by a signed assertion (RFC 7523): the service account
// acts for the account's address, as the domain's administrator has allowed. The
// caller holds the turn.
func (s *Source) assert(ctx context.Context, creds *credentials) (access, error) {
	now := s.now()
	what := sha256.Sum256(creds.mark[:])
	if s.refused.holds(what, now) {
		return access{}, s.refused.err
	}
	asked := context.WithValue(ctx, oauth2.HTTPClient, s.http)
	t, err := creds.service.TokenSource(asked).Token()
	if err != nil {
		err = s.notDelegated(judge(err, now), creds)
		if errors.Is(err, ErrRefused) {
			s.refused = refused{what: what, err: err, until: now.Add(pause)}
		}
		return access{}, err
	}
	// This library drops expires_in and gives a moment of its own clock.
	t.ExpiresIn = int64(time.Until(t.Expiry).Round(time.Second).Seconds())
	return s.accessOf(t)
}

// notDelegated says what a person can do about a service account that is refused.
func (s *Source) notDelegated(err error, creds *credentials) error {
	r := (*refusal)(nil)
	if !errors.As(err, &r) || r.passing() {
		return err
	}
	advice := fmt.Sprintf("Compare %s with the keys of the service account in Google's console", s.account.Credentials)
	switch {
	case r.code == "invalid_grant" && strings.Contains(r.words, "iat"):
		advice = fmt.Sprintf("Set this machine's clock right; it says %s", s.now().UTC().Format(time.RFC3339))
	case r.code == "unauthorized_client" || r.code == "access_denied":
		advice = fmt.Sprintf("An administrator of the domain has to give domain-wide delegation to %s, for the scopes %s", creds.id, strings.Join(s.account.Scopes, ","))
	}
	return fmt.Errorf("%w: %w. %s. Nothing was done; it is tried again in %d minutes", ErrRefused, r, advice, pause/time.Minute)
}
