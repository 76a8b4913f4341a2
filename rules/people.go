package rules

import "strings"

// People is a named list of addresses: "pat@x.example" is one person,
// "@x.example" everybody there, subdomains too.
type People struct {
	Name    string
	entries []string
	emails  map[string]bool
	domains map[string]bool
}

// newPeople makes a list of its entries, which may be in any case.
func newPeople(name string, entries []string) *People {
	p := &People{Name: name, entries: entries, emails: map[string]bool{}, domains: map[string]bool{}}
	for _, e := range entries {
		e = strings.ToLower(strings.TrimSpace(e))
		if domain, ok := strings.CutPrefix(e, "@"); ok {
			p.domains[domain] = true
		} else {
			p.emails[e] = true
		}
	}
	return p
}

// Has reports whether the address is on the list. "dana+news@x" is on it where
// "dana@x" is (RFC 5233).
func (p *People) Has(a Address) bool {
	if a.Email == "" {
		return false
	}
	if p.emails[a.Email] || (a.Detail != "" && p.emails[withoutDetail(a)]) {
		return true
	}
	for domain := a.Domain; domain != ""; {
		if p.domains[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// Any reports whether one of the addresses is on the list.
func (p *People) Any(as []Address) bool {
	for _, a := range as {
		if p.Has(a) {
			return true
		}
	}
	return false
}

func withoutDetail(a Address) string {
	return strings.TrimSuffix(a.User, "+"+a.Detail) + "@" + a.Domain
}

// IsPublicMail reports whether a domain gives addresses to everybody, so that two
// of them have nothing in common.
func IsPublicMail(domain string) bool { return publicMail[strings.ToLower(domain)] }
