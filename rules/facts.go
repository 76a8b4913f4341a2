package rules

import (
	"slices"
	"sort"
	"strings"
)

// fact is one name of the language that stands for something known of an item.
type fact struct {
	name string
	// values are all that the fact can be; nil where it can be anything.
	values []string
	// structure and headers are what must be fetched to know it.
	structure bool
	headers   []string
	size      bool
}

// The header fields that tell a machine's mail from a person's.
var kindHeaders = []string{
	"Auto-Submitted", "Content-Type", "List-Id", "List-Post", "List-Unsubscribe", "List-Unsubscribe-Post",
	"Precedence", "Return-Path", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress",
}

// facts are the names that conditions may use, in the order of the language's
// page. A name that is missing here is refused, never silently false.
var facts = []fact{
	{name: "account"},
	{name: "folder"},
	{name: "role", values: []string{"inbox", "sent", "drafts", "archive", "junk", "trash", "other"}},
	{name: "direction", values: []string{"in", "out"}},
	{name: "kind", structure: true, headers: kindHeaders, values: []string{
		"person", "newsletter", "notification", "receipt", "invoice", "invite", "travel", "automatic", "bounce",
	}},
	{name: "weekday", values: []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}},
	{name: "sensitivity", values: []string{"", "personal", "private", "company-confidential"}, headers: []string{"Sensitivity"}},
	{name: "priority", values: []string{"high", "normal", "low"}, headers: []string{"Importance", "Priority", "X-Msmail-Priority", "X-Priority"}},
	{name: "subject"},
	{name: "from"},
	{name: "sender_address", headers: []string{"Sender"}},
	{name: "replyTo", headers: []string{"Reply-To"}},
	{name: "to"},
	{name: "cc"},
	{name: "everyone"},
	{name: "toMe"},
	{name: "ccMe"},
	{name: "onlyMe"},
	{name: "internal"},
	{name: "unread"},
	{name: "flagged"},
	{name: "answered"},
	{name: "workHours"},
	{name: "encrypted", structure: true, headers: []string{"Content-Type"}},
	{name: "signed", structure: true, headers: []string{"Content-Type"}},
	{name: "automatic", structure: true, headers: kindHeaders},
	{name: "bounce", structure: true, headers: kindHeaders},
	{name: "confidential", structure: true, headers: []string{"Content-Type", "Sensitivity"}},
	{name: "date"},
	{name: "received"},
	{name: "age"},
	{name: "ageDays"},
	{name: "size", size: true},
	{name: "spamScore", headers: []string{"X-Spam-Level", "X-Spam-Score", "X-Spam-Status"}},
	{name: "labels"},
	{name: "files", structure: true, headers: []string{"Content-Type"}},
	{name: "list", headers: []string{"List-Id", "List-Post", "List-Unsubscribe", "List-Unsubscribe-Post"}},
	{name: "auth", headers: []string{"Authentication-Results"}},
	{name: "now"},
}

// laterFacts are names of the language that this version can't know yet, with
// what they wait for.
var laterFacts = map[string]string{
	"text": "the text of mails", "full": "the text of mails", "links": "the text of mails", "found": "the text of mails",
	"thread": "the history of threads", "sender": "the history of senders", "quotaPercent": "the quota of the mailbox",
	"invite": "invitations", "event": "a calendar", "day": "a calendar",
}

// laterFunctions are functions of the language that this version can't run yet.
var laterFunctions = map[string]string{
	"seenBefore": "the history of senders", "dueWithin": "the text of mails",
	"busy": "a calendar", "free": "a calendar", "llm": "a language model",
}

// enumerations are the values of members that can't be anything.
var enumerations = map[string][]string{
	"auth.spf":     {"", "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy"},
	"auth.dkim":    {"", "pass", "fail", "neutral", "none", "temperror", "permerror", "policy"},
	"auth.dmarc":   {"", "pass", "fail", "none", "temperror", "permerror", "bestguesspass"},
	"auth.arc":     {"", "pass", "fail", "none"},
	"auth.verdict": {"pass", "fail", "none", "unknown"},
}

// lowerCase are the members that are always in lower case: comparing one with a
// literal that is not can't be true.
var lowerCase = []string{"email", "user", "detail", "domain", "org", "ext", "type"}

var factByName = func() map[string]fact {
	byName := map[string]fact{}
	for _, f := range facts {
		byName[f.name] = f
		if f.values != nil {
			enumerations[f.name] = f.values
		}
	}
	return byName
}()

// add notes what a fact needs.
func (n *Needs) add(f fact) {
	n.Structure = n.Structure || f.structure
	n.Size = n.Size || f.size
	n.addHeaders(f.headers...)
}

func (n *Needs) addHeaders(names ...string) {
	for _, name := range names {
		if !slices.Contains(n.Headers, name) {
			n.Headers = append(n.Headers, name)
		}
	}
	sort.Strings(n.Headers)
}

// AllNeeds asks for everything any condition could look at. It serves explain
// and read, which show every fact.
func AllNeeds() Needs {
	var n Needs
	for _, f := range facts {
		n.add(f)
	}
	return n
}

func factNames() []string {
	names := make([]string, len(facts))
	for i, f := range facts {
		names[i] = f.name
	}
	return names
}

// sameButCase returns the candidate that differs from name in case alone.
func sameButCase(name string, candidates []string) string {
	for _, c := range candidates {
		if strings.EqualFold(c, name) {
			return c
		}
	}
	return ""
}

// nearest suggests a candidate for a misspelt name; a name that differs in case
// alone comes first.
func nearest(name string, candidates []string) string {
	if c := sameButCase(name, candidates); c != "" {
		return c
	}
	return Suggest(name, candidates)
}
