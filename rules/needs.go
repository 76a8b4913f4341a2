package rules

import "slices"

// Needs says what of a message a rule set looks at, so that the mail adapter
// asks the server for that and no more. The fields Message-ID, Date, From, To,
// Cc and Subject are always fetched, as are flags and INTERNALDATE.
type Needs struct {
	Structure bool     // BODYSTRUCTURE: files, encrypted, signed, kind
	Size      bool     // RFC822.SIZE
	Headers   []string // further header fields, canonical names, sorted
}

// Cover reports whether what was read for n is enough for other.
func (n Needs) Cover(other Needs) bool {
	return (n.Structure || !other.Structure) && (n.Size || !other.Size) &&
		!slices.ContainsFunc(other.Headers, func(name string) bool { return !slices.Contains(n.Headers, name) })
}
