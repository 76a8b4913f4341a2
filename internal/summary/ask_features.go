package summary

// A feature of a sentence is a word ("w please"), two words that follow each
// other ("b can you"), the one or two words that a sentence ("1", "2") or a part
// of it ("c") begins with, or a cue: a question of ours about the whole sentence,
// such as "@modal you". Each counts once, however often it is there.

// askFeatures hands the features of a sentence to see, some more than once. The
// bytes are valid until see returns.
func askFeatures(tokens []token, see func(feature []byte)) {
	f := featureNames{see: see, buf: make([]byte, 0, 96)}
	start := opening(tokens)
	for i, t := range tokens {
		f.name("w", t.word)
		f.pair("b", tokens, i)
		if i > start && tokens[i-1].class&opener != 0 {
			f.name("c", t.word)
			f.pair("c", tokens, i)
		}
	}
	if start < len(tokens) {
		f.name("1", tokens[start].word)
		f.pair("2", tokens, start)
	}
	askCues(tokens, start, f.cue)
}

// featureNames writes the names of features into one buffer, so that a sentence
// costs no memory per feature.
type featureNames struct {
	buf []byte
	see func([]byte)
}

func (f *featureNames) cue(name string) {
	f.buf = append(f.buf[:0], name...)
	f.see(f.buf)
}

// name is of one word, pair of a word and the next.
func (f *featureNames) name(kind, word string) {
	f.buf = append(append(append(f.buf[:0], kind...), ' '), word...)
	f.see(f.buf)
}

func (f *featureNames) pair(kind string, tokens []token, i int) {
	if i+1 == len(tokens) {
		return
	}
	f.buf = append(append(append(f.buf[:0], kind...), ' '), tokens[i].word...)
	f.buf = append(append(f.buf, ' '), tokens[i+1].word...)
	f.see(f.buf)
}

// opening returns where a sentence begins behind a greeting, the name it calls
// ("Pat, can you") and words such as "and" and "so".
func opening(tokens []token) int {
	start := 0
	for i := range min(5, len(tokens)) {
		if w := tokens[i].word; w == "," || w == ":" || w == "-" {
			if i <= 2 || tokens[0].class&greeting != 0 {
				start = i + 1
			}
			break
		}
	}
	for start+1 < len(tokens) && tokens[start].class&filler != 0 {
		start++
	}
	return min(start, max(len(tokens)-1, 0))
}

// traits is what the cues ask of a whole sentence.
type traits struct {
	seen                                    class
	you, first, ads, names, numbers, marks  int
	modalYou, link, mail, bang, partCommand bool
	partPlease                              bool
}

// readTraits looks at each word once.
func readTraits(tokens []token, start int) (s traits) {
	for i, t := range tokens {
		c := t.class
		s.seen |= c
		s.you += bit(c, addressee)
		s.first += bit(c, speaker)
		s.ads += bit(c, advert)
		if t.capital && i > 0 && c&speaker == 0 {
			s.names++
		}
		if i > 0 && c&addressee != 0 && tokens[i-1].class&modal != 0 {
			s.modalYou = true
		}
		if i > start && tokens[i-1].class&opener != 0 {
			s.partCommand = s.partCommand || c&command != 0
			s.partPlease = s.partPlease || c&please != 0
		}
		s.mark(t.word)
	}
	return s
}

// mark counts what is no word, or stands for something that was taken out.
func (s *traits) mark(word string) {
	switch word {
	case "?":
		s.marks++
	case "0":
		s.numbers++
	case "link":
		s.link = true
	case "mail":
		s.mail = true
	case "!":
		s.bang = true
	}
}

func bit(c, of class) int {
	if c&of != 0 {
		return 1
	}
	return 0
}

// askCues names the cues that hold for a sentence.
func askCues(tokens []token, start int, see func(string)) {
	if len(tokens) == 0 {
		return
	}
	s := readTraits(tokens, start)
	holds := func(ok bool, cue string) {
		if ok {
			see(cue)
		}
	}
	openingCues(tokens, start, s, holds)
	// "Please" is as usual in advertising, so each cue that tells the two apart
	// stands beside it, and training says how much it counts.
	polite := s.seen&please != 0
	holds(polite, "@please")
	holds(s.partPlease, "@please later")
	holds(s.partCommand, "@command later")
	holds(s.modalYou, "@modal you")
	holds(s.ads > 0, "@advert")
	holds(s.ads > 1, "@adverts")
	holds(s.ads > 0 && polite, "@advert please")
	holds(s.link, "@link")
	holds(s.mail, "@mail address")
	holds(s.numbers > 2, "@numbers")
	holds(s.bang, "@bang")
	holds(s.bang && s.first == 0, "@bang alone")
	holds(s.names > 2, "@names")
	holds(s.names*2 > len(tokens), "@title")
	personCues(s, holds)
	see(lengthCue(len(tokens)))
}

// personCues tell who is spoken of, and whether a time or a meeting is.
func personCues(s traits, holds func(bool, string)) {
	day, meet := s.seen&deadline != 0, s.seen&meeting != 0
	holds(s.you > 0, "@you")
	holds(s.you > 2, "@you often")
	holds(s.first > 0, "@me")
	holds(s.you > 0 && s.first > 0, "@you and me")
	holds(s.you == 0 && s.first > 0, "@me alone")
	holds(s.you > 0 && s.first == 0, "@you alone")
	holds(s.you == 0 && s.first == 0, "@nobody")
	holds(day, "@day")
	holds(meet, "@meeting")
	holds(day && meet, "@meeting day")
	holds(day && s.marks > 0, "@day question")
	holds(s.first > 0 && meet, "@me meeting")
}

// openingCues are about how a sentence begins and ends.
func openingCues(tokens []token, start int, s traits, holds func(bool, string)) {
	last := tokens[len(tokens)-1].word
	one, two := tokens[start].class, class(0)
	if start+1 < len(tokens) {
		two = tokens[start+1].class
	}
	question := last == "?"
	inverted := one&auxiliary != 0 && two&(subject|addressee|speaker) != 0
	holds(question, "@question")
	holds(s.marks > 0 && !question, "@question inside")
	holds(s.marks > 1, "@questions")
	holds(one&please != 0, "@please first")
	holds(one&please != 0 && two&command != 0, "@please do")
	holds(one&command != 0, "@command")
	holds(one&command != 0 && s.seen&please != 0, "@command please")
	holds(inverted, "@inverted")
	holds(inverted && two&addressee != 0, "@inverted you")
	holds(one&interrogative != 0, "@wh")
	holds(one&interrogative != 0 && two&auxiliary != 0, "@wh inverted")
	holds(one&interrogative != 0 && question, "@wh question")
	holds(start > 0 && tokens[start-1].word == ",", "@called by name")
	holds(one&speaker != 0, "@me first")
	holds(tokens[start].word == "if", "@if first")
	holds(tokens[start].word == "to", "@to first")
	holds(last == ":", "@colon")
}

// lengthCue puts the number of words into one of six classes.
func lengthCue(words int) string {
	switch {
	case words <= 4:
		return "@up to 4 words"
	case words <= 8:
		return "@up to 8 words"
	case words <= 14:
		return "@up to 14 words"
	case words <= 25:
		return "@up to 25 words"
	case words <= 45:
		return "@up to 45 words"
	}
	return "@more words"
}
