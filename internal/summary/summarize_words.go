package summary

import "strings"

// What sentences say when they do something, in English, German, French and
// Spanish. Each phrase is looked for in plainWords: a space at an end of it is
// the end of a word, and "_" stands for that space here.

// cueLists is how many lists cuePhrases has, in the order of the fields of cues.
const cueLists = 9

var cuePhrases = newPhraseBook(
	cueList(requestPhrases), cueList(decisionPhrases), cueList(promisePhrases), cueList(deadlinePhrases),
	cueList(newsPhrases), cueList(consequencePhrases), cueList(courtesyPhrases), cueList(boilerplatePhrases), cueList(wishPhrases),
)

// cueList reads phrases that commas part.
func cueList(text string) []string {
	phrases := phraseList(text)
	for i, p := range phrases {
		phrases[i] = " " + strings.ReplaceAll(p, "_", " ")
	}
	return phrases
}

// requestPhrases ask the reader for something.
const requestPhrases = `
	please_, could you_, can you_, would you_, will you_, kindly_, need you_, need your_, need from you_,
	let me know, let us know, your approval, your decision, your answer, your view, you must, you should, you have to, you need_,
	we ask you, shall i_, shall we_, should i_, should we_, may i_, may we_, can i_, can we_, could we_, could i_, how about, what about, do you want, which do you, make sure, be sure to, action required,
	bitte_, könnten sie, können sie, könntest du, kannst du, könnt ihr, könntet ihr, passt ihnen, passt dir, wir bitten, geben sie, sagen sie,
	merci de_, veuillez_, pouvez vous, pourriez vous, peux tu_, pourrais tu, prière de, souhaitez vous, devez_, faut il,
	por favor, podría_, podrías_, puedes_, podéis_, puede usted, rogamos que, tienes que, tiene que, envíe, me confirmes`

// wishPhrases tell what somebody needs, wants or advises.
const wishPhrases = `
	we need_, i need_, ask for_, asks for_, require_, requires_, is required, invite_, must be_, has to be_, have to be_, recommend,
	suggest, my advice, propose, insist, demands_, wait for you, waits for you, waiting for you, wants_, want a_, they want_, would like_, expects_, asks whether, is missing, are missing,
	i think we, i don't think, i do not think, we should, we shouldn't, i advise, advises_, advise against, i agree, i disagree, would prefer,
	ich denke, ich glaube, meiner meinung, rate ab, raten ab, ich rate, je pense, à mon avis, je préfère, devrions_, d'accord,
	creo que, en mi opinión, prefiero_, deberíamos,
	brauche_, brauchen_, benötig, bräuchte, müssen_, müssten_, sollten_, ich schlage vor, empfehle,
	il nous faut, il me faut, j'ai besoin, avons besoin, je propose, dois_,
	necesito_, necesitamos_, hay que_, debe_, deben_, propongo`

const decisionPhrases = `
	decided_, decision is, agreed_, approved_, has signed, have signed, accepted_, accepts_, do not accept, rejected_, declined_,
	favour_, cancelled_, canceled_, postponed_, has been moved, have been moved, is moved_, we drop_, resign_, confirmed_, is resolved,
	chosen_, we go with, we will go, takes over, going ahead, turned down, we accept, i accept, i approve, gives up, withdrawn, works for me, works for us, suits me, suits us, fine with me,
	beschlossen, beschließ, entschieden, genehmigt, abgesagt, verschoben, vereinbart, zugestimmt, angenommen, abgelehnt, kündigen,
	gekündigt, freigegeben, bestätigt, passt mir, passt uns,
	décidé, validé, approuvé, annulé, reporté, convenu_, accepté, accepte_, refusé, confirmé, résili, retenu_, me convient, nous convient,
	decidido, aprobado, cancelado, aplazado, acordado, aceptado, acepta_, rechazado, confirmado, me viene bien, nos viene bien`

const promisePhrases = `
	i'll_, i will_, we'll_, we will_, i am going to_, i'm going to_, ich schicke, ich sende, ich werde, ich kümmere, ich melde,
	wir schicken, wir senden, wir werden, je vous envoie, je t'envoie, je vais_, nous allons_, je m'occupe, je m'en occupe,
	te mando, te envío, le envío, os mando, voy a_, vamos a_, me encargo, lo preparo`

