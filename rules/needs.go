package rules

import "slices"

// Needs says what of a message a rule set looks at, so that the mail adapter
// asks the server for that and no more. The fields Message-ID, Date, From, To,
// Cc and Subject are always fetched, as are flags and INTERNALDATE.
type Needs struct {
	Structure bool     `json:"structure,omitempty"` // BODYSTRUCTURE: files, encrypted, signed, kind
	Size      bool     `json:"size,omitempty"`      // RFC822.SIZE
	Text      bool     `json:"text,omitempty"`      // the text parts: text, full, links
	FileText  bool     `json:"fileText,omitempty"`  // the text of attachments that are text
	Found     bool     `json:"found,omitempty"`     // what stands in the text: dates, amounts, asks
	History   bool     `json:"history,omitempty"`   // threads and senders, from the journal
	Quota     bool     `json:"quota,omitempty"`     // how full the mailbox is
	Invite    bool     `json:"invite,omitempty"`    // the calendar part: invite
	Trips     bool     `json:"trips,omitempty"`     // found.trips: what the mail says to machines of journeys
	Diary     bool     `json:"diary,omitempty"`     // the item's Diary: days, gaps, conflicts, free time
	Headers   []string `json:"headers,omitempty"`   // further header fields, canonical names, sorted
}

// With returns what either of the two asks for.
func (n Needs) With(other Needs) Needs {
	all := Needs{
		Structure: n.Structure || other.Structure, Size: n.Size || other.Size, Text: n.Text || other.Text, FileText: n.FileText || other.FileText,
		Found: n.Found || other.Found, History: n.History || other.History, Quota: n.Quota || other.Quota, Invite: n.Invite || other.Invite,
		Trips: n.Trips || other.Trips, Diary: n.Diary || other.Diary,
	}
	all.addHeaders(n.Headers...)
	all.addHeaders(other.Headers...)
	return all
}

// Cover reports whether what was read for n is enough for other. The diary is no
// part of a message: who has the message has the diary, too.
func (n Needs) Cover(other Needs) bool {
	return (n.Structure || !other.Structure) && (n.Size || !other.Size) && (n.Text || !other.Text) && (n.FileText || !other.FileText) &&
		(n.Found || !other.Found) && (n.History || !other.History) && (n.Quota || !other.Quota) && (n.Invite || !other.Invite) && (n.Trips || !other.Trips) &&
		!slices.ContainsFunc(other.Headers, func(name string) bool { return !slices.Contains(n.Headers, name) })
}

// LooksAtSent reports whether what the executive sends matters to the rules: one
// is on it, or looks at conversations or at whom mail was exchanged with.
func (s *Set) LooksAtSent() bool {
	return s.needs.History || slices.ContainsFunc(s.Rules, func(r *Rule) bool { return r.Enabled && r.On == "sent" })
}
