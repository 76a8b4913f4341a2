package rules

// What the reference and editors say of the keys of a file and of a rule, of
// actions with their arguments, and of fields in braces.

var fileKeyWords = map[string]string{
	"version":   "`1`; the file begins with it",
	"timezone":  "the zone in which every time of day is meant, such as `Europe/London`; the account's otherwise",
	"me":        "the executive's own addresses, besides those of the account",
	"workHours": "when the executive works, such as `Mon-Fri 08:00-18:00`, which also holds without the line",
	"people":    "lists of addresses with a name: then write `from in board`. `\"@board.acme.example\"` is everybody there, subdomains too",
	"places":    "names for places, each with an address; the first is where the day begins and ends. `buffer: {travel: true}` knows them in the location of an event",
	"travel":    "how long the ways between places take, there as back: `{hq to city: 35m, any: 30m}`",
	"glossary":  "plain words for jargon, such as `SEV1: the highest outage level`: the letters explain a word where it first stands",
	"goals":     "what the time should go to, each with words and lists of people, by which `event.goal` tells; a rule names one in `goal`",
	"holidays":  "days such as `2026-12-25` on which nobody works: `thread.quietDays` leaves them out, and free time is not looked for on them",
	"rules":     "the rules, followed from top to bottom",
	"tests":     "mails, events and days, and what should become of them",
}

var ruleKeyWords = map[string]string{
	"name":         "what the log and `explain` call it; each name stands once",
	"on":           "`mail`: mail as it comes, which also holds without the line. `sent`: what the executive has sent. `event`: an event that is new, changed, called off or about to start. `day`: once a day",
	"when":         "a condition, or a list of which all must hold",
	"unless":       "a condition, or a list of which none may hold",
	"do":           "the actions, one or a list",
	"stop":         "`true`: for what this rule fits, the rules below are not looked at",
	"enabled":      "`false`: the rule rests. What this version does not know may stand in it",
	"why":          "a reason for people; `explain` shows it",
	"irreversible": "`ok`: the rule may do what can't be taken back without asking anybody",
	"run":          "when the rule looks again by itself, such as `weekdays at 08:00`; see Schedules",
	"never":        "actions that no rule of the file may do to such a mail, wherever it stands; see Guards",
	"confirm":      "`assistant` or `executive`: what the rule does waits until that person has approved it",
	"undoWhen":     "a condition, or a list of which all must hold: when it comes true, what this rule did is taken back",
	"goal":         "one of `goals:` that the rule serves",
}

var testKeyWords = map[string]string{
	"name":   "what the test promises",
	"now":    "when it is, such as `2026-12-08 10:00`, which also holds without the line",
	"given":  "the mail, the event or the day; what is not said is as in an ordinary, unread mail to the executive, or an ordinary meeting",
	"expect": "what must become of it; `nothing: true` when nothing may",
}

var actionWords = map[string]example{
	"file":        {"`file: \"Board/{year}\"`", "moves the mail; the folder is made if it is missing"},
	"copy":        {"`copy: Archive/Board`", "puts a second mail there"},
	"archive":     {"`archive: true`", "moves it to the server's archive folder"},
	"junk":        {"`junk: true`", "moves it to the server's junk folder"},
	"trash":       {"`trash: true`", "moves it to the server's trash; nothing is deleted"},
	"keep":        {"`keep: inbox`", "no rule below may move it"},
	"flag":        {"`flag: red`", "`true`, `false` or a colour, as Apple Mail and Thunderbird show it"},
	"label":       {"`label: Waiting`", "a keyword, of plain letters, digits and `- _ .`"},
	"unlabel":     {"`unlabel: Waiting`", "takes a keyword off"},
	"read":        {"`read: true`", "marks it read, or with `false` unread"},
	"important":   {"`important: true`", "marks it important (RFC 8457), or not"},
	"summarize":   {"`summarize: {section: Board, lines: 2}`", "what the mail says, in a few sentences, in that section of the agenda; see Letters"},
	"agenda":      {"`agenda: Needs you`", "a line in that section of the agenda, without a summary; see Letters"},
	"delete":      {"`delete: true`", "deletes it for good; the account must have `allow_delete: true` in `foredesk.yaml`"},
	"save":        {"`save: {files: \"*.pdf\", to: \"Board/{year}\"}`", "saves its files"},
	"mute":        {"`mute: true`", "marks the conversation: `thread.muted` holds for what comes of it later, and a rule may archive that"},
	"digest":      {"`digest: friday`", "collected, and shown with others then: `daily` and `morning` as a part of the agenda, all others as a mail of their own"},
	"bundle":      {"`bundle: Shipping`", "shown together with others of that name: one line of the agenda, or a part of the digest that a rule names for the same mail"},
	"extract":     {"`extract: {to: expenses.csv, fields: {day: \"{year}-{month}-{day}\", amount: \"{amount}\"}}`", "writes a line into a table"},
	"snooze":      {"`snooze: tomorrow 08:00`", "out of the inbox until then; see Moments"},
	"remind":      {"`remind: {after: 3d, unless: thread.answered}`", "brings a mail back to mind. For an event, `remind: {before: 10m}`"},
	"expire":      {"`expire: {after: 14d, unless: flagged}`", "puts it away when its time is over"},
	"draft":       {"`draft: nudge`", "an answer among the drafts, for a person to send; see Wordings"},
	"forward":     {"`forward: {to: assistant, as: draft}`", "sends it on with a line of yours"},
	"redirect":    {"`redirect: assistant`", "sends it on as it is"},
	"reply":       {"`reply: {template: absent, once: 7d}`", "answers; never programs and lists"},
	"notify":      {"`notify: {to: assistant, text: \"{from.name} is waiting\"}`", "tells somebody at once; `apply` tells nobody of mail that was there before"},
	"webhook":     {"`webhook: https://hooks.example/desk`", "tells another program account, rule, sender, subject and time, signed (Standard Webhooks)"},
	"unsubscribe": {"`unsubscribe: true`", "leaves the list (RFC 8058), if the sender is who it claims to be"},
}

