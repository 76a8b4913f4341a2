package rules

import "strings"

// What the reference and editors say of facts, of their parts and of functions.
// A test holds that each name of the language has its words here, and no other.

// example is how a name is written, and what it means.
type example struct{ example, about string }

var factWords = map[string]string{
	"account":        "the account's name in the configuration",
	"folder":         "the folder in which the mail lies, such as `INBOX` or `Board/2026`",
	"role":           "what that folder is for",
	"direction":      "`out` for mail that the executive wrote",
	"kind":           "what sort of mail it is, judged by headers, addresses, attachments and words of the subject",
	"weekday":        "of `received`, in the account's zone",
	"sensitivity":    "what the sender asked for",
	"priority":       "what the sender thinks of it",
	"subject":        "",
	"from":           "who wrote it",
	"sender_address": "who sent it for the writer (the Sender field), if that is another person",
	"replyTo":        "where an answer goes, if that is not `from`",
	"to":             "`to in board` holds when one of them is on the list",
	"cc":             "",
	"everyone":       "`to` and `cc` together",
	"toMe":           "one of `me` is in `to`",
	"ccMe":           "one of `me` is in `cc`",
	"onlyMe":         "nobody but `me` is in `to` and `cc`",
	"internal":       "`from` has a domain of `me`, or one below it; addresses at public mail services don't count",
	"unread":         "",
	"flagged":        "",
	"answered":       "",
	"workHours":      "`received` is within `workHours:`",
	"encrypted":      "",
	"signed":         "it carries an S/MIME or OpenPGP signature; whether that is good is not checked",
	"automatic":      "a program wrote it (RFC 3834)",
	"bounce":         "it tells that a mail was not delivered (RFC 3464)",
	"confidential":   "encrypted, or marked private or company-confidential; the journal then keeps neither subject nor sender nor facts, and templates fill nothing in of what it says",
	"date":           "what the Date field says",
	"received":       "when the mailbox got it",
	"age":            "since `received`",
	"ageDays":        "whole days since `received`",
	"size":           "in bytes",
	"spamScore":      "what the server's filter gave it; 0 where there is none",
	"labels":         "labels, which mail servers call keywords; `labelled(\"X\")` also sees what rules above have planned",
	"files":          "attachments and named inline parts; `hasFile(\"*.pdf\")` is the short way",
	"list":           "what the fields of mailing lists say",
	"auth":           "what the account's own mail server found out about the sender; nothing is believed without `authserv_id` in the configuration",
	"now":            "the time at which the rules are followed",
	"text":           "what is newly written: without quoted mails, signature and disclaimer; the first 64 KiB",
	"full":           "the whole text with what is quoted; the first 256 KiB",
	"links":          "the links of `text`",
	"found":          "what `text` holds, as the program reads it: dates, amounts, questions",
	"thread":         "the conversation, this mail included",
	"sender":         "what the mailbox knows of the writer from before this mail",
	"quotaPercent":   "how full the mailbox is, 0 to 100; 0 where the server does not say",
}

