package google

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Prompt is how SignIn reaches the person who consents.
type Prompt struct {
	// Show is told the address to open in a browser, once the answer can be taken.
	Show func(address string)
	// Listen waits on a port of 127.0.0.1, Port or a free one, for the browser to be
	// led there.
	Listen bool
	Port   int
	// Pasted brings the address that a browser on another machine was led to. nil
	// never does; closed says that there will be none.
	Pasted <-chan string
	Limit  time.Duration // for all of it; 10 minutes where zero
}

const usualLimit = 10 * time.Minute

// Delegated reports whether the credentials are a service account's: there is
// nobody to sign in then, and Check says whether it works.
func (s *Source) Delegated() (bool, error) {
	creds, err := s.account.readCredentials()
	return err == nil && creds.service != nil, err
}

// Check has a token, from Google if need be, and says what is in the way.
func (s *Source) Check(ctx context.Context) error {
	_, err := s.token(ctx)
	return err
}

// SignIn lets a person give consent in a browser, and keeps what comes of it. After
// an error nothing was written, and an earlier sign-in stands as it was.
func (s *Source) SignIn(ctx context.Context, p Prompt) error {
	if p.Limit == 0 {
		p.Limit = usualLimit
	}
	if err := s.signIn(ctx, p); err != nil {
		return fmt.Errorf("signing account %q in at Google: %w. Nothing was kept", s.account.Name, err)
	}
	return nil
}

func (s *Source) signIn(ctx context.Context, p Prompt) error {
	// The file is read anew, as it may be what was wrong the last time.
	creds, err := s.account.readCredentials()
	if err != nil {
		return err
	}
	if creds.app == nil {
		return fmt.Errorf("%s is a service account's key, for which nobody signs in", s.account.Credentials)
	}
	if err := s.tryPlace(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.Limit, fmt.Errorf("it took longer than %s; begin again", p.Limit))
	defer cancel()
	k, shown, err := s.consent(ctx, creds, p)
	if err == nil {
		err = s.adopt(ctx, k)
	}
	if shown != nil {
		shown(err)
	}
	return err
}

// tryPlace finds out that nothing can be kept before a person has been troubled.
func (s *Source) tryPlace(ctx context.Context) error {
	var err error
	switch p := s.place.(type) {
	case inKeyring:
		if _, err = p.read(ctx); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	case inFile:
		// The name is one that sweep knows, should this be cut short.
		f, made := os.CreateTemp(filepath.Dir(string(p)), "."+filepath.Base(string(p))+".*.new")
		if err = made; err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("it could not be kept in %s: %w; write another token_file under google in the configuration", s.place, err)
	}
	return nil
}

// consent leads a person through the browser, and returns what that gave. shown
// tells the browser how it ended; it is nil where none waits.
func (s *Source) consent(ctx context.Context, creds *credentials, p Prompt) (k *kept, shown func(error), err error) {
	l, err := listen(ctx, p.Port)
	if err != nil {
		return nil, nil, err
	}
	app := *creds.app // the redirect address belongs to this run alone
	app.RedirectURL = "http://" + l.addr + "/"
	if shown = l.close; !p.Listen {
		l.close(nil) // the port was wanted for its number: nobody on this machine answers there
		shown = nil
	}
	// The state ties the answer to this run, so that nobody can slip us a code of their
	// own; the verifier ties the code to us, should another program see it on its way.
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	// Without "consent" Google gives a refresh token only the first time.
	p.Show(app.AuthCodeURL(state, oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent"),
		oauth2.SetAuthURLParam("login_hint", s.account.Addresses[0]), oauth2.S256ChallengeOption(verifier)))
	a, err := firstAnswer(ctx, l, p)
	if err != nil {
		return nil, shown, err
	}
	code, err := a.check(state)
	if err != nil {
		return nil, shown, err
	}
	k, err = s.exchange(ctx, &app, code, verifier)
	return k, shown, err
}

