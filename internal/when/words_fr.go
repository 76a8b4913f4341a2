package when

var wordsFrench = table{
	lang: french,
	months: [12]string{
		"janvier|janv", "février|fevrier|févr|fév|fevr", "mars", "avril|avr", "mai", "juin", "juillet|juil", "août|aout",
		"septembre|sept", "octobre|oct", "novembre|nov", "décembre|decembre|déc",
	},
	weekdays: [7]string{
		"dimanche|dim", "lundi|lun", "mardi|mar", "mercredi|mer", "jeudi|jeu", "vendredi|ven", "samedi|sam",
	},
	units: map[int]string{
		seconds: "secondes|seconde", minutes: "minutes|minute|min|mn", hours: "heures|heure|h",
		days: "jours|jour|j|jours calendaires", weeks: "semaines|semaine|sem", fortnights: "quinzaine", weekends: "week-end|weekend|week end",
		workdays: "jours ouvrés|jour ouvré|jours ouvrables|jour ouvrable|jours de travail|jours ouvres",
		months:   "mois", quarters: "trimestres|trimestre", years: "ans|an|années|année",
	},
	counts: map[int]string{
		1: "un|une", 2: "deux", 3: "trois|quelques", 4: "quatre", 5: "cinq", 6: "six", 7: "sept", 8: "huit", 9: "neuf", 10: "dix", 11: "onze",
		12: "douze", 15: "quinze", 20: "vingt", 30: "trente", halfCount: "demi|demie|une demi|un demi|une demi-",
	},
	ordinals: map[int]string{1: "premier"},
	dayWords: map[int]string{
		0: "aujourd'hui|ce soir|ce matin|cet après-midi|ce midi|cette nuit", 1: "demain", 2: "après-demain|apres-demain|après demain",
		-1: "hier", -2: "avant-hier",
	},
	parts: map[int]string{
		partEarly: "tôt le matin|de bonne heure|première heure|à la première heure", partMorning: "matin|ce matin|le matin|du matin|matinée|dans la matinée|en matinée|au matin",
		partForenoon: "fin de matinée|en fin de matinée",
		partMidday:   "ce midi|le midi|heure du déjeuner",
		partAfternoon: "après-midi|apres-midi|cet après-midi|l'après-midi|de l'après-midi|dans l'après-midi|début d'après-midi|" +
			"en début d'après-midi|fin d'après-midi|en fin d'après-midi|après midi",
		partEvening: "soir|ce soir|le soir|du soir|soirée|dans la soirée|en soirée|au soir", partNight: "nuit|cette nuit|dans la nuit|la nuit",
	},
	noon: map[int]string{12 * 60: "midi", 12*60 + 30: "midi et demi|midi trente", 24 * 60: "minuit"},
	edges: map[int]string{
		-1: "début|le début|début de|au début de|début du|au début du|au début de la|début de la",
		0:  "mi|mi-|milieu|au milieu de|milieu de", 1: "dernier jour de|dernier jour du|le dernier jour de|le dernier jour du|fin|fin de|la fin de|fin du|à la fin de|la fin du|fin de la|à la fin du",
	},
	closings: map[int]string{
		days:  "fin de journée|la fin de journée|fin de la journée|la fin de la journée|en fin de journée|fermeture des bureaux|la fermeture des bureaux",
		weeks: "fin de semaine|la fin de semaine|fin de la semaine|la fin de la semaine|en fin de semaine", months: "fin de mois|fin du mois|la fin du mois|la fin de mois|en fin de mois",
		quarters: "fin de trimestre|fin du trimestre|la fin du trimestre", years: "fin d'année|fin de l'année|la fin de l'année|fin d'exercice|la fin d'année",
	},
	dirs: map[int]string{
		-1: "dernier|dernière|derniers|dernières|passé|passée", 0: "ce|cet|cette|ces",
		coming: "prochain|prochaine|prochains|prochaines|suivant|suivante|qui vient",
	},
	plain: map[kind]string{
		seal: "au plus tard|dernier délai", ordinalEnd: "er|e|ère|ème|eme|ème", quarterMark: "q|t", weekMark: "semaine",
		weekOf:   "semaine du|la semaine du",
		hourWord: "heures|heure|h", ahead: "dans|dans environ|d'ici environ|dans les|d'ici à",
		within:    "sous|d'ici|en moins de|dans un délai de|sous un délai de|dans les|au cours des|d'ici à|dans le délai de",
		agoBefore: "il y a|il y a environ|y a", laterWord: "plus tard", afterWord: "après", beforeWord: "avant",
		by: "avant|avant le|avant la|avant les|d'ici|d'ici à|d'ici au|d'ici le|d'ici la|au plus tard|au plus tard le|au plus tard à|jusqu'au|jusqu'à|jusque|pour le|pour|pour la|" +
			"au plus tard en|avant le mois de|jusqu'en|valable jusqu'au|expire le|au plus tard pour le|au plus tard au|dû le|due le",
		cue:     "échéance|délai|date limite|deadline|dernier délai|délai de rigueur|date butoir|au plus tard|limite|échéances|clôture|délais",
		rangeTo: "au|à|jusqu'au|jusqu'à|a", rangeFrom: "du|de|entre|entre le|à partir du|à compter du|dès le", joinAnd: "et|et le",
		onWord: "le|entre le|du|au|avant le|jusqu'au|pour le|dès le|depuis le|à partir du|ce|la|en date du|d'ici le|d'ici au|à compter du",
		atWord: "à|dès|vers|vers les|jusqu'à|à partir de|au plus tard à", nearWord: "de|entre|avant|après|pour|environ",
		inWord: "en|d'ici|fin|début|mi|avant|depuis|jusqu'en|de|pour|dès|à partir de|courant|le mois de|au mois de|du mois de|et|à|jusqu'à",
		ofWord: "de|du|le|la|de la|l'|en|au|dans la", nowWord: "maintenant|immédiatement", forWord: "pendant", waiting: "attendre|minuteur",
		follower: "le|et|ou|pour|en|avec|mais|si|demain|au|est|convient|précises|dans|chez|précise",
		common: "le|la|les|et|est|pas|nous|vous|je|de|des|du|un|une|pour|avec|dans|sur|que|qui|en|au|ce|merci|votre|notre|bonjour|il|elle|sont|aux|ne|se|" +
			"réunion|rendez-vous|à|vos|nos|être|avant|mon|ma|mes|jusqu'au",
		greeting: "bonjour|bonsoir|bonne journée|bonne soirée|bon week-end|bonne nuit|bonne fin de journée|bonne fin de semaine|bon après-midi|belle journée|à la fin|" +
			"tous les jours|de jour en jour|un jour|mise à jour|à jour|l'ordre du jour|ordre du jour|du jour au lendemain|à l'heure|tout à l'heure|pour l'heure|de nos jours|" +
			"à demi|en dernier|ce dernier|cette dernière|pour finir|en fin de compte|fin de non-recevoir|au jour le jour",
		version: "version|salle|page|pages|chapitre|section|article|figure|tableau|étape|facture|commande|ticket|poste|numéro|n°|chambre|quai|porte|rang|place|ligne|" +
			"diapositive|question|téléphone|tél|fax|portable|point|annexe|niveau|note|alinéa|art|réf",
	},
	shy:  "mars|mai|janv|févr|fév|fevr|avr|juil|sept|oct|nov|déc|mar|mer|jeu|ven|sam|dim|lun|quelques",
	home: "hier|an|sept|six|dix|sous|pour|pour la|mar|mer|jeu|ven|sam|dim|lun|mi|a|en|et|de|du|le|la|les|ce|au|on|un|une|j|fin|t|y a|limite|note|mon|environ|passé",
}
