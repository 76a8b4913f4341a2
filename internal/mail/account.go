package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/when"
	"github.com/foredesk/foredesk/rules"
)

// The values of Config.TLS.
const (
	ImplicitTLS = "implicit" // RFC 8314 3: TLS from the first byte
	StartTLS    = "starttls" // RFC 9051 6.2.1, and never without it
	NoTLS       = "none"     // loopback only
)

// The values of Config.Auth. Empty stands for PLAIN, or LOGIN where the server
// has no PLAIN.
const (
	AuthLogin       = "login"
	AuthPlain       = "plain"       // RFC 4616
	AuthOAuthBearer = "oauthbearer" // RFC 7628
	AuthXOAuth2     = "xoauth2"     // what Google and Microsoft had before RFC 7628
)

// Config says where an account is and how to sign in to it.
type Config struct {
	Host   string
	Port   int
	TLS    string // ImplicitTLS, StartTLS or NoTLS
	CAFile string // PEM; trusted instead of the system's authorities
	User   string
	// Secret returns the password or access token. It is called at each sign-in,
	// so that a changed file or a fresh token counts at once.
	Secret func(context.Context) (string, error)
	// Refused is called when the server will not have the secret, so that a token
	// which ended early is replaced; nil where nobody wants to know.
	Refused func()
	Auth    string
	Folders []string         // to watch; INBOX where empty
	Poll    time.Duration    // how often a watched folder is asked for news; 60 s where zero, 9 min at most
	Now     func() time.Time // the clock of Cursor.SeenAt; time.Now where nil
	Identity
}

// Account is one IMAP account. It holds no connection: Watch and Open make
// their own. Its methods may be called from several goroutines.
type Account struct {
	cfg     Config
	log     *slog.Logger
	names   folderNames
	pace    pace
	needs   atomic.Pointer[rules.Needs]
	hours   atomic.Pointer[when.Calendar]
	trouble func(folder string, err error)
	seal    []byte

	sentWanted chan struct{} // closed by WatchSent
	wantSent   sync.Once

	saying sync.Mutex
	said   map[string]bool
}

// pace holds the waits of an account. Tests shorten them.
type pace struct {
	signIn  time.Duration // from dialling to signed in
	answer  time.Duration // silence after a small command, at most
	fetch   time.Duration // silence between the answers to a FETCH
	work    time.Duration // silence after a command that may be long work for a server
	settle  time.Duration // of the first IDLE after work
	refresh time.Duration // how often a watched folder is selected anew
	refused time.Duration // how long a server has to refuse a message before it is believed

	retry, retryMax time.Duration // between connections
	slow, slowMax   time.Duration // between sign-ins that fail
}

var usualPace = pace{
	signIn: time.Minute, answer: 30 * time.Second, fetch: 2 * time.Minute, work: 10 * time.Minute, settle: 200 * time.Millisecond, refresh: longestIdle, refused: 2 * time.Minute,
	retry: time.Second, retryMax: 2 * time.Minute,
	slow: time.Minute, slowMax: 15 * time.Minute,
}

// longestIdle keeps a connection known to NATs, many of which forget it after
// ten minutes of silence.
const longestIdle = 9 * time.Minute

// New checks a configuration. Nothing is dialled and no file is read.
func New(cfg Config, log *slog.Logger) (*Account, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("IMAP account %q: %w", cfg.Account, err)
	}
	if len(cfg.Folders) == 0 {
		cfg.Folders = []string{mailbox.Inbox}
	}
	cfg.Folders = slices.Clone(cfg.Folders)
	if cfg.Poll <= 0 {
		cfg.Poll = time.Minute
	}
	cfg.Poll = min(cfg.Poll, longestIdle)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &Account{cfg: cfg, log: log, pace: usualPace, said: make(map[string]bool), sentWanted: make(chan struct{})}
	a.needs.Store(&rules.Needs{})
	return a, nil
}

func (c Config) check() error {
	switch {
	case c.Host == "":
		return errors.New("no host is given")
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("port %d is none; IMAP is at 993, with STARTTLS at 143", c.Port)
	case !slices.Contains([]string{ImplicitTLS, StartTLS, NoTLS}, c.TLS):
		return fmt.Errorf("tls %q is none of implicit, starttls and none", c.TLS)
	case c.TLS == NoTLS && !isLoopback(c.Host):
		return fmt.Errorf("tls none would send the password in the open to %s; only localhost, 127.0.0.1 and ::1 may have it", c.Host)
	case !slices.Contains([]string{"", AuthLogin, AuthPlain, AuthOAuthBearer, AuthXOAuth2}, c.Auth):
		return fmt.Errorf("auth %q is none of login, plain, oauthbearer and xoauth2", c.Auth)
	case c.User == "" || c.Secret == nil:
		return errors.New("no user or no secret is given")
	}
	for _, folder := range c.Folders {
		if reason := badFolder(folder); reason != "" {
			return fmt.Errorf("watching the folder %q: %s", folder, reason)
		}
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Needs says what fetches ask for from now on: what the rules look at.
func (a *Account) Needs(needs rules.Needs) { a.needs.Store(&needs) }

// Calendar says by which zone, hours of work and holidays dates in prose are read
// from now on.
func (a *Account) Calendar(c when.Calendar) { a.hours.Store(&c) }

func (a *Account) identity() Identity {
	id := a.cfg.Identity
	if c := a.hours.Load(); c != nil {
		id.Calendar = *c
	}
	return id
}

// Seal gives the secret by which the account knows the mail that it wrote itself.
// It must be set before Watch.
func (a *Account) Seal(secret []byte) { a.seal = secret }

// Fields that every fetch asks for, to know our own mail by; and those that tell
// conversations apart, and what people wrote from what programs did.
var (
	ownFields    = []string{markField, "Resent-Message-ID"}
	threadFields = []string{"In-Reply-To", "References", "Authentication-Results", "Auto-Submitted", "List-Id", "List-Unsubscribe", "Precedence", "Return-Path", "X-Auto-Response-Suppress"}
)

// needsNow is what a fetch asks for: what the rules look at, or the query names,
// and, of mail that is remembered, what its conversation is known by.
func (a *Account) needsNow(q mailbox.Query) rules.Needs {
	needs := *a.needs.Load()
	if q.Needs != nil {
		needs = *q.Needs
	}
	needs = needs.With(rules.Needs{Headers: ownFields})
	if q.Threads {
		needs = needs.With(rules.Needs{Headers: threadFields})
	}
	return needs
}

// WatchSent makes Watch look at the folder for sent mail, too, from now on. It
// starts at that folder's end; an account without one has nothing to watch.
func (a *Account) WatchSent() { a.wantSent.Do(func() { close(a.sentWanted) }) }

func (a *Account) watchesSent() bool {
	select {
	case <-a.sentWanted:
		return true
	default:
		return false
	}
}

// OnTrouble sets what is called each time a watched folder's connection fails,
// from that folder's goroutine. It must be set before Watch and must not block.
func (a *Account) OnTrouble(report func(folder string, err error)) { a.trouble = report }

// sayOnce warns of something that this server cannot do: once in the life of
// the account, as it holds for every message.
func (a *Account) sayOnce(what string, args ...any) {
	a.saying.Lock()
	first := !a.said[what]
	a.said[what] = true
	a.saying.Unlock()
	if first {
		a.log.Warn(what, args...)
	}
}
