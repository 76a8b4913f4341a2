package mail

import (
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/rules"
)

// shape is what the structure of a message tells. A message attached to it is
// one file: what is inside belongs to another message.
type shape struct {
	files     []rules.File
	encrypted bool // RFC 1847, RFC 8551
	signed    bool
	failure   bool // a delivery status report, RFC 3464
	receipt   bool // a disposition notification, RFC 8098
	invite    bool // RFC 5546, but for what is only published
}

// structureShape walks a body structure. The reason is not empty if the
// structure is beyond the limits.
func structureShape(root imap.BodyStructure) (shape, string) {
	w := structureWalk{shape: shape{files: []rules.File{}}}
	if root != nil {
		w.part(root, 0, false)
	}
	return w.shape, w.poison
}

type structureWalk struct {
	shape
	parts  int
	poison string
}

func (w *structureWalk) part(part imap.BodyStructure, depth int, inDigest bool) {
	if w.parts++; w.parts > maxParts {
		w.poison = poisonParts
	}
	if w.poison != "" {
		return
	}
	switch part := part.(type) {
	case *imap.BodyStructureMultiPart:
		w.multipart(part, depth+1)
	case *imap.BodyStructureSinglePart:
		w.note(part.MediaType(), part.Params)
		w.leaf(part, inDigest)
	}
}

func (w *structureWalk) multipart(part *imap.BodyStructureMultiPart, depth int) {
	if depth > maxDepth {
		w.poison = poisonDepth
		return
	}
	var params map[string]string
	if part.Extended != nil {
		params = part.Extended.Params
	}
	w.note(part.MediaType(), params)
	for _, child := range part.Children {
		w.part(child, depth, part.MediaType() == "multipart/digest")
	}
}

// note takes in what a media type alone says, be it of a part or of the
// Content-Type field where the structure is not known.
func (s *shape) note(mediaType string, params map[string]string) {
	switch mediaType {
	case "multipart/encrypted":
		s.encrypted = true
	case "multipart/signed":
		s.signed = true
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		signed := strings.EqualFold(param(params, "smime-type"), "signed-data")
		s.signed = s.signed || signed
		s.encrypted = s.encrypted || !signed
	case "multipart/report":
		s.report(param(params, "report-type"))
	case "message/delivery-status", "message/global-delivery-status":
		s.failure = true
	case "message/disposition-notification":
		s.receipt = true
	case "text/calendar":
		s.invite = s.invite || isInvitation(param(params, "method"))
	}
}

func (s *shape) report(reportType string) {
	switch strings.ToLower(reportType) {
	case "delivery-status", "":
		s.failure = s.failure || reportType != ""
	case "disposition-notification":
		s.receipt = true
	}
}

// isInvitation says that an iTIP method is about a meeting with the reader.
// PUBLISH is what airlines and shops send; without a method it is a plain file.
func isInvitation(method string) bool {
	switch strings.ToUpper(method) {
	case "REQUEST", "CANCEL", "REPLY", "ADD", "REFRESH", "COUNTER", "DECLINECOUNTER":
		return true
	}
	return false
}

// leaf adds a part to the files if it is one.
func (w *structureWalk) leaf(part *imap.BodyStructureSinglePart, inDigest bool) {
	if file, ok := asFile(part, inDigest); ok {
		w.files = append(w.files, file)
	}
}

// asFile returns a part as a file: one with a name, one meant as an attachment,
// or one that is neither text nor the machinery of a signature or a report. The
// messages of a digest are its text.
func asFile(part *imap.BodyStructureSinglePart, inDigest bool) (rules.File, bool) {
	var disposition string
	params := map[string]string(nil)
	if d := part.Disposition(); d != nil {
		disposition, params = strings.ToLower(d.Value), d.Params
	}
	name := param(params, "filename")
	if name == "" {
		name = param(part.Params, "name")
	}
	mediaType := part.MediaType()
	isText := inDigest || isBody(mediaType)
	if isMachinery(mediaType) || name == "" && disposition != "attachment" && isText {
		return rules.File{}, false
	}
	if name == "" && part.MessageRFC822 != nil && part.MessageRFC822.Envelope != nil {
		name = decodeText(part.MessageRFC822.Envelope.Subject)
	}
	inline := disposition == "inline" || disposition == "" && part.ID != ""
	size := decodedSize(part.Encoding, int(part.Size))
	return rules.NewFile(name, mediaType, size, inline), true
}

