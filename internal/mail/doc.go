// Package mail is Foredesk's hand on a mail account: IMAP (RFC 9051), and SMTP
// for what is sent. It does three things.
//
// It talks to the server: it watches folders for new mail, fetches no more of a
// message than the rules look at, and moves, copies, flags and removes messages
// one by one or in batches, so that each change can be found again and undone.
// Start at watch.go, then fetch.go and perform.go; session.go holds one
// connection, bounded.go keeps its server from talking without end, and dial.go,
// tls.go and auth.go say how it comes about.
//
// And it turns a message into facts: a header block and a body structure become
// the rules.Item that conditions are written against. Start at facts.go. That
// half knows no server: header.go, words.go, address.go, date.go and structure.go
// read foreign bytes and never fail, kind.go and authres.go judge them, key.go
// names a message by its content, invite.go finds its invitation, found.go what
// stands in its text and which journeys it tells of, and file.go reads a message
// from a file.
//
// It also writes and sends. Author turns an original and a wording into an answer,
// a draft, a forward or a note (compose.go and its neighbours; compose_answer.go
// says which mail a program may answer, compose_invite.go answers invitations), and Sender hands a message in by SMTP
// (RFC 6409) and says what is known of it afterwards (smtp.go).
//
// Everything read here was written by strangers. What is too large, too deep or
// too many to look at makes a message poison: it is left where it is, with the
// reason (see limits in limits.go).
//
// Go next to rules/plan.go for what is made of the facts, and to
// internal/mailbox for the words both halves share with the engine.
package mail
