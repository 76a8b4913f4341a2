package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// imitated is what the people lists and the executive's own addresses look like
// to somebody who imitates them. It is made once for a set, and only when a rule
// looks at sender.lookalike.
type imitated struct {
	domains   []protected            // organisations of enough letters, by registrable domain
	known     map[string]string      // those registrable domains → their entries
	skeletons map[string]string      // how a registrable domain looks → its entry
	mailboxes map[string][]protected // at public mail services: domain → local parts
	people    map[string]string      // sorted words of a local part such as pat.moore → its entry
	entries   map[string]string      // whole addresses
}

// protected is a name that another may be near to.
type protected struct{ name, entry string }

const (
	minNear  = 5 // letters of a name from which one that is a letter away is suspicious
	minAlike = 4 // letters of a name from which one that looks the same is
)

// newImitated goes through the lists in the order of their names, so that the
// same file always gives the same answer.
func newImitated(s *Set) *imitated {
	im := &imitated{
		known: map[string]string{}, skeletons: map[string]string{}, mailboxes: map[string][]protected{}, people: map[string]string{}, entries: map[string]string{},
	}
	im.addAll(s.me)
	names := make([]string, 0, len(s.people))
	for name := range s.people {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		im.addAll(s.people[name])
	}
	return im
}

func (im *imitated) addAll(p *People) {
	for _, e := range p.entries {
		e = strings.ToLower(strings.TrimSpace(e))
		user, domain, _ := strings.Cut(e, "@")
		if user != "" {
			im.entries[e] = e
			if words := nameWords(user); words != "" && im.people[words] == "" {
				im.people[words] = e
			}
		}
		switch r := registrable(domain); {
		case publicMail[domain]:
			if user != "" {
				im.mailboxes[domain] = append(im.mailboxes[domain], protected{user, e})
			}
		case r != "" && im.known[r] == "":
			im.known[r] = e
			im.skeletons[skeleton(r)] = e
			if orgLetters(r) >= minNear {
				im.domains = append(im.domains, protected{r, e})
			}
		}
	}
}

// lookalikeOf is the address or domain of the lists that the author of a mail
// seems to imitate without being on any list, or "".
func (s *Set) lookalikeOf(e *env) string {
	a := e.From
	if e.Sender.Lookalike != "" || a.Domain == "" {
		return e.Sender.Lookalike // a test says so, or there is nobody to judge
	}
	if s.me.Has(a) || s.home.Has(a) {
		return ""
	}
	for _, p := range s.people {
		if p.Has(a) {
			return ""
		}
	}
	im := s.imitated()
	if entry := im.byAddress(a); entry != "" {
		return entry
	}
	return im.byName(a, s.namedByOthers(e))
}

// byAddress finds an address that looks like one of the lists.
func (im *imitated) byAddress(a Address) string {
	if publicMail[a.Domain] {
		for _, p := range im.mailboxes[a.Domain] {
			if p.name != a.User && (skeleton(p.name) == skeleton(a.User) || near(p.name, a.User)) {
				return p.entry
			}
		}
		return ""
	}
	domain := a.Domain
	if decoded, err := idna.ToUnicode(domain); err == nil {
		domain = decoded
	}
	r := registrable(domain)
	if r == "" || im.known[r] != "" {
		return "" // a colleague of somebody on the lists
	}
	// However short the name: nobody writes acme with a Cyrillic а by accident.
	if entry := im.skeletons[skeleton(r)]; entry != "" && (orgLetters(r) >= minAlike || !isASCII(r)) {
		return entry
	}
	if entry := im.inside(domain); entry != "" || orgLetters(r) < minNear {
		return entry
	}
	for _, p := range im.domains {
		if oneSlip(p.name, r) && !differByDigit(p.name, r) {
			return p.entry
		}
	}
	return ""
}

// inside finds a known domain in front of another's: acme.example.evil.test.
func (im *imitated) inside(domain string) string {
	for ; domain != ""; _, domain, _ = strings.Cut(domain, ".") {
		part := domain
		for i := strings.LastIndexByte(part, '.'); i > 0; i = strings.LastIndexByte(part, '.') {
			if part = part[:i]; im.known[part] != "" {
				return im.known[part]
			}
		}
	}
	return ""
}