const deadlinePhrases = `
	by_, before_, until_, till_, no later than, due_, deadline, expires_, expire_, within_, at the latest, next update, ends on, valid,
	bis_, spätestens, frist_, fällig, innerhalb, gültig,
	avant_, d'ici_, au plus tard, échéance, délai_, jusqu'au, sous_,
	antes de, hasta_, a más tardar, vence_, venció, plazo, fecha límite`

const newsPhrases = `
	fail, outage, is down_, are down_, cannot_, unable_, delay, breach, lost_, won_, expires_, expired_, rises_, rise by, increase,
	went up, goes up, affected_, error, cause_, caused_, risk, warn, missing_, overdue, not been paid, offline, stopped, blocked, exceed,
	will be full, suspend, instead of, renews_, offered_, an offer, depart, worth_, starts_, ends_, ships_, moves_, leaves_, is reserved, will visit,
	takes place, struck, costs_, cost us, leak, refuses_, refused_, lowered, raised, fell_, lasted_, resolved_, terminat, unchanged, last working day, favour_, wants_,
	läuft am, läuft ab_, abgelaufen, abläuft, kostet_, ausfall, ausgefallen, störung, gestört, verzöger, verspät, fehler, erhöh, steigt, steigen, nicht zur verfügung,
	liefern_, lieferzeit, angebot gilt, findet statt, festpreis, frühestens,
	panne_, retard, arrêté, erreur, augment, hausse, montant_, livraison, aura lieu, se tiendra,
	retras, aument, fallo_, avería, error, sube_, incidente, pendiente, importe_`

const consequencePhrases = `
	otherwise_, or else_, condition, if not_, if this is not, if we do not, if you wish, if you sign, if you do not, if you don't, unless_, after that,
	failure to_, or the_, so that_, because_, sonst_, andernfalls, wenn sie_, falls_, weil_, damit_, sinon_, faute de, à défaut, parce que,
	de lo contrario, si no_, porque_`

const courtesyPhrases = `
	hope you_, hope this, hope that you, looking forward, look forward, hesitate to, feel free, have any questions, have questions,
	thank you_, thanks_, pleasure, pleased to, delighted to, delighted by, thrilled, happy to_, nice to_, good to see, great to_, sorry for_,
	we refer to, capitalised terms, has the meaning, have the meaning, apolog, for the inconvenience, we regret, have a great, have a nice, have a good, enjoyed_, congratulations, reaching out,
	find attached, attached please, find enclosed, is attached, see attachment, quick one, never a good moment, really impressed,
	speak soon, fingers crossed, as you will be aware, discover our, explain the details, years of, in the course of, no doubt_, best of my,
	ich hoffe, wir hoffen, vielen dank, danke_, herzlichen dank, für fragen, bei fragen, gern zur verfügung, gerne zur verfügung, freue mich,
	freuen uns, verbleib, anbei_, für ihr verständnis, für euer verständnis, gut zurück, im anhang,
	j'espère, nous espérons, merci pour, merci beaucoup, reste à votre, restons à votre, n'hésitez pas, dans l'attente, vous prions d'agréer,
	nous avons le plaisir, nous avons l'honneur, ci joint,
	espero que, esperamos que, gracias_, quedo a, quedamos a, no dude en, saludo_, qué tal, encantad, un placer, lamentamos`

const boilerplatePhrases = `
	unsubscribe, view in browser, view online, do not reply, manage preferences, notification settings, click here, receiving this,
	sponsored, subscribe to, privacy policy, all rights reserved, automatically generated, generated automatically, system generated,
	automated message, app store, google play, follow us, share this, refer a friend, disregard this, have paid in the meantime, webinar,
	our website, our app_, technical contact, apologies_, attendees_, p s_, percent off,
	abmelden, abbestellen, im browser, automatisch erstellt, automatisch generiert, nicht auf diese, gegenstandslos,
	désabonner, désinscrire, ne pas répondre, généré automatiquement, ne tenez pas compte,
	darse de baja, no responda, generado automáticamente, tenga en cuenta este mensaje, si ya ha pagado`

