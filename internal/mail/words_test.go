package mail

import (
	"strings"
	"testing"
)

func TestDecodeText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain text stays", "Q3 pack", "Q3 pack"},
		{"Q and B words", "=?utf-8?q?J=C3=BCrgen_?= =?ISO-8859-1?B?/A==?=", "Jürgen ü"},
		{"blanks between words are no text", "=?utf-8?q?a?= \t =?utf-8?q?b?= c", "ab c"},
		{"text between words keeps its blanks", "=?utf-8?q?a?= and =?utf-8?q?b?=", "a and b"},
		{"a character split between two words", "=?utf-8?q?J=C3?= =?utf-8?q?=BCrgen?=", "Jürgen"},
		{"a language behind the charset", "=?utf-8*de?q?gr=C3=BCn?=", "grün"},
		{"blanks inside a word", "=?utf-8?q?two words?=", "two words"},
		{"base64 without its end", "=?utf-8?b?R3LDvG4?=", "Grün"},
		{"Japanese in ISO-2022-JP", "=?ISO-2022-JP?B?GyRCJCIbKEI=?=", "あ"},
		{"an unknown charset is guessed", "=?x-none?q?caf=E9?=", "café"},
		{"raw UTF-8", "Grün", "Grün"},
		{"raw Windows-1252", "Gr\xfcn \x80", "Grün €"},
		{"a euro called Latin-1", "=?iso-8859-1?q?=80_5?=", "€ 5"},
		{"what only looks like a word", "=?what? =?utf-8?x?a?= a=?b", "=?what? =?utf-8?x?a?= a=?b"},
		{"a word without its end", "=?utf-8?q?a", "=?utf-8?q?a"},
		{"control characters become blanks", "a\x00b=?utf-8?q?=0D=0Ac=E2=80=A8d?=", "a b  c d"},
		{"a broken UTF-8 word is guessed", "=?utf-8?q?caf=E9?=", "café"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := decodeText(tt.in); got != tt.want {
				t.Errorf("decodeText(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestTextIsCutAtACharacter(t *testing.T) {
	got := decodeText("a" + strings.Repeat("ü", maxText))
	if len(got) != maxText-1 || !strings.HasSuffix(got, "ü") {
		t.Errorf("%d bytes, ending %q", len(got), got[len(got)-2:])
	}
}
