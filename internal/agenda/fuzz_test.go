package agenda

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzRender puts foreign text into every field of every letter and holds the page
// against that of harmless text.
func FuzzRender(f *testing.F) {
	for _, s := range evil {
		f.Add(s)
	}
	want := map[string]string{}
	for name, l := range allWithText("harmless") {
		want[name] = shape(f, rendered(f, l).HTML)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, harmed := range allWithText(s) {
			l := rendered(t, harmed)
			wrongIn(t, l)
			// Text of which nothing can be seen leaves lines out.
			if clean(s, 10) != "" && shape(t, l.HTML) != want[name] {
				t.Errorf("the document of the %s has changed", name)
			}
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
