package summary

import "strings"

func phraseList(text string) (phrases []string) {
	for phrase := range strings.SplitSeq(text, ",") {
		phrases = append(phrases, strings.TrimSpace(phrase))
	}
	return phrases
}

// rhetorical begin questions that nobody answers: turns of speech, advertising
// and the small print of mailings. English, German, French.
var rhetorical = phraseList(`
	who knows, who cares, who wouldn't, who doesn't love, guess what, did you know, so what, know what, you know what,
	what's not to like, what's not to love, need i say more, isn't that great, isn't it great, how cool is that,
	what are you waiting for, why wait, why not?, really?, right?, ok?, sound familiar, tired of, looking for, ready to, ready for,
	want to save, want to earn, want to learn more, want to know more, do you want to save, are you tired of,
	are you looking for, having trouble viewing, trouble viewing, can't see, can't read, can't view, not displaying,
	no longer want, don't want to receive, forgot your password, forgotten your password, questions?, have questions,
	got questions, have a question, need help, not you?, don't have an account, not interested, was this helpful,
	was this email helpful, new here, what's new, what's next, what next,
	wer weiß, was soll's, na und, wussten sie, wusstest du, was kommt als nächstes, fragen?, haben sie fragen, hast du fragen,
	noch fragen, sie haben fragen, probleme mit der darstellung, probleme bei der darstellung, passwort vergessen, kein interesse mehr,
	keine lust mehr, newsletter abbestellen, brauchen sie hilfe, worauf warten sie, worauf wartest du, warum nicht?, nicht wahr,
	lust auf, auf der suche nach, sie suchen,
	qui sait, pourquoi pas?, pourquoi pas ?, le saviez-vous, saviez-vous, et alors, des questions, une question, besoin d'aide,
	mot de passe oublié, problème d'affichage, un problème d'affichage, vous ne voyez pas, vous avez des questions, qu'attendez-vous, n'est-ce pas,
	envie de, vous cherchez, quoi de neuf`)

// courtesies are asked without wanting more than a nod.
var courtesies = phraseList(`
	how are you, how are things, how's it going, how is it going, how have you been, how do you do, hope you're well,
	how was your weekend, how's everything, wie geht es ihnen, wie geht es dir, wie geht's, wie gehts, alles gut, alles klar,
	comment allez-vous, comment vas-tu, comment ça va, ça va, tout va bien`)

// ownAnswers begin the sentence in which a writer answers the own question.
var ownAnswers = phraseList(`
	because, simple:, simply because, easy:, the answer is, here's why, here is why, here's how, well because,
	weil, ganz einfach, die antwort, darum, deshalb, parce que, parce qu'il, parce qu'elle, car il, la réponse, c'est simple, tout simplement`)
