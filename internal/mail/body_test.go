package mail

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/summary"
)

// multipart puts parts together, each with its header.
func multipart(subtype, boundary string, parts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: multipart/%s; boundary=%s\n\n", subtype, boundary)
	for _, part := range parts {
		fmt.Fprintf(&b, "--%s\n%s\n", boundary, part)
	}
	fmt.Fprintf(&b, "--%s--\n", boundary)
	return b.String()
}

const (
	plainPart = "Content-Type: text/plain\n\nsigned on Tuesday\n"
	htmlPart  = "Content-Type: text/html\n\n<p>signed on <b>Tuesday</b>: <a href='https://example.com/a'>the deed</a></p>\n"
	csvPart   = "Content-Type: text/csv; name=q3.csv\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nMSwyCjMsNAo=\n"
	pngPart   = "Content-Type: image/png; name=logo.png\nContent-ID: <logo>\n\nxx\n"
)

var deed = []summary.Link{{Text: "the deed", URL: "https://example.com/a"}}

// bodyCases are promises about the choice of parts and about decoding.
var bodyCases = []struct {
	name, message string
	want          Body
}{
	{
		"a message without MIME fields is text", "Subject: x\n\nHello\n",
		Body{Text: "Hello", Full: "Hello"},
	},
	{
		"of an alternative the plain text is read, and the links of the page",
		multipart("alternative", "b", plainPart, htmlPart),
		Body{Text: "signed on Tuesday", Full: "signed on Tuesday", Links: deed},
	},
	{
		"a page alone is read", htmlPart,
		Body{Text: "signed on Tuesday: the deed", Full: "signed on Tuesday: the deed", Links: deed},
	},
	{
		"a page is read where the plain text says nothing",
		multipart("alternative", "b", "Content-Type: text/plain\n\n \n", htmlPart),
		Body{Text: "signed on Tuesday: the deed", Full: "signed on Tuesday: the deed", Links: deed},
	},
	{
		"a page is read where the plain text stands in for it",
		multipart("alternative", "b", "Content-Type: text/plain\n\nNo HTML?\n", "Content-Type: text/html\n\n"+strings.Repeat("word ", 12)),
		Body{Text: strings.TrimSpace(strings.Repeat("word ", 12)), Full: strings.TrimSpace(strings.Repeat("word ", 12))},
	},
	{
		"a page with its pictures, beside plain text",
		multipart("alternative", "b", plainPart, multipart("related", "c", htmlPart, pngPart)),
		Body{
			Text: "signed on Tuesday", Full: "signed on Tuesday", Links: deed,
			Files: []FileText{{Name: "logo.png", MediaType: "image/png"}},
		},
	},
	{
		"a page in two pieces around a file, beside plain text",
		multipart("alternative", "b", plainPart, multipart("mixed", "c", htmlPart, csvPart, htmlPart)),
		Body{
			Text: "signed on Tuesday", Full: "signed on Tuesday", Links: append(deed, deed...),
			Files: []FileText{{Name: "q3.csv", MediaType: "text/csv", Text: "1,2\n3,4\n"}},
		},
	},
	{
		"text around an attachment is one text",
		multipart("mixed", "b", plainPart, csvPart, plainPart),
		Body{
			Text: "signed on Tuesday\n\nsigned on Tuesday", Full: "signed on Tuesday\n\nsigned on Tuesday",
			Files: []FileText{{Name: "q3.csv", MediaType: "text/csv", Text: "1,2\n3,4\n"}},
		},
	},
	{
		"text with a name is a file, but where there is no other text",
		multipart("mixed", "b", "Content-Type: text/plain; name=note.txt\nContent-Disposition: inline\n\nsee below\n", pngPart),
		Body{
			Text: "see below", Full: "see below",
			Files: []FileText{{Name: "note.txt", MediaType: "text/plain", Text: "see below\n"}, {Name: "logo.png", MediaType: "image/png"}},
		},
	},
	{
		"a calendar is no text of the message",
		multipart("alternative", "b", plainPart, "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"),
		Body{Text: "signed on Tuesday", Full: "signed on Tuesday", Calendar: "BEGIN:VCALENDAR\n"},
	},
	{
		"an attached message is a file, and its text another message's",
		multipart("mixed", "b", plainPart, "Content-Type: message/rfc822; name=old.eml\n\nSubject: old\n\nold text\n"),
		Body{
			Text: "signed on Tuesday", Full: "signed on Tuesday",
			Files: []FileText{{Name: "old.eml", MediaType: "message/rfc822"}},
		},
	},
	{
		"a signed message is read", multipart("signed", "b", plainPart, "Content-Type: application/pgp-signature; name=a.asc\n\nx\n"),
		Body{Text: "signed on Tuesday", Full: "signed on Tuesday"},
	},
	{
		"flowed lines are joined, also those of quotes, but not the line before a signature",
		"Content-Type: text/plain; format=flowed\n\nYes, we \ncan.\n> Can \n> we?\n stuffed\n-- \nAnn\n",
		Body{Text: "Yes, we can.\n\nstuffed", Full: "Yes, we can.\n> Can we?\nstuffed\n-- \nAnn"},
	},
	{
		"the space of a flowed line is none with DelSp",
		"Content-Type: text/plain; format=flowed; delsp=yes\n\nlong \nword\n",
		Body{Text: "longword", Full: "longword"},
	},
	{
		"links of plain text", "Subject: x\n\nSee https://example.com/a(b), <http://example.com/c>.\n",
		Body{
			Text: "See https://example.com/a(b), <http://example.com/c>.", Full: "See https://example.com/a(b), <http://example.com/c>.",
			Links: []summary.Link{
				{Text: "https://example.com/a(b)", URL: "https://example.com/a(b)"},
				{Text: "http://example.com/c", URL: "http://example.com/c"},
			},
		},
	},
	{
		"quotes and signature are part of the full text alone",
		"Subject: x\n\nYes.\n\nOn 3 May 2026 at 09:12, Ann <ann@example.com> wrote:\n> Shall we?\n",
		Body{Text: "Yes.", Full: "Yes.\n\nOn 3 May 2026 at 09:12, Ann <ann@example.com> wrote:\n> Shall we?"},
	},
}

