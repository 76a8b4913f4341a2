package ical

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

//go:embed windows.txt
var windowsText string

// windows maps the names of Windows, in lower case, to those of IANA.
var windows = sync.OnceValue(func() map[string]string {
	names := map[string]string{
		"coordinated universal time": "Etc/UTC",
		"tzone://microsoft/utc":      "Etc/UTC",
		"kamchatka standard time":    "Asia/Kamchatka", // before Windows 8
		"mexico standard time":       "America/Mexico_City",
		"mexico standard time 2":     "America/Chihuahua",
		"mid-atlantic standard time": "Etc/GMT+2",
	}
	for row := range strings.Lines(windowsText) {
		if name, iana, ok := strings.Cut(strings.TrimSpace(row), " = "); ok && !strings.HasPrefix(row, "#") {
			names[strings.ToLower(name)] = iana
		}
	}
	return names
})

// zone is where a clock hangs.
type zone struct {
	loc *time.Location
	// name is the IANA name, "UTC", or for a zone that only the file knows its TZID.
	name   string
	custom bool
}

// unnamed is what a zone is called that a file defines with an empty TZID, as Exchange
// does: a zone without any name would make its times float.
const unnamed = "(unnamed)"

// lastCustomYear is how far a VTIMEZONE is followed.
const lastCustomYear = 2199

// maxDrawn is how many VTIMEZONEs of a calendar are followed; maxZoneEffort is how many
// days are looked at for all of a file. A usual one from 1601 on takes 40,000.
const (
	maxDrawn      = 100
	maxZoneEffort = 2_000_000
)

// zones are those of one VCALENDAR.
type zones struct {
	reader  *time.Location
	defined map[string]*component
	known   map[string]zone
	unknown map[string]error
	drawn   map[string]*time.Location // VTIMEZONEs that were evaluated
	work    *effort                   // what is left for those that are not yet
}

func newZones(calendar *component, reader *time.Location, work *effort) *zones {
	z := &zones{
		reader: reader, work: work, defined: map[string]*component{}, known: map[string]zone{},
		unknown: map[string]error{}, drawn: map[string]*time.Location{},
	}
	for _, c := range calendar.children {
		if c.name == "VTIMEZONE" {
			z.define(c)
		}
	}
	return z
}

// define takes the first VTIMEZONE of a name; a second one breaks it, unless
// both are the same in the file.
func (z *zones) define(c *component) {
	ids := c.all("TZID")
	if len(ids) == 0 {
		return
	}
	name := zoneKey(ids[0].text())
	if first, twice := z.defined[name]; twice && !sameRules(first, c) {
		first.breaks(fmt.Errorf("line %d defines it again, and differently", c.line))
		return
	} else if !twice {
		z.defined[name] = c
	}
}

// sameRules compares two definitions of a zone line by line.
func sameRules(a, b *component) bool {
	if len(a.props) != len(b.props) || len(a.children) != len(b.children) {
		return false
	}
	for i := range a.props {
		if a.props[i].Name != b.props[i].Name || a.props[i].Value != b.props[i].Value {
			return false
		}
	}
	for i := range a.children {
		if a.children[i].name != b.children[i].name || !sameRules(a.children[i], b.children[i]) {
			return false
		}
	}
	return true
}

// zoneKey makes equal what a TZID is written as in a parameter and as a value.
func zoneKey(tzid string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.Trim(tzid, `"`), `\`, ""))
}

// named returns the zone that a TZID means. It is never UTC because nothing
// better was found: an unknown zone is an error with its name.
func (z *zones) named(tzid string) (zone, error) {
	if found, ok := z.known[tzid]; ok {
		return found, nil
	}
	if err, ok := z.unknown[tzid]; ok {
		return zone{}, err
	}
	found, err := z.look(tzid)
	if err != nil {
		z.unknown[tzid] = err
		return zone{}, err
	}
	z.known[tzid] = found
	return found, nil
}

func (z *zones) look(tzid string) (zone, error) {
	key := zoneKey(tzid)
	if len(key) > 255 {
		return zone{}, fmt.Errorf("the zone %q is not known: its name is too long", clip(tzid))
	}
	// Known names come first: programs cut the definitions that they send down to the
	// rules of one year.
	for _, name := range spellings(key) {
		if found, ok := iana(name); ok {
			return found, nil
		}
	}
	if _, ok := z.defined[key]; !ok {
		key = counter.ReplaceAllString(key, "")
	}
	if _, ok := z.defined[key]; !ok {
		return zone{}, fmt.Errorf("the zone %q is not known, and the file does not define it", tzid)
	}
	loc, err := z.draw(key)
	if err != nil {
		return zone{}, fmt.Errorf("the zone %q is not known, and its definition in the file can't be followed: %w", tzid, err)
	}
	return zone{loc, cmp.Or(key, unnamed), true}, nil
}

// draw evaluates the definition of a zone in the file, once.
func (z *zones) draw(key string) (*time.Location, error) {
	if loc, ok := z.drawn[key]; ok {
		return loc, nil
	}
	if len(z.drawn) >= maxDrawn {
		return nil, fmt.Errorf("the file defines more than %d zones of its own", maxDrawn)
	}
	loc, err := evaluate(key, z.defined[key], z.work)
	if err == nil {
		z.drawn[key] = loc
	}
	return loc, err
}

// doubt says whether the file defines the zone of a TZID otherwise than the zone
// database does, as far as the instant t is concerned.
func (z *zones) doubt(tzid string, t time.Time) bool {
	key := zoneKey(tzid)
	if found, ok := z.known[tzid]; !ok || found.custom || z.defined[key] == nil {
		return false
	}
	loc, err := z.draw(key)
	return err == nil && offset(t.In(loc)) != offset(t)
}

// counter is what Outlook appends to a name that it has used before: "Europe/Paris 1".
var counter = regexp.MustCompile(`\s*\d+$`)

// spellings are the names that may be meant by a TZID: as it is, without a
// counter, and without the prefix of a vendor ("/freeassociation.sourceforge.net/Tzfile/Europe/Paris").
func spellings(key string) []string {
	names := []string{key}
	if short := counter.ReplaceAllString(key, ""); strings.Contains(key, " ") && short != key {
		names = append(names, short)
	}
	for _, name := range names {
		for _, prefix := range []string{"posix/", "right/"} {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				names = append(names, rest)
			}
		}
		if !strings.HasPrefix(name, "/") {
			continue
		}
		for rest := name; strings.Contains(rest, "/"); {
			_, rest, _ = strings.Cut(rest, "/")
			names = append(names, rest)
		}
	}
	return names
}

// ianaName is the form of the names in the zone database. Files that lie beside
// them ("posixrules", "localtime") and what package time takes for the zone of
// this machine are none.
var ianaName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$`)

func iana(name string) (zone, bool) {
	name = strings.TrimSpace(name)
	if mapped, ok := windows()[strings.ToLower(name)]; ok {
		name = mapped
	} else if strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, " ", "_")
	}
	switch strings.ToUpper(name) {
	case "UTC", "Z", "ETC/UTC":
		return zone{loc: time.UTC, name: "UTC"}, true
	}
	if !ianaName.MatchString(name) || name == "Local" || name == "Factory" {
		return zone{}, false
	}
	loc, err := time.LoadLocation(name)
	return zone{loc: loc, name: name}, err == nil
}
