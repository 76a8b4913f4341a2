package summary

import "strings"

// english puts English words in the place of the German and French phrases
// that ask for something, so that what was learnt from English mail counts for
// them too. What no table has stays as it is.
func english(tokens []token) []token {
	table := phraseTable(tokens)
	if table == nil {
		return tokens
	}
	out := make([]token, 0, len(tokens)+4)
	for i := 0; i < len(tokens); {
		n, phrase := longestPhrase(table, tokens[i:])
		if n == 0 {
			out = append(out, tokens[i])
			i++
			continue
		}
		for _, word := range phrase {
			out = append(out, token{word: word, class: classes[word], capital: tokens[i].capital && i == 0})
		}
		i += n
	}
	return out
}

// phraseTable chooses the table of the language whose small words the sentence
// holds most of; nil is English.
func phraseTable(tokens []token) map[string][]string {
	var de, fr, en int
	for _, t := range tokens {
		w := languages[t.word]
		de, fr, en = de+w.de, fr+w.fr, en+w.en
	}
	switch {
	case de > fr && de > en:
		return germanPhrases
	case fr > de && fr > en:
		return frenchPhrases
	}
	return nil
}

// maxPhrase is how many words the longest phrase of the tables has.
const maxPhrase = 5

// longestPhrase returns how many words the longest phrase of the table has that
// tokens begin with, and the English for it.
func longestPhrase(table map[string][]string, tokens []token) (int, []string) {
	for n := min(maxPhrase, len(tokens)); n > 0; n-- {
		words := make([]string, n)
		for i := range words {
			words[i] = tokens[i].word
		}
		if phrase, ok := table[strings.Join(words, " ")]; ok {
			return n, phrase
		}
	}
	return 0, nil
}

// hints is how much a word speaks for each language: two where it is a word of
// that one alone.
type hints struct{ de, fr, en int }

// languages are the small words by which the language of a sentence is told.
var languages = smallWords()

func smallWords() map[string]hints {
	all := map[string]hints{}
	add := func(words string, of hints) {
		for _, word := range strings.Fields(words) {
			h := all[word]
			all[word] = hints{h.de + of.de, h.fr + of.fr, h.en + of.en}
		}
	}
	add(`und der das ist nicht ich sie wir bitte für mit ein eine einen zu den dem auf es uns mir mich
		ihnen ihre ihr ihren können könnten könntest kannst kann haben hast wann bis auch noch dass oder bei wie schicken
		senden melden geben sagen lassen passt wäre würden könnte unser unsere dein deine dir dich heute morgen zum zur
		kommst bist sind vom wer wo warum welche welcher welches gibst schickst danke`, hints{de: 2})
	add(`du die was am im in an so um`, hints{de: 1})
	add(`le la les et est vous je nous pour des que un une de pas dans au aux ce cette votre vos notre
		merci pouvez pourriez pourrais peux peut veuillez avez avec sur qui quand où comment ne plaît plait il tu ton
		j'ai d'ici c'est moi êtes es serait auriez seriez faut avant s'il quel quelle quelles quels
		est-ce qu'en l'avis n'hésitez pourquoi combien moi-même svp stp`, hints{fr: 2})
	add(`en me te d si du`, hints{fr: 1})
	add(`the and to of you i for is it be with that this please can could will would your have are
		do not we let know if or by but my our was`, hints{en: 2})
	add(`a in on at me an so as`, hints{en: 1})
	return all
}

// phrases reads a table, one phrase and its English words per line.
func phrases(table string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(table) {
		foreign, words, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			continue
		}
		for phrase := range strings.SplitSeq(foreign, " | ") {
			all[phrase] = strings.Fields(words)
		}
	}
	return all
}

