package engine_test

// What is done on a mailbox, on a calendar and outside of both, and may be interrupted
// anywhere.

const crashRules = `version: 1
rules:
  - name: Board
    when: subject contains "board"
    do: [{file: Board}, {flag: true}, {label: Waiting}]
  - name: News
    when: subject contains "news"
    do: [{copy: Reading}, {read: true}, {agenda: News}]
`

const crashMail = `run
deliver board
deliver board-news
deliver other
deliver old-board Old
deliver old-board-news Old
deliver old-other Old`

const errandRules = `version: 1
rules:
  - name: Send on
    when: subject contains "fwd"
    irreversible: ok
    do: [{forward: ben@other.example}, {file: Sent on}]
  - name: Away
    when: subject contains "away"
    irreversible: ok
    do: {reply: absent}
  - name: Nudge
    when: subject contains "nudge"
    do: {draft: nudge}
  - name: Keep
    when: subject contains "keep"
    irreversible: ok
    do: [{extract: {to: list.csv, fields: {what: "{subject}"}}}, {mute: true}, {webhook: "{hooks}"}]
  - name: Later
    when: subject contains "later"
    do: {snooze: 3d}
  - name: Ask
    when: subject contains "ask"
    confirm: assistant
    do: {label: Asked}
  - name: Again
    when: subject contains "again"
    run: daily at 03:17
    do: {label: Again}
`

const calendarRules = `version: 1
timezone: Europe/London
workHours: Mon-Fri 08:00-18:00
rules:
  - name: Air
    on: event
    when: event.title contains "visit"
    do: [{buffer: {after: 10m}}, {color: grape}, {tag: outside}, {agenda: Visits}]
  - name: Mark
    on: event
    when: event.title contains "mark"
    do: [{buffer: {before: 10m}}, {color: sage}, {tag: marked}]
  - name: Prepare
    on: event
    when: event.title contains "pitch"
    do: [{prep: {before: 2h, length: 30m}}, {buffer: {after: 15m}}]
  - name: Yes
    on: event
    when: event.title contains "ask" and event.response == "needsAction"
    irreversible: ok
    do: {respond: accept}
  - name: No
    on: event
    when: event.title contains "say" and event.response == "needsAction"
    irreversible: ok
    do: {respond: {answer: decline, comment: "Could we do {alternative}?"}}
  - name: Clashes
    on: event
    when: len(event.conflicts) > 0 and event.mine and event.title contains "work"
    irreversible: ok
    do: {fix: conflict}
  - name: Check-in
    on: day
    when: day.ahead == 1 and weekday == "tuesday"
    irreversible: ok
    do: {schedule: {title: Check-in, on: free, length: 30m, between: "14:00-17:00", guests: sam@acme.example, tell: yes, movable: yes}}
  - name: Read
    when: subject contains "pack"
    irreversible: ok
    do: {schedule: {title: "Read: {subject}", on: free, length: 45m, guests: ann@other.example, tell: yes}}
  - name: Offer
    when: subject contains "meet"
    do: {propose: {slots: 2, length: 30m, hold: true, expire: 3d}}
`

const decideRules = `version: 1
timezone: Europe/London
workHours: Mon-Fri 09:00-17:00
rules:
  - name: Offers
    when: subject contains "offer"
    do: {file: Offers}
  - name: To decide
    when: subject contains "lease"
    do: {agenda: Needs you}
  - name: Send on
    when: subject contains "contract"
    confirm: executive
    do: {label: Approved}
`

const letterRules = `version: 1
timezone: Europe/London
rules:
  - name: Tonight
    when: subject contains "tonight"
    do: [{digest: evening}, {file: Later}]
  - name: Ask
    when: subject contains "ask"
    confirm: executive
    do: {label: Asked}
`

