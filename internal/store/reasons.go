package store

// Hidden stands in the journal for what a confidential message says: in the place of
// its subject, its sender and its facts.
const Hidden = "(confidential)"

// Reasons of steps that were taken back or not done because somebody wanted it so, as
// package engine writes them; see also Refused and Lapsed.
const (
	// ByHand: a person took it back in their mail program.
	ByHand = "moved back by hand"
	// NotNeeded: it waited for its time, and was not wanted any more then.
	NotNeeded = "not needed any more when its time came"
	// TakenBackFirst: it waited, and was taken back before its turn came.
	TakenBackFirst = "withdrawn before it was done"
	// SetAside: nobody knew whether it was done, and a person has looked.
	SetAside = "it was uncertain; a person has looked and set it aside"
)

// Decided reports whether the step was not done because somebody wanted it so, and
// not because something went wrong.
func (s *Step) Decided() bool {
	return s.Reason == NotNeeded || s.Reason == TakenBackFirst || s.Reason == Refused || s.Reason == Lapsed
}
