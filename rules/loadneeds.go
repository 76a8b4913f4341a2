package rules

import "strings"

// actionNeeds notes the facts that an action's fields, or the action itself, look
// at.
func (l *loader) actionNeeds(a *Action) {
	a.facts = append(factsOfFields(l.sort, a.fields()), factsOfAction[a.Name]...)
	switch {
	case a.moment != nil && a.moment.field != "":
		a.facts = append(a.facts, "found."+a.moment.field+"s")
	case a.timing != nil:
		a.facts = append(a.facts, a.timing.facts()...)
	case a.due != nil:
		a.facts = append(a.facts, a.due.facts()...)
	case a.Name == "respond" && l.sort != "event":
		a.facts = append(a.facts, "invite.present", "invite.method", "invite.verified")
	}
	if strings.Contains(a.With["guests"], "organizer") && l.sort != "event" {
		a.facts = append(a.facts, "invite.organizer")
	}
	if a.Name == "summarize" { // what it says does not decide the plan, so it is no fact
		l.compiler.needs.add(factByName["text"])
	}
	if a.With["travel"] == "true" {
		a.facts = append(a.facts, "event") // and its neighbours of the day
	}
	for _, name := range a.facts {
		l.compiler.needs.add(factByName[rootOf(name)])
		l.compiler.needs.add(partFacts[name])
		if header, ok := strings.CutPrefix(name, "header."); ok {
			l.compiler.needs.addHeaders(header)
		}
		a.looks = a.looks || rootOf(name) == "found"
	}
}

// factsOfAction are the facts that doing an action takes: what a program wrote
// is never answered, an answer goes where its writer wants it, and a list is left
// only where the sender is who it claims to be.
var factsOfAction = map[string][]string{
	"save": {"files"}, "unsubscribe": {"list", "auth"}, "reply": {"automatic", "list", "replyTo"}, "draft": {"replyTo"},
	"forward": {"automatic", "list"}, "redirect": {"automatic", "list"}, "mute": {"thread"}, "remind": {"thread"},
}
