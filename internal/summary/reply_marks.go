package summary

import (
	"regexp"
	"slices"
	"strings"
)

// markKind is what a line such as "-----Original Message-----" announces.
type markKind uint8

const (
	noMark markKind = iota
	originalMark
	forwardMark
)

// markOf says what a line announces. Dashes make the mark, but for the sentences
// that Apple Mail writes.
func markOf(line string) markKind {
	const longest = 120
	line = strings.TrimSpace(line)
	if len(line) > longest || line == "" {
		return noMark
	}
	inner := strings.Trim(line, "-_*=~ \t\u00a0\u2013\u2014")
	dashed := strings.HasPrefix(strings.TrimLeft(line, "* "), "--") || strings.HasPrefix(strings.TrimLeft(line, "* "), "__")
	if !dashed && !strings.HasSuffix(inner, ":") {
		return noMark // as most lines are
	}
	words := strings.ToLower(strings.Trim(inner, ": \u00a0"))
	switch {
	case forwardSentences[words] && strings.HasSuffix(inner, ":"):
		return forwardMark
	case !dashed:
		return noMark
	case originalWords[words]:
		return originalMark
	case forwardWords[words]:
		return forwardMark
	}
	for _, prefix := range forwardedBy {
		if strings.HasPrefix(words, prefix) {
			return forwardMark
		}
	}
	return noMark
}

// fieldKind is a field of a header block that a mail program writes above what
// it quotes.
type fieldKind uint8

const (
	fromField fieldKind = 1 << iota
	sentField
	dateField
	toField
	subjectField
	otherField
)

// labelOf returns the field that a line begins with, or 0, and its value.
func labelOf(line string) (fieldKind, string) {
	const longest = 40
	line = strings.TrimLeft(line, " \t*_\u00a0")
	colon := strings.IndexByte(line[:min(len(line), longest)], ':')
	if colon <= 0 {
		return 0, ""
	}
	label := strings.Trim(line[:colon], " *_\u00a0\u202f")
	return fieldLabels[strings.ToLower(label)], line[colon+1:]
}

// How many fields make a header block, below a mark and without one.
const (
	marked   = 2
	unmarked = 3
)

// headerBlock returns the end of a header block that begins at a line: at least
// so many different fields, close together. What a booking writes ("From:
// London, To: Paris, Date: 5 May") is none: there must be a sender, and a
// subject, a word for "sent", or an address. Without a mark above there must be
// a date, too: no mail program leaves it out. Lines that were searched in vain
// hold no smaller one.
func (r *reply) headerBlock(i, least int) (end int, ok bool) {
	kind := r.kinds[i]
	var seen fieldKind
	var address bool
	const mostLoose, mostLines = 3, 40 // lines in a row that are no field; lines in all
	loose := 0
	j := i
	defer func() { r.searched = max(r.searched, j) }()
	for ; j < min(len(r.lines), i+mostLines) && loose <= mostLoose; j++ {
		line := r.lines[j]
		if r.kinds[j] == quotedLine && kind == quotedLine {
			line = unquote(line)
		} else if r.kinds[j] != kind && r.kinds[j] != blankLine || len(line) > 2*maxMarkLine {
			break
		}
		field, value := labelOf(line)
		switch {
		case field != 0:
			seen |= field
			address = address || field == fromField && strings.ContainsAny(value, "@[")
			loose, end = 0, j+1
		case j == i:
			return 0, false
		case isBlank(line) && loose > 0:
			loose = mostLoose + 1 // an empty line behind something else ends it
		case isBlank(line):
			loose = mostLoose // pages have one between two fields at times
		default:
			loose++
			if strings.HasSuffix(r.lines[j-1], ",") || strings.HasSuffix(r.lines[j-1], ";") {
				end = j + 1 // addresses that go on
			}
		}
	}
	// What is there says whether the lines are a header block at all.
	known := seen&fromField != 0 && (seen&(subjectField|sentField) != 0 || address)
	dated := seen&(sentField|dateField) != 0 || least < unmarked
	return end, known && dated && kinds(seen) >= least
}

// kinds counts the fields of a set.
func kinds(set fieldKind) int {
	n := 0
	for ; set != 0; set &= set - 1 {
		n++
	}
	return n
}

