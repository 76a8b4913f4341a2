package agenda

var german = wording{
	tag:       German,
	days:      [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
	longDays:  [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	months:    [12]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
	shortDate: "%s %s. %s", fullDate: "%s, %s. %s", firstOfMonth: "1",
	longMonths: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	time:       "%02d:%02d", minutes: "%d" + noBreak + "Min.", hours: "%d" + noBreak + "Std.", hoursMinutes: "%d:%02d" + noBreak + "Std.",
	thousands: ".", percentage: "%d" + noBreak + "%%", allDay: "ganztägig", colon: ": ",
	cities: map[string]string{
		"Europe/Vienna": "Wien", "Europe/Zurich": "Zürich", "Europe/Brussels": "Brüssel", "Europe/Lisbon": "Lissabon", "Europe/Rome": "Rom",
		"Europe/Warsaw": "Warschau", "Europe/Prague": "Prag", "Europe/Copenhagen": "Kopenhagen", "Europe/Athens": "Athen", "Europe/Moscow": "Moskau",
		"Asia/Tokyo": "Tokio", "Asia/Singapore": "Singapur", "Asia/Calcutta": "Kolkata", "Europe/Kiev": "Kiew", "Europe/Kyiv": "Kiew",
	},

	meetings: plural{"%s Besprechung", "%s Besprechungen"}, conflicts: plural{"%s Konflikt", "%s Konflikte"}, decisions: plural{"%s Entscheidung", "%s Entscheidungen"},
	first: "die erste %s", noMeetings: "keine Besprechungen", quiet: "Nichts im Kalender, und nichts wartet auf Sie.",
	stale:    "%s wurde zuletzt am %s gelesen. Was seither kam oder sich geändert hat, fehlt unten.",
	unread:   "%s wurde noch nicht gelesen. Was dort steht, fehlt unten.",
	late:     "Diese Übersicht sollte um %s da sein und wurde aufgehalten.",
	clocksOn: "In der Nacht wurden die Uhren vorgestellt: Der Tag hat %s Stunden.", clocksBack: "In der Nacht wurden die Uhren zurückgestellt: Der Tag hat %s Stunden.",
	needs: "Sie entscheiden", changed: "Seit gestern geändert", today: "Heute", prep: "Zur Vorbereitung",
	mail: "Aus Ihrer Post", deadlines: "Fristen", owed: "Antworten, die Sie schulden", waiting: "Antworten, auf die Sie warten",
	ahead: "Morgen und die Woche", goals: "Wohin die Zeit geht", done: "Für Sie erledigt",
	more: plural{"und %s weitere, hier ausgelassen", "und %s weitere, hier ausgelassen"}, confidential: plural{"%s vertraulicher Eintrag", "%s vertrauliche Einträge"},

	keepInbox: "Im Posteingang behalten",
	kinds: map[Kind]string{
		Conflict: "Konflikt", Invitation: "Einladung", Approval: "Freigabe", Hold: "Reserviert bis", Ask: "Bitte an Sie", Unsure: "Bitte prüfen",
		New: "Neu", Moved: "Verschoben", Cancelled: "Abgesagt", Changed: "Geändert", Accepted: "Zugesagt", Declined: "Abgelehnt",
	},
	acts: map[string]string{
		"accept": "Zusagen", "decline": "Absagen", "tentative": "Vielleicht", "fix": "So machen", "snooze": "3 Tage ausblenden", "expand": "Alle zeigen", "undo": "Zurücknehmen",
		"approve": "Freigeben", "refuse": "Ablehnen", "release": "Freilassen", "keep": "Behalten", "unsubscribe": "Abbestellen",
	},
	whys: map[string]string{
		"foredesk made the other and can move it": "den anderen hat Foredesk angelegt und kann ihn verlegen",
		"the rule %s stands for it":               "dafür steht die Regel %s",
		"the rule %s declines the other":          "die Regel %s sagt den anderen ab",
		"it is an absence":                        "es ist eine Abwesenheit",
		"somebody from outside takes part":        "jemand von außen nimmt teil",
		"somebody of the list vip takes part":     "jemand von der Liste vip nimmt teil",
		"somebody else has called it":             "jemand anderes hat dazu eingeladen",
		"more people take part":                   "es nehmen mehr Menschen teil",
		"it is accepted":                          "es ist zugesagt",
		"it was made earlier":                     "es stand früher im Kalender",
		"it begins earlier":                       "es beginnt früher",
		"it ends earlier":                         "es endet früher",
		"one of them has to":                      "eines von beiden muss",
	},

	quote: "„%s“", and: "%s und %s", private: "Privat", privateEvent: "Privater Termin", recommended: "Vorschlag", untitled: "(ohne Titel)",
	move: "%s verlegen auf %s", decline: "%s absagen", declineFor: "%s absagen und um %s bitten", tentative: "%s mit Vielleicht beantworten", choose: "Eines muss weichen; welches, wissen nur Sie",
	stays: "%s bleibt: %s.", was: "bisher %s", byModel: "Sprachmodell",

	focus: "Ruhe", travel: "Unterwegs", kept: "Reserviert", away: "Abwesend", free: "%s frei",
	join: "Teilnehmen", guests: "Mit %s", accepted: "%s" + noBreak + "zugesagt", declined: "%s" + noBreak + "abgesagt", open: "%s" + noBreak + "offen", others: "%s" + noBreak + "weitere",
	atGuests: "%s in %s, bei den Gästen", zoneAhead: "Ab hier Zeit in %s, %s vor %s", zoneBehind: "Ab hier Zeit in %s, %s hinter %s", arrive: "Ankunft %s, Zeit in %s", since: "seit %s", until: "bis %s",
	noAgenda: "Keine Tagesordnung", noLink: "Kein Link", noPlace: "Kein Ort", unanswered: "Unbeantwortet", maybe: "Mit Vielleicht beantwortet",
	conflictSee: "Konflikt, siehe %s oben", shownFree: "als frei angezeigt",
	nothingToday: "Nichts im Kalender.", nothingWaits: "Nichts wartet auf Sie.", who: "Wer", last: "Zuletzt", noThread: "noch keine Post", ours: "Von Ihnen zugesagt", theirs: "Ihnen zugesagt",
	files: "Dateien", by: "bis %s", overdue: "überfällig, %s", dueToday: "heute", daysAgo: plural{"seit %s Tag", "seit %s Tagen"}, daysLong: plural{"%s Tag", "%s Tage"},
	firstAt: "ab %s", off: "frei", lastWeek: "Vorwoche %s", times: "%s ×",
	made: "Erstellt um %s, Zeit in %s.", why: "Woher eine Zeile kommt: foredesk agenda --why --date %s",

	storyOpened: "begonnen %s", storyUpdate: "Meldung %s", storyUpdates: plural{"%s Meldung", "%s Meldungen"}, storyLast: "letzte %s", storyResolved: "behoben %s", unresolved: "noch nicht behoben",

	digests: map[string]string{"evening": "Post für den Abend", "morning": "Post für den Morgen", "daily": "Post des Tages"}, dayDigest: "Post für %s", nothingCollected: "Es wurde nichts gesammelt.", mails: plural{"%s E-Mail", "%s E-Mails"},

	yourWeek: "Ihre Woche", figures: "Die Woche in Zahlen", perDay: "Tag für Tag", promises: "Zusagen", handled: "Für Sie erledigt",
	numMeetings: "Besprechungen", meetingTime: "Zeit in Besprechungen", focusTime: "Fokuszeit", numOutside: "Mit Externen",
	numAnswered: "E-Mails beantwortet", answerTime: "Sie antworten nach", theirTime: "Andere antworten nach",
	beforeWas: "Vorwoche %s", saved: "Etwa %s gespart: jede Zahl mal dem, was eines davon von Hand dauert.", eachTakes: "je %s = %s", seconds: "%d" + noBreak + "Sek.",
	ruleHealth: "Regeln, die einen Blick brauchen", ideas: "Vorschläge", nothingThisWeek: "Eine Woche, von der nichts zu berichten ist.",
	promisesOpen: plural{"%s offene Zusage", "%s offene Zusagen"}, deadlinesAhead: plural{"%s Frist", "%s Fristen"},

	checkIn: "Mit %s", lastMet: "zuletzt %s", nextMeeting: "nächstes Mal %s", threads: "Offene Themen", nothingOpen: "Zwischen Ihnen beiden ist nichts offen.",
	threadsOpen: plural{"%s offenes Thema", "%s offene Themen"},
}
