// Package config reads foredesk.yaml: which database, which accounts, how to
// reach their servers and where their secrets are kept. It is strict: every
// mistake of the file is reported at once, with its place, and a file with a
// mistake is refused whole, so that the daemon never runs on half of it.
//
// Load is the way in. The sections are read in account.go and server.go on top
// of the strict YAML reader in node.go; secret.go says where a password comes
// from and keeps it from being printed. foredesk.example.yaml in the project's
// root shows all keys; cmd/daemon turns a Config into running parts.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// maxFile is the largest configuration that is read, in bytes. A thousand
// accounts take less than half of it.
const maxFile = 1 << 20

// Config is a configuration without a mistake. All paths in it are absolute.
type Config struct {
	Path     string // the file that was read
	Database string // "sqlite:/absolute/path" or a postgres:// URL without a password
	Model    *Model // nil where no language model is asked
	Accounts []Account
}

// Account is one executive: the addresses, the mailbox and the rules.
type Account struct {
	Name      string   // unique in the file, without regard to case
	FullName  string   // stands beside the address in mail that is written; may be empty
	Addresses []string // RFC 5322 addr-spec, at least one; the first is the main one
	Location  *time.Location
	Rules     string // path of the rules file
	IMAP      IMAP
	SMTP      *Server // nil where the account has none
	Google    *Google // nil where the account has nothing to do with Google
	Calendar  *Calendar

	Assistant   string // address of who approves and is notified; may be empty
	Files       string // folder for save and extract; empty where rules may keep no files
	AllowDelete bool   // rules may delete for good
	Webhooks    Secret // signs what webhook sends; empty where nothing is signed

	Agenda *Agenda // nil where no mails to the executive are sent
}

// IMAP is the mailbox of an account.
type IMAP struct {
	Server
	Folders    []string      // watched folders, INBOX in capitals
	Poll       time.Duration // how often a folder is looked at besides IDLE
	AuthservID string        // RFC 8601 2.2; empty: no Authentication-Results field is believed
}

// Google says by what an account signs in at Google, and where that is kept.
type Google struct {
	Credentials string // path of what Google's console gave: a client, or a service account's key
	TokenFile   string // path; need not exist yet. Empty: in the keyring of the operating system
}

// Calendar is the calendar of an account. Its credentials are those of Google.
type Calendar struct {
	Calendars []string      // ids, or "primary"; at least one
	Endpoint  string        // base address of a compatible server, with a slash at its end; empty: Google's own
	Poll      time.Duration // how often to look, besides being told
	Push      *Push         // nil where Google cannot reach this machine
}

// Push is how Google tells that something has changed.
type Push struct {
	URL    string // https
	Listen string // host:port on this machine, to which whatever serves URL passes it on
}

// Server says how to reach a server and how to log in to it.
type Server struct {
	Host   string // name or IP address
	Port   int
	User   string // empty: no login, which only an SMTP server on this machine may have
	TLS    TLS
	CAFile string // PEM file of further trusted roots; may be empty
	Auth   Auth
	Secret Secret // the password, or for OAuthBearer and XOAuth2 the access token
	Google bool   // the account's sign-in at Google has the access token, and Secret is empty
}

// TLS says how a connection is protected.
type TLS string

// The ways to protect a connection.
const (
	Implicit TLS = "implicit" // TLS from the first byte (RFC 8314)
	StartTLS TLS = "starttls" // required, never only offered
	NoTLS    TLS = "none"     // loopback hosts only
)

// Auth is a way to log in.
type Auth string

// The ways to log in.
const (
	Plain       Auth = "plain"       // SASL PLAIN, RFC 4616
	Login       Auth = "login"       // the LOGIN command, or SASL LOGIN for SMTP
	OAuthBearer Auth = "oauthbearer" // RFC 7628
	XOAuth2     Auth = "xoauth2"     // Google's and Microsoft's older form of it
)

// token reports whether the way to log in takes an access token.
func (a Auth) token() bool { return a == OAuthBearer || a == XOAuth2 }

// Load reads the configuration at path. Mistakes of the file come back
// together as rules.Problems; any other error means that it could not be read.
// The rules, CA and secret files it names must be readable by then; the values
// of secrets are read when they are needed (Secret.Reveal).
func Load(path string) (*Config, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration %s: %w", path, err)
	}
	data, err := readRegular(abs, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration %s: %w. Nothing was started. %s", path, err, remedy(err))
	}
	cfg, problems := parse(path, abs, data)
	if len(problems) > 0 {
		return nil, problems
	}
	return cfg, nil
}

// remedy says what to do about a configuration that cannot be read.
func remedy(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "Copy foredesk.example.yaml to that place and fill it in, or name the right file."
	case errors.Is(err, fs.ErrPermission):
		return "Give the user that foredesk runs as the right to read it, and try again."
	default:
		return "Put a regular file of at most 1 MiB there, and try again."
	}
}
