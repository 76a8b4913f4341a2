package summary

import (
	"regexp"
	"strings"
	"unicode"
)

// A summary is mailed and kept, so what opens a door must not get into it, as it
// does not into [Codes].

// told is a password that is said outright.
var told = regexp.MustCompile(`(?i)\b(?:pass(?:word|code|phrase)|pin|tan|otp|passwort|kennwort|mot de passe|contraseña|clave)(?: (?:is|lautet|ist|est|es))?(?:: ?| is | lautet | ist | est | es )\S`)

// codeNames are what one-time codes are called.
var codeNames = phraseList(`code, codes, passcode, pin, tan, otp, token, código, clave`)

// dropSecrets leaves sentences out that tell a password or a one-time code: one
// that looks like a code, in a sentence that speaks of codes, near the words of a
// sign-in.
func dropSecrets(units []unit) {
	for i := range units {
		u := &units[i]
		if told.MatchString(u.text) {
			u.short = ""
			continue
		}
		if !hasCode(u.text) {
			continue
		}
		here := spoken(u.text)
		near := here
		for _, j := range []int{i - 1, i + 1} {
			if 0 <= j && j < len(units) {
				near += spoken(units[j].text)
			}
		}
		guarded := speaksOf(near, secretPhrases) || speaksOf(near, signInPhrases)
		if speaksOf(here, codeNames) && guarded || speaksOf(here, secretPhrases) || isDigits(strings.ReplaceAll(u.text, " ", "")) && guarded {
			u.short = ""
		}
	}
}

// hasCode says that a word looks like a one-time code: four to ten digits that are
// no year, or letters and digits mixed.
func hasCode(s string) bool {
	for word := range strings.FieldsSeq(s) {
		word = strings.ReplaceAll(strings.Trim(word, `.,;:!?"'()[]*`), "-", "")
		year := len(word) == 4 && (strings.HasPrefix(word, "19") || strings.HasPrefix(word, "20"))
		if len(word) < 4 || len(word) > longestOTP || year || !hasDigit(word) {
			continue
		}
		if strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) < 0 {
			return true
		}
	}
	return false
}