// headings announce what a list holds.
var headings = map[string]section{}

func init() {
	for s, names := range map[section]string{
		decisionSection: `decisions, decision, decided, agreed, what we decided, key points, outcome, beschlüsse, entscheidungen, beschlossen,
			décisions, décision, decisiones, acuerdos`,
		actionSection: `actions, action items, action points, next steps, to do, todo, to dos, tasks, open, open points, open questions, open issues, offen, offene punkte, offene fragen, points ouverts, questions ouvertes, pendiente, pendientes, aufgaben, nächste schritte, to-dos,
			actions à mener, prochaines étapes, à faire, tareas, próximos pasos, acciones`,
	} {
		for _, name := range phraseList(names) {
			headings[name] = s
		}
	}
}

// keyFields are the names of the fields that matter in what machines write.
var keyFields = set(
	"status", "state", "severity", "impact", "summary", "cause", "root cause", "error", "result", "due", "due date", "total", "amount",
	"amount due", "deadline", "expires", "renewal date", "action required", "problem", "resolution", "next steps", "recommendation", "risk", "risks", "issue", "issues", "blocker", "blockers", "decision needed", "decisions needed", "next milestone",
	"betrag", "summe", "gesamt", "fällig", "fälligkeit", "frist", "auswirkung", "ursache", "fehler", "ergebnis", "schweregrad",
	"montant", "total ttc", "échéance", "état", "statut", "erreur", "impact client", "importe", "vencimiento", "estado", "causa",
)

// dateWords name a day, a part of it or a month. Those that mean something else
// as well ("may", "sun", "mar") are left to the figures beside them.
var dateWords = wordSet(`
	monday tuesday wednesday thursday friday saturday sunday today tomorrow tonight noon midnight eod cob asap weekend
	january february march april june july august september october november december jan feb apr jun jul aug sept oct nov dec
	montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag heute morgen übermorgen mittag mitternacht
	januar februar märz mai juni juli oktober dezember feierabend
	lundi mardi mercredi jeudi vendredi samedi dimanche demain aujourd'hui midi minuit
	janvier février mars avril juin juillet août septembre octobre novembre décembre
	lunes martes miércoles jueves viernes sábado domingo hoy mañana mediodía
	enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre`)

// backward begin sentences that lean on the one before.
var backward = wordSet(`it this that these those he she they er sie es dies diese das il elle ils elles ce cela esto eso él ella ellos and but so`)

// antecedents begin sentences that nobody understands without the one before.
var antecedents = wordSet(`it this that these those they he she dies diese dieser das cela ceci elle ils elles esto eso ella ellos ellas`)

// pronouns stand for something that was named before.
var pronouns = wordSet(`it them this that these those sie es ihn ihm das dies le la les lui leur lo los las`)

// stopWords tell nothing about what a sentence is about.
var stopWords = wordSet(`
	the and for with that this from have has had are was were been will would can could should shall may might must not but you your yours
	our ours his her its their they them there here what when where which who whom how why all any both each few more most other some such
	than then too very just also into over about after before between during out off only own same until while because per via
	please thank thanks dear hello regards let know get got one two
	der die das den dem des ein eine einen einem einer eines und oder aber nicht ist sind war waren wird werden wurde haben hat hatte
	ich wir sie ihr ihre ihren ihnen uns unser unsere mein meine dass wenn als auch noch nur mit von für auf aus bei nach vor zum zur über
	unter durch bis bitte sich was wer wie wann sehr schon doch kann können kannst könnten könntest mir dir mich dich
	les des une est sont pas que qui dans pour par sur avec sans sous nous vous votre vos notre nos leur leurs mais donc ont avons avez
	être avoir plus cette ces mon mes ton tes son ses elle ils elles aux merci pouvez pourriez peux peut pourrais
	los las del una unos unas con por para que como pero más sus nos les este esta estos estas ese esa hay han hemos muy también
	sin sobre entre cuando donde ser está están podrías podría puedes puede favor`)
