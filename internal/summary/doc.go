// Package summary says what a message says. It is pure: text goes in, and what a
// reader would take from it comes out; it knows no mail, no network and no clock.
//
// HTML turns a page into text and its links, and marks what mail programs quote
// with "> ". NewText takes the words that the sender wrote anew out of a text:
// no quotes, no signature, no disclaimer. Start at html.go and reply.go; the
// tables of what mail programs write in each language stand in reply_words.go.
//
// On such text rest the facts of a message: ask*.go and question*.go tell whether
// the reader is asked for something, amount*.go finds sums of money, code*.go the
// numbers of bookings and parcels. "make quality" prints how often all of this is
// right on real mail.
//
// Summarize says what a text says in one to three of its own sentences, Thread where
// a thread stands. Start at summarize.go: summarize_units.go cuts the text into
// sentences, summarize_weigh.go gives each a score by what summarize_words.go knows
// of it, shorten.go leaves clauses out, glossary.go explains words. thread.go tells
// which requests of a thread are answered, and acts.go what a message asks and
// promises. What they make of the messages of testdata/messages can be read in
// the files *.golden there.
//
// All of it was written by strangers, so each function bounds its work and is
// linear in what it is given. Dates are found by internal/when; the parts of a
// message are taken apart by internal/mail (body.go), which calls both.
package summary
