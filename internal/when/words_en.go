package when

var wordsEnglish = table{
	lang: english,
	months: [12]string{
		"january|jan", "february|feb|febr", "march|mar", "april|apr", "may", "june|jun",
		"july|jul", "august|aug", "september|sept|sep", "october|oct", "november|nov", "december|dec",
	},
	weekdays: [7]string{
		"sunday|sun|sundays", "monday|mon|mondays", "tuesday|tue|tues", "wednesday|wed|weds",
		"thursday|thu|thur|thurs", "friday|fri", "saturday|sat",
	},
	units: map[int]string{
		seconds: "seconds|second|secs|sec|s", minutes: "minutes|minute|mins|min|m", hours: "hours|hour|hrs|hr|h",
		days: "days|day|d|calendar days|calendar day", weeks: "weeks|week|w|wks|wk", fortnights: "fortnight|fortnights", weekends: "weekend|week-end",
		workdays: "working days|working day|business days|business day|workdays|workday|work days|work day|weekdays|weekday|bank days",
		months:   "months|month|mo|mon|mth|mths", quarters: "quarters|quarter|qtr|qtrs", years: "years|year|y|yr|yrs",
	},
	counts: map[int]string{
		1: "a|an|one", 2: "two|a couple|a couple of|couple of|couple", 3: "three|a few|few", 4: "four", 5: "five", 6: "six",
		7: "seven|several", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve", 14: "fourteen", 15: "fifteen",
		20: "twenty", 30: "thirty", 60: "sixty", 90: "ninety", halfCount: "half|half a|half an",
	},
	ordinals: map[int]string{
		1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth",
		9: "ninth", 10: "tenth", 11: "eleventh", 12: "twelfth", 13: "thirteenth", 14: "fourteenth", 15: "fifteenth",
		16: "sixteenth", 17: "seventeenth", 18: "eighteenth", 19: "nineteenth", 20: "twentieth", 21: "twenty-first",
		22: "twenty-second", 23: "twenty-third", 24: "twenty-fourth", 25: "twenty-fifth", 26: "twenty-sixth",
		27: "twenty-seventh", 28: "twenty-eighth", 29: "twenty-ninth", 30: "thirtieth", 31: "thirty-first",
	},
	dayWords: map[int]string{
		0: "today|tonight|this morning|this afternoon|this evening", 1: "tomorrow|tmrw|tmr|tomorrow night",
		2: "the day after tomorrow|day after tomorrow", -1: "yesterday|last night",
		-2: "the day before yesterday|day before yesterday",
	},
	parts: map[int]string{
		partEarly: "first thing|early morning", partMorning: "morning|this morning|in the morning", partForenoon: "late morning",
		partMidday:    "midday|lunchtime|lunch time|lunch",
		partAfternoon: "afternoon|this afternoon|in the afternoon|late afternoon|early afternoon",
		partEvening:   "evening|this evening|in the evening", partNight: "night|tonight|at night|last night|tomorrow night",
	},
	noon: map[int]string{12 * 60: "noon|midday|12 noon", 24 * 60: "midnight"},
	pastHour: map[int]string{
		30: "half past|half-past", 15: "quarter past|a quarter past|quarter after", -15: "quarter to|a quarter to|quarter of",
		10: "ten past", -10: "ten to", 5: "five past", -5: "five to", 20: "twenty past", -20: "twenty to",
	},
	edges: map[int]string{
		-1: "beginning of|the beginning of|start of|the start of|early|early in", 0: "middle of|the middle of|mid|mid-",
		1: "last day of|the last day of|end of|the end of|late|late in|end-of|end",
	},
	closings: map[int]string{
		days: "eod|cob|eob|cop|close of business|close of play|close of the business day|end of business|end of business day|" +
			"end of the business day|end of day|end of the day|end of play|end of the working day",
		weeks:    "eow|end of week|end of the week|end of the working week|week's end",
		months:   "eom|end of month|end of the month|month end|month-end",
		quarters: "eoq|end of quarter|end of the quarter|quarter end|quarter-end",
		years:    "eoy|end of year|end of the year|year end|year-end",
	},
	dirs: map[int]string{
		-1: "last|past|previous|the last|the past", 0: "this|coming|upcoming|this coming", 1: "next|the next|following|the following",
	},
	eras:  map[int]string{0: "ad|ce", -543: "be", beforeEra: "bc|bce"},
	after: map[int]string{weeks: "the week after next|week after next", months: "the month after next|month after next"},
	plain: map[kind]string{
		ordinalEnd: "st|nd|rd|th", rolling: "past|the past", quarterMark: "q", weekMark: "calendar week|cw",
		weekOf:   "week of|the week of|week commencing|week beginning|w/c|the week commencing|the week beginning|week starting",
		hourWord: "o'clock|o clock|oclock|h", ahead: "in|in around|in about|in roughly|in approximately|in another|in the next",
		within:  "within|within around|within about|within the next|in less than|no more than|over the next|no later than",
		agoWord: "ago", earlierWord: "earlier|previously", fromNow: "from now", laterWord: "later|out|hence", afterWord: "after|following|from", beforeWord: "before",
		by: "by|until|till|before|due|due on|due by|due at|no later than|not later than|on or before|by the|up to|latest by|at the latest by|valid through|through end of|" +
			"prior to|ahead of|expires|expires on|expires at|expiring|valid until|closes|closes on",
		cue: "deadline|due|due date|cut-off|cutoff|expiry date|expires|expire|overdue|at the latest", seal: "at the latest|latest|deadline|or earlier|or sooner",
		meridiem: "am|pm", rangeTo: "to|until|till|through|thru|up to", rangeFrom: "from|between", joinAnd: "and",
		onWord: "on|on the|by|before|until|till|due|after|since|dated|starting|effective|for the",
		atWord: "at|@|at about|at around|starting at|at exactly|at approx", nearWord: "around|about|approx|before|after|from|by|until|till|between",
		inWord: "in|by|since|until|till|from|to|during|before|after|for|of|early|late|this|next|last|every|through|through to|between|and|sometime in|around|mid",
		ofWord: "of|the|of the|on|on the|in the|in", nowWord: "now|right now|asap by", waiting: "wait|timer|snooze|pause|hold|sleep|alarm", forWord: "for",
		follower: "on|and|or|for|in|with|to|but|if|please|tomorrow|today|sharp|at|as|when|then|so|next|this|until|is|works|would|was|will|by|if|because|instead|there|the",
		common: "the|and|is|are|of|to|we|you|i|please|for|with|have|will|can|our|that|not|it|be|your|was|this|from|by|at|on|if|do|your|they|would|could|" +
			"meeting|let|let's|call|me|us|my",
		greeting: "good morning|good afternoon|good evening|good night|morning all|have a nice weekend|at the end of the day|have a good weekend|have a great weekend|" +
			"of the day|day to day|to date|up to date|day-to-day|second to none|in the long run|in second place|in the second|in no time|this time|next time|last time|" +
			"any day now|now and then|every now and then|now that|now then|by now|until now|as of now|right away|later on|sooner or later|last but not least|" +
			"next to|at last|at one|at first|just now|for now|now what|stop by|come by|drop by|dropping by|stopping by|coming by|swing by|came by|stopped by|dropped by|passing by|" +
			"due process|due to|due diligence|go by|went by|this once|next door",
		version: "version|release|room|page|pages|chapter|section|item|items|article|figure|fig|flat|table|build|step|steps|invoice|order|ticket|ext|extension|" +
			"v|ver|port|ip|phone|tel|fax|mobile|no|nr|id|po|gate|row|seat|platform|slide|slides|question|score|rated|rating|ratio|level|grade|line|lines|bug|issue|pr|rfc",
	},
	shy:  "may|march|jan|feb|febr|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|sun|sat|mon|wed|mo|a few|few|several",
	home: "am|a|an|of|of the|at|out|no|so|out|be|ce|for|the|first|past",
}
