package summary

import (
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

// look is what a style attribute says that matters here.
type look struct {
	hidden         bool
	tiny, sized    bool // a font size of nothing; any other one
	pre, collapses bool // white space counts; it does not
	tight          bool // no margin above or below
	noBorder       bool // no line at its side
	indented       bool // a margin at the left
	zero, clipped  bool // no height or width; what does not fit is cut off
	ink, ground    string
}

const maxStyle = 4 << 10 // bytes of a style attribute

// readStyle reads a style attribute (CSS 2.2). What it does not know, it passes
// over. Style sheets are not read: mail programs drop most of them, so what
// senders want hidden is hidden by attributes.
func readStyle(style string) look {
	var l look
	if style == "" {
		return l
	}
	for declaration := range strings.SplitSeq(strings.ToLower(firstBytes(style, maxStyle)), ";") {
		name, value, ok := strings.Cut(declaration, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		l.read(strings.TrimSpace(name), value)
	}
	white := isWhite(l.ink) && isWhite(l.ground)
	l.hidden = l.hidden || l.zero && l.clipped || white || l.ink == "transparent"
	return l
}

// read takes in one declaration. Where several hide an element, one is enough.
func (l *look) read(name, value string) {
	switch name {
	case "display":
		l.hidden = l.hidden || value == "none"
	case "visibility":
		l.hidden = l.hidden || value == "hidden" || value == "collapse"
	case "mso-hide":
		l.hidden = l.hidden || value == "all"
	case "opacity":
		l.hidden = l.hidden || length(value) == 0
	case "max-height", "max-width":
		l.hidden = l.hidden || length(value) == 0
	case "height", "width":
		l.zero = l.zero || length(value) == 0
	case "overflow":
		l.clipped = value == "hidden"
	case "text-indent":
		l.hidden = l.hidden || length(value) <= -999
	case "font-size":
		l.fontSize(value)
	case "white-space":
		l.pre = strings.HasPrefix(value, "pre") || value == "break-spaces"
		l.collapses = !l.pre
	case "color":
		l.ink = value
	case "background", "background-color":
		l.ground = value
	default:
		l.readBox(name, value)
	}
}

// readBox reads what tells a line from a paragraph and a quote from a paragraph
// that was moved to the right.
func (l *look) readBox(name, value string) {
	switch name {
	case "margin":
		first, _, _ := strings.Cut(value, " ")
		l.tight = length(first) == 0
		fields := strings.Fields(value)
		l.indented = len(fields) == 4 && length(fields[3]) > 0
	case "margin-left":
		l.indented = length(value) > 0
	case "margin-top", "margin-bottom":
		l.tight = length(value) == 0
	case "border", "border-left":
		l.noBorder = strings.HasPrefix(value, "none") || strings.HasPrefix(value, "0")
	}
}

// fontSize takes one pixel for nothing, too: that is how preheaders are hidden.
// A share of the size around it leaves that as it is.
func (l *look) fontSize(value string) {
	relative := strings.HasSuffix(value, "%") || strings.HasSuffix(value, "em")
	switch n := length(value); {
	case n == 0 || n <= 1 && n > 0 && !relative:
		l.tiny = true
	case !relative:
		l.sized = true
	}
}

// length reads a number with its unit; what is none is 1e9.
func length(s string) float64 {
	end := 0
	for end < len(s) && end < 20 && strings.IndexByte("+-.0123456789", s[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return 1e9
	}
	return n
}

// isWhite says that a colour is that of paper.
func isWhite(colour string) bool {
	switch strings.ReplaceAll(colour, " ", "") {
	case "white", "#fff", "#ffffff", "#fefefe", "rgb(255,255,255)":
		return true
	}
	return false
}

// How mail programs mark what they quote: by the class, id or name of an
// element. quoteClasses and quoteIDs are on the quote itself.
var quoteClasses = map[string]bool{
	"gmail_quote": true, "gmail_quote_container": true, "gmail_attr": true, "yahoo_quoted": true,
	"moz-cite-prefix": true, "moz-email-headers-table": true, "moz-forward-container": true,
	"protonmail_quote": true, "tutanota_quote": true, "zmail_extra": true, "OutlookMessageHeader": true,
	"AppleOriginalContents": true, "bloop_original_html": true, "front-blockquote": true, "hey-quote": true,
	"ms-outlook-mobile-reference-message": true, "gmx_quote": true, "spark_quote": true,
}

var quoteIDs = map[string]bool{
	"OLK_SRC_BODY_SECTION": true, "divRplyFwdMsg": true, "mail-editor-reference-message-container": true,
	"isReplyContent": true, "isForwardContent": true, "reply-intro": true, "yahoo_quoted": true,
}

// After these the rest of what stands around them is quoted.
var restIDs = map[string]bool{
	"divRplyFwdMsg": true, "stopSpelling": true, "zwchr": true, "appendonsend": true, "OutlookMessageHeader": true,
	"ms-outlook-mobile-body-separator-line": true, "mail-editor-reference-message-container": true,
}

// bareName takes off the prefixes that mail programs put before the classes and
// ids of what they quote, so that styles do not mix.
func bareName(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "x_"), "ecx")
	for _, prefix := range []string{"yiv", "ydp", "m_"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			return strings.TrimLeft(rest, "-_0123456789abcdef")
		}
	}
	return s
}

