package google

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

// The scopes that are asked for. Google's description of the calendar API names
// the narrow ones that each method takes: events (read, written, watched), the
// list of calendars, and who is busy when. IMAP and SMTP have but one scope.
const (
	ScopeEvents   = "https://www.googleapis.com/auth/calendar.events"
	ScopeList     = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
	ScopeFreeBusy = "https://www.googleapis.com/auth/calendar.events.freebusy"
	ScopeMail     = "https://mail.google.com/"
)

// Account says who signs in at Google, by which credentials, and for what.
type Account struct {
	Name        string   // in the configuration
	Addresses   []string // whose account at Google it may be; a service account acts for the first
	Credentials string   // path of what Google's console gave; mode 0600
	TokenFile   string   // where the sign-in is kept; empty: in the keyring of the operating system
	Scopes      []string
	Calendar    string // base address of the calendar API; empty: Google's own
}

// Source has the token of one account. It asks Google only when it must, and its
// methods may be called from several goroutines. Make one with Open.
type Source struct {
	account Account
	place   place
	log     *slog.Logger
	http    *http.Client
	now     func() time.Time

	last atomic.Pointer[kept] // as it was last read or written

	turn    chan struct{} // holds one while somebody looks at or changes what follows
	access  access
	unsaved *kept // a rotated token that could not be written down yet
	refused refused
	warned  time.Time
}

// access is a token for requests, and when it was had and ends. The zero value is none.
type access struct {
	token      secret
	had, until time.Time
}

// longest is how long the library of Google's API waits for a token.
const longest = time.Minute

// spare is how long before its end an access token is not used any more.
const spare = time.Minute

// fresh also goes by the time on the wall: a machine that was suspended counts less.
func (a access) fresh(now time.Time) bool {
	wall := now.Round(0)
	return a.token != secret{} && now.Add(spare).Before(a.until) && wall.Add(spare).Before(a.until.Round(0)) && !wall.Before(a.had.Round(0))
}

// refused remembers what Google has refused, so that it is not asked the same again.
type refused struct {
	what  [sha256.Size]byte // credentials and refresh token
	err   error
	until time.Time // zero: until something has changed
}

func (r refused) holds(what [sha256.Size]byte, now time.Time) bool {
	return r.what == what && (r.until.IsZero() || now.Before(r.until))
}

// Open checks the credentials file. Nobody is asked anything yet.
func Open(a Account, log *slog.Logger) (*Source, error) {
	if a.Calendar == "" {
		a.Calendar = googleCalendar
	}
	_, err := checkAddress("endpoint", a.Calendar, "")
	if err == nil {
		_, err = a.readCredentials()
	}
	if err != nil {
		return nil, fmt.Errorf("signing in with Google: %w", err)
	}
	return &Source{
		account: a, place: a.place(), log: log, now: time.Now, turn: make(chan struct{}, 1),
		http: &http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // it could lead secrets elsewhere
		},
	}, nil
}

// TokenSource returns the source for the library of Google's API. Its waits end with ctx.
func (s *Source) TokenSource(ctx context.Context) oauth2.TokenSource { return bound{ctx, s} }

type bound struct {
	ctx context.Context
	*Source
}

// Token implements oauth2.TokenSource. What it returns prints in the open: pass it
// on and keep it nowhere.
func (b bound) Token() (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(b.ctx, longest) // the callers of that library have no context to give
	defer cancel()
	a, err := b.token(ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: a.token.reveal(), TokenType: "Bearer", Expiry: a.until}, nil
}

// Secret returns the access token, as IMAP and SMTP take it in the place of a
// password (RFC 7628).
func (s *Source) Secret(ctx context.Context) (string, error) {
	a, err := s.token(ctx)
	return a.token.reveal(), err
}

// Drop forgets the access token, when a server has refused it before its time: the
// next caller gets another, or is told why not.
func (s *Source) Drop() { s.dropIf(context.Background(), func(access) bool { return true }) }

