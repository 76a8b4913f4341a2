package agenda

// wording is one language: its words and its formats. "%s" stands for what is put
// in; a test holds the languages against each other.
type wording struct {
	tag Language

	// Formats. Dates take weekday, day and month.
	days, longDays        [7]string // from Sunday
	months, longMonths    [12]string
	shortDate, fullDate   string
	firstOfMonth          string // as people write it
	time                  string // hour, minute
	minutes, hours        string
	hoursMinutes          string
	thousands, percentage string
	zeroIsOne             bool // "0 réunion", but "0 meetings"
	allDay, colon         string
	cities                map[string]string // of zones, where the language has another name

	// The top.
	meetings, conflicts, decisions plural
	first, noMeetings, quiet       string
	stale, unread, late            string
	clocksOn, clocksBack           string
	needs, changed, today, prep    string // titles of sections
	mail, deadlines, owed, waiting string
	ahead, goals, done             string
	more, confidential             plural

	kinds map[Kind]string
	acts  map[string]string
	// keepInbox is the action "keep" of a mail; that of acts is of a time that is held.
	keepInbox string
	// Why one of two events should stay, by what rules.Clash says in English; "%s" is
	// the name of a rule. English says it as it stands.
	whys map[string]string

	// Decisions.
	quote                                             string // titles and names of rules in sentences
	and, private, privateEvent, recommended, untitled string
	move, decline, declineFor, tentative, choose      string // what gives way, and for when
	stays                                             string // what stays, and why
	was, byModel                                      string

	// Stories; each takes a time of day, but the counted one.
	storyOpened, storyUpdate, storyLast, storyResolved, unresolved string
	storyUpdates                                                   plural

	// The timeline.
	focus, travel, kept, away, free                       string
	join, guests, accepted, declined, open, others        string
	atGuests, zoneAhead, zoneBehind, arrive, since, until string // see timeline.go
	noAgenda, noLink, noPlace, unanswered, maybe          string
	conflictSee, shownFree, nothingToday, nothingWaits    string
	who, last, noThread, ours, theirs, files, by          string
	overdue, dueToday                                     string
	daysAgo, daysLong                                     plural
	firstAt, off, lastWeek, times                         string
	made, why                                             string

	// Digests.
	digests                     map[string]string // by their names in rules
	dayDigest, nothingCollected string            // dayDigest takes a day of the week
	mails                       plural

	// The weekly review. A figure says what it is, and beside it what it was.
	yourWeek, figures, perDay, promises, handled    string
	numMeetings, meetingTime, focusTime, numOutside string
	numAnswered, answerTime, theirTime              string
	beforeWas, saved, eachTakes, seconds            string
	ruleHealth, ideas, nothingThisWeek              string
	promisesOpen, deadlinesAhead                    plural

	// The brief before a meeting of two.
	checkIn, lastMet, nextMeeting, threads, nothingOpen string
	threadsOpen                                         plural
}
