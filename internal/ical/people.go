package ical

import (
	"net/url"
	"strings"
)

// Person is an ORGANIZER, or whom an attendee delegated to.
type Person struct {
	Name  string // CN, may be empty
	Email string // as written, without "mailto:"; empty where the address is none of mail
}

// Attendee is somebody invited (RFC 5545, 3.8.4.1). The words are in upper case and
// those of the RFC; what a file leaves out is filled in with the RFC's default.
type Attendee struct {
	Person
	URI           string // the address as it stands, which an answer repeats: mailto:, urn:uuid: and others
	Response      string // PARTSTAT: NEEDS-ACTION, ACCEPTED, DECLINED, TENTATIVE, DELEGATED, ...
	Role          string // CHAIR, REQ-PARTICIPANT, OPT-PARTICIPANT, NON-PARTICIPANT
	Kind          string // CUTYPE: INDIVIDUAL, GROUP, RESOURCE, ROOM, UNKNOWN
	RSVP          bool   // an answer is asked for
	DelegatedTo   []string
	DelegatedFrom []string
	SentBy        string
}

func person(p property) Person {
	return Person{Name: strings.TrimSpace(p.Params.Get("CN")), Email: mailAddress(p)}
}

// mailAddress returns the address of a calendar user: of "mailto:", or the EMAIL
// parameter that Apple writes where the value is something else.
func mailAddress(p property) string {
	if address := bare(p.Value); address != "" {
		return address
	}
	return strings.TrimSpace(p.Params.Get("EMAIL"))
}

func bare(value string) string {
	value = strings.Trim(strings.TrimSpace(value), "<>")
	if len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
		value = value[7:]
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
	}
	if !strings.Contains(value, "@") || strings.ContainsAny(value, " \r\n<>:") {
		return ""
	}
	return value
}

func attendees(c *component) (found []Attendee) {
	for _, p := range c.all("ATTENDEE") {
		found = append(found, Attendee{
			Person:        person(p),
			URI:           strings.TrimSpace(p.Value),
			Response:      word(p, "PARTSTAT", "NEEDS-ACTION"),
			Role:          word(p, "ROLE", "REQ-PARTICIPANT"),
			Kind:          word(p, "CUTYPE", "INDIVIDUAL"),
			RSVP:          strings.EqualFold(p.Params.Get("RSVP"), "TRUE"),
			DelegatedTo:   addresses(p.Params.Values("DELEGATED-TO")),
			DelegatedFrom: addresses(p.Params.Values("DELEGATED-FROM")),
			SentBy:        bare(p.Params.Get("SENT-BY")),
		})
	}
	return found
}

func word(p property, name, usual string) string {
	if value := strings.ToUpper(strings.TrimSpace(p.Params.Get(name))); value != "" {
		return value
	}
	return usual
}

func addresses(values []string) (found []string) {
	for _, v := range values {
		if address := bare(v); address != "" {
			found = append(found, address)
		}
	}
	return found
}
