package when

var wordsGerman = table{
	lang: german,
	months: [12]string{
		"januar|jan|jänner|jän", "februar|feb|feber", "märz|mär|mrz|maerz", "april|apr", "mai", "juni|jun|juno", "juli|jul",
		"august|aug", "september|sept|sep", "oktober|okt", "november|nov", "dezember|dez",
	},
	weekdays: [7]string{
		"sonntag|sonntags|so", "montag|montags|mo", "dienstag|dienstags|di", "mittwoch|mittwochs|mi",
		"donnerstag|donnerstags|do", "freitag|freitags|fr", "samstag|samstags|sonnabend|sa",
	},
	units: map[int]string{
		seconds: "sekunden|sekunde|sek", minutes: "minuten|minute|min", hours: "stunden|stunde|std|h",
		days: "tage|tagen|tag|tages|kalendertage|kalendertagen", weeks: "wochen|woche|wo", weekends: "wochenende|wochenendes",
		workdays: "werktage|werktagen|werktag|arbeitstage|arbeitstagen|arbeitstag|geschäftstage|geschäftstagen|bankarbeitstage|bankarbeitstagen|bankarbeitstag",
		months:   "monate|monaten|monat|monats", quarters: "quartale|quartalen|quartal|quartals", years: "jahre|jahren|jahr|jahres",
	},
	counts: map[int]string{
		1: "ein|eine|einer|einem|einen|eines", 2: "zwei|ein paar|paar", 3: "drei|einige|einigen|wenigen", 4: "vier", 5: "fünf", 6: "sechs", 7: "sieben",
		8: "acht", 9: "neun", 10: "zehn", 11: "elf", 12: "zwölf", 14: "vierzehn", 15: "fünfzehn", 20: "zwanzig",
		30: "dreißig|dreissig", halfCount: "halbe|halben|einer halben|einem halben|eine halbe|ein halbes",
	},
	ordinals: map[int]string{
		1: "ersten|erster", 2: "zweiten|zweiter", 3: "dritten|dritter", 4: "vierten", 5: "fünften", 6: "sechsten", 7: "siebten", 8: "achten",
		9: "neunten", 10: "zehnten", 11: "elften", 12: "zwölften", 15: "fünfzehnten", 20: "zwanzigsten", 30: "dreißigsten", 31: "einunddreißigsten",
	},
	dayWords: map[int]string{
		0: "heute|heut", 1: "morgen", 2: "übermorgen|uebermorgen", -1: "gestern", -2: "vorgestern",
	},
	parts: map[int]string{
		partEarly: "früh|in der früh|am frühen morgen|frühmorgens", partMorning: "morgen|am morgen|morgens",
		partForenoon: "vormittag|am vormittag|vormittags|im laufe des vormittags", partMidday: "mittag|am mittag|mittags",
		partAfternoon: "nachmittag|am nachmittag|nachmittags|im laufe des nachmittags",
		partEvening:   "abend|am abend|abends", partNight: "nacht|in der nacht|nachts",
	},
	noon: map[int]string{12 * 60: "mittags|zwölf uhr mittags", 24 * 60: "mitternacht"},
	pastHour: map[int]string{
		15: "viertel nach", -15: "viertel vor|dreiviertel", 10: "zehn nach", -10: "zehn vor", 5: "fünf nach", -5: "fünf vor", 20: "zwanzig nach", -20: "zwanzig vor",
	},
	edges: map[int]string{
		-1: "anfang|anfang des|beginn|beginn des|zu beginn des|anfang der", 0: "mitte|mitte des|mitte der", 1: "letzter tag des|letzten tag des|letzten tag im|ende|ende des|ende der",
	},
	closings: map[int]string{
		days:  "feierabend|geschäftsschluss|dienstschluss|büroschluss|ende des tages|tagesende|ende des arbeitstages|arbeitsende",
		weeks: "ende der woche|wochenschluss|ende der arbeitswoche", months: "monatsende|ende des monats|monatsschluss|ultimo",
		quarters: "quartalsende|ende des quartals", years: "jahresende|ende des jahres|jahresschluss",
	},
	dirs: map[int]string{
		-1: "letzten|letzte|letzter|letztes|letztem|vergangenen|vergangene|vergangener|vorigen|vorige|voriger|voriges|vorletzten",
		0:  "diesen|diese|dieser|dieses|diesem|laufenden|laufende",
		coming: "nächsten|nächste|nächster|nächstes|nächstem|kommenden|kommende|kommender|kommendes|kommendem|naechsten|naechste|" +
			"der nächsten|der kommenden|des nächsten|des kommenden",
	},
	after:     map[int]string{weeks: "übernächste woche|übernächster woche|der übernächsten woche", months: "übernächsten monat|übernächster monat"},
	compounds: map[int]string{partForenoon: "vormittag", partMidday: "mittag", partAfternoon: "nachmittag", partEvening: "abend", partMorning: "morgen|früh", partNight: "nacht"},
	plain: map[kind]string{
		seal: "spätestens", ordinalEnd: "ter|ten|te", quarterMark: "q", weekMark: "kw|kalenderwoche|der kw|der kalenderwoche",
		weekOf:   "woche vom|woche ab|der woche vom|woche ab dem",
		hourWord: "uhr|h", ahead: "in|in etwa|in ca|in rund|in circa|in den nächsten|in den kommenden",
		within:    "innerhalb von|innerhalb|binnen|innert|in spätestens|innerhalb der nächsten|binnen der nächsten",
		agoBefore: "vor|vor etwa|vor ca|vor rund", laterWord: "später", afterWord: "nach", beforeWord: "vor",
		by: "bis|bis zum|bis spätestens|bis spätestens zum|spätestens|spätestens am|spätestens bis|spätestens zum|bis einschließlich|bis inklusive|fällig am|fällig|" +
			"vor dem|bis am|gültig bis|bis um|spätestens um|bis zu|läuft ab am|fällig zum|bis gegen",
		cue:     "frist|fällig|fälligkeit|deadline|abgabetermin|abgabe|abgabefrist|anmeldeschluss|einsendeschluss|stichtag|frist endet|zahlungsziel|spätestens|redaktionsschluss|ablauf",
		rangeTo: "bis|bis zum|bis einschließlich|bis um", rangeFrom: "von|vom|zwischen|zwischen dem", joinAnd: "und|und dem",
		onWord: "am|zwischen dem|den|dem|der|vom|zum|bis|ab|ab dem|seit|seit dem|spätestens|vor dem|bis zum|datiert",
		atWord: "um|um ca|um etwa|um rund", nearWord: "gegen|ab|bis|von|vor|nach|zwischen|ca|so gegen",
		inWord: "im|in|bis|seit|ab|von|vom|zum|anfang|ende|mitte|für|und",
		ofWord: "der|des|dem|den|im|am|in der|in", nowWord: "jetzt|sofort", halfTo: "halb", forWord: "für", waiting: "warten|wecker|timer",
		follower: "am|und|oder|für|im|in|mit|zu|aber|wenn|bitte|morgen|heute|statt|an|bis|ist|wäre|passt|bei",
		common: "der|die|das|und|ist|nicht|wir|sie|ich|mit|für|auf|den|dem|ein|eine|bitte|bis|von|zu|im|am|um|noch|es|auch|haben|wird|werden|sind|uns|ihnen|" +
			"sich|bei|aus|nach|oder|dass|wie|ihr|ihre|termin|findet|statt|hier|kann|können",
		greeting: "guten morgen|guten tag|guten abend|gute nacht|schönes wochenende|schönen abend|schönen tag|morgen zusammen|am ende des tages|von tag zu tag|" +
			"guten mittag|schönen feierabend|schönen nachmittag|einen schönen tag|eines tages|bis später|früher oder später|bis bald|tag der offenen tür|vor ort|nach wie vor|vor allem|" +
			"erster linie|zum ersten|zum einen|bis auf|so früh|sehr früh|zu früh|möglichst früh",
		version: "version|raum|seite|seiten|kapitel|abschnitt|punkt|artikel|abbildung|tabelle|schritt|rechnung|auftrag|ticket|durchwahl|hausnummer|nummer|zimmer|gleis|gate|" +
			"platz|zeile|folie|frage|nr|telefon|tel|fax|mobil|ziffer|ausgabe|stufe|note|verhältnis|paragraf|abs|art|iban|plz",
	},
	shy:  "mai|jan|jän|feb|mär|mrz|apr|jun|jul|aug|sep|sept|okt|nov|dez|so|mo|di|mi|do|fr|sa|ein paar|paar|einige|einigen|wenigen",
	home: "am|so|mo|di|mi|do|fr|sa|den|der|dem|die|im|um|von|an|vor|acht|elf|neun|ca|paar|in ca|tag|not",
}
