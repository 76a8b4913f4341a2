// Package gcal is a calendar server that speaks Google's Calendar API (v3), for
// the demo and for tests of what talks to Google. It keeps everything in memory
// and listens on loopback.
//
// It is meant to be harder to please than Google is: what Google's own
// description of the API does not name is refused, a deleted event answers with
// nothing but its id, and a sync token is refused with any parameter that Google
// calls undefined. Where Google's documents are silent the comment beside the
// code says that the choice is ours.
//
// Start in server.go for the path of one request. description.go holds requests
// against description.txt, which is made from calendar-api.json by this
// package's tests (go test -update). events.go and list.go are the two halves of
// the work, writing and reading; recurrence.go expands series, guests.go knows
// who would have got mail, channel.go pushes, oauth.go and service.go sign people
// and service accounts in, and fault.go makes all of it go wrong on demand.
//
// Left out are acl, events.move, events.quickAdd, changes to calendars and to
// the list of calendars, and the watching of anything but events: they answer
// 501.
package gcal
