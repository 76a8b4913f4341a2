// Package calendar speaks to Google Calendar for one account: it reads what has
// changed, asks when people are free, and makes, changes and takes back events. It
// knows nothing of rules: package datebook has its words, internal/store keeps the
// mirror that it fills, and internal/engine decides.
//
// Start in client.go. Reading: sync.go asks for changes by sync token, find.go
// finds the calendars that the configuration names, convert.go turns Google's
// events into ours and back, freebusy.go asks for other people's times, and push.go
// lets Google wake the poll. Writing: write.go, where every change looks first at
// what is there. Every request goes through call.go, which keeps to Google's
// limits and tries again what may pass; trouble.go sorts what goes wrong.
//
// Nothing here remembers what is on a calendar. What a sync returns and its token
// are for the caller to keep together: a token that is stored without its events
// loses them for good.
//
// Tests run against internal/demo/gcal, which is harder to please than Google.
package calendar