func TestBody(t *testing.T) {
	for _, tt := range bodyCases {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadBody(strings.NewReader(tt.message))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestBodyByParts reads the same messages as they come from a server: the
// structure first, then the parts that the plan names.
func TestBodyByParts(t *testing.T) {
	for _, tt := range bodyCases {
		t.Run(tt.name, func(t *testing.T) {
			message := strings.ReplaceAll("From: ann@example.com\n"+tt.message, "\n", "\r\n")
			plan := planBody(imapserver.ExtractBodyStructure(strings.NewReader(message)))
			got, fault := plan.read(func(i int) []byte {
				return imapserver.ExtractBodySection(strings.NewReader(message), plan.parts[i].section())
			})
			if fault != "" {
				t.Fatal(fault)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBodySizeIsKnownBeforeItIsFetched(t *testing.T) {
	plan := planBody(&imap.BodyStructureMultiPart{Subtype: "mixed", Children: []imap.BodyStructure{
		&imap.BodyStructureSinglePart{Type: "text", Subtype: "plain", Size: 1_000},
		&imap.BodyStructureSinglePart{Type: "image", Subtype: "png", Size: 1_000_000},
		&imap.BodyStructureSinglePart{Type: "text", Subtype: "html", Size: 100_000_000},
	}})
	if want := 1_000 + maxTextWire; plan.wire() != want {
		t.Errorf("%d bytes, want %d", plan.wire(), want)
	}
}

func TestBodyWithoutAnswers(t *testing.T) {
	plan := planBody(imapserver.ExtractBodyStructure(strings.NewReader(multipart("mixed", "b", plainPart, csvPart))))
	body, fault := plan.read(func(int) []byte { return nil })
	want := Body{Files: []FileText{{Name: "q3.csv", MediaType: "text/csv"}}}
	if diff := cmp.Diff(want, body); diff != "" || fault != "" {
		t.Errorf("fault %q, -want +got:\n%s", fault, diff)
	}
}

func TestFaultInABodyIsCaught(t *testing.T) {
	plan := planBody(&imap.BodyStructureSinglePart{Type: "text", Subtype: "plain"})
	body, fault := plan.read(func(int) []byte { panic("a library's fault") })
	if fault != poisonFault || body.Text != "" {
		t.Errorf("fault %q, body %+v", fault, body)
	}
}

func TestDecodeContent(t *testing.T) {
	tests := []struct{ name, header, content, want string }{
		{"UTF-8", "charset=utf-8", "Gr\xc3\xbcn", "Grün"},
		{"Windows-1252", "charset=windows-1252", "Gr\xfcn \x80", "Grün €"},
		{"Windows-1251", "charset=windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"},
		{"Windows-1250 by its other name", "charset=cp1250", "\xe8au", "čau"},
		{"a euro called Latin-1", "charset=iso-8859-1", "\x80", "€"},
		{"Latin-9", "charset=iso-8859-15", "\xa4", "€"},
		{"KOI8-R", "charset=koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"},
		{"ISO-2022-JP", "charset=ISO-2022-JP", "\x1b$B$\"\x1b(B", "あ"},
		{"ISO-2022-JP that says nothing of it", "", "\x1b$B$\"\x1b(B", "あ"},
		{"Shift JIS", "charset=shift_jis", "\x82\xa0", "あ"},
		{"EUC-JP", "charset=euc-jp", "\xa4\xa2", "あ"},
		{"GB 18030", "charset=gb18030", "\xc4\xe3", "你"},
		{"GB 2312", "charset=gb2312", "\xc4\xe3", "你"},
		{"Big5", "charset=big5", "\xa7\x41", "你"},
		{"Korean by its old name", "charset=ks_c_5601-1987", "\xb0\xa1", "가"},
		{"UTF-16", "charset=utf-16le", "a\x00\xfc\x00", "aü"},
		{"UTF-16 by its mark", "charset=us-ascii", "\xff\xfea\x00\xfc\x00", "aü"},
		{"quotes around the charset", `charset="UTF-8"`, "Gr\xc3\xbcn", "Grün"},
		{"an unknown charset is guessed", "charset=x-none", "Gr\xfcn", "Grün"},
		{"no charset is guessed", "", "Gr\xfcn", "Grün"},
		{"a wrong charset that is UTF-8 all the same", "charset=gb18030", "Gr\xc3\xbcn\xc3\x9f\xc3\xa9\xc3\xb1\xf0\x9f\x98\x80", "Grünßéñ😀"},
		{"one broken byte does not spoil the rest", "charset=utf-8", "Gr\xc3\xbcn \xc3\xa4 \xff", "Grün ä \ufffd"},
		{"control characters", "", "a\x00b\x0cc\rd", "ab\nc\nd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, params := parseParams("text/plain; " + tt.header)
			got := bodyPart{mediaType: "text/plain", params: params}.decode([]byte(tt.content)).text
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDecodeTransfer(t *testing.T) {
	tests := []struct{ name, encoding, in, want string }{
		{"quoted-printable", "quoted-printable", "a=3Db=\r\nc =20 \r\nd", "a=bc  \nd"},
		{"quoted-printable with lower-case digits", "Quoted-Printable", "=c3=bc", "ü"},
		{"what is no escape stands for itself", "quoted-printable", "a=b =zz 1+1=", "a=b =zz 1+1"},
		{"quoted-printable cut short", "quoted-printable", "caf=C3=A", "caf\xc3=A"},
		{"base64", "base64", "SGVs\r\nbG8=\r\n", "Hello"},
		{"base64 cut short", "base64", "SGVsbG", "Hell"},
		{"base64 in pieces", "base64", "SGVsbG8=\nSGVsbG8=\n", "HelloHello"},
		{"text below base64 is left out", "base64", "SGVsbG8=\nThis list is run by nobody.\n", "Hello"},
		{"text that says it is base64", "base64", "Dear Ann, all is well. Yours, Bob", "Dear Ann, all is well. Yours, Bob"},
		{"an unknown encoding is none", "x-secret", "a=3D", "a=3D"},
		{"7bit", "7bit", "a=3D", "a=3D"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(decodeTransfer(tt.encoding, []byte(tt.in))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBodyLimits(t *testing.T) {
	line := strings.Repeat("ü", 100) + "\n"
	text, err := ReadBody(strings.NewReader("Content-Type: text/plain; charset=utf-8\n\n" + strings.Repeat(line, 10_000)))
	if err != nil {
		t.Fatal(err)
	}
	bodyInBounds(t, text)
	if len(text.Text) < maxNewText-2 || len(text.Full) < maxFullText-2 {
		t.Errorf("%d bytes of new text and %d of all", len(text.Text), len(text.Full))
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf("Content-Type: text/plain\nContent-Disposition: attachment; filename=%d.txt\n\nx", i)
	}
	files, err := ReadBody(strings.NewReader(multipart("mixed", "b", many...)))
	if err != nil {
		t.Fatal(err)
	}
	if files.Files[maxTextFiles-1].Text != "x" || files.Files[maxTextFiles].Text != "" || len(files.Files) != len(many) {
		t.Errorf("text of files is read beyond the first %d", maxTextFiles)
	}
}

func TestPoisonHasNoBody(t *testing.T) {
	deep := "text"
	for i := range maxDepth + 5 {
		deep = multipart("mixed", fmt.Sprintf("b%d", i), deep)
	}
	for name, message := range map[string]string{
		"too deep":  deep,
		"too many":  multipart("mixed", "b", strings.Split(strings.Repeat("\nx,", maxParts+1), ",")...),
		"no fields": "",
	} {
		body, err := ReadBody(strings.NewReader(message))
		if err != nil || !cmp.Equal(body, Body{}) {
			t.Errorf("%s: %v, %v", name, body, err)
		}
	}
	var structure imap.BodyStructure = &imap.BodyStructureSinglePart{Type: "text", Subtype: "plain"}
	for range maxDepth + 5 {
		structure = &imap.BodyStructureMultiPart{Subtype: "mixed", Children: []imap.BodyStructure{structure}}
	}
	if plan := planBody(structure); len(plan.parts) > 0 {
		t.Error("a structure beyond the limits has parts to read")
	}
}

func BenchmarkReadBody(b *testing.B) {
	message := []byte(multipart("alternative", "b", plainPart+strings.Repeat("All is well with us.\n", 100),
		htmlPart+strings.Repeat("<div>All is <b>well</b> with us.</div>\n", 100)))
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		if _, err := ReadBody(bytes.NewReader(message)); err != nil {
			b.Fatal(err)
		}
	}
}
