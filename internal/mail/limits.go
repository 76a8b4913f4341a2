package mail

import "fmt"

// What is looked at of one message. A message beyond the limits marked "poison"
// is not judged at all, since half of it could lead to the wrong rule; beyond
// the others the rest is left out.
const (
	maxHeader     = 20_000_000 // bytes of a header block; from here on poison
	maxHeaderRead = 1 << 20    // bytes of a header block that are looked at
	maxFields     = 5_000      // header fields that are looked at
	maxDepth      = 20         // multiparts within one another; poison
	maxParts      = 1_000      // parts, multiparts included; poison
	maxFile       = 64 << 20   // bytes of a message file; poison

	maxText       = 4 << 10  // bytes of a subject, name or header value, decoded
	maxEncoded    = 32 << 10 // bytes of one field that are decoded
	maxPartHeader = 64 << 10 // bytes of a part's header that are looked at
	maxParams     = 8 << 10  // bytes of one Content-Type or Content-Disposition
	maxAddresses  = 1_000    // addresses of one field
	maxAddress    = 998      // bytes of one address: what fits in a line (RFC 5322 2.1.1)
	maxValues     = 100      // values of one field in Item.Header
)

// The reasons for which a message is left alone. They name the limit and never
// quote the message, as they are logged and shown.
var (
	poisonHeader = fmt.Sprintf("its header is %d MB or larger", maxHeader/1_000_000)
	poisonDepth  = fmt.Sprintf("its parts are nested more than %d levels deep", maxDepth)
	poisonParts  = fmt.Sprintf("it has more than %d parts", maxParts)
	poisonFile   = fmt.Sprintf("the file is larger than %d MiB", maxFile>>20)
)

const (
	poisonNoHeader = "the file has no header field, so it is not a message"
	poisonFault    = "reading it met a fault in Foredesk; please report it"
)
