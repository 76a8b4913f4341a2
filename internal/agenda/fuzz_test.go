package agenda

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzRender puts foreign text into every field and holds the page against that of
// a harmless day.
func FuzzRender(f *testing.F) {
	for _, s := range evil {
		f.Add(s)
	}
	plain, err := Render(numbered(withText("harmless")))
	if err != nil {
		f.Fatal(err)
	}
	want := shape(f, plain.HTML)
	f.Fuzz(func(t *testing.T, s string) {
		l, err := Render(numbered(withText(s)))
		if err != nil {
			t.Fatal(err)
		}
		wrongIn(t, l)
		// Text of which nothing can be seen leaves lines out.
		if clean(s, 10) != "" && shape(t, l.HTML) != want {
			t.Error("the document has changed")
		}
	})
}

// FuzzClean promises one line of at most so many characters, without what is not
// seen.
func FuzzClean(f *testing.F) {
	for _, s := range evil {
		f.Add(s, 40)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = limit&0xff + 1
		got := clean(s, limit)
		bare := strings.TrimSuffix(strings.TrimPrefix(got, isolate), isolated)
		if !utf8.ValidString(got) || utf8.RuneCountInString(bare) > limit+1 {
			t.Errorf("%q", got)
		}
		for _, r := range bare {
			if unicode.IsControl(r) || r != 0x200c && r != 0x200d && unicode.Is(unicode.Cf, r) {
				t.Errorf("%q has %U", got, r)
			}
		}
		if again := clean(bare, limit+1); strings.Trim(again, isolate+isolated) != bare {
			t.Errorf("%q becomes %q when it is cleaned again", bare, again)
		}
	})
}
