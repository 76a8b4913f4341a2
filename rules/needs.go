package rules

// Needs says what of a message a rule set looks at, so that the mail adapter
// asks the server for that and no more. The fields Message-ID, Date, From, To,
// Cc and Subject are always fetched, as are flags and INTERNALDATE.
type Needs struct {
	Structure bool     // BODYSTRUCTURE: files, encrypted, signed, kind
	Size      bool     // RFC822.SIZE
	Headers   []string // further header fields, canonical names, sorted
}
