package rules

// The prose of doc/rules.md, between the tables.
const (
	referenceHead = `# The rules language: reference

This page is written by ` + "`go test ./rules -run TestReference -update`" + ` from the tables that the loader works with; a test
fails when it is not of this version. ` + "`rules.example.yaml`" + ` teaches the language; this page is for looking things up.

## The file

`
	referenceRule = `A file with a mistake is refused whole, and a running foredesk goes on with the rules from before. ` + "`foredesk check`" + ` shows
every mistake with its line.

## A rule

`
	referenceOrder = `A rule sees what the rules above it have planned. Where two rules would put one mail into two places, or flag it in two
ways, the upper one wins and the log says so.

`
	referenceGuards = `## Guards

**Never.** ` + "`never`" + ` forbids actions for every mail the rule fits, whatever other rules say: those above it, those below it, and those
behind a ` + "`stop`" + `. What lost against a forbidden action stands again: if the upper rule's ` + "`trash`" + ` is forbidden, the lower rule's
` + "`archive`" + ` holds.

` + "```yaml" + `
- name: What counsel writes stays here
  when: from.domain == "legal.acme.example"
  never: [forward, redirect, webhook, reply]
` + "```" + `

**Confirm.** ` + "`confirm: assistant`" + ` parks what the rule does until that person has approved it by answering a mail. The rules below take it
as planned.

**What can't be taken back**: ` + "`%s`" + `. A rule with one of them needs ` + "`confirm`" + `, or ` + "`irreversible: ok`" + ` if nobody need be
asked. A ` + "`forward` with `as: draft`" + ` is only a draft and needs neither.

**Undo by itself.** When ` + "`undoWhen`" + ` comes true, what this rule did to the mail is taken back; what a person has changed since then stays.
` + "`matched` and `seenBefore`" + ` can't stand there, nor in ` + "`unless`" + ` of an action: when they are looked at, no rule is under way.

` + "```yaml" + `
- name: They owe us an answer
  on: sent
  when: thread.waiting == "them" and thread.quietDays >= 4
  run: weekdays at 08:00
  do: [{label: Waiting}, {draft: nudge}]
  undoWhen: thread.waiting != "them"
` + "```" + `

**Guests.** An event with ` + "`guests`" + ` counts among these: who was asked can't be unasked.

**Mail that was sent.** Rules ` + "`on: sent`" + ` look at what the executive has written, all others at what comes in. %s are for mail
that comes in.

`
	referenceSchedules = `## Schedules

With ` + "`run`" + ` a rule looks at mail as it comes and again at these times, in the account's zone, over all mail it could fit. Then it works
alone: ` + "`stop`" + ` and the actions of rules that are not due do not hold it back, ` + "`never`" + ` does, and ` + "`matched`" + ` still knows which
rules fit.

| schedule | |
|---|---|
| ` + "`weekdays at 08:00`" + ` | Monday to Friday, holidays too |
| ` + "`daily at 7:30 and 16:00`" + ` | every day, twice |
| ` + "`mon, thu at 09:00`" + ` | days by name; ` + "`mon-thu`" + ` is a span |
| ` + "`first monday at 07:00`" + ` | of the month; also second, third, fourth, last |
| ` + "`last weekday at 16:00`" + ` | the last Monday to Friday of the month |
| ` + "`every 2h`" + ` | counted from midnight; 5m to 24h |

A time that the clocks skip in spring comes an hour later; one that comes twice in autumn counts once.

`
	referenceConditions = `## Conditions

- **text** compares as people read it, without regard to case: ` + "`==` `!=` `contains` `startsWith` `endsWith` `matches` `in`" + `.
- **word** is in lower case, but for folders and accounts, and compares exactly.
- **address** compares with a list of people (` + "`from in board`" + `), an address, a name, or everybody of a domain (` + "`from == \"@acme.example\"`" + `);
  ` + "`contains`" + ` and the like look at name and address. With **addresses**, one of them is enough.
- **number** and **length of time**: ` + "`== != < <= > >= + - * /`" + `; times compare with ` + "`date(…)`" + `, lengths with ` + "`duration(…)`" + `.
- ` + "`and`, `or`, `not`" + `; where ` + "`and`" + ` stands beside ` + "`or`" + `, brackets are demanded.
- Nothing is ever missing: what a mail does not have is empty, zero or false.
- Put a condition in single quotes if it begins with a quote or ` + "`!`" + `, or holds ` + "`: ` or ` #`" + `. ` + "`foredesk check`" + ` tells when it must be.

`
	referencePlaces = "A mail ends up in one place: of `file`, `archive`, `keep`, `snooze`, `junk`, `trash` and `delete`, the first that a rule does stands.\n" +
		"All but those under Guards can be taken back.\n\n"
	referenceMoments = `### Moments

What ` + "`snooze`" + ` takes. A day without a time means the start of ` + "`workHours`" + `.

| moment | |
|---|---|
| ` + "`3d`" + ` | from now; also ` + "`2h`, `1w`" + ` |
| ` + "`tomorrow 08:00`" + ` | also ` + "`tonight`, `tomorrow morning`, `today at 17:00`" + ` |
| ` + "`monday`" + ` | the next one, on a Monday that in a week; also ` + "`friday afternoon`, `next week`" + ` |
| ` + "`2026-12-24 09:00`" + ` | |
| ` + "`{deadline} - 1d`" + ` | the first deadline of the text for which that is still ahead |
| ` + "`{date}`" + ` | the first date of the text that is ahead |

A moment that has passed, or that the mail does not name, leaves the mail where it is, and the log says so. ` + "`noon`" + ` is 12:00,
` + "`afternoon`" + ` 14:00, ` + "`evening`" + ` and ` + "`tonight`" + ` 18:00.

`
	referenceBookings = `### Times of events

What ` + "`on`" + ` of ` + "`schedule` and `hold`" + ` takes.

| on | when the event is |
|---|---|
| ` + "`{deadline}`" + ` | before the first deadline of the text that is ahead. With ` + "`length`" + `, at a free time of that day that ends by it, or where the day has no room for it, of the two days of work before; with ` + "`at`" + `, at that time of the day; with neither, half an hour up to it, or all of the day if no time of day is named |
| ` + "`{date}`" + ` | on the first date of the text that is ahead, for as long as the text says, an hour otherwise |
| ` + "`invite`" + ` | when the invitation is |
| ` + "`trip`" + ` | one event for each leg of the trip that is ahead; when a later mail calls it off, they go |
| ` + "`free`" + ` | the first free time of that ` + "`length`" + ` |
| ` + "`day`" + ` | in a rule on days, that day: ` + "`at`" + ` a time, or at a free time of that ` + "`length`" + ` |
| ` + "`tomorrow 09:00`" + ` | any moment that ` + "`snooze`" + ` takes; of one without a time of day, with ` + "`length`" + ` a free time of that day, otherwise all of it |

Free time is what the hours of work leave on days of work, or ` + "`between`" + ` and ` + "`days`" + ` where they are said; it is looked for when the event is made.
A time that was read out of prose and is not certain (a confidence below 0.75), and an invitation that is not known to be from its organizer, wait until the
assistant has confirmed them, whatever the rule says. What foredesk has made itself is never followed by more: ` + "`schedule`, `hold`, `focus`, `prep`, `buffer` and `mirror`" + ` do
nothing for it.

### Where actions may stand

`
	referenceLetters = `### Letters

What the executive reads in the morning is made of what rules have written into sections, in the order of the rules. ` + "`summarize`" + ` says
what a mail says, ` + "`agenda`" + ` that it came. Mails of one thing make one line if they have the same ` + "`story`" + `:

` + "```yaml" + `
- name: An outage is one story
  when: header("X-Incident") != "" and has(subject, "resolved")
  do: [{summarize: {section: Incidents, story: "{header.X-Incident}", as: resolved}}]
` + "```" + `

What has a day by which it must be done stays on the agenda until then:

` + "```yaml" + `
- name: Licences run out
  when: has(subject, "licence", "certificate") and len(found.deadlines) > 0
  do: [{agenda: {section: Deadlines, due: "{deadline}", ahead: 30d}}]
` + "```" + `

Of a confidential mail a line says that it came, and no more. ` + "`never: [summarize]`" + ` keeps nothing of what a mail says, wherever a rule would.

`
	referenceAsking = `### Asking a language model

` + "`llm`" + ` needs a model in the configuration (` + "`model:` in `foredesk.yaml`" + `); without one its rule does not fire, and the log says why. It is asked when all
else of the rule holds, once for each question and mail, and its answer stands in the journal. The text of the mail is sent there: what is confidential never is, nor
what a rule with ` + "`never: [llm]`" + ` fits. Such a rule is looked at before all others, so ` + "`matched`, `labelled` and `llm`" + ` can't stand in it.

A model may be wrong. A rule that hangs on its answer, by itself or by ` + "`matched`" + ` or a label of a rule above, needs ` + "`confirm`" + ` for what can't be taken back;
` + "`irreversible: ok`" + ` is not enough. In ` + "`undoWhen`, and in `unless`" + ` of an action, it can't stand.

` + "```yaml" + `
- name: A customer sounds unhappy
  when: [from in board, llm("Is the writer unhappy with our work?")]
  do: [{label: Unhappy}]
` + "```" + `

`
	referenceFields = "### Fields\n\nThese may stand in braces, as in `file: \"Board/{year}\"`: in the names of folders and files, in lines and in texts. In a name, what a\n" +
		"stranger wrote loses what a name can't have, and a field that is empty leaves the mail where it is. In a line or a text an empty field\n" +
		"is nothing. `{header.X-Name}` is that line of a mail's head, in lines and texts of rules on mail.\n\n"
	referenceWordings = `### Wordings

` + "`draft`, `reply` and `forward`" + ` take the name of a text that lies in ` + "`templates/`" + ` beside the rules file. ` + "`templates/nudge.txt`" + `:

` + "```text" + `
Subject: Still waiting: {subject}

Hello {from.first},

may I remind you of this? It has been {thread.quietDays} working days.
` + "```" + `

The line with the subject may be left out: an answer then has the subject of the mail. Use it:

` + "```yaml" + `
- name: Nudge
  when: thread.waiting == "them" and thread.quietDays >= 4
  do: [{draft: nudge}]
` + "```" + `

Of a confidential mail, fields tell who wrote it and when, and nothing of what it says.

`
	referenceTests = `## Tests

A test is a mail, an event or a day, and what should become of it. In ` + "`given`" + ` stand facts by their names, ` + "`headers: {X-Incident: …}`" + `, and ` + "`seenBefore: true`" + ` to
answer every ` + "`seenBefore(…)`" + ` with yes, and ` + "`llm: [\"Is the writer unhappy?\"]`" + ` to answer these questions with yes and all others with no. Under ` + "`expect`" + ` stands an action with its argument, with some of its arguments by name, or with a list of these; of what
a plan fills in, ` + "`at`, `subject`, `text` and `url`" + ` can be asked for. ` + "`matched`" + ` names a rule that must fire, ` + "`section`" + ` a
section of the agenda that must get a line. A list of dates is given as
` + "`[2026-12-10, 2026-12-11 09:00]`" + `, amounts as ` + "`[1200 EUR]`" + `.

` + "```yaml" + `
tests:
  - name: a board pack is filed and saved
    given: {from: Pat <pat@board.acme.example>, files: [q3.pdf], found: {deadlines: [2026-12-10]}}
    expect: {file: Board/2026, save: {to: Board/2026}}
` + "```" + `

`
	referenceCalendarTests = `A test with ` + "`event`" + ` is about an event, one with nothing but ` + "`day`" + ` about a day. ` + "`calendar`" + ` is a list of what else is on the calendar; without it, ` + "`day`" + `, the gaps and the
conflicts may be given as they are. ` + "`invite` and `trip`" + ` belong to a mail. Times may be said as seen from the test's own: ` + "`tomorrow 10:00`" + `. Of what a plan puts on the
calendar, ` + "`start`, `end`, `at`, `date`, `until`, `nth`" + ` and the window ` + "`after`, `before`" + ` can be asked for, and with any action ` + "`confirm`" + `: who is asked first.

` + "```yaml" + `
tests:
  - name: two calls in a row get air
    given:
      event: {title: Renewal, start: "tomorrow 10:00", length: 45m, guests: [marta@bigcustomer.example]}
      calendar: [{title: Standup, start: "tomorrow 10:45", length: 15m}]
    expect: {buffer: {start: "tomorrow 10:45", end: "tomorrow 10:55"}}
` + "```" + `

`
	referenceLimits = "## Limits\n\nA file has at most %d MiB, a condition %d characters, a regular expression %d, and `any(…)` and its like stand at most %d deep, the inner one over a part of what the outer one goes over.\n" +
		"The name of a folder has at most %d bytes, a wording %d; a field fills at most %d characters of a line and %d of a text. Of a list a condition sees the first 1,000 elements.\n" +
		"The work and the memory of a rule for one message are bounded as well: one that needs more does not fire for it, `explain` says so, and what it forbids stays forbidden.\n\n"
)
