package summary

import (
	"slices"
	"strings"
)

// Question tells whether a newly written text asks the reader a question that
// wants an answer, with or without a question mark, also an indirect one ("I was
// wondering whether ..."). What is quoted, a "?" in an address, a courtesy ("How
// are you?"), a question that the writer answers, advertising ("Did you know?")
// and the offer to answer questions are none. English, German and French.
func Question(text string) bool {
	sentences := Sentences(text)
	for i, sentence := range sentences {
		next := ""
		if i+1 < len(sentences) {
			next = strings.ToLower(sentences[i+1])
		}
		if isQuestion(sentence, askTokens(sentence)) && !startsWithAny(next, ownAnswers) {
			return true
		}
	}
	return false
}

// isQuestion judges one sentence, of which tokens are the words.
func isQuestion(sentence string, tokens []token) bool {
	if sentence[0] == '>' {
		return false
	}
	plain := withoutQuotations(sentence)
	if plain != sentence {
		tokens = askTokens(plain)
	}
	start := opening(tokens)
	if len(tokens)-start < 2 || isRhetorical(tokens, start, plain) {
		return false
	}
	if strings.HasSuffix(strings.TrimRight(plain, `!.)]*_"'”»“ `), "?") && !endsWithLink(plain) {
		return true
	}
	return isUnmarked(tokens[start:]) || isIndirect(tokens[start:])
}

// endsWithLink knows a sentence whose question mark is that of an address.
func endsWithLink(sentence string) bool {
	return isLink(sentence[strings.LastIndexByte(sentence, ' ')+1:])
}

// withoutQuotations takes out what stands between quotation marks, and with it
// the questions of others. A mark without its partner is left alone.
func withoutQuotations(sentence string) string {
	if !strings.ContainsAny(sentence, `"“„«»`) {
		return sentence
	}
	for _, marks := range [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"»", "«"}} {
		var kept strings.Builder
		rest := sentence
		for {
			before, inner, ok := strings.Cut(rest, marks[0])
			_, after, closed := strings.Cut(inner, marks[1])
			if !ok || !closed {
				break
			}
			kept.WriteString(before)
			rest = after
		}
		kept.WriteString(rest)
		sentence = kept.String()
	}
	return sentence
}

// isUnmarked knows a direct question by its order of words alone: "Can you come
// on Friday", "What time are you arriving".
func isUnmarked(tokens []token) bool {
	if tokens[len(tokens)-1].word == "!" || len(tokens) < 3 {
		return false
	}
	class := func(i int) class { return tokens[min(i, len(tokens)-1)].class }
	if class(0)&auxiliary != 0 && tokens[0].word != "may" {
		return tokens[1].word == "you"
	}
	if class(0)&interrogative == 0 {
		return false
	}
	if class(1)&auxiliary != 0 {
		return class(2)&(addressee|speaker) != 0
	}
	// "What time are you", but not "When we are".
	return class(1)&(addressee|speaker|subject) == 0 && class(2)&auxiliary != 0 && class(3)&addressee != 0
}

// isIndirect knows a question that is put as a statement or as a request.
func isIndirect(tokens []token) bool {
	for i := range tokens {
		n := leadIn(tokens[i:])
		if n > 0 && i+n < len(tokens) && tokens[i+n].word == "," {
			n++
		}
		if n == 0 || i+n >= len(tokens) {
			continue
		}
		switch word := tokens[i+n].word; {
		case tokens[i+n].class&interrogative != 0, word == "whether":
			return true
		case word == "if":
			return !isOffer(tokens[i+n:])
		}
	}
	return false
}

// leadIn returns how many words of "let me know" and its like a text begins with.
func leadIn(tokens []token) int {
	for _, phrase := range leadIns {
		if len(tokens) >= len(phrase) && slices.EqualFunc(tokens[:len(phrase)], phrase,
			func(t token, word string) bool { return t.word == word }) {
			return len(phrase)
		}
	}
	return 0
}

var leadIns = [][]string{
	{"let", "me", "know"},
	{"let", "us", "know"},
	{"tell", "me"},
	{"tell", "us"},
	{"wondering"},
	{"i", "wonder"},
	{"like", "to", "know"},
	{"wanted", "to", "ask"},
	{"do", "you", "know"},
	{"can", "you", "confirm"},
	{"please", "confirm"},
}

// isOffer knows "if you have any questions": an answer is offered, not wanted.
func isOffer(tokens []token) bool {
	for _, t := range tokens[:min(len(tokens), 12)] {
		if offerWords[t.word] {
			return true
		}
	}
	return false
}

var offerWords = wordSet(`question questions anything problem problems trouble concern concerns need needs help
	further fragen probleme hilfe weitere questions besoin souci problème etwas noch`)

// isRhetorical knows the questions that want no answer by how they begin.
func isRhetorical(tokens []token, start int, sentence string) bool {
	lower := strings.ToLower(strings.ReplaceAll(sentence, "’", "'"))
	lower = strings.TrimLeft(lower, ` -–—*"'“„«([`)
	for _, phrase := range rhetorical {
		if startsWithPhrase(lower, phrase) {
			return true
		}
	}
	rest := tokens[start:]
	for _, phrase := range courtesies {
		if startsWithPhrase(lower, phrase) && len(rest) <= 8 || startsWithPhrase(lower, "hi "+phrase) {
			return true
		}
	}
	return false
}

func startsWithPhrase(text, phrase string) bool {
	rest, ok := strings.CutPrefix(text, phrase)
	return ok && (rest == "" || wordLength(rest) == 0)
}

func startsWithAny(text string, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(phrase string) bool { return startsWithPhrase(text, phrase) })
}