var stories = []story{
	{
		name: "mail filed with MOVE", rules: crashRules, past: crashMail, does: []string{"run"}, least: 28,
		ends: afterTheMail,
	},
	{
		name: "mail filed by COPY and EXPUNGE", can: "uidplus", rules: crashRules, past: crashMail, does: []string{"run"}, least: 32,
		ends: afterTheMail,
	},
	{
		name: "mail filed where nothing can be expunged", can: "bare", rules: crashRules, past: crashMail, does: []string{"run"}, least: 34,
		ends: "INBOX: board (\\deleted), board-news (\\deleted), other\nBoard: board (\\flagged waiting), board-news (\\flagged \\seen waiting)\n",
	},
	{
		name: "rules applied to old mail", can: "uidplus", rules: crashRules, past: crashMail, does: []string{"apply Old"}, least: 56,
		ends: "INBOX: board, board-news, other\nBoard: old-board (\\flagged waiting), old-board-news (\\flagged \\seen waiting)\nOld: old-other\nReading: old-board-news (\\flagged \\seen waiting)\n",
	},
	{
		name: "undo", rules: crashRules, past: crashMail + "\nrun", does: []string{"undo message board-news@partner.example"}, least: 46,
		ends: "INBOX: board-news, other\nBoard: board (\\flagged waiting)\nOld: old-board, old-board-news, old-other\n\n",
	},
	{
		name: "errands", rules: errandRules, past: `deliver again
run
deliver later
deliver ask
run
pass 3m
run
restart
pass 96h
deliver fwd
deliver away
deliver nudge
deliver keep
deliver later-2
answer sam@acme.example approve_all`, does: []string{"run"}, least: 185,
		sends: map[string]string{"forward": "Fwd: fwd", "reply": "Re: away"},
		ends:  "INBOX: again (again), ask (asked), away, keep, later, nudge\nArchive: answer-1\nDrafts: <Re: nudge> (\\draft \\seen)\nSent on: fwd\nSnoozed: later-2\n",
	},
	{
		name: "an approval", rules: errandRules, past: `run
deliver ask
deliver ask-2
run
pass 3m
run
answer sam@acme.example approve_1|refuse_2`, does: []string{"run"}, least: 36,
		ends: "ask-2: Ask / label Asked: failed (a person refused it)\nask: Ask / label Asked: done",
	},
	{
		name: "an approval asked for", rules: errandRules, past: `run
deliver ask
run
pass 3m`, does: []string{"run"}, least: 22,
		sends: map[string]string{"": "1 thing waits"},
		ends:  "ask: Ask / label Asked: parked (waits for the assistant)",
	},
	{
		name: "events", calendar: true, rules: calendarRules, past: `event Busy 30.11 8:00 10h
run
event Pitch 3.12 15:00 1h from=ben@partner.example
event Mark_this 4.12 10:00 30m
deliver meet-1
run
run
event New_visit 2.12 10:00 30m from=ben@partner.example
event Please_ask 2.12 12:00 30m from=ben@partner.example
event Say_so 2.12 13:00 30m from=pat@acme.example
event Crisis 1.12 14:00 60m from=ben@partner.example mine=accepted
event Work 4.12 14:00 30m guests=sam@acme.example
event Visit_us 4.12 14:00 30m from=ben@partner.example mine=accepted
event With_Ben 1.12 8:00 30m from=ben@partner.example mine=accepted
edit-event Pitch time=3.12/16:30
deliver pack
deliver meet-2`, does: []string{"run", "run", "undo rule Mark"}, least: 230,
		ends: afterTheCalendarDay,
	},
	{
		name: "holds released by the guest's invitation", calendar: true, rules: calendarRules, past: `event Busy 30.11 8:00 10h
run
deliver meet
run
event With_Ben 1.12 8:00 30m from=ben@partner.example mine=accepted`, does: []string{"run"}, least: 30,
		ends: "Tue 1.12 08:00-08:30 With Ben with ben: accepted\nTue 1.12 14:00-14:30 Check-in (by Check-in) with sam\n\ninvitation to sam@acme.example\nINBOX: meet\n",
	},
	{
		name: "holds whose time is up", calendar: true, rules: calendarRules, past: `event Busy 30.11 8:00 10h
run
deliver meet
run
pass 73h`, does: []string{"run"}, least: 32,
		ends: "Mon 30.11 08:00-18:00 Busy\nTue 1.12 14:00-14:30 Check-in (by Check-in) with sam\n\ninvitation to sam@acme.example\nINBOX: meet\n",
	},
	{
		name: "undo on the calendar", calendar: true, rules: calendarRules, past: `run
event Mark_this 4.12 10:00 30m
event New_visit 2.12 10:00 30m from=ben@partner.example
run`, does: []string{"undo rule Mark"}, least: 38,
		ends: "Wed 2.12 10:30-10:40 Buffer (by Air)\nFri 4.12 10:00-10:30 Mark this\n\n",
	},
	{
		name: "decisions by mail", letters: true, rules: decideRules, past: `event Pitch 2.12 11:00 1h from=ben@partner.example
event Lunch 2.12 13:00 1h from=pat@acme.example
event Customer 1.12 10:00 1h from=ben@partner.example mine=accepted
event Planning 1.12 10:30 30m
run
deliver offer-1
deliver offer-2
deliver lease
deliver contract
run
at 1.12 06:30
run
at 1.12 06:45
decide dana@acme.example Pitch accept
decide dana@acme.example Lunch decline reason=No_time.
decide dana@acme.example Planning fix
decide dana@acme.example lease snooze
decide dana@acme.example Offers undo
decide dana@acme.example contract approve`, does: []string{"run", "run"}, least: 105,
		sends: map[string]string{"agenda": "Tue 1 Dec · 1 meeting, first 10:00 · 1 conflict · 4 decisions"},
		ends:  afterTheDecisions,
	},
	{
		name: "letters", letters: true, rules: letterRules, past: `at 30.11 18:00
run
at 1.12 17:00
deliver ask
deliver tonight-1
at 1.12 17:35`, does: []string{"run"}, least: 90,
		sends: map[string]string{"agenda": "Tue 1 Dec · no meetings · 1 decision", "digest evening": "Evening digest · Tue 1 Dec · 1 mail"},
		ends:  "Later: tonight-1\n",
	},
	{
		name: "mail summed up by a model", letters: true, model: true, rules: modelRules,
		mail: map[string]string{"papers": "From: Ben Miller <ben@partner.example>\nTo: dana@acme.example\nSubject: board papers\nMessage-ID: <papers@partner.example>\n" +
			"Date: Mon, 30 Nov 2026 08:00:00 +0000\nContent-Type: text/plain\n\nPlease read the two papers. We meet in Leeds.\n"},
		past: "run\ndeliver papers", does: []string{"run"}, least: 34,
		ends: "Board: papers\n\nBen Miller <ben@partner.example>: board papers\ntext: Ben wants two papers read.\nasks: Please read the two papers.\nwritten: by the model\n",
	},
}

