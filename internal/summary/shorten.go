package summary

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shorten leaves out of a sentence what says nothing: the greeting and the phrase
// that it begins with, links, asides in brackets, courtesies at its end. It comes
// back "" if nothing remains. What holds a negation, a condition, a number or the
// like always stays (mayGo).
func shorten(s string) string {
	s = withoutLinks(s)
	for {
		rest := withoutOpening(s)
		if rest == s {
			break
		}
		s = rest
	}
	s = withoutAsides(s)
	s = withoutEnding(s)
	if isSalutation(s) || contentless(s) || isEncoded(s) {
		return ""
	}
	return capital(s)
}

// contentless says that a line has no word.
func contentless(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0
}

// isEncoded says that a sentence has a word that nobody writes: bytes that were
// encoded for a mail (RFC 4648), or an address that was broken.
func isEncoded(s string) bool {
	const longest = 50 // bytes; the longest German words have fewer
	for word := range strings.FieldsSeq(s) {
		if len(word) > longest && !strings.Contains(word, "://") {
			return true
		}
	}
	return false
}

// capital writes the first letter of a sentence large.
func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if upper := unicode.ToUpper(r); unicode.ToLower(upper) == r && !isBrand(s) {
		return string(upper) + s[size:]
	}
	return s
}

// isBrand knows words that are written with a capital further on: "iPhone", and
// names of machines: "db-3".
func isBrand(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	return strings.IndexFunc(word, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsDigit(r) || r == '_' || r == '/' }) >= 0
}

