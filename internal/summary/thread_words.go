package summary

import (
	"fmt"
	"strings"
	"time"
)

// The lists of threadPhrases.
const (
	doneList = iota
	deferList
	withdrawList
	receivedList
	undecidedList
	agreedList
	idleList
	threadLists
)

// threadPhrases are what answers say; "_" is the end of a word.
var threadPhrases = newPhraseBook(
	cueList(`attached, done_, here is, here are, here's, as requested, have sent, has been sent, i sent_, just sent, signed_, is sorted, went out,
		fixed_, completed, erledigt, anbei, hier ist, hier sind, habe ich geschickt, ist raus, im anhang, unterschrieben,
		voici, ci joint, c'est fait, envoyé_, signé_, adjunto, hecho_, aquí está, aquí tienes, enviado, firmado`),
	cueList(`get back to you, let me check, i will check, i'll check, not sure yet, need to check, can't say yet, looking into,
		melde mich, muss ich klären, muss noch klären, kläre ich, reviens vers, je vérifie, lo miro, te digo algo, lo consulto`),
	cueList(`no longer need, never mind, nevermind, please ignore, ignore my, is settled, hat sich erledigt, nicht mehr nötig, n'est plus nécessaire, laisse tomber,
		ya no hace falta, olvídalo`),
	cueList(`got it_, received, thanks for sending, thank you for sending, danke für die, erhalten, angekommen, bien reçu, recibido`),
	cueList(`not decided, not yet, haven't, hasn't, undecided, to be decided, needs to be decided, if_, noch nicht, pas encore, todavía no, aún no, would be, could be`),
	cueList(`works for me, works for us, suits me, suits us, fine with me, fine with us, passt mir, passt uns, me convient, nous convient,
		ça me va, me viene bien, nos viene bien, me va bien`),
	idlePhrases(),
)

// idlePhrases are what sounds like a promise and is none: "I'll be in Leeds",
// "we will see".
func idlePhrases() []string {
	phrases := cueList(`werde nicht, werden nicht, werden sehen, werde am_, werden am_, werde in_, werde ich nicht, werden müssen, werde müssen,
		ne vais pas, n'allons pas, vais être_, allons être_, vais devoir, allons devoir, no voy a, no vamos a, voy a estar, vamos a estar, voy a tener, vamos a tener`)
	for _, who := range []string{" i'll ", " we'll ", " i will ", " we will ", " going to "} {
		for verb := range strings.FieldsSeq(`be see need have wait discuss meet assume ignore not never miss remain continue want know keep love probably always stop
			talk go visit get_to become lose find leave_it refrain also_be just_be`) {
			phrases = append(phrases, who+strings.ReplaceAll(verb, "_", " ")+" ")
		}
	}
	return phrases
}

// conditions begin sentences that promise something for a case that may not come.
var conditions = wordSet(`if when whenever unless should once provided wenn falls sofern sobald si quand lorsque cuando`)

// plainAnswers begin a message that says yes or no.
var plainAnswers = wordSet(`yes yep yeah no nope ok okay sure agreed fine perfect approved correct works absolutely go ja nein einverstanden passt gern gerne genehmigt
	oui non d'accord parfait entendu sí si vale perfecto conforme claro aprobado`)

// answer is what a message does to what was asked before.
type answer struct {
	plain, done, agreed, deferred, withdrawn, received, promise, onlyAsks bool
	units                                                                 []unit
}

func answerOf(units []unit) answer {
	a := answer{onlyAsks: len(units) > 0, units: units}
	first := true
	for i := range units {
		u := &units[i]
		plain := plainWords(u.text)
		n := threadPhrases.count(plain, threadLists)
		question := strings.HasSuffix(u.text, "?")
		a.done = a.done || n[doneList] > 0 && !question
		a.agreed = a.agreed || n[agreedList] > 0 && !question
		a.deferred = a.deferred || n[deferList] > 0
		a.withdrawn = a.withdrawn || n[withdrawList] > 0
		a.received = a.received || n[receivedList] > 0
		if u.short == "" {
			continue
		}
		word, _, _ := strings.Cut(strings.TrimSpace(plainWords(u.short)), " ")
		a.plain = a.plain || first && plainAnswers[word]
		a.promise = a.promise || u.kinds&PromisePoint != 0 && !question
		a.onlyAsks = a.onlyAsks && question
		first = false
	}
	a.promise = a.promise && !a.done
	return a
}

// about says that a message takes up the words of a statement.
func (a answer) about(words []string) bool {
	const fewest, part = 2, 0.34
	for i := range a.units {
		shared := overlap(words, a.units[i].words)
		if shared >= part && shared*float64(min(len(words), len(a.units[i].words))) >= fewest {
			return true
		}
	}
	return false
}

// threadWords are the words around the sentences of a thread, in a language. "%s" are
// names.
type threadWords struct {
	ask, open         string
	since, on         string
	decided, promised string
	day               string // with the day and the month
	months            []string
	colon             string
}

var threadLabels = map[string]threadWords{
	"en": {
		ask: "%s to %s", open: ", open", since: " since ", on: " on ", decided: "Decided, says %s", promised: "Promised by %s", day: "%d %s", colon: ": ",
		months: strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
	},
	"de": {
		ask: "%s an %s", open: ", offen", since: " seit ", on: " am ", decided: "Entschieden, so %s", promised: "Zugesagt von %s", day: "%d. %s", colon: ": ",
		months: strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
	},
	"fr": {
		ask: "%s à %s", open: ", en attente", since: " depuis le ", on: " le ", decided: "Décidé, selon %s", promised: "Promis par %s", day: "%d %s", colon: " : ",
		months: strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
	},
	"es": {
		ask: "%s a %s", open: ", pendiente", since: " desde el ", on: " el ", decided: "Decidido, según %s", promised: "Prometido por %s", day: "%d de %s", colon: ": ",
		months: strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
	},
}

// label is what stands before a statement.
func (l threadWords) label(s *statement, sent time.Time) string {
	who := s.from
	link := l.on
	switch s.act {
	case asking:
		if s.to != "" {
			who = fmt.Sprintf(l.ask, s.from, s.to)
		}
		who += l.open
		link = l.since
	case deciding:
		who = fmt.Sprintf(l.decided, s.from)
	case promising:
		who = fmt.Sprintf(l.promised, s.from)
	case telling:
		link = ", "
	}
	if !sent.IsZero() {
		who += link + fmt.Sprintf(l.day, sent.Day(), l.months[sent.Month()-1])
	}
	return who + l.colon
}

// spanish are small words of that language that the others do not have.
var spanish = wordSet(`el los las que una por para con del muy está están usted hay pero como más gracias hola nos se lo su`)

// threadWordsOf chooses the language that most of the small words of a thread are of.
func threadWordsOf(messages []Message) threadWords {
	counts := map[string]int{}
	for _, m := range messages {
		for word := range strings.FieldsSeq(plainWords(cutProse(m.Text, maxSentence))) {
			w := languages[word]
			counts["en"], counts["de"], counts["fr"] = counts["en"]+w.en, counts["de"]+w.de, counts["fr"]+w.fr
			if spanish[word] {
				counts["es"] += 3
			}
		}
	}
	best := "en"
	for _, name := range []string{"de", "es", "fr"} {
		if counts[name] > counts[best] {
			best = name
		}
	}
	return threadLabels[best]
}