// dropIf forgets an access token that is stale. Whoever was refused with an older
// one must not throw away what another caller has just been given.
func (s *Source) dropIf(ctx context.Context, stale func(access) bool) {
	if s.take(ctx) != nil {
		return
	}
	defer s.leave()
	if stale(s.access) {
		s.access = access{}
	}
}

// take waits for the turn of this caller.
func (s *Source) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Source) leave() { <-s.turn }

// token returns an access token that holds for a while. All callers queue here, so
// that of many who find it stale one asks, and the others get what that one got.
func (s *Source) token(ctx context.Context) (access, error) {
	if err := s.take(ctx); err != nil {
		return access{}, fmt.Errorf("waiting for the Google token of account %q: %w", s.account.Name, err)
	}
	defer s.leave()
	if s.access.fresh(s.now()) {
		return s.access, nil
	}
	s.access = access{} // whatever happens now, the old one is not used any more
	had, err := s.renew(ctx)
	if err != nil {
		return access{}, fmt.Errorf("the Google token of account %q: %w", s.account.Name, err)
	}
	s.access = had
	return had, nil
}

// renew has a new access token. The caller holds the turn.
func (s *Source) renew(ctx context.Context) (access, error) {
	creds, err := s.account.readCredentials()
	if err != nil {
		return access{}, err
	}
	if creds.service != nil {
		return s.assert(ctx, creds)
	}
	k, err := s.load(ctx)
	if err != nil {
		return access{}, err
	}
	if err := s.fits(k, creds); err != nil {
		return access{}, err
	}
	// The same question would get the same answer, and asking it for ever looks like
	// an attack: it waits until a person has changed something.
	what := sha256.Sum256([]byte(string(creds.mark[:]) + k.refresh.reveal()))
	if s.refused.holds(what, s.now()) {
		return access{}, s.refused.err
	}
	had, rotated, err := s.refresh(ctx, creds, k)
	if err != nil {
		return access{}, s.remember(what, err)
	}
	s.refused = refused{}
	if rotated != nil {
		if err := s.save(ctx, k, rotated); err != nil {
			return access{}, err
		}
	}
	s.warn()
	return had, nil
}

// load reads what is kept, after what could not be written before.
func (s *Source) load(ctx context.Context) (*kept, error) {
	k, err := s.read(ctx)
	// Whoever has signed in again in the meantime has the better token, and who has
	// removed it wants none.
	if s.unsaved == nil || errors.Is(err, ErrNotSignedIn) || err == nil && k.signedIn.After(s.unsaved.signedIn) {
		s.unsaved = nil
		return k, err
	}
	k = s.unsaved
	return k, s.write(ctx, k)
}

// read reads what is kept now: another process may have signed in since.
func (s *Source) read(ctx context.Context) (*kept, error) {
	data, err := s.place.read(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.last.Store(nil)
		return nil, fmt.Errorf("%w for it yet; %s", ErrNotSignedIn, s.account.again())
	case err != nil:
		return nil, fmt.Errorf("reading the sign-in from %s: %w", s.place, err)
	}
	k, err := decodeKept(data)
	if err != nil {
		return nil, fmt.Errorf("reading the sign-in from %s: %w; %s", s.place, err, s.account.again())
	}
	s.last.Store(k)
	return k, nil
}

// again is the advice that most errors end with.
func (a Account) again() string { return "sign in: foredesk auth google --account " + a.Name }

// fits refuses a sign-in that was for another client, or for less than is wanted now.
func (s *Source) fits(k *kept, creds *credentials) error {
	if k.client != creds.id {
		return fmt.Errorf("%w: it was given to another client than that of %s; %s", ErrRevoked, s.account.Credentials, s.account.again())
	}
	if missing := k.lacks(s.account.Scopes); len(missing) > 0 {
		return fmt.Errorf("%w for all that the configuration asks for now (%s is missing); %s", ErrNotSignedIn, strings.Join(missing, " "), s.account.again())
	}
	return nil
}

