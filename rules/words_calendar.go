package rules

import "maps"

// What the reference and editors say of the actions of the schedule group, and of
// the fields of events and days.

func init() {
	maps.Copy(actionWords, calendarWords)
	maps.Copy(argumentWords, calendarArgumentWords)
	maps.Copy(factWords, occasionWords)
	maps.Copy(memberWords, occasionMemberWords)
	maps.Copy(functionWords, calendarFunctionWords)
}

var occasionWords = map[string]string{
	"invite": "the invitation that the mail carries",
	"event":  "in a rule on events, what the rule looks at",
	"day":    "what the day holds: that of the event, of the mail's invitation, or in a rule on days the day it looks at",
}

var occasionMemberWords = map[string]string{
	"Invite.present":   "there is one",
	"Invite.method":    "what it is for: `request` asks for an answer",
	"Invite.response":  "the executive's answer so far; of a `reply` that of the guest",
	"Invite.start":     "",
	"Invite.end":       "",
	"Invite.length":    "",
	"Invite.allDay":    "",
	"Invite.recurring": "it is for a series",
	"Invite.changed":   "it changes one that came before",
	"Invite.organizer": "who has called it",
	"Invite.attendees": "who else is asked",
	"Invite.title":     "",
	"Invite.location":  "",
	"Invite.verified":  "the mail is from its organizer, and the mail server has found it to be so; without that nothing is accepted unasked",
	"Invite.conflict":  "something is on the calendar at that time, for a series at one of the next weeks'",
	"Invite.conflicts": "what that is",

	"Event.id":         "the calendar's own name for it",
	"Event.title":      "",
	"Event.start":      "",
	"Event.end":        "",
	"Event.length":     "",
	"Event.allDay":     "",
	"Event.calendar":   "its calendar as the configuration calls it: `primary`, …",
	"Event.organizer":  "who has called it",
	"Event.attendees":  "who else takes part, without rooms",
	"Event.external":   "somebody of another house takes part",
	"Event.mine":       "the executive has called it",
	"Event.recurring":  "it belongs to a series",
	"Event.private":    "it is marked private; nothing of it but its time is shown or written down",
	"Event.cancelled":  "it was called off",
	"Event.new":        "it has not been seen before",
	"Event.ours":       "foredesk has made it",
	"Event.busy":       "it takes the executive's time: it is neither shown as free, nor declined, nor called off",
	"Event.response":   "the executive's answer",
	"Event.status":     "",
	"Event.kind":       "",
	"Event.color":      "`tomato`, `sage`, …; empty for the calendar's own",
	"Event.location":   "",
	"Event.notes":      "",
	"Event.video":      "the link of its video call",
	"Event.tags":       "what `tag` has given it",
	"Event.goal":       "the first of `goals:` that has a word of its title or one of its people",
	"Event.accepted":   "guests who have accepted",
	"Event.declined":   "guests who have declined",
	"Event.unanswered": "guests who have not answered",
	"Event.changed":    "what has changed since it was last seen; `\"time\" in event.changed`",
	"Event.missing":    "what it lacks with other people in it: notes as an `agenda`; a `location`, for which a video link will do; a `video` link, where there is no location or people of another house take part",
	"Event.gapBefore":  "free time until it begins, a day at most",
	"Event.gapAfter":   "free time after it, a day at most",
	"Event.conflicts":  "what else takes the time; of what lasts all day meetings and absences alone, and never what was made for it",

	"Day.date":        "its midnight",
	"Day.ahead":       "days from today: 0 is today. A rule that asks for it looks at the coming 14 days as well",
	"Day.meetings":    "events with other people in them",
	"Day.meetingTime": "how long they take, without counting any time twice",
	"Day.freeTime":    "free time within the hours of work",
	"Day.focusTime":   "of that, stretches of an hour and a half or more, and time kept by `focus`",
	"Day.first":       "when the first meeting begins",
	"Day.last":        "when the last meeting ends",
	"Day.load":        "meeting time by hours of work: 0.5 is half the day; 0 on days off",
	"Day.work":        "a day of work: no weekend, no holiday",

	"Found.trips": "journeys, stays and bookings, one for each leg, from what the mail says to machines",

	"Trip.kind":       "`flight` `train` `bus` `ferry` `car` `hotel` `restaurant` `event`",
	"Trip.title":      "`LH 456 Frankfurt FRA to London LHR`",
	"Trip.start":      "",
	"Trip.end":        "",
	"Trip.startZone":  "the zone where it begins",
	"Trip.endZone":    "the zone where it ends",
	"Trip.allDay":     "",
	"Trip.from":       "where it begins, or where it is",
	"Trip.to":         "",
	"Trip.code":       "of the booking",
	"Trip.number":     "of the flight or train",
	"Trip.provider":   "",
	"Trip.passenger":  "",
	"Trip.cancelled":  "it was called off",
	"Trip.confidence": "how sure the reading is, 0 to 1; a time or zone may have been guessed",
}

