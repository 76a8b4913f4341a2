package agenda

var french = wording{
	tag:       French,
	days:      [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
	longDays:  [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	months:    [12]string{"janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	shortDate: "%s %s %s", fullDate: "%s %s %s", firstOfMonth: "1er",
	longMonths: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	time:       "%dh%02d", minutes: "%d" + noBreak + "min", hours: "%d" + noBreak + "h", hoursMinutes: "%d" + noBreak + "h" + noBreak + "%02d" + noBreak + "min",
	thousands: "\u202f", percentage: "%d" + noBreak + "%%", allDay: "toute la journée", colon: noBreak + ": ",
	zeroIsOne: true,
	cities: map[string]string{
		"Europe/London": "Londres", "Europe/Brussels": "Bruxelles", "Europe/Lisbon": "Lisbonne", "Europe/Vienna": "Vienne", "Europe/Warsaw": "Varsovie",
		"Europe/Copenhagen": "Copenhague", "Europe/Athens": "Athènes", "Europe/Moscow": "Moscou", "Asia/Singapore": "Singapour", "Asia/Calcutta": "Kolkata",
		"America/Montreal": "Montréal", "Europe/Kiev": "Kyiv", "Africa/Cairo": "Le Caire", "Africa/Algiers": "Alger", "Asia/Beirut": "Beyrouth",
	},

	meetings: plural{"%s réunion", "%s réunions"}, conflicts: plural{"%s conflit", "%s conflits"}, decisions: plural{"%s décision", "%s décisions"},
	first: "la première à %s", noMeetings: "aucune réunion", quiet: "Rien à l’agenda, et rien ne vous attend.",
	stale:    "%s : dernière lecture le %s. Ce qui est arrivé ou a changé depuis manque ci-dessous.",
	unread:   "%s n’a pas encore été lu. Ce qui s’y trouve manque ci-dessous.",
	late:     "Ce message aurait dû arriver à %s ; il a été retardé.",
	clocksOn: "Cette nuit, passage à l’heure d’été : la journée compte %s heures.", clocksBack: "Cette nuit, passage à l’heure d’hiver : la journée compte %s heures.",
	needs: "À vous de décider", changed: "Changements depuis hier", today: "Aujourd’hui", prep: "À préparer",
	mail: "Dans votre courrier", deadlines: "Échéances", owed: "Réponses que vous devez", waiting: "Réponses que vous attendez",
	ahead: "Demain et la semaine", goals: "Où va le temps", done: "Fait pour vous",
	more: plural{"et %s autre, omis ici", "et %s autres, omis ici"}, confidential: plural{"%s élément confidentiel", "%s éléments confidentiels"},

	keepInbox: "Laisser dans la boîte",
	kinds: map[Kind]string{
		Conflict: "Conflit", Invitation: "Invitation", Approval: "Votre accord", Hold: "Réservé jusqu’au", Ask: "Vous demande", Unsure: "À vérifier",
		New: "Nouveau", Moved: "Déplacé", Cancelled: "Annulé", Changed: "Modifié", Accepted: "Accepté", Declined: "Refusé",
	},
	acts: map[string]string{
		"accept": "Accepter", "decline": "Décliner", "tentative": "Peut-être", "fix": "Faire ainsi", "snooze": "Masquer 3 jours", "expand": "Tout afficher", "undo": "Annuler",
		"approve": "Approuver", "refuse": "Refuser", "release": "Libérer", "keep": "Garder", "unsubscribe": "Se désabonner",
	},
	whys: map[string]string{
		"foredesk made the other and can move it": "l’autre vient de Foredesk, qui peut le déplacer",
		"the rule %s stands for it":               "la règle %s le veut",
		"the rule %s declines the other":          "la règle %s décline l’autre",
		"it is an absence":                        "c’est une absence",
		"somebody from outside takes part":        "une personne extérieure y participe",
		"somebody of the list vip takes part":     "une personne de la liste vip y participe",
		"somebody else has called it":             "une autre personne l’a convoqué",
		"more people take part":                   "plus de monde y participe",
		"it is accepted":                          "vous l’avez accepté",
		"it was made earlier":                     "il est à l’agenda depuis plus longtemps",
		"it begins earlier":                       "il commence plus tôt",
		"it ends earlier":                         "il finit plus tôt",
		"one of them has to":                      "il faut que l’un des deux reste",
	},

	quote: "«\u00a0%s\u00a0»", and: "%s et %s", private: "Privé", privateEvent: "Rendez-vous privé", recommended: "Conseil", untitled: "(sans titre)",
	move: "déplacer %s au %s", decline: "décliner %s", declineFor: "décliner %s et proposer %s", tentative: "répondre peut-être à %s", choose: "l’un des deux doit céder ; à vous de choisir",
	stays: "%s reste : %s.", was: "auparavant %s", byModel: "Modèle de langage",

	focus: "Concentration", travel: "Trajet", kept: "Réservé", away: "Absence", free: "%s de libre",
	join: "Rejoindre", guests: "Avec %s", accepted: "%s" + noBreak + "oui", declined: "%s" + noBreak + "non", open: "%s" + noBreak + "sans réponse", others: "%s" + noBreak + "autres",
	atGuests: "%s à %s, pour les invités", zoneAhead: "À partir d’ici, heure de %s, %s d’avance sur %s", zoneBehind: "À partir d’ici, heure de %s, %s de retard sur %s", arrive: "Arrivée %s, heure de %s", since: "depuis %s", until: "jusqu’au %s",
	noAgenda: "Sans ordre du jour", noLink: "Sans lien", noPlace: "Sans lieu", unanswered: "Sans réponse de vous", maybe: "Répondu peut-être",
	conflictSee: "Conflit, voir %s ci-dessus", shownFree: "affiché libre",
	nothingToday: "Rien à l’agenda.", nothingWaits: "Rien ne vous attend.", who: "Qui", last: "Dernier échange", noThread: "aucun message", ours: "Vous avez promis", theirs: "On vous a promis",
	files: "Fichiers", by: "pour le %s", overdue: "en retard, %s", dueToday: "aujourd’hui", daysAgo: plural{"depuis %s jour", "depuis %s jours"}, daysLong: plural{"%s jour", "%s jours"},
	firstAt: "dès %s", off: "jour libre", lastWeek: "semaine dernière %s", times: "%s ×",
	made: "Préparé à %s, heure de %s.", why: "D’où vient une ligne : foredesk agenda --why --date %s",

	storyOpened: "début %s", storyUpdate: "point %s", storyUpdates: plural{"%s point", "%s points"}, storyLast: "le dernier %s", storyResolved: "résolu %s", unresolved: "pas encore résolu",

	digests: map[string]string{"evening": "Courrier du soir", "morning": "Courrier du matin", "daily": "Courrier du jour"}, dayDigest: "Courrier du %s", nothingCollected: "Rien n’a été mis de côté.", mails: plural{"%s message", "%s messages"},

	yourWeek: "Votre semaine", figures: "La semaine en chiffres", perDay: "Jour par jour", promises: "Promesses", handled: "Fait pour vous",
	numMeetings: "Réunions", meetingTime: "Temps en réunion", focusTime: "Concentration", numOutside: "Avec l’extérieur",
	numAnswered: "Réponses envoyées", answerTime: "Vous répondez en", theirTime: "On vous répond en",
	beforeWas: "semaine dernière %s", saved: "Environ %s gagnés : chaque nombre multiplié par la durée à la main.", eachTakes: "%s chacun = %s", seconds: "%d" + noBreak + "s",
	ruleHealth: "Règles à revoir", ideas: "Idées", nothingThisWeek: "Une semaine où il n’y a rien à signaler.",
	promisesOpen: plural{"%s promesse en cours", "%s promesses en cours"}, deadlinesAhead: plural{"%s échéance", "%s échéances"},

	checkIn: "Avec %s", lastMet: "dernière rencontre %s", nextMeeting: "la prochaine %s", threads: "Sujets en cours", nothingOpen: "Rien n’est en suspens entre vous deux.",
	threadsOpen: plural{"%s sujet en cours", "%s sujets en cours"},
}