var (
	// startOf is how the line begins that says who wrote what follows, when.
	startOf = regexp.MustCompile(`^(?:(?:On|Am|Le|El|Il|Em|Op|Den|Dne|W dniu|Il giorno) ` +
		`|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\p{L}*,? |(?:Mo|Di|Mi|Do|Fr|Sa|So)[.,] |\d{1,4}[./-]\d)`)
	// beginsAnew is how no line goes on that was broken.
	beginsAnew = regexp.MustCompile(`^[-*_ ]*(?:(?:On|Am|Le|El) (?:\p{L}+,? )*\d|\d{1,2}[./]\d{1,2}[./]\d{2})`)
	// sender is a name with its address.
	sender = regexp.MustCompile(`^[^<>\s][^<>]{0,80}<[^<>\s]+@[^<>\s]+>`)
	// finalVerb ends such a line in most languages; innerVerb stands in it in German.
	finalVerb = regexp.MustCompile(`(?i)(?:wrote|writes|a [ée]crit|escribi[óo]|ha scritto|escreveu|schreef|` +
		`написала?|написал\(а\)|пишет|pisze|napisał\(?a?\)?|skrev|schrieb)\s*[:：]$`)
	innerVerb = regexp.MustCompile(`(?i)(?:^|[\s,>])(?:schrieb|schreef|skrev|escribi[óo]|a [ée]crit|wrote)[\s(:]`)
	nameLast  = regexp.MustCompile(`(?:schrieb|schreef|skrev)\s+(?:\p{L}[^\s,:]*\s*){1,5}[:：]$`)
	timeOfDay = regexp.MustCompile(`\d{1,2}[:.h]\d{2}`)
	yearOf    = regexp.MustCompile(`(?:^|\D)(?:19|20)\d{2}(?:\D|$)|\d{1,2}[./]\d{1,2}[./]\d{2}`)
)

// attribution returns the end of the lines "On ... wrote:" that begin at a line,
// or -1. Programs break them in up to five.
func (r *reply) attribution(i int) int {
	const most, longest = 5, 500
	end, size := i, 0
	for ; ; end++ {
		if end == len(r.lines) || end-i >= most || r.kinds[end] != plainLine || size > longest {
			return -1
		}
		if size += len(r.lines[end]); endsInColon(r.lines[end]) {
			break
		}
	}
	for j := i + 1; j <= end; j++ {
		if beginsAnew.MatchString(r.lines[j]) {
			return -1
		}
	}
	joined := strings.Join(r.lines[i:end+1], " ")
	joined = strings.TrimRight(strings.TrimLeft(joined, " \t-*_\u00a0\u2014"), " *_")
	if size > longest+maxMarkLine || !isAttribution(joined, end+1-i, r.quoteFollows(end+1)) {
		return -1
	}
	return end + 1
}

func endsInColon(line string) bool {
	line = strings.TrimRight(line, " *_")
	return strings.HasSuffix(line, ":") || strings.HasSuffix(line, "：")
}

// isAttribution judges lines that end with a colon. Where a quote follows, less
// is asked for; where none does, all the rest of the text depends on it.
func isAttribution(s string, lines int, quoteFollows bool) bool {
	address := strings.Contains(s, "@")
	at := timeOfDay.MatchString(s)
	dated := at || yearOf.MatchString(s)
	starts := startOf.MatchString(s) || sender.MatchString(s)
	final := finalVerb.MatchString(s)
	verb := final || innerVerb.MatchString(s)
	if lines > 1 && !starts {
		return false // it begins further below, or nowhere
	}
	if quoteFollows {
		const short = 80
		return verb && (address || dated) || address && at || final && lines == 1 && len(s) <= short
	}
	whoAndWhen := final && (address || at) || nameLast.MatchString(s) && at
	return starts && whoAndWhen || verb && address && dated ||
		starts && address && at && dated && !strings.Contains(s, ". ")
}

// stripEnds takes from a piece of text what is none of its message: warnings at
// the top, and the signature, closing and notices at the end.
func stripEnds(lines []string, first, closings bool) []string {
	if first {
		lines = dropBanner(trimBlank(lines))
	}
	lines = dropSignature(lines)
	lines = dropNotices(lines)
	for {
		before := len(lines)
		lines = dropTail(trimBlank(lines))
		if closings {
			lines = dropClosing(lines)
		}
		if len(lines) == before || len(lines) == 0 {
			return lines
		}
	}
}

// trimBlank takes empty lines off both ends.
func trimBlank(lines []string) []string {
	for len(lines) > 0 && isBlank(lines[0]) {
		lines = lines[1:]
	}
	return trimBelow(lines)
}

func trimBelow(lines []string) []string {
	for len(lines) > 0 && isBlank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// dropBanner takes off the warning that a company's server puts above mail from
// outside.
func dropBanner(lines []string) []string {
	const longest = 6 // lines
	end := slices.IndexFunc(lines, isBlank)
	if end < 0 || end > longest {
		return lines
	}
	if containsAny(strings.ToLower(strings.Join(lines[:end], " ")), bannerWords) {
		return trimBlank(lines[end:])
	}
	return lines
}

func containsAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}