var calendarFunctionWords = map[string]example{
	"busy": {`busy("12:00", "13:00")`, "something else takes the executive's time, on the day of the event or the invitation, otherwise today; also with two times, `busy(invite.start, invite.end)`"},
	"free": {`free("30m", "2d")`, "there is a free stretch of that length within the hours of work, until then"},
}

var calendarWords = map[string]example{
	"schedule": {"`schedule: {title: \"Read: {subject}\", on: free, length: 45m}`", "makes an event. In a rule on mail, `on` may be what the mail names; see Times of events"},
	"hold":     {"`hold: {title: \"Hold: {subject}\", length: 1h, expire: 3d}`", "makes an event that is only tentative"},
	"focus":    {"`focus: {length: 2h, between: \"08:00-12:00\", flip: busy}`", "keeps free time free, for work without meetings"},
	"prep":     {"`prep: {before: 30m}`", "makes time to prepare an event; it moves with the event, and goes with it"},
	"buffer":   {"`buffer: {after: 10m}`", "puts air around an event, and with `travel: true` the way to it; that moves with it as well"},
	"mirror":   {"`mirror: busy`", "shows on the primary calendar that the time is taken, and not by what"},
	"respond":  {"`respond: {answer: decline, comment: \"Could we do {alternative}?\"}`", "answers an invitation: `accept`, `tentative` or `decline`"},
	"propose":  {"`propose: {slots: 3, length: 30m, hold: true}`", "lays a draft among the drafts that offers free times"},
	"move":     {"`move: {within: 5d, between: \"13:00-17:00\"}`", "finds another time for an event that the executive has called"},
	"brief":    {"`brief: {before: 2h}`", "a page about the other one, before a meeting of two: open conversations, promises and deadlines"},
	"fix":      {"`fix: conflict`", "does what is recommended where the event is in another's way"},
	"color":    {"`color: red`", "the colour of the event"},
	"tag":      {"`tag: board`", "a word of yours on the event, for `event.tags`"},
}