// withoutLinks leaves out addresses of the web and marks of pictures; of a short
// one without parameters the words stay.
func withoutLinks(s string) string {
	if !strings.Contains(s, "://") && !strings.Contains(s, "www.") && !strings.Contains(s, "[cid:") && !strings.Contains(s, "mailto:") && !strings.Contains(s, "[image") {
		return s
	}
	const short = 40 // bytes
	kept := make([]string, 0, 32)
	for word := range strings.FieldsSeq(s) {
		link := strings.Contains(word, "://") || strings.Contains(word, "www.") || strings.Contains(word, "mailto:")
		long := len(word) > short || strings.ContainsAny(word, "?&=#<>")
		picture := strings.HasPrefix(word, "[cid:") || strings.HasPrefix(word, "[image")
		if !(link && long) && !picture {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

// greetings begin a sentence with the name of the reader: "Hi Dana, ...".
var greetings = regexp.MustCompile(`^(?i:hi|hello|hey|dear|hiya|good (?:morning|afternoon|evening)|hallo|guten (?:morgen|tag|abend)|liebe[rs]?|lieber|moin|bonjour|bonsoir|salut|ch[eè]re?|hola|buenos días|buenas tardes|estimad[oa]s?)( [^ ,!.:?;]+){0,4} ?[,!:] +`)

// openers are phrases that only say that something is going to be said.
var openers = []*regexp.Regexp{
	regexp.MustCompile(`^(?i)(?:(?:i|we) (?:am|are)|i'm|we're|i’m|we’re|this is) (?:just |only )?(?:delighted |pleased |happy |glad |sorry |writing )?to (?:tell|inform|remind|let) you (?:know )?(?:all )?(?:that|of) `),
	regexp.MustCompile(`^(?i)(?:just )?(?:a |the )?(?:quick|short|brief) (?:note|heads-up|word|one|update|version)(?: to say that| to let you know that|[,:.]) `),
	regexp.MustCompile(`^(?i)(?:i|we) (?:just |only )?(?:wanted|want|would like|'d like) to (?:let you know|tell you|inform you|say) that `),
	regexp.MustCompile(`^(?i)please (?:note|be advised|be aware) that `),
	regexp.MustCompile(`^(?i)(?:as you (?:all )?(?:know|may know|are aware|will know)|as (?:discussed|agreed|promised|mentioned|requested)|further to|following (?:our|your|my|the)|with reference to|suite à|comme (?:convenu|vous le savez|promis)|como (?:acordamos|sabes|sabe|hablamos))[^,;:.0-9]{0,60}, `),
	regexp.MustCompile(`^(?i)(?:fyi|also|and|unfortunately)(?:[,:]| and)? `),
	regexp.MustCompile(`^(?i)(?:so|well|separately|anyway|additionally|furthermore|moreover|besides|meanwhile|in addition|by the way|good news|for your information)[,:] `),
	regexp.MustCompile(`^(?i)(?:malheureusement|par ailleurs|en outre|de plus|lamentablemente|además|por cierto|por otra parte|desgraciadamente), `),
	regexp.MustCompile(`^(?i)(?:(?:so |very |really )?sorry (?:for|about)|apologies for|(?:many )?thanks for|thank you for|congratulations on|(?:vielen )?danke? für|entschuldige|merci pour|désolée? (?:pour|de)|gracias por|perdona)[^,;:.!?0-9]{0,60}, (?:and |but |aber |mais |pero )?`),
	regexp.MustCompile(`^(?i)(?:sorry|thanks|thank you|many thanks|thanks again|danke|vielen dank|merci|gracias), `),
	regexp.MustCompile(`^(?i)(?:nous (?:avons le plaisir|avons l['’]honneur|avons le regret)|j['’]ai le plaisir) de vous (?:informer|annoncer) que `),
	regexp.MustCompile(`^(?i)(?:nos ponemos en contacto con ustedes? para |me pongo en contacto con usted para |le escribo para |les escribimos para )(?:informarles?|comunicarles?|recordarles?)(?: de)? que,? `),
	regexp.MustCompile(`^(?i)(?:le|les|te) (?:recordamos|informamos|comunicamos|recuerdo|informo)(?: de)? que `),
	regexp.MustCompile(`^(?i)p\.? ?s\.?[:.]? `),
}

// vocative is the name of the reader before a request: "Dana, could you ...".
var vocative = regexp.MustCompile(`^@?(\p{Lu}\p{Ll}+), (?i:please|could|can|would|will|do|did|i|i'm|i've|i'll|we|we've|you|thanks|bitte|kannst|könntest|peux|pouvez|puedes|podrías|here|the|just|this)\b`)

// withoutOpening takes one opening off.
func withoutOpening(s string) string {
	if rest := cutStart(s, greetings.FindString(s)); rest != s {
		return rest
	}
	for _, re := range openers {
		if rest := cutStart(s, re.FindString(s)); rest != s {
			return rest
		}
	}
	if m := vocative.FindStringSubmatch(s); m != nil && !dateWords[strings.ToLower(m[1])] && !answers[strings.ToLower(m[1])] {
		return cutStart(s, s[:strings.Index(s, ", ")+2])
	}
	return s
}

// answers are words before a comma that mean something: no names.
var answers = wordSet(`yes no ok okay sure agreed done never otherwise however then now instead still ja nein sonst oui non sinon sí`)

// cutStart takes a start off, if it may go and a sentence remains.
func cutStart(s, start string) string {
	if start == "" || !mayGo(start) || strings.Count(s[len(start):], " ") < 1 {
		return s
	}
	return strings.TrimLeft(s[len(start):], " ,:–-")
}

// withoutAsides takes out what stands in brackets, where words alone do.
func withoutAsides(s string) string {
	const fewest = 8 // words of a sentence that is worth it
	if !strings.Contains(s, " (") || strings.Count(s, " ") < fewest {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.Index(s, " (")
		if i < 0 {
			break
		}
		n := strings.IndexAny(s[i+2:], "()")
		if n < 0 || s[i+2+n] == '(' {
			break
		}
		end := i + 2 + n + 1
		b.WriteString(s[:i])
		aside := s[i+2 : end-1]
		if !mayGo(aside) || isName(aside) || !strings.Contains(aside, " ") || wordAfter(s[end:]) {
			b.WriteString(s[i:end])
		}
		s = s[end:]
	}
	return b.String() + s
}

// farewells are courtesies and hints behind the last comma of a sentence.
var farewells = regexp.MustCompile(`(?i)(?:, | [–-] |; )(?:thanks?(?: you)?(?: (?:a lot|in advance|so much))?|as (?:discussed|agreed|promised|usual|you know)|of course|by the way|see (?:the )?attach\w+|see below|sorry|which is attached|wie (?:besprochen|vereinbart)|siehe anlage|s\. anlage|danke(?: dir| ihnen)?|comme (?:convenu|d'habitude)|merci(?: d'avance)?|como (?:acordamos|siempre)|gracias)([.!]?)(?: ?[:;]-?\))?$`)

// smileys end a sentence of friends.
var smileys = regexp.MustCompile(` ?[:;]-?[)D]+$`)

// relative is a clause at the end that adds something about the word before it.
var relative = regexp.MustCompile(`, (?:which|who|ce qui|lo que) [^,;:]*[.]$`)

// withoutEnding takes courtesies off the end, and off a long sentence the clause
// that adds something by the way.
func withoutEnding(s string) string {
	const long = 20 // words
	if m := smileys.FindString(s); m != "" {
		s = strings.TrimSuffix(s, m)
	}
	if m := farewells.FindStringSubmatchIndex(s); m != nil && mayGo(s[m[0]:]) {
		s = s[:m[0]] + s[m[2]:m[3]]
	}
	if strings.Count(s, " ") >= long {
		if m := relative.FindStringIndex(s); m != nil && mayGo(s[m[0]:]) {
			s = s[:m[0]] + "."
		}
	}
	return s
}

// mayGo says that a part of a sentence can be left out without changing what the
// rest means: it denies nothing, sets no condition, and holds no figure and no
// day.
func mayGo(part string) bool {
	for word := range strings.FieldsSeq(plainWords(part)) {
		if isDenial(word) || bounds[word] || dateWords[word] || strings.ContainsAny(word, "0123456789") {
			return false
		}
	}
	return !strings.ContainsAny(part, "%€$£¥?")
}

// isDenial knows the words that turn a meaning into its opposite.
func isDenial(word string) bool {
	if denials[word] || strings.HasSuffix(word, "n't") || strings.HasPrefix(word, "n'") {
		return true
	}
	return strings.HasPrefix(word, "kein") || strings.HasPrefix(word, "aucun") || strings.HasPrefix(word, "ningun") || strings.HasPrefix(word, "ningún")
}

var denials = wordSet(`
	not no never none nor neither nobody nothing nowhere cannot without hardly barely lack lacks fails failed refuse refuses refused
	nicht nichts nie niemals niemand ohne weder nein kaum
	ne pas jamais rien personne sans ni non guère
	nunca jamás nada nadie tampoco sin ni`)

// bounds are the words that set a condition or an exception.
var bounds = wordSet(`
	if unless only except but provided until otherwise instead rather subject depending assuming
	wenn falls nur außer sofern sonst aber sondern statt unter
	si sauf seulement mais sinon sauf pourvu seul
	si solo sólo salvo excepto pero sino`)

// isSalutation knows a line that only greets: "Dear Ms Whitfield,".
func isSalutation(s string) bool {
	const longest = 60
	if len(s) > longest || !strings.ContainsAny(s[max(len(s)-1, 0):], ",!:.abcdefghijklmnopqrstuvwxyz") {
		return false
	}
	plain := strings.TrimSpace(plainWords(s))
	words := strings.Fields(plain)
	if len(words) == 0 {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	comma := last == ',' || last == ':' || last == '!'
	switch {
	case salutations[plain]:
		return true
	case len(words) <= 5 && salutes[words[0]] && (comma || words[0] == "dear"):
		return true
	}
	return last == ',' && len(words) <= 3
}

var salutes = wordSet(`hi hello hey dear hiya good hallo guten liebe lieber liebes moin sehr bonjour bonsoir salut cher chère madame monsieur hola buenos buenas estimada estimado querida querido`)

// salutations say nothing, whatever their marks are.
var salutations = set("hi", "hello", "hi all", "hi both", "hi team", "hi there", "hello all", "good morning", "good afternoon", "good evening", "hallo", "hallo zusammen",
	"guten tag", "guten morgen", "bonjour", "bonjour à tous", "hola", "hola a todos", "buenos días", "fyi", "sehr geehrte damen und herren", "dear sir or madam", "madame monsieur")

// cutAtWord cuts a sentence to a number of bytes and marks that with "…". It is
// "" where less than a few words would remain, or a negation would be lost.
func cutAtWord(s string, room int) string {
	const mark, fewest = "…", 3
	if len(s) <= room {
		return s
	}
	if room <= len(mark) {
		return ""
	}
	at := strings.LastIndexByte(s[:room-len(mark)+1], ' ')
	if at < 0 || strings.Count(s[:at], " ") < fewest-1 {
		return ""
	}
	for word := range strings.FieldsSeq(plainWords(s[at:])) {
		if isDenial(word) || bounds[word] {
			return ""
		}
	}
	return strings.TrimRight(s[:at], " ,;:.–-") + mark
}