// germanPhrases hold polite and familiar forms alike. "Sie" alone is left out: it
// is "they" as often.
var germanPhrases = phrases(`
	bitte = please
	könnten sie bitte | könntest du bitte | können sie bitte | kannst du bitte | würden sie bitte = could you please
	könnten sie | könntest du | würdest du | würden sie | könntet ihr = could you
	können sie | kannst du | könnt ihr = can you
	werden sie | wirst du = will you
	können wir | könnten wir | wollen wir | sollen wir = can we
	lassen sie uns | lass uns = let's
	haben sie | hast du | habt ihr = do you have
	sind sie | bist du | seid ihr = are you
	wissen sie | weißt du = do you know
	wären sie | wärst du = would you be
	möchten sie | möchtest du | willst du = would you like
	wollen sie = do you want
	kommen sie | kommst du = are you coming
	passt ihnen | passt es ihnen | passt dir | passt es dir | passt es | passt das = is that ok for you
	ist es möglich | wäre es möglich = is it possible
	gibt es = is there
	was halten sie von | was hältst du von = what do you think of
	was halten sie davon | was hältst du davon | was meinen sie | was meinst du = what do you think
	lassen sie mich wissen | lass mich wissen | lassen sie es mich wissen = let me know
	geben sie mir bescheid | gib mir bescheid | sag mir bescheid | sagen sie mir bescheid = let me know
	geben sie mir kurz bescheid | gib mir kurz bescheid | gib bescheid | geben sie bescheid = let me know
	sagen sie mir | sag mir = tell me
	teilen sie mir mit | teilen sie uns mit = let me know
	schicken sie mir | senden sie mir | schick mir | sende mir | schickst du mir | mailen sie mir = send me
	schicken sie uns | senden sie uns | schick uns = send us
	schicken sie | senden sie | schicken | senden | schick | zuschicken | zusenden | zukommen lassen = send
	rufen sie mich | ruf mich | rufen sie mich bitte = call me
	melden sie sich | melde dich | melden sie sich bitte = call me
	antworten sie | antworte | antworten = reply
	bestätigen sie | bestätige | bestätigen | bestätigen sie mir = confirm
	prüfen sie | prüfe | prüfen | überprüfen = review
	unterschreiben sie | unterschreiben | unterschreib = sign
	leiten sie | weiterleiten = forward
	schauen sie | schau | ansehen | anschauen = look
	vereinbaren sie | vereinbaren = schedule
	besprechen = discuss
	treffen = meet
	anrufen | telefonieren = call
	denken sie daran | denk daran | vergessen sie nicht | vergiss nicht = don't forget
	stellen sie sicher | stell sicher = make sure
	ich bräuchte | ich brauche | wir brauchen | wir bräuchten | ich benötige | wir benötigen = i need
	bräuchte ich | brauche ich | brauchen wir | benötige ich | benötigen wir = i need
	ich wäre ihnen dankbar | ich wäre dir dankbar | wir wären ihnen dankbar | ich wäre dankbar = i would appreciate
	ich würde mich freuen | ich freue mich auf = i would appreciate
	ich wollte fragen | ich wollte dich fragen | ich wollte sie fragen | darf ich fragen = i was wondering
	ich bitte sie | ich bitte um | wir bitten sie | wir bitten um | ich bitte dich = please
	falls sie fragen haben | wenn sie fragen haben | bei fragen | bei rückfragen = if you have any questions
	falls | wenn | ob = if
	ihre rückmeldung | ihre antwort | deine rückmeldung | deine antwort = your reply
	rückmeldung | rückantwort | feedback = reply
	wir müssen | müssen wir = we need to
	sie müssen | du musst | sie sollten | du solltest = you need to
	wann = when
	was = what
	wo = where
	wer = who
	wie = how
	warum | wieso | weshalb = why
	welche | welcher | welches | welchen = which
	bis spätestens | spätestens bis | bis zum | bis = by
	so bald wie möglich | sobald wie möglich | so schnell wie möglich | schnellstmöglich | umgehend = asap
	heute = today
	morgen = tomorrow
	montag = monday
	dienstag = tuesday
	mittwoch = wednesday
	donnerstag = thursday
	freitag = friday
	ich = i
	wir = we
	mir | mich = me
	uns = us
	ihnen | du | dir | dich | euch = you
	ihr | ihre | ihren | ihrer | dein | deine | deinen | deiner = your
	danke | vielen dank = thanks
	finden sie anbei | finden sie im anhang | finden sie beigefügt = find attached
	ist | beginnt = is
	sind = are
	hat = has
	wird | werden = will
	können | könnten = can
	klicken sie hier | hier klicken | klicken sie = click here
	abmelden | abbestellen = unsubscribe
	nicht = not
	und = and
	der | die | das | den | dem = the
`)

