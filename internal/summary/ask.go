package summary

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"
)

// askThreshold is the score from which a sentence asks for something. The
// weights are shifted so that it is one half.
const askThreshold = 0.5

// Asks returns the sentences of a newly written text that ask the reader for
// something: a request, a question that wants an answer, a call to act. They come
// in their order, as [Sentences] gives them. Quoted lines ask for nothing.
func Asks(text string) []string {
	var asks []string
	for _, sentence := range Sentences(text) {
		if Ask(sentence) >= askThreshold {
			asks = append(asks, sentence)
		}
	}
	return asks
}

// Ask scores how likely it is that a sentence asks its reader for something,
// from 0 to 1; from 0.5 it is taken to. English is what the weights were learnt
// from; German and French phrases count as the English ones that they stand for.
//
// It is a logistic regression over words, pairs of words and cues that
// ask_weights.txt lists with what each adds, so that a score can be worked out by
// hand. No network and no model is asked; the same sentence has the same score.
func Ask(sentence string) float64 {
	if sentence == "" || sentence[0] == '>' {
		return 0
	}
	tokens := askTokens(cutProse(sentence, maxSentence))
	if len(tokens) == 0 {
		return 0
	}
	return 1 / (1 + math.Exp(-askModel().score(tokens)-ownScore(sentence, tokens)))
}

// linearModel is what training leaves behind: a bias, and a weight for each
// feature that matters.
type linearModel struct {
	bias    float64
	weights map[string]feature
}

// feature is a weight and the number by which a sentence counts it once.
type feature struct {
	weight float64
	id     int
}

func (m linearModel) score(tokens []token) float64 {
	sum := m.bias
	seen := make([]uint64, (len(m.weights)+63)/64)
	askFeatures(tokens, func(name []byte) {
		f, ok := m.weights[string(name)]
		if !ok || seen[f.id/64]&(1<<(f.id%64)) != 0 {
			return
		}
		seen[f.id/64] |= 1 << (f.id % 64)
		sum += f.weight
	})
	return sum
}

// askPhrases are weights of our own, for phrases that are plain to a reader and
// too rare in what was learnt from, or labelled both ways there.
var askPhrases = map[string]float64{
	"find attached": -5, "find enclosed": -5, "attached please": -5, "enclosed please": -5,
	"don't forget": 3, "not forget": 3, "forget not": 3,
	"great to": -2, "nice to": -2, "pleasure to": -2,
	"rsvp by": 4, "waiting for": 1, "your approval": 1, "your signature": 1, "your decision": 1,
	"no need": -3, "please ignore": -3,
}

// questionWeight is what a question adds that [Question] takes for a real one, and
// rhetoricalWeight what one adds that wants no answer.
const (
	questionWeight   = 1.0
	rhetoricalWeight = -2.0
)

// ownScore is the part of a score that was not learnt.
func ownScore(sentence string, tokens []token) (sum float64) {
	switch {
	case isQuestion(sentence, tokens):
		sum = questionWeight
	case tokens[len(tokens)-1].word == "?":
		sum = rhetoricalWeight
	}
	var buf [64]byte
	for i := 1; i < len(tokens); i++ {
		pair := append(append(append(buf[:0], tokens[i-1].word...), ' '), tokens[i].word...)
		sum += askPhrases[string(pair)]
	}
	return sum
}

// askWeights is written by training (TestAskWeights, with -update): a line per
// feature, its weight in hundredths and its name.
//
//go:embed ask_weights.txt
var askWeights string

// askModel reads the weights when they are first needed.
var askModel = sync.OnceValue(func() linearModel { return readModel(askWeights) })

func readModel(text string) linearModel {
	m := linearModel{weights: map[string]feature{}}
	for line := range strings.Lines(text) {
		number, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		hundredths, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue // a comment
		}
		weight := float64(hundredths) / 100
		if name == "bias" {
			m.bias = weight
			continue
		}
		m.weights[name] = feature{weight: weight, id: len(m.weights)}
	}
	return m
}
