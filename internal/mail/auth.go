package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// SignInError means that the server will not have this user and secret, or
// offers no way to give them. Asking again soon could lock the account, so
// Watch asks ever more rarely; a person has to mend it. Reason is the server's
// word, without the secret.
type SignInError struct {
	Host   string
	Reason string
}

func (e *SignInError) Error() string {
	return fmt.Sprintf("signing in to %s: %s. Nothing was done there; check user, password or token, and auth", e.Host, e.Reason)
}

// signIn authenticates. The server's own words may repeat what it was sent, so
// the secret is cut out of them.
func (a *Account) signIn(ctx context.Context, client *imapclient.Client) error {
	caps := client.Caps()
	if caps == nil {
		return errors.New("the server did not say what it can do")
	}
	auth, err := a.chooseAuth(caps)
	if err != nil {
		return err
	}
	secret, err := a.cfg.Secret(ctx)
	if err != nil {
		return fmt.Errorf("reading the secret for %s: %w", a.cfg.Host, err)
	}
	if strings.ContainsAny(a.cfg.User+secret, "\x00\r\n") {
		return &SignInError{Host: a.cfg.Host, Reason: "the user name or the secret has a line break or NUL in it"}
	}
	if auth == AuthLogin {
		err = client.Login(a.cfg.User, secret).Wait()
	} else {
		err = client.Authenticate(mechanism(auth, a.cfg.User, secret, a.cfg.Host, a.cfg.Port))
	}
	err = a.judgeSignIn(err, secret)
	tellRefused(a.cfg.Refused, err)
	return err
}

// tellRefused lets the owner of a secret know that a server will not have it.
func tellRefused(tell func(), err error) {
	if refused := (*SignInError)(nil); tell != nil && errors.As(err, &refused) {
		tell()
	}
}

// passing are the refusals that say nothing about the secret (RFC 9051 7.1).
var passing = []imap.ResponseCode{
	imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug,
}

func (a *Account) judgeSignIn(err error, secret string) error {
	var no *imap.Error
	var bearer *sasl.OAuthBearerError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no) && !slices.Contains(passing, no.Code):
		return &SignInError{Host: a.cfg.Host, Reason: withoutSecret(no.Text, secret)}
	case errors.As(err, &bearer):
		return &SignInError{Host: a.cfg.Host, Reason: "the token was refused: status " + withoutSecret(bearer.Status, secret)}
	}
	return fmt.Errorf("signing in to %s: %s", a.cfg.Host, withoutSecret(err.Error(), secret))
}

func withoutSecret(text, secret string) string {
	if secret == "" {
		return text
	}
	return strings.ReplaceAll(text, secret, "<secret>")
}

// chooseAuth picks PLAIN, which every server ought to have, before LOGIN, which
// RFC 9051 only suffers.
func (a *Account) chooseAuth(caps imap.CapSet) (string, error) {
	auth := a.cfg.Auth
	if auth == "" {
		auth = AuthLogin
		if caps.Has(imap.AuthCap("PLAIN")) {
			auth = AuthPlain
		}
	}
	if auth == AuthLogin && caps.Has(imap.CapLoginDisabled) {
		return "", &SignInError{Host: a.cfg.Host, Reason: "the server takes no password on this connection (LOGINDISABLED)"}
	}
	if auth != AuthLogin && !caps.Has(imap.AuthCap(strings.ToUpper(auth))) {
		return "", &SignInError{Host: a.cfg.Host, Reason: "the server does not know " + strings.ToUpper(auth)}
	}
	return auth, nil
}

// mechanism returns PLAIN, or one of the two that take a token.
func mechanism(auth, user, secret, host string, port int) sasl.Client {
	switch auth {
	case AuthOAuthBearer:
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{
			Username: user, Token: secret, Host: host, Port: port,
		})
	case AuthXOAuth2:
		return &xoauth2{user: user, token: secret}
	}
	return sasl.NewPlainClient("", user, secret)
}

// xoauth2 is the mechanism of developers.google.com/gmail/imap/xoauth2-protocol.
type xoauth2 struct{ user, token string }

func (x *xoauth2) Start() (mech string, response []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next is called only where the token was refused: the challenge says why.
func (x *xoauth2) Next(challenge []byte) ([]byte, error) {
	refused := &sasl.OAuthBearerError{}
	if err := json.Unmarshal(challenge, refused); err != nil {
		refused.Status = "unknown"
	}
	return nil, refused
}