// frenchPhrases are without hyphens, as the words come: "pouvez vous".
var frenchPhrases = phrases(`
	s'il vous plaît | s'il vous plait | s'il te plaît | s'il te plait | svp | stp | merci de | merci d = please
	veuillez | je vous prie de | nous vous prions de | prière de | je vous remercie de | merci de bien vouloir = please
	pourriez vous | pourrais tu | auriez vous l'obligeance de = could you
	pouvez vous | peux tu | est ce que vous pouvez | est ce que tu peux | vous pouvez | tu peux = can you
	voulez vous | veux tu = do you want
	voudriez vous | souhaitez vous | aimeriez vous = would you like
	avez vous | as tu = do you have
	auriez vous | aurais tu = would you have
	êtes vous | es tu = are you
	seriez vous | serais tu = would you be
	savez vous | sais tu = do you know
	est ce que vous | est ce que tu = do you
	pouvons nous | pourrions nous | peut on | pourrait on = can we
	est il possible | serait il possible = is it possible
	y a t il = is there
	qu'en pensez vous | qu'en penses tu | que pensez vous | que penses tu = what do you think
	dites moi | dis moi | tenez moi au courant | tiens moi au courant | faites moi savoir = let me know
	fais moi savoir | faites le moi savoir | faites nous savoir | tenez nous au courant = let me know
	envoyez moi | envoie moi | m'envoyer | me transmettre | transmettez moi | faites moi parvenir = send me
	nous envoyer | envoyez nous | nous transmettre = send us
	envoyer | envoyez | envoie | transmettre = send
	appelez moi | appelle moi | m'appeler | rappelez moi | rappelle moi | me rappeler = call me
	confirmez | confirmer | me confirmer | confirme = confirm
	répondez | répondre | me répondre | réponds = reply
	relire | vérifier | vérifiez | relisez = review
	signer | signez = sign
	regarder | regardez | jeter un œil = look
	n'hésitez pas à | n'hésite pas à = please don't hesitate to
	n'oubliez pas | n'oublie pas = don't forget
	assurez vous | assure toi = make sure
	j'ai besoin | j'aurais besoin | nous avons besoin | il me faut | il me faudrait | il nous faut = i need
	vous devez | tu dois | il faut | vous devriez = you need to
	nous devons | on doit = we need to
	je vous serais reconnaissant | je vous serais reconnaissante | je vous saurais gré = i would appreciate
	je me demandais | je voulais savoir | je voulais te demander | je voulais vous demander = i was wondering
	si vous avez des questions | pour toute question = if you have any questions
	si = if
	votre réponse | ta réponse | votre retour | ton retour = your reply
	quand | à quelle heure = when
	que | quoi | quel | quelle | quels | quelles = what
	où = where
	qui = who
	comment = how
	pourquoi = why
	d'ici | avant | au plus tard = by
	dès que possible | le plus vite possible | au plus vite | le plus rapidement possible = asap
	aujourd'hui = today
	demain = tomorrow
	lundi = monday
	mardi = tuesday
	mercredi = wednesday
	jeudi = thursday
	vendredi = friday
	je | j = i
	nous | on = we
	moi | me = me
	vous | tu | te | toi = you
	votre | vos | ton | ta | tes = your
	merci = thanks
	réunion | rendez vous = meeting
	discuter = discuss
	trouver ci joint | trouver ci jointe | trouver ci joints | trouver en pièce jointe = find attached
	est | commence = is
	sont = are
	cliquez ici = click here
	désabonner | désinscrire | vous désabonner | vous désinscrire = unsubscribe
	pas = not
	et = and
	le | la | les = the
`)