// isBody says that a part without a name is something to read, not a file.
func isBody(mediaType string) bool {
	family, _, _ := strings.Cut(mediaType, "/")
	switch mediaType {
	case "message/rfc822", "message/global":
		return false
	}
	return family == "text" || family == "message" || mediaType == "/"
}

// isMachinery says that a part belongs to a signature or an encryption. People
// do not call it an attachment, whatever name it has.
func isMachinery(mediaType string) bool {
	switch mediaType {
	case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
		"application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	}
	return false
}

// decodedSize estimates the bytes of a part from those on the wire. Base64 makes
// 76 characters and a line break of 57 bytes (RFC 2045 6.8); quoted-printable
// text is close to its own size.
func decodedSize(encoding string, size int) int {
	switch {
	case !strings.EqualFold(encoding, "base64"):
		return size
	case size <= 78:
		return size * 3 / 4
	}
	return size * 57 / 78
}

// param returns a parameter of a Content-Type or Content-Disposition field,
// put together from its continuations and decoded (RFC 2231), or with the
// encoded words that many programs write there instead (RFC 2047).
func param(params map[string]string, name string) string {
	if len(params) == 0 {
		return ""
	}
	if v, ok := params[name+"*"]; ok {
		return decodeExtended(v)
	}
	if v, ok := joinContinuations(params, name); ok {
		return v
	}
	return decodeText(params[name])
}

// joinContinuations reads name*0, name*1* and so on. The charset stands in the
// first piece alone, and a character may be split between two.
func joinContinuations(params map[string]string, name string) (string, bool) {
	var raw strings.Builder
	extended := false
	for i := 0; raw.Len() < maxEncoded; i++ {
		key := name + "*" + strconv.Itoa(i)
		if v, ok := params[key+"*"]; ok {
			extended = extended || i == 0
			raw.WriteString(v)
		} else if v, ok := params[key]; ok {
			raw.WriteString(strings.ReplaceAll(v, "%", "%25"))
		} else {
			if i == 0 {
				return "", false
			}
			break
		}
	}
	if !extended {
		return decodeText(strings.ReplaceAll(raw.String(), "%25", "%")), true
	}
	return decodeExtended(raw.String()), true
}

// decodeExtended decodes charset'language'percent-encoded text (RFC 2231 4).
func decodeExtended(v string) string {
	charset := ""
	if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
		charset, v = parts[0], parts[2]
	}
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) && isHex(v[i+1]) && isHex(v[i+2]) {
			out = append(out, unhex(v[i+1])<<4|unhex(v[i+2]))
			i += 2
		} else {
			out = append(out, v[i])
		}
	}
	return capText(printable(convert(charset, out)))
}

// parseParams reads a Content-Type or Content-Disposition field (RFC 2045 5.1):
// its value in lower case and its parameters by lower-case name, as written,
// just as a server sends them. Unlike mime.ParseMediaType it takes unquoted
// blanks, 8-bit text and a missing first semicolon, keeps the first of two equal
// names, and never fails.
func parseParams(body string) (string, map[string]string) {
	body = body[:min(len(body), maxParams)]
	value, rest := body, ""
	if end := strings.IndexAny(body, "; \t"); end >= 0 {
		value, rest = body[:end], body[end+1:]
	}
	value = strings.ToLower(dropComment(value))
	var params map[string]string
	for rest != "" {
		var name, v string
		name, v, rest = nextParam(rest)
		if name == "" {
			continue
		}
		if params == nil {
			params = make(map[string]string)
		}
		if _, twice := params[name]; !twice {
			params[name] = v
		}
	}
	return value, params
}

func dropComment(s string) string {
	s, _, _ = strings.Cut(s, "(")
	return s
}

// nextParam reads one name=value and returns what follows its semicolon.
func nextParam(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;")
	if end < 0 {
		return "", "", ""
	}
	if s[end] == ';' {
		return "", "", s[end+1:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:end]))
	s = strings.TrimLeft(s[end+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, guess(strings.TrimSpace(value)), rest
	}
	var text strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		text.WriteByte(s[i])
	}
	_, rest, _ = strings.Cut(s[min(i, len(s)):], ";")
	return name, guess(text.String()), rest
}
