package main

import (
	"context"
	"log/slog"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/google"
)

// openGoogle returns what has an account's token from Google, or nil for an account
// that has nothing to do with Google. Nobody is asked anything yet.
func openGoogle(a config.Account, log *slog.Logger) (*google.Source, error) {
	if a.Google == nil {
		return nil, nil
	}
	who := google.Account{
		Name: a.Name, Addresses: a.Addresses, Credentials: a.Google.Credentials, TokenFile: a.Google.TokenFile,
	}
	if a.Calendar != nil {
		who.Calendar = a.Calendar.Endpoint
		who.Scopes = append(who.Scopes, google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy)
	}
	if a.IMAP.Google || a.SMTP != nil && a.SMTP.Google {
		who.Scopes = append(who.Scopes, google.ScopeMail)
	}
	return google.Open(who, log)
}

// secretOf is how a mail server's password or token is had, and what to do when the
// server will not have it.
func (d *desk) secretOf(s config.Server) (secret func(context.Context) (string, error), refused func()) {
	if s.Google {
		return d.tokens.Secret, d.tokens.Drop
	}
	return s.Secret.Reveal, nil
}
