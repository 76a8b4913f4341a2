package mail

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/summary"
	"github.com/foredesk/foredesk/rules"
)

// What is looked at of a message's text.
const (
	maxNewText  = 64 << 10  // bytes of Body.Text
	maxFullText = 256 << 10 // bytes of Body.Full
	maxFileText = 64 << 10  // bytes of a file's text

	maxTextWire  = 512 << 10 // bytes of a text part as sent
	maxFileWire  = 96 << 10  // bytes of a text file as sent
	maxInvite    = 1 << 20   // bytes of a calendar part as sent
	maxTexts     = 20        // text parts
	maxTextFiles = 10        // files whose text is read
	maxKept      = 8 << 20   // bytes of all parts of a message file
)

// Body is what a message says.
type Body struct {
	Text  string         // newly written, without quotes and signature; at most 64 KiB of UTF-8
	Full  string         // with them; at most 256 KiB of UTF-8
	Links []summary.Link // in reading order
	Files []FileText     // one for each of the item's files, in the same order
	// Calendar is the part that may be an invitation, whole and in UTF-8; Odd says why
	// there is none though the message has one.
	Calendar, Odd string
	// Pages are its pages, in UTF-8, that may tell machines of journeys and bookings.
	Pages []string
}

// FileText is a file with the text in it, if it is one of text.
type FileText struct {
	Name      string // as in rules.File; may be empty
	MediaType string // lower case, as in rules.File
	Text      string // at most 64 KiB of UTF-8; empty for what is no text
}

// ReadBody reads what a message file (RFC 5322, ".eml") says. A broken charset,
// encoding or boundary is never an error: what can be read, is. A message beyond
// the limits says nothing (ReadFile tells why). The error is that of r alone.
func ReadBody(r io.Reader) (Body, error) {
	f := mimeFile{in: bufio.NewReaderSize(r, 64<<10), keep: maxKept}
	if err := f.read(); err != nil {
		return Body{}, fmt.Errorf("reading the message file: %w", err)
	}
	if f.poison != "" {
		return Body{}, nil
	}
	return f.body(), nil
}

// body reads what the kept parts say.
func (f *mimeFile) body() Body {
	plan := planBody(f.root.structure())
	body, _ := plan.read(func(i int) []byte {
		content := f.root.find(plan.parts[i].path).content
		return content[:min(len(content), plan.parts[i].limit)]
	})
	return body
}

// find returns a part by its number, in which all parts of multiparts count
// from 1. What is no multipart is its own part 1.
func (p *mimePart) find(path []int) *mimePart {
	for _, n := range path {
		if p.multipart {
			p = p.children[n-1]
		}
	}
	return p
}

// keepContent keeps the first bytes of a part that may be text.
func (f *mimeFile) keepContent(chunk []byte) {
	part := f.current
	most, kept := maxTextWire, mayBeText(part.mediaType)
	if part.isCalendar() {
		most, kept = maxInvite, true
	}
	limit := min(most-len(part.content), f.keep)
	if limit <= 0 || part.multipart || !kept {
		return
	}
	chunk = chunk[:min(len(chunk), limit)]
	f.keep -= len(chunk)
	part.content = append(part.content, chunk...)
}

// bodyPart is a part of a message that holds text.
type bodyPart struct {
	path      []int // its number (RFC 9051 6.4.5)
	mediaType string
	params    map[string]string // of its Content-Type
	encoding  string            // its Content-Transfer-Encoding
	size      int               // bytes as sent, by what the server says
	limit     int               // so many of them are read
	file      int               // which file it is, or -1
	calendar  bool              // it may be the invitation
}

// section is what to ask a server for.
func (b bodyPart) section() *imap.FetchItemBodySection {
	return &imap.FetchItemBodySection{
		Part: b.path, Peek: true, Partial: &imap.SectionPartial{Size: int64(b.limit)},
	}
}

// bodyPlan says which parts of a message hold its text. A message may be there
// to be read in two ways (RFC 2046 5.1.4); where it is not, both are the same.
type bodyPlan struct {
	parts       []bodyPart
	plain, html []int // which parts make up the message
	files       []FileText
}

// wire returns how many bytes the server will send for the parts.
func (p bodyPlan) wire() int {
	n := 0
	for _, part := range p.parts {
		n += min(part.size, part.limit)
	}
	return n
}

// planBody chooses the parts that make up the text of a message, as RFC 8621
// 4.1.4 does, but that a part with a name is a file. A structure beyond the
// limits has none.
func planBody(root imap.BodyStructure) bodyPlan {
	w := bodyWalk{named: -1}
	if root == nil {
		return w.bodyPlan
	}
	w.walk(root, nil, place{plain: &w.plain, html: &w.html}, 0)
	if w.beyond {
		return bodyPlan{}
	}
	if len(w.plain) == 0 && len(w.html) == 0 && w.named >= 0 {
		w.plain, w.html = []int{w.named}, []int{w.named}
	}
	w.addInvite()
	return w.bodyPlan
}

