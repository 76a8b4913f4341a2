package engine

import "github.com/foredesk/foredesk/internal/agenda"

// decideWords are what is said about decisions in one language. The prompt is plain
// ASCII on one short line: mail programs of all ages take it over as it is.
type decideWords struct {
	prompt string // above the reason of who declines
	// Of the notice that something could not be done: its subject, and a line each
	// that say what (a choice and a title) and why.
	failed, what, why string
	answered          string // that it had been decided before, and how
	line, hidden      string // what has no title, or none that may be told
	choices           map[string]string
}

var decideLanguages = map[agenda.Language]decideWords{
	agenda.English: {
		prompt: "Reason, for the organizer (optional):",
		failed: "Could not be done: %s", what: "What you decided: %s, about %q.", why: "It was not done: %s.",
		answered: "it had been decided already, with %q, and that counts", line: "a line of the letter", hidden: "something confidential",
		choices: map[string]string{
			"accept": "accept", "tentative": "maybe", "decline": "decline", "fix": "do what is recommended", "snooze": "hide for 3 days", "undo": "undo",
			"keep": "keep", "release": "let go", "unsubscribe": "unsubscribe", "expand": "show all",
		},
	},
	agenda.German: {
		prompt: "Grund (freiwillig), geht an die einladende Person:",
		failed: "Nicht ausgeführt: %s", what: "Ihre Entscheidung: %s, zu „%s“.", why: "Sie wurde nicht ausgeführt: %s.",
		answered: "es war schon entschieden, und zwar mit „%s“; das gilt", line: "eine Zeile des Briefs", hidden: "etwas Vertrauliches",
		choices: map[string]string{
			"accept": "zusagen", "tentative": "vielleicht", "decline": "absagen", "fix": "wie empfohlen", "snooze": "3 Tage ausblenden", "undo": "rückgängig",
			"keep": "behalten", "release": "freigeben", "unsubscribe": "abbestellen", "expand": "alle zeigen",
		},
	},
	agenda.French: {
		prompt: "Motif (facultatif), pour la personne qui invite :",
		failed: "Pas exécuté : %s", what: "Votre décision : %s, à propos de « %s ».", why: "Elle n’a pas été exécutée : %s.",
		answered: "c’était déjà décidé, par « %s », et cela reste valable", line: "une ligne de la lettre", hidden: "un élément confidentiel",
		choices: map[string]string{
			"accept": "accepter", "tentative": "peut-être", "decline": "décliner", "fix": "comme recommandé", "snooze": "masquer 3 jours", "undo": "annuler",
			"keep": "garder", "release": "libérer", "unsubscribe": "se désabonner", "expand": "tout montrer",
		},
	},
}

// choice is what a link says.
func (w decideWords) choice(do string) string { return orElse(w.choices[do], do) }

// title is what a line is called where it may be told.
func (w decideWords) title(subject string) string {
	switch subject {
	case "":
		return w.line
	case Hidden:
		return w.hidden
	}
	return subject
}

// wordsIn are those of a language; English for one that there are none of.
func wordsIn(language agenda.Language) decideWords {
	if w, ok := decideLanguages[language]; ok {
		return w
	}
	return decideLanguages[agenda.English]
}