// firstAnswer waits for the browser and for the person side by side: which of them
// can answer depends on the machine that the browser is on.
func firstAnswer(ctx context.Context, l *loopbackListener, p Prompt) (answer, error) {
	select {
	case t := <-l.answers:
		return t.answer, t.err
	case text, ok := <-p.Pasted:
		if !ok {
			return answer{}, errors.New("nothing was pasted; begin again")
		}
		return readAnswer(text)
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
}

// exchange changes the code for tokens, and checks that they are what was wanted.
func (s *Source) exchange(ctx context.Context, app *oauth2.Config, code, verifier string) (*kept, error) {
	asked := context.WithValue(ctx, oauth2.HTTPClient, s.http)
	t, err := app.Exchange(asked, code, oauth2.VerifierOption(verifier))
	if err != nil {
		err = judge(err, s.now(), keep(code), keep(verifier), keep(app.ClientSecret))
		if r := (*refusal)(nil); errors.As(err, &r) && r.code == "invalid_grant" {
			err = fmt.Errorf("the code was not taken: %w. It holds once, for some minutes, and for this run alone; begin again", r)
		}
		return nil, err
	}
	had, err := s.accessOf(t)
	if err != nil {
		return nil, err
	}
	if t.RefreshToken == "" {
		return nil, errors.New("the server gave no refresh token, without which the sign-in would end in an hour; the client has to be of type Desktop app")
	}
	k := &kept{client: app.ClientID, scopes: app.Scopes, refresh: keep(t.RefreshToken), signedIn: s.now(), expires: expiryOf(t, s.now())}
	// RFC 6749, section 5.1: without the field all was given.
	if given, ok := t.Extra("scope").(string); ok && given != "" {
		k.scopes = strings.Fields(given)
	}
	if missing := k.lacks(app.Scopes); len(missing) > 0 {
		return nil, fmt.Errorf("%w in part: %s was not given. Begin again, and tick all boxes of the page", ErrDenied, strings.Join(missing, " "))
	}
	k.address, err = s.whose(ctx, had, app.Scopes)
	return k, err
}

// whose asks the calendar whose account the token is for, where the scopes allow
// it: the id of the primary calendar is its address. For mail alone nobody is asked:
// the mail server refuses a token that is not of the address it comes with.
func (s *Source) whose(ctx context.Context, a access, scopes []string) (string, error) {
	if !slices.Contains(scopes, ScopeList) {
		return "", nil
	}
	address, err := s.primary(ctx, a)
	if err != nil {
		return "", fmt.Errorf("asking the calendar whose account this is: %w", err)
	}
	if !slices.ContainsFunc(s.account.Addresses, func(own string) bool { return strings.EqualFold(own, address) }) {
		return "", fmt.Errorf("at Google it was %s who signed in, and the account's address is %s. Begin again as the right person, or add the address to the account's addresses in the configuration", tellable(address, nil), s.account.Addresses[0])
	}
	return address, nil
}

// calendarList is as much as is read of calendarList.list.
type calendarList struct {
	Items []struct {
		ID      string `json:"id"`
		Primary bool   `json:"primary"`
	} `json:"items"`
	Next string `json:"nextPageToken"`
}

// maxPages ends a list that has no end.
const maxPages = 20

// primary returns the id of the account's own calendar. It is looked for in the
// list, as that takes no scope that is not asked for anyway.
func (s *Source) primary(ctx context.Context, a access) (string, error) {
	query := url.Values{"minAccessRole": {"owner"}, "showHidden": {"true"}, "maxResults": {"250"}}
	for range maxPages {
		list, err := s.ownCalendars(ctx, a, query)
		if err != nil {
			return "", err
		}
		for _, c := range list.Items {
			if c.Primary {
				return c.ID, nil
			}
		}
		if list.Next == "" {
			break
		}
		query.Set("pageToken", list.Next)
	}
	return "", errors.New("the account has no primary calendar; is Google Calendar switched on for it?")
}

// ownCalendars asks for one page. The library of Google's API is not used here: it
// would be asked for a token, and this one is not adopted yet.
func (s *Source) ownCalendars(ctx context.Context, a access, query url.Values) (list calendarList, err error) {
	address := strings.TrimSuffix(s.account.Calendar, "/") + "/users/me/calendarList?" + query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return list, err
	}
	r.Header.Set("Authorization", "Bearer "+a.token.reveal())
	got, err := s.http.Do(r)
	if err != nil {
		return list, fmt.Errorf("%w: %w", ErrUnreached, err)
	}
	defer got.Body.Close()
	data, err := io.ReadAll(io.LimitReader(got.Body, 1<<20))
	switch {
	case err != nil:
		return list, fmt.Errorf("%w: %w", ErrUnreached, err)
	case got.StatusCode == http.StatusForbidden:
		return list, errors.New("the server answered 403; switch the Google Calendar API on, in the console's project of the client (APIs & Services, Library)")
	case got.StatusCode != http.StatusOK:
		return list, fmt.Errorf("the server answered %d", got.StatusCode)
	case json.Unmarshal(data, &list) != nil:
		return list, errors.New("the answer is not the list of calendars")
	}
	return list, nil
}

// adopt writes a sign-in down and goes by it from now on.
func (s *Source) adopt(ctx context.Context, k *kept) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.leave()
	data, err := k.encode()
	if err == nil {
		err = s.place.write(ctx, data)
	}
	if err != nil {
		return fmt.Errorf("writing it to %s: %w", s.place, err)
	}
	s.last.Store(k)
	s.access, s.refused, s.unsaved = access{}, refused{}, nil
	return nil
}
