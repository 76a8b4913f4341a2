// Package trip finds journeys and bookings in what a mail says to machines:
// schema.org reservations (https://schema.org/Reservation) as JSON-LD or
// microdata in its page, and calendar files that airlines and hotels attach. It
// is pure: bytes come in, facts go out; there is no clock and no network.
//
// The way of a mail:
//
//   - page.go goes over the HTML once and hands scripts to jsonld.go, marked-up
//     elements to microdata.go; both make things of them (thing.go);
//   - booking.go finds the reservations among the things; journey.go reads those that
//     go somewhere, stay.go those that stay in a place;
//   - moment.go reads times, place.go knows in which zone a place is: airports and
//     cities of places.txt, countries of countries.txt;
//   - calendar.go reads what the attached files say;
//   - find.go puts it together: one trip for each leg, whoever tells of it.
//
// No time is guessed in silence: where a mail names no offset and the place is
// unknown, the time is taken to be in the account's zone, and Confidence says so.
// All that is read is foreign, so all of it is bounded: bytes, things, depth,
// the length of each string.
package trip
