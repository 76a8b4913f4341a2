package main

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/google"
	"github.com/foredesk/foredesk/internal/store"
)

// hint says what a person can do about an error that comes from the network, and
// says no more than the system does, or from somebody who was faster. It is empty
// for all others: those say so themselves.
func hint(err error) string {
	var unknown *net.DNSError
	var noTLS tls.RecordHeaderError
	var dialled *net.OpError
	switch {
	case errors.Is(err, store.ErrAnswered):
		return "Somebody has answered meanwhile, by mail or at another terminal; any other numbers were answered. foredesk approve shows what still waits"
	case errors.Is(err, datebook.ErrSignIn):
		return "What concerns mail is done as ever; what concerns the calendar waits for: foredesk auth google --account NAME"
	case errors.Is(err, google.ErrUnreached):
		return "Google was not reached, so nothing more was done: check this machine's network and DNS, and try again"
	case errors.As(err, &unknown):
		return "The mail server was not reached, so nothing more was done: check host in the configuration, and whether this machine's network and DNS work"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The mail server was not reached, so nothing more was done: check host and port in the configuration, and whether the server is up"
	case errors.As(err, &noTLS):
		return "The server speaks no TLS at that port, so the password was not sent and nothing more was done: write tls: starttls if it is the port for that (143), or give the port for TLS (993)"
	case errors.As(err, &dialled) && dialled.Op == "dial":
		return "The mail server was not reached, so nothing more was done: check host and port in the configuration, and the network"
	}
	return ""
}
