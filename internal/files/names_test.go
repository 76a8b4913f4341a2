package files

import (
	"path"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func TestSafeNames(t *testing.T) {
	for name, tc := range map[string]struct{ name, mediaType, want string }{
		"a plain name stays":                     {"Q3 pack, final (v2).pdf", "", "Q3 pack, final (v2).pdf"},
		"other scripts stay":                     {"Grüße 日本語 договор.docx", "", "Grüße 日本語 договор.docx"},
		"separators become dashes":               {`Q3 w/o board\draft.pdf`, "", "Q3 w-o board-draft.pdf"},
		"a way out of the folder is none":        {"../../etc/passwd", "", "etc-passwd"},
		"a drive is none":                        {`C:\Users\dana\q3.pdf`, "", "C--Users-dana-q3.pdf"},
		"NUL goes":                               {"q3.pdf\x00.exe", "", "q3.pdf.exe"},
		"control characters go":                  {"q\x1b[31m3\x7f.pdf", "", "q[31m3.pdf"},
		"line breaks become spaces":              {"q3\r\n.pdf", "", "q3 .pdf"},
		"the direction of text can't be turned":  {"invoice\u202efdp.exe", "", "invoicefdp.exe"},
		"isolates and marks go":                  {"\u2066a\u2069\u200f\u061cb.pdf", "", "ab.pdf"},
		"what can't be seen goes":                {"a\u200b\u3164\ufeffb.pdf", "", "ab.pdf"},
		"rows of spaces can't hide an extension": {"invoice.pdf" + strings.Repeat(" \u00a0", 90) + ".exe", "", "invoice.pdf .exe"},
		"a device of Windows":                    {"CON", "", "_CON"},
		"a device with an extension":             {"nul.tar.gz", "", "_nul.tar.gz"},
		"a device with a space":                  {"Aux .txt", "", "_Aux .txt"},
		"a port of Windows":                      {"com1.pdf", "", "_com1.pdf"},
		"a port with a raised number":            {"LPT².pdf", "", "_LPT².pdf"},
		"not a device":                           {"console.pdf", "", "console.pdf"},
		"leading dots go":                        {"...bashrc", "", "bashrc"},
		"a leading dash goes":                    {"-rf.pdf", "", "rf.pdf"},
		"trailing dots and spaces go":            {"q3.pdf. . ", "", "q3.pdf"},
		"marks that Windows keeps for itself":    {`a:b*c?d"e<f>g|h.pdf`, "", "a-b-c-d-e-f-g-h.pdf"},
		"an empty name is called by type":        {"", "application/pdf", "attachment.pdf"},
		"type with parameters":                   {"\u202e. ", "Text/Calendar; method=REQUEST", "attachment.ics"},
		"an unknown type":                        {"///", "application/x-unheard-of", "attachment.bin"},
		"no type":                                {"", "", ""},
		"an overlong name keeps its extension":   {strings.Repeat("é", 300) + ".pdf", "", strings.Repeat("é", 68) + ".pdf"},
		"prose after a dot is no extension":      {"Mr. " + strings.Repeat("x", 200), "", "Mr. " + strings.Repeat("x", 136)},
		"not UTF-8":                              {"q\xff3.pdf", "", "q3.pdf"},
		"one form of an accent":                  {"e\u0301.pdf", "", "é.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := safeName(tc.name, tc.mediaType); got != tc.want {
				t.Errorf("%q becomes %q, not %q", tc.name, got, tc.want)
			}
			if tc.want != tc.name {
				faulttest.Injected(t, "S9", 1)
			}
		})
	}
}

func TestNumberedNames(t *testing.T) {
	long := strings.Repeat("x", 300) + ".pdf"
	for n, want := range map[int]string{1: "q3.pdf", 2: "q3 (2).pdf", 12: "q3 (12).pdf"} {
		if got := numbered("q3.pdf", n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got := numbered(safeName(long, ""), 12); len(got) != maxName || !strings.HasSuffix(got, "x (12).pdf") {
		t.Errorf("a long name becomes %q", got)
	}
}

// checkName is what holds for every name.
func checkName(t interface{ Errorf(string, ...any) }, in, got string) {
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/\:*?"<>|`, r)
	}
	switch {
	case got == "" || len(got) > maxName || !utf8.ValidString(got):
		t.Errorf("%q becomes %q of %d bytes", in, got, len(got))
	case strings.ContainsFunc(got, bad):
		t.Errorf("%q becomes %q, which has a forbidden character", in, got)
	case strings.ContainsRune(". -", rune(got[0])) || strings.ContainsRune(". ", rune(got[len(got)-1])):
		t.Errorf("%q becomes %q, which begins or ends wrongly", in, got)
	case isDevice(got):
		t.Errorf("%q becomes the device %q", in, got)
	case safeName(got, "") != got:
		t.Errorf("%q becomes %q, and that %q", in, got, safeName(got, ""))
	}
}

func FuzzSafeName(f *testing.F) {
	for _, seed := range []string{"q3.pdf", "../x", "a\x00b", "CON", "nul.", "\u202ex.exe", ".. ..", "-", strings.Repeat("ä. ", 99), "a.\u0301b", "x." + strings.Repeat("y", 14) + "\u0344", "\xff\xfe", "CON\u0308.", "con .\u200b", "A\u2060\u0301"} {
		f.Add(seed, "application/pdf")
	}
	f.Fuzz(func(t *testing.T, name, mediaType string) {
		if mediaType == "" {
			mediaType = "text/plain"
		}
		checkName(t, name, safeName(name, mediaType))
	})
}

// Whatever a stranger calls his attachment, it lands in its folder in the box,
// and nothing appears outside.
func TestEveryNameLandsInTheBox(t *testing.T) {
	b, dir := newBox(t)
	faulttest.Drawn(t, func(rt *rapid.T) {
		wild := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("./\\ \x00-:CONabc\u202e~")), 1, 40, -1))
		name, content := wild.Draw(rt, "name"), rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(rt, "content")
		saved, err := b.Save("in", []Part{{Name: name, Content: content}})
		if err != nil {
			rt.Fatalf("%q: %v", name, err)
		}
		if path.Dir(saved[0].Path) != "in" || get(t, dir, saved[0].Path) != string(content) {
			rt.Fatalf("%q was saved as %q", name, saved[0].Path)
		}
		checkName(rt, name, path.Base(saved[0].Path))
		if err := b.Remove(saved); err != nil {
			rt.Fatal(err)
		}
	})
	if left := tree(t, path.Dir(dir)); len(left) != 0 {
		t.Errorf("there is %q", left)
	}
}