// quoting sets the levels of quotation of a new element.
func (p *page) quoting(e *element, a attributes, look look) {
	switch {
	case e.tag == atom.Blockquote:
		p.blockquote(e, a, look)
	case isContainer(a) && !e.held:
		e.quote++
		e.held = hasClass(a, "gmail_quote") || hasClass(a, "gmail_quote_container")
	}
	if quoteAfter(a) {
		p.quoteRest()
		e.quote = p.top().quote
	}
}

// blockquote adds a level, but where it is the one of a Gmail container, and
// where it only moves a paragraph to the right.
func (p *page) blockquote(e *element, a attributes, look look) {
	cited := a.cite != "" || a.kind == "cite" || a.class != ""
	if look.noBorder && look.indented && !cited {
		return
	}
	if !e.held {
		e.quote++
		return
	}
	e.held = false
	for i := len(p.open) - 1; i > 0 && p.open[i].held; i-- {
		e.gmail = i
	}
}

// endGmailQuote ends the quote of a Gmail container with its blockquote: what
// follows in it are answers between the lines, or the signature.
func (p *page) endGmailQuote(container int) {
	for i := container; i < len(p.open); i++ {
		p.open[i].quote--
		p.open[i].held = false
	}
}

// notGmail makes of a Gmail container one that is quoted to its end.
func (p *page) notGmail() {
	for i := range p.open {
		p.open[i].held = false
	}
}

// quoteRest quotes what follows in the element around, once: Outlook makes two
// marks in a row.
func (p *page) quoteRest() {
	p.breakLine()
	if e := p.top(); !e.rest {
		e.quote++
		e.rest = true
	}
}

// isContainer says that a mail program puts what it quotes into such an element.
func isContainer(a attributes) bool {
	if quoteIDs[bareName(a.id)] || a.name == "quote" || a.name == "quoted-content" {
		return true
	}
	for class := range strings.FieldsSeq(a.class) {
		if quoteClasses[bareName(class)] {
			return true
		}
	}
	return false
}

func hasClass(a attributes, name string) bool {
	for class := range strings.FieldsSeq(a.class) {
		if bareName(class) == name {
			return true
		}
	}
	return false
}

// quoteAfter says that a mail program puts such an element above what it quotes.
func quoteAfter(a attributes) bool {
	return a.id != "" && restIDs[bareName(a.id)] || hasClass(a, "OutlookMessageHeader")
}