// argumentWords are the arguments of actions that have several.
var argumentWords = map[string]string{
	"save.files":        "which files, `*` is anything",
	"save.to":           "a folder below the one for files in the configuration, with fields such as `{year}`",
	"extract.to":        "a `.csv` or `.jsonl` file below the folder for files",
	"extract.fields":    "the columns, each a name and a text with fields",
	"remind.after":      "in a rule on mail, how long after the mail came",
	"remind.before":     "in a rule on events, how long before it starts",
	"remind.unless":     "a condition that keeps it from coming, looked at when it would",
	"expire.after":      "how long after the mail came",
	"expire.unless":     "a condition that keeps the mail where it is, looked at when the time is over",
	"expire.to":         "where it goes, `archive` if not said",
	"summarize.section": "its title. `Needs you`, `Deadlines`, `Waiting for` and `Replies owed` are those of the agenda itself; all others follow each other as the rules do",
	"summarize.lines":   "how many sentences at most, `1` to `3`, `2` if not said",
	"summarize.show":    "`full`; `subject only`: without what it says; `hidden`: that something came, and no more",
	"summarize.story":   "a text with fields: mails of the section for which it is the same are one line, with all that was told and what was told last. Where a field is empty the mail is no part of a story",
	"summarize.as":      "what the mail is in its story: `opened`, `update` (if not said) or `resolved`",
	"agenda.section":    "as of `summarize`",
	"agenda.due":        "by when: a moment as `snooze` takes it, and in a rule on events also `{start}` or `{start} - 1d`. The line then stands in each agenda until that has passed, and without it only in the next. What names no such time gets no line",
	"agenda.ahead":      "how long before `due` the line appears, at once if not said",
	"draft.template":    "the name of a wording",
	"draft.to":          "to whom, if not to who wrote the mail",
	"forward.to":        "an address or several, `assistant` or `executive`",
	"forward.as":        "`draft` lays it into the drafts for a person to send, and can be taken back",
	"forward.template":  "a wording to stand above it",
	"redirect.to":       "an address or several, `assistant` or `executive`",
	"reply.template":    "the name of a wording",
	"reply.once":        "nobody gets it twice within that time",
	"notify.to":         "`assistant`, `executive`, or a web address: https, as http goes in the open",
	"notify.text":       "what to say, a line with fields",
	"webhook.url":       "a web address that is sent the mail's facts as JSON: https, as http goes in the open",
}

var fieldWords = map[string]string{
	"year": "`2026`, of `received`", "month": "`12`", "day": "`08`",
	"from.domain": "", "from.org": "`acme` of `mail.acme.co.uk`", "from.user": "what stands before the @", "from.name": "", "list.id": "", "account": "the account's name", "kind": "",
	"subject": "", "from.email": "", "from.first": "the first name", "to": "the addresses", "date": "when the mail came: `Tuesday 8 December 2026`", "today": "",
	"deadline": "the first that the text names", "amount": "the first: `1200.00`", "currency": "of that amount: `EUR`", "code": "the first", "link": "the first", "text": "what is newly written, its beginning",
	"thread.quietDays": "", "thread.id": "the same for all mails of the conversation", "invite.title": "of the invitation", "invite.start": "`Tue 8 Dec 10:00`", "organizer": "who sent the invitation, the name", "organizer.first": "the first name",
	"conflict": "the title of the first event in the invitation's way, `(private)` if that is private", "trip": "the title of the trip's leg",
}