type bodyWalk struct {
	bodyPlan
	texts, textFiles, seen int
	named                  int // the first part with a name that is text to be shown; see planBody
	invite                 bodyPart
	inviteRank             int
	beyond                 bool
}

// place is where a part stands: which multipart holds it, and what it may add to.
type place struct {
	family      string // media type of the multipart
	first       bool   // of its parts
	plain, html *[]int // nil where the part does not belong to that reading
}

// walk takes in a part. The limits are those of structureShape, which makes a
// message beyond them poison.
func (w *bodyWalk) walk(part imap.BodyStructure, path []int, at place, depth int) {
	if w.seen++; w.seen > maxParts || depth > maxDepth {
		w.beyond = true
		return
	}
	switch part := part.(type) {
	case *imap.BodyStructureMultiPart:
		w.multipart(part, path, at, depth)
	case *imap.BodyStructureSinglePart:
		if len(path) == 0 {
			path = []int{1}
		}
		w.leaf(part, path, at)
	}
}

// multipart walks the parts of a multipart. Of a multipart/related only the first
// is text; the others are what it shows (RFC 2387).
func (w *bodyWalk) multipart(part *imap.BodyStructureMultiPart, path []int, at place, depth int) {
	inside := place{family: part.MediaType(), plain: at.plain, html: at.html}
	if at.family == "multipart/related" && !at.first {
		inside.plain, inside.html = nil, nil
	}
	plainBefore, htmlBefore := lenOf(inside.plain), lenOf(inside.html)
	for i, child := range part.Children {
		inside.first = i == 0
		w.walk(child, append(slices.Clone(path), i+1), inside.forChild(child), depth+1)
	}
	if inside.family != "multipart/alternative" || inside.plain == nil || inside.html == nil {
		return
	}
	// What is there in one way only is read so in both.
	if len(*inside.plain) == plainBefore && len(*inside.html) > htmlBefore {
		*inside.plain = append(*inside.plain, (*inside.html)[htmlBefore:]...)
	} else if len(*inside.html) == htmlBefore && len(*inside.plain) > plainBefore {
		*inside.html = append(*inside.html, (*inside.plain)[plainBefore:]...)
	}
}

// lenOf returns how many parts a reading has so far.
func lenOf(list *[]int) int {
	if list == nil {
		return 0
	}
	return len(*list)
}

// forChild returns the place of a child. A multipart in an alternative belongs
// to one of the readings as a whole, pages with the files between them mostly:
// to which, its first part tells.
func (at place) forChild(child imap.BodyStructure) place {
	if at.family != "multipart/alternative" {
		return at
	}
	part, nested := child.(*imap.BodyStructureMultiPart)
	for range maxDepth {
		if part == nil || len(part.Children) == 0 {
			break
		}
		child = part.Children[0]
		part, _ = child.(*imap.BodyStructureMultiPart)
	}
	switch {
	case nested && child.MediaType() == "text/plain":
		at.html = nil
	case nested:
		at.plain = nil
	}
	return at
}

// leaf takes a part for a file, or adds it to the readings it belongs to.
func (w *bodyWalk) leaf(part *imap.BodyStructureSinglePart, path []int, at place) {
	file, isFile := asFile(part, at.family == "multipart/digest")
	b := bodyPart{
		path: path, mediaType: part.MediaType(), params: part.Params, encoding: part.Encoding,
		size: int(part.Size), limit: maxTextWire, file: -1,
	}
	if b.mediaType == "/" {
		b.mediaType = "text/plain"
	}
	w.considerInvite(b, at, file.Name.String())
	if isFile {
		w.file(b, part, file)
		return
	}
	if !isProse(b.mediaType) || at.family == "multipart/related" && !at.first || w.texts >= maxTexts {
		return
	}
	plain, html := at.plain != nil, at.html != nil
	if at.family == "multipart/alternative" {
		plain, html = plain && b.mediaType == "text/plain", html && b.mediaType == "text/html"
	}
	if !plain && !html {
		return
	}
	w.texts++
	w.parts = append(w.parts, b)
	if plain {
		*at.plain = append(*at.plain, len(w.parts)-1)
	}
	if html {
		*at.html = append(*at.html, len(w.parts)-1)
	}
}

// file notes a file, and reads it if it is one of text.
func (w *bodyWalk) file(b bodyPart, part *imap.BodyStructureSinglePart, file rules.File) {
	w.files = append(w.files, FileText{Name: file.Name.String(), MediaType: b.mediaType})
	if !isTextFile(b.mediaType, file.Name.String()) || w.textFiles >= maxTextFiles {
		return
	}
	w.textFiles++
	b.limit, b.file = maxFileWire, len(w.files)-1
	attached := part.Disposition() != nil && strings.EqualFold(part.Disposition().Value, "attachment")
	if isProse(b.mediaType) && !attached && w.named < 0 {
		w.named = len(w.parts)
		b.limit = maxTextWire
	}
	w.parts = append(w.parts, b)
}

