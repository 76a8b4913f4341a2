package gather

import (
	"strings"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// terms are the words by which lines about mail and rules are made, in one language;
// how a letter looks, and the words around its lines, are those of package agenda.
type terms struct {
	mail, mails     string // 1, and how many
	digest, bundles string // titles of sections
	others          string // messages of other senders

	// deeds is what an action did, without its argument and with it ("%s").
	deeds map[string][]string
	// wishes is what an action wants to do, with its argument; English has none, as
	// rules.Effect says it.
	wishes  map[string]string
	wantsTo string // %r the rule, %d what it wants

	unsure, unsureLook, letter string
	days                       [7]string // from Sunday

	worth  map[string]string // what was handled, by the group of worths
	health map[string]string // see review.go
	ideas  map[string]string
}

func (g *gathering) terms() *terms {
	switch g.Language {
	case agenda.German:
		return &germanTerms
	case agenda.French:
		return &frenchTerms
	}
	return &englishTerms
}

// wants says what an effect wants to do.
func (t *terms) wants(e rules.Effect) string {
	if words, ok := t.wishes[e.Action]; ok {
		return strings.ReplaceAll(words, "%s", e.Arg)
	}
	return e.String()
}

// unsureOf says what a step would have done.
func (t *terms) unsureOf(s store.Step) string {
	action, _, _ := strings.Cut(s.Action, " ")
	if s.Op.Do == "letter" {
		return t.letter
	}
	return t.wants(rules.Effect{Action: action, Arg: s.Arg, With: s.Op.With})
}

var englishTerms = terms{
	mail: "1 mail", mails: "%d mails", digest: "Digest", bundles: "Bundles", others: "others %d",
	deeds: map[string][]string{
		"file": {"filed", "filed in %s"}, "copy": {"copied", "copied to %s"}, "archive": {"archived"}, "junk": {"moved to junk"}, "trash": {"moved to trash"}, "delete": {"deleted for good"},
		"flag": {"flagged"}, "label": {"labelled", "labelled %s"}, "unlabel": {"label taken off", "label %s taken off"}, "read": {"marked as read"}, "important": {"marked as important"}, "mute": {"conversations muted"},
		"snooze": {"put off"}, "remind": {"brought back"}, "expire": {"put away"}, "save": {"attachments saved"}, "extract": {"written into a table"},
		"draft": {"answers drafted"}, "forward": {"forwarded", "forwarded to %s"}, "redirect": {"redirected", "redirected to %s"}, "reply": {"answered"}, "notify": {"notices sent"}, "webhook": {"systems called"}, "unsubscribe": {"lists left"},
		"schedule": {"put on the calendar"}, "hold": {"times held"}, "respond": {"invitations answered"}, "propose": {"times proposed"}, "buffer": {"breaks kept"}, "prep": {"times to prepare kept"}, "focus": {"focus times kept"},
		"color": {"events coloured"}, "tag": {"events tagged"}, "mirror": {"times marked as busy"}, "move": {"events moved"}, "fix": {"conflicts solved"},
	},
	wantsTo: "The rule “%r” wants to: %d.",
	unsure:  "Foredesk wanted to do this, was interrupted, and can't know whether it was done: %d.", unsureLook: "It is not done a second time.", letter: "send a letter to you",
	days: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	worth: map[string]string{
		worthSorted: "mails filed or put away", worthMarked: "mails flagged or labelled", worthTold: "mails summarized", worthCollected: "mails collected for digests", worthWritten: "answers drafted or sent",
		worthPassed: "mails passed on", worthSaved: "attachments saved, tables kept", worthPlanned: "times put on the calendar", worthAnswered: "invitations answered, events moved", worthLeft: "lists left", worthAsked: "questions answered by the assistant",
	},
	health: map[string]string{
		healthReversed: "%d of %n actions were taken back", healthByHand: ", %h of them by hand", healthRefused: "%d of %n actions were refused, or not approved in time", healthFailed: "%d of %n actions failed",
		healthIdle: "It has done nothing in the last 30 days", healthUncertain: "Of %d actions nobody can know whether they took place",
	},
	ideas: map[string]string{
		ideaReversed: "Look at the rule “%r”", ideaReversedText: "What it does is often taken back. A narrower condition, or “unless”, would leave alone what you want to see.",
		ideaUnread: "Collect what %w sends", ideaUnreadText: "%d mails came in the last 30 days and none was read. A rule could bundle them or leave the list.",
		ideaFocus: "Keep time for thinking on %w", ideaFocusText: "As the calendar stands, there is no stretch of an hour and a half that day. A rule with “focus” keeps one free.",
	},
}

var germanTerms = terms{
	mail: "1 Mail", mails: "%d Mails", digest: "Gesammelt", bundles: "Bündel", others: "andere %d",
	deeds: map[string][]string{
		"file": {"abgelegt", "abgelegt in %s"}, "copy": {"kopiert", "kopiert nach %s"}, "archive": {"archiviert"}, "junk": {"zum Spam gelegt"}, "trash": {"in den Papierkorb gelegt"}, "delete": {"endgültig gelöscht"},
		"flag": {"markiert"}, "label": {"beschriftet", "mit %s beschriftet"}, "unlabel": {"Schlagwort entfernt", "Schlagwort %s entfernt"}, "read": {"als gelesen markiert"}, "important": {"als wichtig markiert"}, "mute": {"Unterhaltungen stummgeschaltet"},
		"snooze": {"zurückgestellt"}, "remind": {"wieder vorgelegt"}, "expire": {"weggelegt"}, "save": {"Anhänge gespeichert"}, "extract": {"in eine Tabelle geschrieben"},
		"draft": {"Antworten entworfen"}, "forward": {"weitergeleitet", "weitergeleitet an %s"}, "redirect": {"umgeleitet", "umgeleitet an %s"}, "reply": {"beantwortet"}, "notify": {"Hinweise verschickt"}, "webhook": {"Systeme benachrichtigt"}, "unsubscribe": {"Verteiler verlassen"},
		"schedule": {"in den Kalender gesetzt"}, "hold": {"Zeiten reserviert"}, "respond": {"Einladungen beantwortet"}, "propose": {"Termine vorgeschlagen"}, "buffer": {"Pausen freigehalten"}, "prep": {"Vorbereitungszeiten freigehalten"}, "focus": {"Zeiten zum Nachdenken freigehalten"},
		"color": {"Termine eingefärbt"}, "tag": {"Termine gekennzeichnet"}, "mirror": {"Zeiten als belegt eingetragen"}, "move": {"Termine verlegt"}, "fix": {"Überschneidungen gelöst"},
	},
	wishes: map[string]string{
		"file": "in %s ablegen", "copy": "nach %s kopieren", "archive": "archivieren", "junk": "zum Spam legen", "trash": "in den Papierkorb legen", "delete": "endgültig löschen",
		"flag": "markieren", "label": "mit %s beschriften", "unlabel": "Schlagwort %s entfernen", "snooze": "zurückstellen", "expire": "später weglegen", "save": "Anhänge in %s speichern", "extract": "in eine Tabelle schreiben",
		"draft": "eine Antwort entwerfen", "forward": "an %s weiterleiten", "redirect": "an %s umleiten", "reply": "beantworten", "notify": "%s benachrichtigen", "webhook": "ein anderes System benachrichtigen", "unsubscribe": "den Verteiler verlassen",
		"schedule": "in den Kalender setzen", "hold": "Zeit reservieren", "respond": "die Einladung beantworten", "propose": "Termine vorschlagen", "buffer": "eine Pause freihalten", "prep": "Zeit zur Vorbereitung freihalten", "focus": "Zeit zum Nachdenken freihalten",
		"move": "den Termin verlegen", "fix": "die Überschneidung lösen", "mirror": "die Zeit als belegt eintragen",
	},
	wantsTo: "Die Regel „%r“ möchte: %d.",
	unsure:  "Foredesk wollte dies tun, wurde unterbrochen und kann nicht wissen, ob es geschehen ist: %d.", unsureLook: "Es wird nicht noch einmal getan.", letter: "Ihnen einen Brief schicken",
	days: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	worth: map[string]string{
		worthSorted: "Mails abgelegt oder weggeräumt", worthMarked: "Mails markiert oder beschriftet", worthTold: "Mails zusammengefasst", worthCollected: "Mails gesammelt", worthWritten: "Antworten entworfen oder verschickt",
		worthPassed: "Mails weitergegeben", worthSaved: "Anhänge gespeichert, Tabellen geführt", worthPlanned: "Zeiten in den Kalender gesetzt", worthAnswered: "Einladungen beantwortet, Termine verlegt", worthLeft: "Verteiler verlassen", worthAsked: "Fragen, die die Assistenz beantwortet hat",
	},
	health: map[string]string{
		healthReversed: "%d von %n Aktionen wurden zurückgenommen", healthByHand: ", davon %h von Hand", healthRefused: "%d von %n Aktionen wurden abgelehnt oder nicht rechtzeitig erlaubt", healthFailed: "%d von %n Aktionen sind gescheitert",
		healthIdle: "Sie hat in den letzten 30 Tagen nichts getan", healthUncertain: "Von %d Aktionen weiß niemand, ob sie geschehen sind",
	},
	ideas: map[string]string{
		ideaReversed: "Die Regel „%r“ ansehen", ideaReversedText: "Was sie tut, wird oft zurückgenommen. Eine engere Bedingung oder „unless“ ließe liegen, was Sie sehen wollen.",
		ideaUnread: "Sammeln, was %w schickt", ideaUnreadText: "%d Mails kamen in den letzten 30 Tagen, gelesen wurde keine. Eine Regel könnte sie bündeln oder den Verteiler verlassen.",
		ideaFocus: "Zeit zum Nachdenken am %w freihalten", ideaFocusText: "Nach heutigem Stand hat der Tag keine anderthalb Stunden am Stück. Eine Regel mit „focus“ hält sie frei.",
	},
}

var frenchTerms = terms{
	mail: "1 mail", mails: "%d mails", digest: "À parcourir", bundles: "Regroupés", others: "autres %d",
	deeds: map[string][]string{
		"file": {"classés", "classés dans %s"}, "copy": {"copiés", "copiés dans %s"}, "archive": {"archivés"}, "junk": {"mis aux indésirables"}, "trash": {"mis à la corbeille"}, "delete": {"supprimés pour de bon"},
		"flag": {"marqués"}, "label": {"étiquetés", "étiquetés %s"}, "unlabel": {"étiquette retirée", "étiquette %s retirée"}, "read": {"marqués comme lus"}, "important": {"marqués comme importants"}, "mute": {"conversations mises en sourdine"},
		"snooze": {"remis à plus tard"}, "remind": {"remontrés"}, "expire": {"rangés"}, "save": {"pièces jointes enregistrées"}, "extract": {"notés dans un tableau"},
		"draft": {"réponses préparées"}, "forward": {"transférés", "transférés à %s"}, "redirect": {"redirigés", "redirigés vers %s"}, "reply": {"réponses envoyées"}, "notify": {"avis envoyés"}, "webhook": {"systèmes prévenus"}, "unsubscribe": {"listes quittées"},
		"schedule": {"mis à l’agenda"}, "hold": {"créneaux réservés"}, "respond": {"invitations traitées"}, "propose": {"créneaux proposés"}, "buffer": {"pauses gardées"}, "prep": {"temps de préparation gardés"}, "focus": {"plages de réflexion gardées"},
		"color": {"événements colorés"}, "tag": {"événements étiquetés"}, "mirror": {"créneaux marqués occupés"}, "move": {"événements déplacés"}, "fix": {"conflits résolus"},
	},
	wishes: map[string]string{
		"file": "classer dans %s", "copy": "copier dans %s", "archive": "archiver", "junk": "mettre aux indésirables", "trash": "mettre à la corbeille", "delete": "supprimer pour de bon",
		"flag": "marquer", "label": "étiqueter %s", "unlabel": "retirer l’étiquette %s", "snooze": "remettre à plus tard", "expire": "ranger plus tard", "save": "enregistrer les pièces jointes dans %s", "extract": "noter dans un tableau",
		"draft": "préparer une réponse", "forward": "transférer à %s", "redirect": "rediriger vers %s", "reply": "répondre", "notify": "prévenir %s", "webhook": "prévenir un autre système", "unsubscribe": "quitter la liste",
		"schedule": "mettre à l’agenda", "hold": "réserver un créneau", "respond": "répondre à l’invitation", "propose": "proposer des créneaux", "buffer": "garder une pause", "prep": "garder un temps de préparation", "focus": "garder une plage de réflexion",
		"move": "déplacer l’événement", "fix": "résoudre le conflit", "mirror": "marquer le créneau occupé",
	},
	wantsTo: "La règle « %r » veut : %d.",
	unsure:  "Foredesk voulait le faire, a été interrompu et ne peut pas savoir si c’est fait : %d.", unsureLook: "Ce n’est pas fait une seconde fois.", letter: "vous envoyer une lettre",
	days: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	worth: map[string]string{
		worthSorted: "mails classés ou rangés", worthMarked: "mails marqués ou étiquetés", worthTold: "mails résumés", worthCollected: "mails regroupés", worthWritten: "réponses préparées ou envoyées",
		worthPassed: "mails transmis", worthSaved: "pièces enregistrées, tableaux tenus", worthPlanned: "créneaux mis à l’agenda", worthAnswered: "invitations traitées, événements déplacés", worthLeft: "listes quittées", worthAsked: "questions traitées par l’assistance",
	},
	health: map[string]string{
		healthReversed: "%d actions sur %n ont été annulées", healthByHand: ", dont %h à la main", healthRefused: "%d actions sur %n ont été refusées ou pas approuvées à temps", healthFailed: "%d actions sur %n ont échoué",
		healthIdle: "Elle n’a rien fait ces 30 derniers jours", healthUncertain: "De %d actions, personne ne peut savoir si elles ont eu lieu",
	},
	ideas: map[string]string{
		ideaReversed: "Revoir la règle « %r »", ideaReversedText: "Ce qu’elle fait est souvent annulé. Une condition plus étroite, ou « unless », laisserait ce que vous voulez voir.",
		ideaUnread: "Regrouper ce qu’envoie %w", ideaUnreadText: "%d mails sont arrivés ces 30 derniers jours, aucun n’a été lu. Une règle pourrait les regrouper ou quitter la liste.",
		ideaFocus: "Garder du temps pour réfléchir le %w", ideaFocusText: "En l’état, cette journée n’a pas une heure et demie d’un seul tenant. Une règle avec « focus » la garde libre.",
	},
}
