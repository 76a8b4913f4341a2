package agenda

var english = wording{
	tag:       English,
	days:      [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	longDays:  [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	months:    [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	shortDate: "%s %s %s", fullDate: "%s %s %s", firstOfMonth: "1",
	longMonths: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	time:       "%02d:%02d", minutes: "%d" + noBreak + "min", hours: "%d" + noBreak + "h", hoursMinutes: "%d" + noBreak + "h" + noBreak + "%02d",
	thousands: ",", percentage: "%d%%", allDay: "all day", colon: ": ",
	cities: map[string]string{"Europe/Kiev": "Kyiv", "Asia/Calcutta": "Kolkata"},

	meetings: plural{"%s meeting", "%s meetings"}, conflicts: plural{"%s conflict", "%s conflicts"}, decisions: plural{"%s decision", "%s decisions"},
	first: "first %s", noMeetings: "no meetings", quiet: "Nothing on the calendar, and nothing waits for you.",
	stale:    "%s was last read on %s. Whatever came or changed since then is missing below.",
	unread:   "%s has not been read yet. What is there is missing below.",
	late:     "This should have reached you at %s; it was held up.",
	clocksOn: "The clocks went forward in the night: the day has %s hours.", clocksBack: "The clocks went back in the night: the day has %s hours.",
	needs: "Needs you", changed: "Changed since yesterday", today: "Today", prep: "Prep",
	mail: "From your mail", deadlines: "Deadlines", owed: "Replies owed", waiting: "Waiting for",
	ahead: "Tomorrow and the week", goals: "Where the time goes", done: "Done for you",
	more: plural{"and %s more, left out here", "and %s more, left out here"}, confidential: plural{"%s confidential item", "%s confidential items"},

	keepInbox: "Keep in inbox",
	kinds: map[Kind]string{
		Conflict: "Conflict", Invitation: "Invitation", Approval: "Approval", Hold: "Hold ends", Ask: "Asks you", Unsure: "Please check",
		New: "New", Moved: "Moved", Cancelled: "Cancelled", Changed: "Changed", Accepted: "Accepted", Declined: "Declined",
	},
	acts: map[string]string{
		"accept": "Accept", "decline": "Decline", "tentative": "Maybe", "fix": "Do that", "snooze": "Hide for 3 days", "expand": "Show all", "undo": "Undo",
		"approve": "Approve", "refuse": "Refuse", "release": "Let go", "keep": "Keep", "unsubscribe": "Unsubscribe",
	},

	whys: map[string]string{"the rule %s stands for it": "the rule %s stands for it", "the rule %s declines the other": "the rule %s declines the other"},

	quote: "“%s”", and: "%s and %s", private: "Private", privateEvent: "Private event", recommended: "Recommended", untitled: "(no title)",
	move: "move %s to %s", decline: "decline %s", declineFor: "decline %s and ask for %s", tentative: "answer %s with maybe", choose: "one of them has to give way; only you can say which",
	stays: "%s stays: %s.", was: "was %s", byModel: "Language model",

	focus: "Focus", travel: "Travel", kept: "Held", away: "Away", free: "%s free",
	join: "Join", guests: "With %s", accepted: "%s" + noBreak + "accepted", declined: "%s" + noBreak + "declined", open: "%s" + noBreak + "open", others: "%s" + noBreak + "others",
	atGuests: "%s in %s, for the guests", zoneAhead: "From here on %s time, %s ahead of %s", zoneBehind: "From here on %s time, %s behind %s", arrive: "Arrive %s, %s time", since: "since %s", until: "until %s",
	noAgenda: "No agenda", noLink: "No link", noPlace: "No place", unanswered: "Not answered", maybe: "Answered with maybe",
	conflictSee: "Conflict, see %s above", shownFree: "shown as free",
	nothingToday: "Nothing on the calendar.", nothingWaits: "Nothing waits for you.", who: "Who", last: "Last", noThread: "no mail yet", ours: "You promised", theirs: "They promised",
	files: "Files", by: "by %s", overdue: "overdue, %s", dueToday: "today", daysAgo: plural{"for %s day", "for %s days"}, daysLong: plural{"%s day", "%s days"},
	firstAt: "first %s", off: "day off", lastWeek: "last week %s", times: "%s ×",
	made: "Put together at %s, %s time.", why: "Where a line comes from: foredesk agenda --why --date %s",

	storyOpened: "opened %s", storyUpdate: "update %s", storyUpdates: plural{"%s update", "%s updates"}, storyLast: "last %s", storyResolved: "resolved %s", unresolved: "not resolved yet",

	digests: map[string]string{"evening": "Evening digest", "morning": "Morning digest", "daily": "Daily digest"}, dayDigest: "%s digest", nothingCollected: "Nothing was collected.", mails: plural{"%s mail", "%s mails"},

	yourWeek: "Your week", figures: "The week in figures", perDay: "Day by day", promises: "Promises", handled: "Handled for you",
	numMeetings: "Meetings", meetingTime: "Time in meetings", focusTime: "Focus time", numOutside: "With outside guests",
	numAnswered: "Mails answered", answerTime: "You answer within", theirTime: "They answer within",
	beforeWas: "last week %s", saved: "About %s saved: each number times what one takes by hand.", eachTakes: "%s each = %s", seconds: "%d" + noBreak + "s",
	ruleHealth: "Rules to look at", ideas: "Ideas", nothingThisWeek: "A week with nothing to tell.",
	promisesOpen: plural{"%s open promise", "%s open promises"}, deadlinesAhead: plural{"%s deadline", "%s deadlines"},

	checkIn: "With %s", lastMet: "last met %s", nextMeeting: "next %s", threads: "Open threads", nothingOpen: "Nothing is open between the two of you.",
	threadsOpen: plural{"%s open thread", "%s open threads"},
}
