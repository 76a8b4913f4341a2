// Package google signs an account in at Google and answers for its token: for the
// calendar, and for IMAP and SMTP where these sign in with Google.
//
// Source is what everybody else uses: one for each account, shared by all that
// need its token. Read source.go first: how a token is had, refreshed, and refused.
// signin.go is how a person gives consent, once (OAuth 2.0 for native applications,
// RFC 8252, with PKCE, RFC 7636), with loopback.go and answer.go as the two ways in
// which the answer comes back. credentials.go reads what was downloaded from
// Google's console, service.go is the way of firms, without a person. What is kept
// from one run to the next is in kept.go, where it is kept in file.go and
// keyring.go. doc/google.md says how an operator sets all of it up.
//
// No token and no secret is in an error, a log or anything that prints: within the
// package they are a secret (secret.go), and what a server says is cut clean of
// them (refusal.go).
package google
