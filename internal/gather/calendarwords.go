package gather

import "github.com/foredesk/foredesk/internal/agenda"

// calendarWords are what is said about the calendar in one language, besides what
// package agenda says.
type calendarWords struct {
	mailbox, calendar, calendarNamed string // sources
	private                          string // in the place of a title
	conflict, conflicts              string // with what; with what, and how many more
	series, times                    string // that all of a series is meant; how often it takes place
	held                             string // until when
	place, called                    string // where it is now; what it was called
	you                              string // who wrote
}

var calendarLanguages = map[agenda.Language]calendarWords{
	agenda.English: {
		mailbox: "The mailbox", calendar: "The calendar", calendarNamed: "The calendar “%s”",
		private: "a private event", conflict: "At the same time: %s.", conflicts: "At the same time: %s, and %d more.",
		series: "It repeats; the answer is for all of it.", times: "%d times in these two weeks.",
		held: "Kept free: %s. Nobody has taken it.", place: "Now at %s.", called: "Was called “%s”.", you: "You",
	},
	agenda.German: {
		mailbox: "Das Postfach", calendar: "Der Kalender", calendarNamed: "Der Kalender „%s“",
		private: "ein privater Termin", conflict: "Zur selben Zeit: %s.", conflicts: "Zur selben Zeit: %s und %d weitere.",
		series: "Es ist eine Serie; die Antwort gilt für alle Termine.", times: "%d-mal in diesen zwei Wochen.",
		held: "Freigehalten: %s. Niemand hat zugesagt.", place: "Jetzt: %s.", called: "Hieß „%s“.", you: "Sie",
	},
	agenda.French: {
		mailbox: "La messagerie", calendar: "L’agenda", calendarNamed: "L’agenda « %s »",
		private: "un rendez-vous privé", conflict: "En même temps : %s.", conflicts: "En même temps : %s, et %d de plus.",
		series: "C’est une série ; la réponse vaut pour toutes les dates.", times: "%d fois en deux semaines.",
		held: "Réservé : %s. Personne ne l’a pris.", place: "Maintenant : %s.", called: "S’appelait « %s ».", you: "Vous",
	},
}

// words are those of the reader's language; English where there are none of it.
func (g *gathering) words() calendarWords {
	if w, ok := calendarLanguages[g.Language]; ok {
		return w
	}
	return calendarLanguages[agenda.English]
}