// isProse says that a part without a name is to be read by people.
func isProse(mediaType string) bool {
	switch mediaType {
	case "text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/css", "text/javascript",
		"text/rfc822-headers", "text/x-amp-html", "text/watch-html", "text/x-moz-deleted":
		return false
	}
	return strings.HasPrefix(mediaType, "text/")
}

// textEndings are of files that are text whatever media type they were given.
var textEndings = []string{".txt", ".csv", ".tsv", ".md", ".log", ".ics", ".json", ".yaml", ".yml", ".xml", ".html", ".htm"}

// isTextFile says that a file holds text that can be shown as it is.
func isTextFile(mediaType, name string) bool {
	switch mediaType {
	case "application/json", "application/xml", "application/csv", "application/ics", "application/yaml":
		return true
	case "application/octet-stream", "application/vnd.ms-excel": // what some programs call every CSV file
		name = strings.ToLower(name)
		return slices.ContainsFunc(textEndings, func(end string) bool { return strings.HasSuffix(name, end) })
	}
	return strings.HasPrefix(mediaType, "text/")
}

// mayBeText says that a part's content is worth keeping until its name is known.
func mayBeText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || isTextFile(mediaType, ".txt")
}

// read puts a body together. Got returns the first bytes of a part as sent, as
// many as its limit says or all there are; nil for what the server would not
// give. The string is not empty if reading met a fault of ours or of a library.
func (p bodyPlan) read(got func(part int) []byte) (body Body, fault string) {
	defer func() {
		if recover() != nil {
			body, fault = Body{Files: p.files}, poisonFault
		}
	}()
	return p.compose(got), ""
}

// compose is read without its net, so that fuzzing sees the faults.
func (p bodyPlan) compose(got func(part int) []byte) Body {
	r := bodyReading{plan: p, got: got, texts: make([]partText, len(p.parts))}
	body := Body{Files: slices.Clone(p.files)}
	plain := r.join(p.plain)
	body.Full = plain
	if !slices.Equal(p.plain, p.html) {
		if html := r.join(p.html); isStub(plain, html) {
			body.Full = html
		}
	}
	body.Text = cutText(summary.NewText(body.Full), maxNewText)
	body.Links = r.links(p.html, p.plain)
	for _, t := range r.texts { // all that is shown has been read for its links
		if t.page != "" {
			body.Pages = append(body.Pages, t.page)
		}
	}
	for i, part := range p.parts {
		if part.file >= 0 {
			body.Files[part.file].Text = cutText(r.part(i).text, maxFileText)
		}
		if part.calendar {
			body.Calendar, body.Odd = part.readCalendar(got(i))
		}
	}
	return body
}

// links returns those of the reading with more to click on first, then what only
// the other one has.
func (r *bodyReading) links(readings ...[]int) (all []summary.Link) {
	known := map[string]bool{}
	for _, parts := range readings {
		for _, i := range parts {
			for _, l := range r.part(i).links {
				if !known[l.URL] {
					all = append(all, l)
				}
			}
		}
		for _, l := range all {
			known[l.URL] = true
		}
	}
	return all
}

// isStub says that the plain text of a message stands in for one in HTML: it is
// empty, or says little of what there is ("your program can't show this").
func isStub(plain, html string) bool {
	const little = 4
	if strings.TrimSpace(plain) == "" {
		return true
	}
	return little*len(strings.Fields(plain)) < len(strings.Fields(html))
}

// cutText cuts s at a character's end.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// bodyReading decodes each part once.
type bodyReading struct {
	plan  bodyPlan
	got   func(part int) []byte
	texts []partText
}

// partText is what one part says.
type partText struct {
	text  string
	links []summary.Link
	page  string // as it is, if it tells of trips
	done  bool
}

// part returns what a part says. A page is asked for twice: for its text and for
// its links.
func (r *bodyReading) part(i int) *partText {
	t := &r.texts[i]
	if !t.done {
		*t = r.plan.parts[i].decode(r.got(i))
		t.done = true
	}
	return t
}

// join returns parts one below the other.
func (r *bodyReading) join(parts []int) string {
	var all strings.Builder
	for _, i := range parts {
		text := strings.Trim(r.part(i).text, "\n")
		if strings.TrimSpace(text) == "" || all.Len() >= maxFullText {
			continue
		}
		if all.Len() > 0 {
			all.WriteString("\n\n")
		}
		all.WriteString(text)
	}
	return cutText(all.String(), maxFullText)
}
