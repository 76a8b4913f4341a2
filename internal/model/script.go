package model

import "unicode"

// scripts are the ways of writing that are told apart. Those that are used in one
// sentence of Chinese or Japanese are one.
var scripts = [][]*unicode.RangeTable{
	{unicode.Latin},
	{unicode.Cyrillic},
	{unicode.Greek},
	{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo},
	{unicode.Hangul},
	{unicode.Arabic},
	{unicode.Hebrew},
	{unicode.Devanagari},
	{unicode.Thai},
}

const latin = 0 // its place in scripts

// letters counts a text's letters by their script, those of all other scripts in
// the last place. Signs that belong to no script (ª, №) are not counted.
func letters(text string) (count []int, total int) {
	count = make([]int, len(scripts)+1)
	for _, r := range text {
		if unicode.IsLetter(r) && r != 'ª' && r != 'º' {
			count[scriptOf(r)]++
			total++
		}
	}
	return count, total
}

func scriptOf(r rune) int {
	for i, tables := range scripts {
		if unicode.In(r, tables...) {
			return i
		}
	}
	return len(scripts)
}

// otherScript tells whether a summary is mostly written in another script than it
// should be, or holds letters of one that its source has none of, by which a
// known name can be imitated. Latin letters are asked for, or those that most of
// the source is written in.
func otherScript(text, source string, wantLatin bool) bool {
	have, _ := letters(source)
	got, total := letters(text)
	want := latin
	for i, n := range have {
		if !wantLatin && n > have[want] {
			want = i
		}
	}
	for i, n := range got {
		if n > 0 && have[i] == 0 && i != want {
			return true
		}
	}
	return 2*got[want] < total
}