var memberWords = map[string]string{
	"Address.name":        "as the sender wrote it",
	"Address.email":       "in lower case",
	"Address.user":        "what stands before the @",
	"Address.detail":      "what follows a + before the @",
	"Address.domain":      "what stands behind the @",
	"Address.org":         "`acme` of `mail.acme.co.uk`",
	"File.name":           "",
	"File.ext":            "`pdf`",
	"File.type":           "`application/pdf`",
	"File.size":           "in bytes, an estimate",
	"File.inline":         "shown in the text",
	"List.id":             "the list's identifier",
	"List.post":           "where to write to",
	"List.unsubscribe":    "where to leave; https before mailto",
	"List.oneClick":       "leaving takes one request (RFC 8058)",
	"Auth.spf":            "",
	"Auth.dkim":           "",
	"Auth.dmarc":          "",
	"Auth.arc":            "",
	"Auth.verdict":        "all of them in a word, for the address in `from`",
	"File.text":           "of a text file, such as `.txt` or `.csv`, its beginning",
	"Link.text":           "what is shown",
	"Link.url":            "where it leads",
	"Link.domain":         "the host in that address, in lower case",
	"When.text":           "the words that name it",
	"When.start":          "",
	"When.end":            "where no end is named, that of the day or `start`",
	"When.allDay":         "no time of day is named",
	"When.zone":           "the zone, if one is named",
	"When.confidence":     "how sure the reading is, 0 to 1",
	"Amount.value":        "for comparing: `any(found.amounts, .value > 1000)`",
	"Amount.currency":     "three capitals, such as `EUR`",
	"Found.deadlines":     "dates by which something is wanted, in the order of the text",
	"Found.dates":         "all dates and times that are named",
	"Found.amounts":       "sums of money",
	"Found.codes":         "numbers of bookings, orders and parcels",
	"Found.question":      "it asks something",
	"Found.ask":           "it wants something of its reader",
	"Found.deadline":      "the first of `deadlines`; use `dueWithin(\"3d\")` to ask whether it is near",
	"Thread.id":           "the same for all mails of the conversation",
	"Thread.waiting":      "who has to answer",
	"Thread.count":        "mails in it",
	"Thread.quietDays":    "working days since the last mail, by `workHours` and `holidays`",
	"Thread.quiet":        "time since the last mail",
	"Thread.mine":         "the executive began it",
	"Thread.answered":     "the executive wrote in it after somebody else did",
	"Thread.muted":        "a rule or a person muted it",
	"Thread.labels":       "labels of any of its mails",
	"Thread.participants": "everybody who wrote or got one of its mails",
	"Thread.first":        "when its first mail came",
	"Thread.last":         "when its last mail came",
	"Sender.new":          "never wrote before, and was never written to",
	"Sender.received":     "mails from this address",
	"Sender.sent":         "mails to this address",
	"Sender.firstSeen":    "when the first mail from or to them came",
	"Sender.lastSent":     "when they were last written to",
	"Sender.readRate":     "share of their mails that were read, 0 to 1",
	"Sender.replyRate":    "share of their mails that were answered, 0 to 1",
	"Sender.lookalike":    "the address of `people:` or `me:` that this one seems to imitate: a domain or name that looks nearly the same, or somebody's name from another domain; empty for everybody on a list",
}

var functionWords = map[string]example{
	"has":        {`has(subject, "invoice", "term sheet")`, "the text has one of these as whole words"},
	"hasFile":    {`hasFile("*.pdf")`, "a file's name fits the pattern: `*` is anything, `?` one character"},
	"header":     {`header("X-Incident") != ""`, "a header field as text; empty where it is missing"},
	"labelled":   {`labelled("Waiting")`, "the mail has the label, or will by the rules above"},
	"matched":    {`matched("Board papers")`, "the rule of that name, above this one, has fired for the mail"},
	"within":     {`within("08:00-09:30")`, "`received` is in that span of the day; `22:00-06:00` goes over midnight"},
	"duration":   {`age > duration("2d12h")`, "a length of time: `30m`, `2h`, `3d`, `1w`"},
	"date":       {`received < date("2026-12-08 09:30")`, "a day, or a moment of it, in the account's zone"},
	"all":        {`all(files, .ext == "pdf")`, "all of a list are so"},
	"any":        {`any(to, .org == "acme")`, "one of a list is so"},
	"none":       {`none(files, .size > 10000000)`, "none of a list is so"},
	"one":        {`one(to, .domain == "acme.example")`, "exactly one of a list is so"},
	"count":      {`count(everyone, .org == "acme") > 5`, "how many of a list are so"},
	"len":        {`len(everyone) > 20`, "how many there are; of a text, its characters"},
	"lower":      {`lower(list.id) == "all.acme.example"`, "in small letters; only needed for words, not for texts"},
	"upper":      {`upper(from.org) == "ACME"`, "in capitals"},
	"trim":       {`trim(list.id) != ""`, "without spaces at the ends"},
	"abs":        {`abs(spamScore) > 5`, "without its sign"},
	"ceil":       {`ceil(spamScore) == 5`, "rounded up"},
	"floor":      {`floor(spamScore) == 5`, "rounded down"},
	"round":      {`round(spamScore) == 5`, "rounded"},
	"int":        {`int(spamScore) == 5`, "without what follows the point"},
	"float":      {`float(size) / 2 > 1000`, "with a point"},
	"max":        {`max(ageDays, 3) == 3`, "the greater one"},
	"min":        {`min(ageDays, 3) == 3`, "the smaller one"},
	"dueWithin":  {`dueWithin("3d")`, "`text` names a deadline between now and then"},
	"llm":        {`llm("Is the writer unhappy?")`, "a language model says yes to this question about the mail; see Asking a language model"},
	"seenBefore": {`seenBefore(subject, "7d")`, "another mail for which the rest of the rule held had the same text in that time, 90 days at most"},
}

// described adds all that a fact can be to what is said of it.
func described(about, name string) string {
	values := nonEmpty(enumerations[name])
	if len(values) == 0 {
		return about
	}
	list := "`" + strings.Join(values, "` `") + "`"
	if len(values) < len(enumerations[name]) {
		list += " or empty"
	}
	if about == "" {
		return list
	}
	return about + ": " + list
}
