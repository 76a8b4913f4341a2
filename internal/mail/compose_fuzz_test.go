package mail

import (
	"bytes"
	"errors"
	"io"
	"mime"
	mimeparts "mime/multipart"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/invite"
)

// hostile are pieces of what people try in subjects, names and addresses.
var hostile = []string{
	"\r\nBcc: victim@evil.example\r\n", "\n", "\r", "\x00", "=?utf-8?q?=0D=0ABcc:_victim@evil.example?=", "=?utf-8?b?DQpCY2M6IHZpY3RpbUBldmlsLmV4YW1wbGU=?=",
	"=?utf-8?q?=3D=3Futf-8=3Fq=3F=0D=0A=3F=3D?=", "\u2028", "\u0085", "\x7f", "\xff\xfe", "é", "日本語", "\U0001F600", " ", "\t", "\"", "\\", "<", ">", ",", ";", ":", "(", ")",
	"@", "a@b.example", "<x@evil.example>", "\r\n\r\n<script>", "\r\n.\r\n", strings.Repeat("x", 1200), strings.Repeat("word ", 300), "%0d%0a", "\v", "\f", "--", "=", "?=", "=?",
	"pat@board.example", "Dana", "Re: ", "xn--", "[127.0.0.1]", "+", "..",
}

// ourFields are all that stand in a letter of ours (but a Redirect), and how often
// each may.
var ourFields = []string{
	"Date", "From", "To", "Subject", "Message-Id", "In-Reply-To", "References", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress",
	"X-Loop", "X-Foredesk", "Mime-Version", "Content-Type", "Content-Transfer-Encoding",
}

// sound checks what every letter promises, whatever it was made of.
func sound(t interface{ Errorf(string, ...any) }, l Letter) {
	head, body, ok := bytes.Cut(l.Raw, []byte("\r\n\r\n"))
	if !ok {
		t.Errorf("no end of the header in %q", l.Raw)
		return
	}
	if bare := bytes.ReplaceAll(l.Raw, []byte("\r\n"), nil); bytes.ContainsAny(bare, "\r\n\x00") {
		t.Errorf("a bare CR, LF or NUL in %q", l.Raw)
	}
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if len(line) > 998 || strings.TrimSpace(line) == "" || !utf8.ValidString(line) {
			t.Errorf("the header line %q of %d bytes", line, len(line))
		}
	}
	msg, err := mail.ReadMessage(bytes.NewReader(l.Raw))
	if err != nil {
		t.Errorf("it cannot be read: %v", err)
		return
	}
	for name, values := range msg.Header {
		if !slices.Contains(ourFields, name) || len(values) > 1 && name != "X-Loop" {
			t.Errorf("the field %s stands there %d times", name, len(values))
		}
		for _, v := range values {
			decoded := v
			for range 3 { // however often a program decodes it
				next, err := new(mime.WordDecoder).DecodeHeader(decoded)
				if err != nil {
					break
				}
				decoded = next
			}
			if strings.ContainsAny(decoded, "\r\n\x00") {
				t.Errorf("%s hides a line break: %q", name, v)
			}
		}
	}
	to, err := msg.Header.AddressList("To")
	if err != nil || len(to) != len(l.To) {
		t.Errorf("To is %q, the envelope %q: %v", msg.Header.Get("To"), l.To, err)
	}
	for _, address := range append(slices.Clone(l.To), l.From) {
		if strings.ContainsAny(address, "\r\n\x00<>") && !strings.HasPrefix(address, `"`) || len(address) > maxEnvelope+2 {
			t.Errorf("the envelope holds %q", address)
		}
	}
	if kind, ok := testAuthor.Ours(l.Raw); !ok {
		t.Errorf("it is not known as ours: %q", kind)
	}
	soundParts(t, msg.Header.Get("Content-Type"), body)
}

// soundParts checks that a body with parts has exactly two, and that they end.
func soundParts(t interface{ Errorf(string, ...any) }, contentType string, body []byte) {
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Errorf("Content-Type %q: %v", contentType, err)
	}
	if !strings.HasPrefix(mediaType, "multipart/") {
		return
	}
	r := mimeparts.NewReader(bytes.NewReader(body), params["boundary"])
	for n := 0; ; n++ {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) && n == 2 {
			return
		}
		if err != nil {
			t.Errorf("%d parts, then %v", n, err)
			return
		}
		io.Copy(io.Discard, part)
	}
}