// byName finds a display name that is another's: the address of somebody on the
// lists, or the words of one such as pat.moore@…. own are names of the executive.
func (im *imitated) byName(a Address, own map[string]string) string {
	for word := range strings.FieldsFuncSeq(a.Name.folded, func(r rune) bool { return strings.ContainsRune(` "'<>()[],;`, r) }) {
		if entry := im.entries[word]; entry != "" && word != a.Email {
			return entry
		}
	}
	words := nameWords(a.Name.folded)
	if words == "" {
		return ""
	}
	if entry := own[words]; entry != "" {
		return entry
	}
	return im.people[words]
}

// namedByOthers are the executive's names as the mail itself writes them.
func (s *Set) namedByOthers(e *env) map[string]string {
	var own map[string]string
	for _, a := range e.Everyone {
		if words := nameWords(a.Name.folded); words != "" && s.me.Has(a) {
			if own == nil {
				own = map[string]string{}
			}
			own[words] = a.Email
		}
	}
	return own
}

// nameWords are the words of a name in a fixed order, so that "Moore, Pat" is
// pat.moore. A name of one word, or of initials, is nobody's alone: "".
func nameWords(name string) string {
	words := strings.FieldsFunc(skeleton(name), func(r rune) bool { return strings.ContainsRune(" .,_-+\"'()", r) })
	if len(words) < 2 || slices.ContainsFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < 2 }) {
		return ""
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// registrable is the part of a domain that somebody has bought: "acme.co.uk" of
// mail.acme.co.uk.
func registrable(domain string) string {
	r, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return ""
	}
	return r
}

// near reports whether two different names of enough letters are one slip apart:
// a letter more, less, or another, or two swapped. Names that differ by a number
// alone are names of a series.
func near(a, b string) bool {
	return oneSlip(a, b) && min(letters(a), letters(b)) >= minNear && !differByDigit(a, b)
}

// oneSlip compares from both ends: what lies between is the slip.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	same, end := 0, 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	for end < len(a)-same && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	switch rest := len(a) - same - end; {
	case len(a) < len(b):
		return rest == 0
	case rest == 2:
		return a[same] == b[same+1] && a[same+1] == b[same]
	default:
		return rest == 1
	}
}

// orgLetters counts the letters of an organisation's name.
func orgLetters(registrable string) int {
	org, _, _ := strings.Cut(registrable, ".")
	return letters(org)
}

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// confusable are letters of other alphabets, and digits, as the Latin letters
// that they are taken for. Of i, l and 1, people can't be sure in any order.
var confusable = map[rune]rune{
	'0': 'o', '1': 'l', 'i': 'l', '|': 'l', '3': 'e', '5': 's', 'ı': 'l', 'ł': 'l', 'ø': 'o', 'đ': 'd',
	'а': 'a', 'в': 'b', 'г': 'r', 'е': 'e', 'ё': 'e', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'п': 'n', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x', 'ь': 'b', // Cyrillic
	'і': 'l', 'ї': 'l', 'ј': 'j', 'ѕ': 's', 'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'һ': 'h', 'ӏ': 'l', 'ү': 'y', 'ґ': 'r', 'є': 'e',
	'α': 'a', 'β': 'b', 'γ': 'y', 'ε': 'e', 'η': 'n', 'ι': 'l', 'κ': 'k', 'μ': 'u', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'σ': 'o', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ω': 'w', // Greek
	'ɑ': 'a', 'ɡ': 'g', 'ɩ': 'l', 'ʟ': 'l', 'ո': 'n', 'օ': 'o', 'ѵ': 'v', 'ա': 'w', 'ս': 'u', 'հ': 'h', // Latin beyond ASCII, Armenian
}

// pairs are letters that together look like another.
var pairs = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d")

// skeleton is how a name looks: two names with one skeleton are taken for each
// other.
func skeleton(s string) string {
	s = strings.Map(func(r rune) rune {
		if latin, ok := confusable[r]; ok {
			return latin
		}
		return withoutAccent(r)
	}, Fold(s))
	return pairs.Replace(s)
}
