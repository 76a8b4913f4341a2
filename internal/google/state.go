package google

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// State is what is known of an account's sign-in without asking Google. It holds no
// secret.
type State struct {
	Delegated bool      // a service account acts for the account: nobody signs in
	Client    string    // id of the client, or the address of the service account
	SignedIn  time.Time // zero where nobody has
	Expires   time.Time // zero where it has no end
	Ending    bool      // that is near, or past
	Address   string    // who signed in, where that is known
	Scopes    []string  // that were given; of a service account, that are asked for
	Missing   []string  // scopes that are wanted and were not given
	Place     string    // where it is kept; empty for a service account
	Problem   string    // why it can't be used, for people
}

// State reads what is kept.
func (s *Source) State(ctx context.Context) (State, error) {
	creds, err := s.account.readCredentials()
	if err != nil {
		return State{}, err
	}
	if creds.service != nil {
		return State{Delegated: true, Client: creds.id, Scopes: s.account.Scopes}, nil
	}
	st := State{Client: creds.id, Place: s.place.String()}
	k, err := s.read(ctx)
	if errors.Is(err, ErrNotSignedIn) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	st.SignedIn, st.Expires, st.Ending, st.Address, st.Scopes, st.Missing = k.signedIn, k.expires, k.ending(s.now()), k.address, k.scopes, k.lacks(s.account.Scopes)
	if err := s.fits(k, creds); err != nil {
		st.Problem = err.Error()
	} else if !k.expires.IsZero() && s.now().After(k.expires) {
		st.Problem = "the sign-in ended at " + k.expires.UTC().Format("2006-01-02 15:04 MST") + "; " + s.account.again()
	}
	return st, nil
}

// Remove gives the sign-in back to Google and forgets it here. It is forgotten also
// where Google could not be told; the error says so then.
func (s *Source) Remove(ctx context.Context) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.leave()
	creds, err := s.account.readCredentials()
	if err != nil {
		return err
	}
	k, err := s.read(ctx)
	if errors.Is(err, ErrNotSignedIn) || creds.app == nil {
		return fmt.Errorf("removing the sign-in of account %q: %w, so there is nothing to remove", s.account.Name, ErrNotSignedIn)
	}
	// It goes from here first: if we stop in between, a token that nobody has is the
	// smaller harm than one that is still used though a person has removed it.
	if err := s.place.remove(ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the sign-in of account %q from %s: %w; nothing was changed", s.account.Name, s.place, err)
	}
	s.access, s.unsaved, s.refused = access{}, nil, refused{}
	s.last.Store(nil)
	if err == nil {
		err = s.revoke(ctx, creds, k.refresh)
	}
	if err != nil {
		return fmt.Errorf("the sign-in of account %q was removed from %s, but Google was not told: %w. Take the access back at https://myaccount.google.com/connections", s.account.Name, s.place, err)
	}
	return nil
}

// revoke gives a refresh token back (RFC 7009). One that does not hold any more is
// as good as given back.
func (s *Source) revoke(ctx context.Context, creds *credentials, token secret) error {
	form := url.Values{"token": {token.reveal()}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, creds.revokeAddress(), strings.NewReader(form))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := s.http.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreached, clean(err, []secret{token}))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusBadRequest {
		return fmt.Errorf("the server answered %d", answer.StatusCode)
	}
	return nil
}
