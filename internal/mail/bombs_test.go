package mail

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// bombs are messages that are small on the wire, or at least usual, and would be large
// or slow in the memory of a reader that trusts them.
func bombs() map[string]string {
	const mib = 1 << 20
	single := func(contentType, encoding, body string) string {
		return "From: a@example.com\nContent-Type: " + contentType + "\nContent-Transfer-Encoding: " + encoding + "\n\n" + body
	}
	multi := func(n int, part func(i int) string) string {
		var b strings.Builder
		b.WriteString("Content-Type: multipart/mixed; boundary=b\n\n")
		for i := range n {
			b.WriteString("--b\n" + part(i) + "\n")
		}
		return b.String() + "--b--\n"
	}
	all := map[string]string{
		"base64 of nothing":           single("text/plain", "base64", strings.Repeat("====\n", mib)),
		"base64 of line ends":         single("text/plain", "base64", strings.Repeat("\n", 4*mib)),
		"base64 that never ends":      single("application/pdf; name=a.pdf", "base64", strings.Repeat("QUJD", 4*mib)),
		"quoted-printable of nothing": single("text/plain", "quoted-printable", strings.Repeat("=\n", 2*mib)),
		"quoted-printable of blanks":  single("text/plain", "quoted-printable", strings.Repeat(" ", 4*mib)),
		"one line of four megabytes":  single("text/plain", "8bit", strings.Repeat("x", 4*mib)),
		"quotes of quotes":            single("text/plain; format=flowed", "7bit", strings.Repeat(">", 4*mib)),
		"flowed lines of quotes":      single("text/plain; format=flowed; delsp=yes", "7bit", strings.Repeat(strings.Repeat(">", 900)+" \n", 2000)),
		"HTML of a hundred thousand":  single("text/html", "8bit", strings.Repeat("<div>", 100_000)),
		"HTML of attributes":          single("text/html", "8bit", "<a "+strings.Repeat("href=https://x.example ", 100_000)+">x"),
		"HTML of entities":            single("text/html", "8bit", strings.Repeat("&lt;", 500_000)),
		"HTML of links":               single("text/html", "8bit", strings.Repeat("<a href=https://x.example/>x</a>", 50_000)),
		"HTML of styles":              single("text/html", "8bit", strings.Repeat("<style>"+strings.Repeat("a{b:c}", 100)+"</style>", 2000)),
		"a calendar of alarms":        single("text/calendar; method=REQUEST", "8bit", "BEGIN:VCALENDAR\nMETHOD:REQUEST\n"+strings.Repeat("BEGIN:VALARM\n", 50_000)),
		"words by the thousand":       "Subject:" + strings.Repeat(" =?utf-8?q?a?=\n", 50_000) + "\n\nx",
		"words of nothing":            "Subject:" + strings.Repeat(" =?utf-8?q??=", 50_000) + "\n\nx",
		"words in Japanese":           "Subject:" + strings.Repeat(" =?iso-2022-jp?b?GyRCJSIbKEI=?=", 30_000) + "\n\nx",
		"words of sixty charsets":     "Subject:" + strings.Repeat(" =?gb18030?b?gTCBMA==?= =?utf-7?q?+AGE-?= =?utf-16?b?/v8AYQ==?=", 10_000) + "\n\nx",
		"addresses by the thousand":   "To: " + strings.Repeat("\"a\" (b) <a@example.com>, ", 40_000) + "\n\nx",
		"a group in groups":           "To: " + strings.Repeat("a:", 100_000) + "\n\nx",
		"fields by the thousand":      strings.Repeat("Received: from a by b; Tue, 8 Dec 2026 10:00:00 +0000\n", 100_000) + "\nx",
		"references by the thousand":  "References: " + strings.Repeat("<a@b> ", 100_000) + "\n\nx",
		"pieces of a name":            "Content-Disposition: attachment; " + strings.Repeat("filename*0*=", 1) + continuations(20_000) + "\n\nx",
		"a boundary of a megabyte":    "Content-Type: multipart/mixed; boundary=" + strings.Repeat("b", mib) + "\n\n--" + strings.Repeat("b", mib) + "\n\nx\n",
		"parts with long names":       multi(900, func(i int) string { return "Content-Type: a/b; name=\"" + strings.Repeat("n", 60_000) + "\"\n\nx" }),
		"parts with names in pieces":  multi(900, func(i int) string { return "Content-Disposition: attachment; " + continuations(300) + "\n\nx" }),
		"parts without an end":        "Content-Type: multipart/mixed; boundary=\"\"\n\n" + strings.Repeat("--\n", mib),
		"parts like one another":      "Content-Type: multipart/mixed; boundary=a\n\n" + strings.Repeat("--a\nContent-Type: multipart/mixed; boundary=a\n\n", 50_000),
		"messages in messages":        strings.Repeat("Content-Type: message/rfc822\n\n", 50_000) + "Subject: x\n\nx",
		"alternatives of a long text": strings.Replace(multi(900, func(i int) string { return "Content-Type: text/plain\n\n" + strings.Repeat("word ", 2000) }), "mixed", "alternative", 1),
		"text files": multi(900, func(i int) string {
			return fmt.Sprintf("Content-Type: text/csv; name=%d.csv\n\n", i) + strings.Repeat("1,2\n", 2000)
		}),
		"a header of parts that is all": multi(200, func(i int) string { return strings.Repeat("X-Filler: "+strings.Repeat("x", 900)+"\n", 90) + "\nx" }),
	}
	for _, charset := range []string{"utf-7", "utf-16", "utf-32", "iso-2022-jp", "hz-gb-2312", "gb18030", "x-user-defined", "replacement", "macintosh", strings.Repeat("x", 5000)} {
		all["a charset: "+charset[:min(len(charset), 20)]] = single("text/plain; charset="+charset, "8bit", strings.Repeat("\x1b$B+AGE-~{\x84\x31\xff", 100_000))
	}
	return all
}

// TestBombs holds that each is read, cut or left alone in memory that hangs on its size
// on the wire alone, by all that reads whole messages.
func TestBombs(t *testing.T) {
	all := bombs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			file := []byte(all[name])
			faulttest.Measure(func() { readAll(t, file) }).Within(t, len(file), uint64(128<<20+40*len(file)))
		})
	}
	faulttest.Injected(t, "39", len(all))
}

// readAll reads a message file in every way in which one is read.
func readAll(t *testing.T, file []byte) {
	msg, err := ReadFile(bytes.NewReader(file), testIdentity, testNow)
	if err != nil {
		t.Fatal(err)
	}
	inBounds(t, msg)
	body, err := ReadBody(bytes.NewReader(file))
	if err == nil {
		bodyInBounds(t, body)
	}
	files, err := Attachments(file)
	if msg.Poison != "" && (err == nil || len(files) > 0) {
		t.Error("what is left alone has attachments")
	}
	for _, f := range files {
		if strings.ContainsAny(f.Name, "\r\n\x00") {
			t.Errorf("an attachment is called %q", f.Name)
		}
	}
	SignsUnsubscribe(file)
	ContentKey(file, testNow)
}