// refresh asks for an access token. rotated is not nil where the server gave
// another refresh token as well.
func (s *Source) refresh(ctx context.Context, creds *credentials, k *kept) (had access, rotated *kept, err error) {
	asked := context.WithValue(ctx, oauth2.HTTPClient, s.http)
	t, err := creds.app.TokenSource(asked, &oauth2.Token{RefreshToken: k.refresh.reveal()}).Token()
	if err != nil {
		return access{}, nil, judge(err, s.now(), k.refresh, keep(creds.app.ClientSecret))
	}
	if had, err = s.accessOf(t); err != nil {
		return access{}, nil, err
	}
	if next := keep(t.RefreshToken); t.RefreshToken != "" && !next.equal(k.refresh) {
		with := *k
		with.refresh, with.expires = next, expiryOf(t, s.now())
		rotated = &with
	}
	return had, rotated, nil
}

// accessOf refuses a token that is over as it comes: the library would take one
// without an end for one that lasts for ever.
func (s *Source) accessOf(t *oauth2.Token) (access, error) {
	if t.AccessToken == "" {
		return access{}, errors.New("the server answered without an access token; try again later")
	}
	if t.ExpiresIn <= 0 {
		return access{}, fmt.Errorf("the access token that the server gave is over already (expires_in %d), so it was not used; try again, and look at the clocks of this machine and of the server", t.ExpiresIn)
	}
	now := s.now()
	return access{token: keep(t.AccessToken), had: now, until: now.Add(time.Duration(t.ExpiresIn) * time.Second)}, nil
}

// expiryOf is when the refresh token that came with t ends; Google says so of
// clients in "testing" status, and where the person has set a time.
func expiryOf(t *oauth2.Token, now time.Time) time.Time {
	seconds, ok := t.Extra("refresh_token_expires_in").(float64)
	if !ok || seconds <= 0 || seconds > 10*365*24*3600 {
		return time.Time{}
	}
	return now.Add(time.Duration(seconds) * time.Second)
}

// save puts a rotated token in the place of the one it was had by, unless a person
// has signed in again since. A failure is no loss: the next call tries again.
func (s *Source) save(ctx context.Context, was, next *kept) error {
	switch k, err := s.read(ctx); {
	case errors.Is(err, ErrNotSignedIn):
		return err // a person has removed it
	case err == nil && !k.refresh.equal(was.refresh):
		return nil
	}
	return s.write(ctx, next)
}

// write keeps k. Until that has worked it stays in memory: the server may have made
// the token before it worthless already.
func (s *Source) write(ctx context.Context, k *kept) error {
	s.unsaved = k
	data, err := k.encode()
	if err == nil {
		err = s.place.write(ctx, data)
	}
	if err != nil {
		return fmt.Errorf("writing the new token to %s: %w. It is not used before it is written down, and that is tried again", s.place, err)
	}
	s.unsaved = nil
	s.last.Store(k)
	return nil
}

// remember says what to do about a refusal, and keeps a lasting one.
func (s *Source) remember(what [sha256.Size]byte, err error) error {
	r := (*refusal)(nil)
	if !errors.As(err, &r) || r.passing() {
		return err
	}
	s.refused = refused{what: what}
	if r.code == "invalid_grant" {
		s.refused.err = fmt.Errorf("%w: %w. What needs it waits; sign in again: foredesk auth google --account %s", ErrRevoked, r, s.account.Name)
	} else {
		s.refused.err = fmt.Errorf("%w: %w. Compare %s with the client in Google's console", ErrRefused, r, s.account.Credentials)
		s.refused.until = s.now().Add(pause)
	}
	return s.refused.err
}

// warn logs, once a day, that a person has to sign in again soon.
func (s *Source) warn() {
	k, now := s.last.Load(), s.now()
	if k == nil || !k.ending(now) || now.Sub(s.warned) < 24*time.Hour {
		return
	}
	s.warned = now
	s.log.Warn("the sign-in at Google ends soon; "+s.account.again(), "account", s.account.Name, "ends", k.expires.UTC().Format(time.RFC3339))
}

// Expires returns when the sign-in ends, as far as was seen, and whether it does.
func (s *Source) Expires() (time.Time, bool) {
	if k := s.last.Load(); k != nil && !k.expires.IsZero() {
		return k.expires, true
	}
	return time.Time{}, false
}
