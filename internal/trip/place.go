package trip

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/foredesk/foredesk/rules"
)

//go:embed places.txt
var placesFile string

//go:embed countries.txt
var countriesFile string

// place is where something begins, ends or is.
type place struct {
	name string // as shown: "Frankfurt (FRA)", "Berlin Hbf"
	// zone is nil where it is not known; sure is how sure it is then.
	zone *time.Location
	sure float64
}

// town is a line of places.txt.
type town struct {
	country, zone, name string
}

// atlas is what the two files know.
type atlas struct {
	airports  map[string]town   // by IATA code
	towns     map[string][]town // by folded name
	countries map[string]string // zone by folded code or name
	codes     map[string]string // country code by folded name
}

// world reads the files once; that they can be read, the tests see to.
var world = sync.OnceValue(func() atlas {
	a := atlas{map[string]town{}, map[string][]town{}, map[string]string{}, map[string]string{}}
	for f := range lines(placesFile, 4) {
		names := strings.Split(f[3], ", ")
		t := town{country: f[1], zone: f[2], name: names[0]}
		if f[0] != "-" {
			a.airports[f[0]] = t
		}
		for _, name := range names {
			a.towns[rules.Fold(name)] = append(a.towns[rules.Fold(name)], t)
		}
	}
	for f := range lines(countriesFile, 3) {
		a.countries[rules.Fold(f[0])] = f[1]
		for name := range strings.SplitSeq(f[2], ", ") {
			if !strings.HasPrefix(f[0], "US-") { // New York is a town, too
				a.countries[rules.Fold(name)], a.codes[rules.Fold(name)] = f[1], f[0]
			} else {
				a.countries["us-"+rules.Fold(name)] = f[1]
			}
		}
	}
	for _, name := range []string{"USA", "United States", "United States of America"} {
		a.codes[rules.Fold(name)] = "US"
	}
	return a
})

// lines yields the fields of each line; the last one holds the rest.
func lines(file string, fields int) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(file) {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			if !yield(strings.SplitN(line, " ", fields)) {
				return
			}
		}
	}
}

// airport is a place of a flight. A code that the files know names the city as
// people do; else it is as the mail calls it.
func airport(t *thing) place {
	code := strings.ToUpper(clean(t.text("iataCode", "identifier"), maxCode))
	name := clean(t.plain("name"), maxText)
	if code == "" && isCode(name) {
		code = name
	}
	p := placeOf(t)
	p.name = properCase(name)
	if !isCode(code) {
		return p
	}
	if town, ok := world().airports[code]; ok {
		p.name = town.name
		p.zone, p.sure = zoneNamed(town.zone), certain
	}
	if p.name == "" || p.name == code {
		p.name = code
		return p
	}
	p.name += " (" + code + ")"
	return p
}

// isCode says that a text has the form of an IATA code.
func isCode(s string) bool {
	return len(s) == 3 && strings.IndexFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
}

// station is a place of any other journey: what the name begins with tells where
// it is, if its address does not.
func station(t *thing) place {
	p := placeOf(t)
	if p.zone == nil {
		p.zone = leadingTown(t.plain("name"))
		p.sure = likely
	}
	return p
}

// leadingTown finds the town that a name begins with: "London St Pancras".
func leadingTown(name string) *time.Location {
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-,/()", r) })
	for n := min(len(words), 4); n > 0; n-- {
		if zone := world().townZone(strings.Join(words[:n], " "), ""); zone != nil {
			return zone
		}
	}
	return nil
}

// placeOf is a place with an address (https://schema.org/PostalAddress).
func placeOf(t *thing) place {
	p := place{name: clean(t.plain("name"), maxText)}
	address := t.thing("address")
	if address == nil {
		address = t
	}
	country := rules.Fold(address.text("addressCountry"))
	if code := world().codes[country]; code != "" {
		country = rules.Fold(code)
	}
	p.zone, p.sure = world().zone(country, rules.Fold(address.text("addressRegion")), address.text("addressLocality"))
	if p.zone == nil {
		p.zone, p.sure = zoneOfLine(address.plain("name")), likely
	}
	return p
}

// zoneOfLine reads an address in one line, "21 Warwick Street, London W1B 5NE, UK":
// its last part tells the country, or the one before it the town.
func zoneOfLine(line string) *time.Location {
	parts := strings.Split(line, ",")
	for i := len(parts) - 1; i > 0 && i >= len(parts)-3; i-- {
		var words []string
		for word := range strings.FieldsSeq(parts[i]) {
			if !hasDigit(word) {
				words = append(words, word)
			}
		}
		name := strings.Join(words, " ")
		if zone := world().countries[rules.Fold(name)]; len(name) > 3 && zone != "" {
			return zoneNamed(zone)
		}
		if zone := world().townZone(name, ""); zone != nil {
			return zone
		}
	}
	return nil
}

// zone returns the zone of a country, of a state in it, or of a town: what tells
// most surely. Country is a folded code or empty.
func (a atlas) zone(country, region, town string) (*time.Location, float64) {
	if zone := a.countries[country]; country != "" && zone != "" {
		return zoneNamed(zone), certain
	}
	if zone := a.countries["us-"+region]; country == "us" && zone != "" {
		return zoneNamed(zone), certain
	}
	if zone := a.townZone(town, country); zone != nil {
		if country != "" {
			return zone, certain
		}
		return zone, likely
	}
	return nil, 0
}

// townZone returns the zone of a town in a country, or anywhere, where all of its
// name have the same.
func (a atlas) townZone(name, country string) *time.Location {
	zone := ""
	for _, t := range a.towns[rules.Fold(strings.TrimSpace(name))] {
		if country != "" && rules.Fold(t.country) != country {
			continue
		}
		if zone != "" && zone != t.zone {
			return nil
		}
		zone = t.zone
	}
	return zoneNamed(zone)
}

// zoneNamed is nil for what is no zone here.
func zoneNamed(name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// address is where something is, as one line: "Unter den Linden 77, Berlin".
func address(t *thing) string {
	a := t.thing("address")
	if a == nil {
		return ""
	}
	if plain := a.plain("name"); plain != "" {
		return clean(plain, maxText)
	}
	var parts []string
	for _, name := range []string{"streetAddress", "addressLocality"} {
		if s := clean(a.text(name), maxText); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// properCase writes "BERLIN TEGEL" as people do.
func properCase(s string) string {
	if s != strings.ToUpper(s) || len(s) <= 3 {
		return s
	}
	runes := []rune(strings.ToLower(s))
	for i, r := range runes {
		if i == 0 || !unicode.IsLetter(runes[i-1]) && runes[i-1] != '\'' && runes[i-1] != '’' {
			runes[i] = unicode.ToUpper(r)
		}
	}
	return string(runes)
}