// writeAll writes every kind of letter of hostile matter. What cannot be written
// is an error, and that is all it may be.
func writeAll(t interface{ Errorf(string, ...any) }, a Author, original []byte, w Wording, to []string) (written int) {
	draft, err := a.Draft(testStamp, original, w, to)
	letters, errs := []Letter{draft}, []error{err}
	for _, write := range []func() (Letter, error){
		func() (Letter, error) { return a.Reply(testStamp, original, w) },
		func() (Letter, error) { return a.Draft(testStamp, original, w, nil) },
		func() (Letter, error) { return a.Forward(testStamp, original, w, to) },
		func() (Letter, error) { return a.DraftForward(testStamp, original, w, to) },
		func() (Letter, error) { return a.Note(testStamp, w, to) },
		func() (Letter, error) {
			return a.InviteReply(testStamp, original, invite.Answer{Response: "decline", Comment: w.Text})
		},
	} {
		l, err := write()
		letters, errs = append(letters, l), append(errs, err)
	}
	for i, l := range letters {
		if errs[i] == nil {
			sound(t, l)
			written++
		}
	}
	if l, err := a.Redirect(testStamp, original, to); err == nil {
		soundRedirect(t, l)
	}
	return written
}

// soundRedirect checks that what stands above a stranger's header is ours whole.
func soundRedirect(t interface{ Errorf(string, ...any) }, l Letter) {
	if bare := bytes.ReplaceAll(l.Raw, []byte("\r\n"), nil); bytes.ContainsAny(bare, "\r\n\x00") {
		t.Errorf("a bare CR, LF or NUL in %q", l.Raw)
	}
	h := parseHeader(l.Raw)
	for i, name := range []string{"Resent-Date", "Resent-From", "Resent-To", "Resent-Message-Id", "X-Loop", "X-Foredesk"} {
		if i >= len(h) || h[i].name != name {
			t.Errorf("field %d is not %s in %q", i, name, l.Raw)
			return
		}
	}
	if h.has("Bcc") || h.has("Return-Path") {
		t.Errorf("fields that are to be kept back: %q", l.Raw)
	}
	if kind, ok := testAuthor.Ours(l.Raw); kind != "redirect" || !ok {
		t.Errorf("it is not known as ours: %q", l.Raw)
	}
}

func TestNothingHostileReachesAHeader(t *testing.T) {
	written := 0
	faulttest.Drawn(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 5).Draw(t, "pieces"), "")
		})
		original := "From: " + text.Draw(t, "name") + " <pat@board.example>\r\nTo: dana@acme.example\r\n" +
			"Reply-To: " + text.Draw(t, "reply-to") + "\r\nSubject: " + text.Draw(t, "subject") + "\r\nMessage-ID: <" + text.Draw(t, "id") + "@x>\r\n" +
			"References: <1@x> <" + text.Draw(t, "reference") + ">\r\nX-Loop: " + text.Draw(t, "loop") + "\r\n" +
			"Content-Type: text/plain\r\n\r\n" + text.Draw(t, "body")
		if rapid.Bool().Draw(t, "no trail") {
			original = strings.Replace(original, "X-Loop", "X-Other", 1)
		}
		a := testAuthor
		a.Name = text.Draw(t, "own name")
		to := []string{"lee@acme.example"}
		if rapid.Bool().Draw(t, "hostile recipient") {
			to = []string{text.Draw(t, "to")}
		}
		w := Wording{Subject: text.Draw(t, "wording"), Text: text.Draw(t, "text"), HTML: text.Draw(t, "html")}
		written += writeAll(t, a, []byte(original), w, to)
	})
	if written < 100 {
		t.Errorf("only %d letters were written: the test shows nothing", written)
	}
	faulttest.Injected(t, "S5", written)
}

func FuzzCompose(f *testing.F) {
	f.Add([]byte(plainOriginal), "Re: x", "text", "lee@acme.example")
	f.Add([]byte(" x\nFrom: <a@b.example>\nSubject: =?utf-8?q?=0d=0aBcc:x?=\n\n"), "a\r\nb: c", "\r\n.\r\n", "\"a b\"@c.example")
	f.Add([]byte("From: =?utf-8?b?DQo=?= <a@b.example>\r\nTo: dana@acme.example\r\nReferences: <a\r\n b@c>\r\n\r\nx"), "=?utf-8?q?x?=", "é\x00", "é@é.example")
	f.Add([]byte("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n"), "", "x", "a@b_c.example")
	f.Fuzz(func(t *testing.T, original []byte, subject, text, to string) {
		writeAll(t, testAuthor, original, Wording{Subject: subject, Text: text, HTML: text}, []string{to})
		testAuthor.MayAnswer(original)
	})
}

// The corpus is real mail in every form there is: each message can be drafted
// upon, forwarded and redirected, or there is a reason.
func TestLettersToTheCorpus(t *testing.T) {
	written, refused := 0, 0
	for _, path := range append(corpus(t, "stalwart/*.eml"), corpus(t, "enmime/*.raw")...) {
		original := readLetter(t, path)
		n := writeAll(t, testAuthor, original, Wording{Text: "x"}, []string{"lee@acme.example"})
		if written += n; n == 0 {
			refused++
		}
	}
	if written < 100 {
		t.Errorf("%d letters written", written)
	}
	t.Logf("%d letters, %d messages to which none could be written", written, refused)
}