var calendarArgumentWords = bothOf(map[string]string{
	"title":    "a line with fields; for a trip and an invitation their own title if not said",
	"on":       "when it is, `free` if not said for `hold`, and the day itself in a rule on days; see Times of events",
	"at":       "the time of day, where `on` says the day",
	"length":   "how long it is; with it, a free time is looked for on the day that `on` says",
	"guests":   "addresses, `from` (who wrote the mail) or `organizer`; a rule that asks guests needs `confirm` or `irreversible: ok`",
	"tell":     "`true` sends the guests an invitation by mail",
	"location": "a line with fields",
	"busy":     "`false` shows the time as free",
	"movable":  "`true`: it finds another time by itself when it clashes",
	"between":  "the hours in which free time is looked for, those of work if not said",
	"days":     "the days of the week for it, those of work if not said",
	"within":   "how far ahead free time is looked for, five days of work if not said",
	"calendar": "the name of the calendar, the primary one if not said",
	"notes":    "a text with fields",
	"color":    "a colour, as `color` takes it",
	"remind":   "how long before it somebody is reminded, such as `[10m, 1d]`",
}, map[string]string{
	"brief.before":     "how long before the event it is sent",
	"brief.to":         "`executive`, also if not said, or `assistant`",
	"hold.flip":        "`busy`: it is shown as free until the day is full, and as busy then",
	"hold.load":        "how full the day must be for that, `0.6` of the hours of work if not said",
	"hold.expire":      "when it is let go of, if nobody has confirmed it by then",
	"focus.title":      "a line with fields, `Focus` if not said",
	"focus.length":     "how long",
	"focus.movable":    "`true`: it finds another time by itself when it clashes",
	"focus.between":    "the hours in which free time is looked for, those of work if not said",
	"focus.days":       "the days of the week for it, those of work if not said",
	"focus.within":     "how far ahead; in a rule on days that day if not said, otherwise five days of work",
	"focus.calendar":   "the name of the calendar, the primary one if not said",
	"focus.notes":      "a text with fields",
	"focus.color":      "a colour, as `color` takes it",
	"focus.remind":     "how long before it somebody is reminded",
	"focus.flip":       "`busy`: it is shown as free until the day is full, and as busy then",
	"focus.load":       "how full the day must be for that, `0.6` of the hours of work if not said",
	"prep.before":      "`30m`: right before the event. `1d`: at some free time from the day of work before on",
	"prep.length":      "how long, if that is less than `before`; half an hour if `before` is a day or more",
	"prep.title":       "a line with fields, `Prepare: …` if not said",
	"prep.calendar":    "the name of the calendar, the primary one if not said",
	"prep.notes":       "a text with fields",
	"prep.color":       "a colour, as `color` takes it",
	"prep.remind":      "how long before it somebody is reminded",
	"buffer.before":    "how long before the event",
	"buffer.after":     "how long after it",
	"buffer.travel":    "`true`: the way there from where the day begins or from the event before, and the way back after the last one, by `places` and `travel`; `before` and `after` come on top",
	"buffer.title":     "a line with fields, `Buffer` or `Travel to …` if not said",
	"buffer.calendar":  "the name of the calendar, the primary one if not said",
	"buffer.notes":     "a text with fields",
	"buffer.color":     "a colour, as `color` takes it",
	"buffer.remind":    "how long before it somebody is reminded",
	"mirror.as":        "`busy`",
	"mirror.title":     "a line with fields, `Busy` if not said",
	"mirror.calendar":  "the calendar on which it is shown, the primary one if not said",
	"mirror.color":     "a colour, as `color` takes it",
	"respond.answer":   "`accept`, `tentative` or `decline`",
	"respond.comment":  "a text with fields; `{alternative}` becomes a free time when the answer is sent",
	"respond.tell":     "`false` tells the organizer nothing by mail",
	"respond.days":     "the days of the week for the alternative",
	"respond.between":  "the hours for the alternative",
	"propose.slots":    "how many times, `3` if not said",
	"propose.length":   "how long each",
	"propose.hold":     "`true` holds the times; when one is taken, the others are let go of",
	"propose.expire":   "when the holds are let go of",
	"propose.chase":    "after how long without an answer a reminder is drafted",
	"propose.template": "the name of a wording with `{slots}` in it",
	"propose.between":  "the hours in which free time is looked for, those of work if not said",
	"propose.days":     "the days of the week for it, those of work if not said",
	"propose.within":   "how far ahead, five days of work if not said",
	"move.to":          "`free`, also if not said",
	"move.length":      "how long it is then, as before if not said",
	"move.tell":        "`true` tells the guests by mail",
	"move.between":     "the hours in which free time is looked for, those of work if not said",
	"move.days":        "the days of the week for it, those of work if not said",
	"move.within":      "how far from the event's day on, five days of work if not said",
})

// bothOf are the words of arguments that schedule and hold share, beside others.
func bothOf(shared, others map[string]string) map[string]string {
	for name, words := range shared {
		others["schedule."+name], others["hold."+name] = words, words
	}
	return others
}

// occasionFieldWords are the fields of rules on events and on days.
var occasionFieldWords = map[string]string{
	"title": "of the event", "start": "`Tue 8 Dec 10:00`", "end": "", "date": "of the event or the day: `Tuesday 8 December 2026`",
	"year": "", "month": "`12`", "day": "`08`", "length": "`1h30m`", "location": "", "calendar": "the calendar's name",
	"organizer": "the name", "organizer.first": "the first name", "organizer.email": "", "conflict": "the title of the first event in its way, `(private)` if that is private",
	"account": "the account's name", "today": "", "meetings": "how many", "load": "`80 %`",
}
