package mail

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Forward writes a message that hands another on, to be sent by itself. The
// original is attached whole (message/rfc822), so that every file of it arrives
// and nothing of it is changed; above it stand the text of w, the usual lines of
// its header and its text, so that it can be read without opening anything. The
// error wraps ErrLoop where the message could come back.
func (a Author) Forward(st Stamp, original []byte, w Wording, to []string) (Letter, error) {
	l, err := a.forward(st, "forward", original, w, to)
	if err != nil {
		return Letter{}, fmt.Errorf("forwarding a message: %w", err)
	}
	return l, nil
}

// DraftForward is Forward for a person to look at and to send.
func (a Author) DraftForward(st Stamp, original []byte, w Wording, to []string) (Letter, error) {
	l, err := a.forward(st, "draft", original, w, to)
	if err != nil {
		return Letter{}, fmt.Errorf("drafting a forward: %w", err)
	}
	return l, nil
}

func (a Author) forward(st Stamp, kind string, original []byte, w Wording, to []string) (Letter, error) {
	attached, err := handOn(original)
	if err != nil {
		return Letter{}, err
	}
	recipients, err := outbound(to)
	if err != nil {
		return Letter{}, err
	}
	h := parseHeader(original)
	p, err := a.begin(st, kind, h, recipients)
	if err != nil {
		return Letter{}, err
	}
	subject := decodeText(h.value("Subject"))
	p.add("Subject", headerText(forwardSubject(w.Subject, subject)))
	if ids := messageIDs(h.value("Message-ID")); len(ids) > 0 {
		p.add("References", ids[0])
	}
	if kind == "forward" {
		if reason := a.loops(original, recipients); reason != "" {
			return Letter{}, fmt.Errorf("%s: %w", reason, ErrLoop)
		}
		p.automatic("auto-generated", h)
	}
	text, err := cover(h, original, w)
	if err != nil {
		return Letter{}, err
	}
	return p.finish(content{text: text, attached: attached, filename: messageFile(subject)})
}

func forwardSubject(given, original string) string {
	if given != "" {
		return given
	}
	low := strings.ToLower(original)
	for _, mark := range []string{"fwd:", "fw:", "wg:"} {
		if strings.HasPrefix(low, mark) {
			return "Fwd: " + strings.TrimSpace(original[len(mark):])
		}
	}
	return "Fwd: " + original
}

// messageFile is the name of an attached message.
func messageFile(subject string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|%=`, r) {
			return '-'
		}
		return r
	}, printable(subject))
	const longest = 60
	if name = strings.Trim(firstRunes(name, longest), " .-"); name == "" {
		name = "message"
	}
	return name + ".eml"
}

// cover is what the recipient of a forward reads first.
func cover(h header, original []byte, w Wording) (string, error) {
	body, err := ReadBody(bytes.NewReader(original))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if text := strings.Trim(w.Text, "\n"); text != "" {
		b.WriteString(text + "\n\n")
	}
	b.WriteString("---------- Forwarded message ----------\n")
	for _, name := range []string{"From", "Date", "Subject", "To", "Cc"} {
		if v := decodeText(h.value(name)); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	var files []string
	for _, f := range body.Files {
		if f.Name != "" {
			files = append(files, f.Name)
		}
	}
	if len(files) > 0 {
		fmt.Fprintf(&b, "Files, in the attached message: %s\n", strings.Join(files, ", "))
	}
	b.WriteString("\n" + strings.Trim(shorten(body.Full, maxQuote), "\n") + "\n")
	return b.String(), nil
}

// Redirect sends a message on as it is, with the fields of RFC 5322 3.6.6 above:
// to its recipient it comes from its author. The error wraps ErrLoop where it
// could come back. The envelope sender is the own address: the author's server
// has not allowed ours to send in its name, and a bounce is for us.
func (a Author) Redirect(st Stamp, original []byte, to []string) (Letter, error) {
	l, err := a.redirect(st, original, to)
	if err != nil {
		return Letter{}, fmt.Errorf("redirecting a message: %w", err)
	}
	return l, nil
}

func (a Author) redirect(st Stamp, original []byte, to []string) (Letter, error) {
	unchanged, err := handOn(original)
	if err != nil {
		return Letter{}, err
	}
	recipients, err := outbound(to)
	if err != nil {
		return Letter{}, err
	}
	if reason := a.loops(original, recipients); reason != "" {
		return Letter{}, fmt.Errorf("%s: %w", reason, ErrLoop)
	}
	h := parseHeader(original)
	p, err := a.begin(st, "redirect", h, recipients)
	if err != nil {
		return Letter{}, err
	}
	p.fields = header{
		{"Resent-Date", st.Date.Format(time.RFC1123Z)},
		{"Resent-From", p.from.header},
		{"Resent-To", headers(recipients)},
		{"Resent-Message-ID", "<" + p.id + ">"},
		{loopField, p.from.envelope},
		{markField, a.mark("redirect", p.id)},
	}
	var b bytes.Buffer
	if err := writeFields(&b, p.fields); err != nil {
		return Letter{}, err
	}
	b.Write(unchanged)
	return p.letter(b.Bytes()), nil
}

// kept back from whoever gets the message next: whom it was secretly sent to, and
// the envelope, which is written by the server that delivers it (RFC 5321 4.4).
var keptBack = []string{"bcc", "resent-bcc", "return-path"}

// handOn returns a message as it can be sent on: without the fields of keptBack
// and what is no field, such as the line of an mbox; with CRLF and no NUL (RFC
// 5321 2.3.7, 2.3.8). Its first byte begins a field, so that it can stand below
// other fields.
func handOn(original []byte) ([]byte, error) {
	if len(original) > maxFile {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	raw := canonical(original)
	out := make([]byte, 0, len(raw))
	keep, fields := false, 0
	for len(raw) > 0 {
		line := raw[:bytes.IndexByte(raw, '\n')+1]
		if len(line) == len("\r\n") {
			break
		}
		raw = raw[len(line):]
		if !isSpace(line[0]) {
			name, ok := fieldName(string(line), false)
			keep = ok && !slices.Contains(keptBack, strings.ToLower(name))
		}
		if keep {
			out = append(out, line...)
			fields++
		}
	}
	if fields == 0 {
		return nil, errors.New("it has no header, so it is no message")
	}
	if len(raw) == 0 {
		raw = []byte("\r\n")
	}
	return append(out, raw...), nil
}

// canonical ends every line with CRLF, the last one too, and drops NUL. A bare CR
// or LF is a line's end to some servers and not to others, by which one message
// can be made into two.
func canonical(raw []byte) []byte {
	raw = bytes.ReplaceAll(raw, []byte{0}, nil)
	out := make([]byte, 0, len(raw)+len(raw)/32+2)
	for i, c := range raw {
		switch {
		case c == '\n' && i > 0 && raw[i-1] == '\r':
		case c == '\n' || c == '\r':
			out = append(out, '\r', '\n')
		default:
			out = append(out, c)
		}
	}
	if !bytes.HasSuffix(out, []byte("\r\n")) {
		out = append(out, '\r', '\n')
	}
	return out
}