// workdayStory is all that changes mailboxes, one after the other.
var workdayStory = story{
	name: "mail filed, applied and undone", can: "uidplus", rules: crashRules, past: crashMail,
	does: []string{"run", "apply Old", "undo message board-news@partner.example"},
	ends: afterTheWorkday,
}

const afterTheMail = `INBOX: other
Board: board (\flagged waiting), board-news (\flagged \seen waiting)
Old: old-board, old-board-news, old-other
Reading: board-news (\flagged \seen waiting)
`

const afterTheWorkday = `INBOX: board-news, other
Board: board (\flagged waiting), old-board (\flagged waiting), old-board-news (\flagged \seen waiting)
Old: old-other
Reading: old-board-news (\flagged \seen waiting)

board-news: Board / file: undone
board-news: Board / flag: undone
board-news: Board / label Waiting: undone
board-news: News / agenda News: undone
board-news: News / copy Reading: undone
board-news: News / read: undone
board-news: undo Board / file: done
board-news: undo Board / flag: done
board-news: undo Board / label Waiting: done
board-news: undo News / agenda News: done
board-news: undo News / copy Reading: done
board-news: undo News / read: done
board: Board / file: done
board: Board / flag: done
board: Board / label Waiting: done
old-board-news: Board / file: done
old-board-news: Board / flag: done
old-board-news: Board / label Waiting: done
old-board-news: News / agenda News: done
old-board-news: News / copy Reading: done
old-board-news: News / read: done
old-board: Board / file: done
old-board: Board / flag: done
old-board: Board / label Waiting: done`

const afterTheCalendarDay = `Mon 30.11 08:00-18:00 Busy
Tue 1.12 08:00-08:30 With Ben with ben: accepted
Tue 1.12 08:30-09:15 Read: pack (by Read) with ann
Tue 1.12 09:15-09:45 Hold: meet-2 (tentative, by Offer)
Tue 1.12 14:00-15:00 Crisis with ben: accepted
Tue 1.12 15:00-15:30 Check-in (by Check-in) with sam
Wed 2.12 08:00-08:30 Hold: meet-2 (tentative, by Offer)
Wed 2.12 10:00-10:30 New visit (colour 3, tags outside) with ben: needsAction
Wed 2.12 10:30-10:40 Buffer (by Air)
Wed 2.12 12:00-12:30 Please ask with ben: accepted
Wed 2.12 13:00-13:30 Say so with pat: declined “Could we do Tuesday 1 December, 08:30 to 09:00 (Europe/London)?”
Thu 3.12 14:30-15:00 Prepare: Pitch (by Prepare)
Thu 3.12 16:30-17:30 Pitch with ben: needsAction
Thu 3.12 17:30-17:45 Buffer (by Prepare)
Fri 4.12 08:00-08:30 Work with sam
Fri 4.12 10:00-10:30 Mark this
Fri 4.12 14:00-14:30 Visit us (colour 3, tags outside) with ben: accepted
Fri 4.12 14:30-14:40 Buffer (by Air)

invitation to ann@other.example
invitation to sam@acme.example
reply to ben@partner.example
reply to pat@acme.example
update to sam@acme.example
update to sam@acme.example
`

const afterTheDecisions = `Tue 1.12 09:00-09:30 Planning
Tue 1.12 10:00-11:00 Customer with ben: accepted
Wed 2.12 11:00-12:00 Pitch with ben: accepted
Wed 2.12 13:00-14:00 Lunch with pat: declined “No time.”

reply to ben@partner.example
reply to pat@acme.example
INBOX: contract (approved), lease, offer-1, offer-2
Archive: decision-1, decision-2, decision-3, decision-4, decision-5, decision-6
`
