package mail

import (
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/when"
	"github.com/foredesk/foredesk/rules"
)

// Identity says whose mail is read. Facts such as toMe are made by rules.Plan
// from its own list, so only what reading itself needs stands here.
type Identity struct {
	Account    string
	Address    []string // own addresses, lower case
	AuthservID string   // whose Authentication-Results are believed (RFC 8601 2.5); empty: nobody's
	// Calendar is what dates in prose are read by: the zone of its Now, the hours
	// of work and the holidays.
	Calendar when.Calendar
}

// rawMessage is what one FETCH gave of a message.
type rawMessage struct {
	Ref          mailbox.Ref
	Role         string // of the folder, as in rules.Item
	Flags        []string
	InternalDate time.Time
	Size         int64              // RFC822.SIZE, or 0
	Header       []byte             // the header block or the fields of headerNames, with CRLF or LF
	Structure    imap.BodyStructure // nil if not asked for
	Body         *Body              // nil if not asked for
	Invite       rules.Invite
	Odd          string // see mailbox.Message
	Trips        []rules.Trip
}

// message turns what the server gave into facts. It never fails: a message that
// is beyond the limits comes back with Poison set and nothing to judge, so that
// it stays where it is and the next one is handled. That holds for a fault of
// ours, or of a library, too.
func (id Identity) message(raw rawMessage, needs rules.Needs) (msg mailbox.Message) {
	defer func() {
		if recover() != nil {
			msg = mailbox.Message{Ref: raw.Ref, Flags: raw.Flags, Poison: poisonFault}
			msg.Key = ContentKey(raw.Header, raw.InternalDate)
		}
	}()
	return id.read(raw, needs)
}

// read is message without its net, so that fuzzing sees the faults.
func (id Identity) read(raw rawMessage, needs rules.Needs) mailbox.Message {
	h := parseHeader(raw.Header)
	msg := mailbox.Message{Ref: raw.Ref, Flags: raw.Flags, Key: h.key(raw.InternalDate)}
	s, poison := structureShape(raw.Structure)
	if len(raw.Header) >= maxHeader {
		poison = poisonHeader
	}
	if poison != "" {
		msg.Poison = poison
		return msg
	}
	if raw.Structure == nil {
		s.note(parseParams(h.value("Content-Type")))
	}
	msg.MessageID = h.messageID()
	msg.References = h.references()
	msg.Item = id.item(raw, h, s)
	msg.Item.Header = h.decoded(needs.Headers)
	if raw.Body != nil {
		raw.Body.say(&msg.Item, needs, id.Calendar, raw.Trips)
	}
	msg.Item.Invite, msg.Odd = raw.Invite, raw.Odd
	return msg
}

// item puts the facts together. Kind comes last: it rests on the others.
func (id Identity) item(raw rawMessage, h header, s shape) rules.Item {
	authors := parseAddresses(strings.Join(h.values("From"), ", "))
	item := rules.Item{
		Account:       id.Account,
		Folder:        raw.Ref.Folder,
		Role:          raw.Role,
		Direction:     "in",
		Subject:       rules.NewText(decodeText(h.value("Subject"))),
		From:          firstAddress(authors),
		SenderAddress: firstAddress(parseAddresses(h.value("Sender"))),
		ReplyTo:       firstAddress(parseAddresses(h.value("Reply-To"))),
		To:            h.mailboxes("To"),
		Cc:            h.mailboxes("Cc"),
		Sensitivity:   h.sensitivity(),
		Priority:      h.priority(),
		Encrypted:     s.encrypted,
		Signed:        s.signed,
		Date:          raw.InternalDate,
		Received:      raw.InternalDate,
		Size:          int(raw.Size),
		SpamScore:     h.spamScore(),
		Labels:        []string{},
		Files:         s.files,
		List:          h.list(),
		Auth:          h.auth(id.AuthservID, authors),
	}
	if slices.Contains(id.Address, item.From.Email) {
		item.Direction = "out"
	}
	if date, ok := parseDate(h.value("Date")); ok {
		item.Date = date
	}
	setFlags(&item, raw.Flags)
	item.Automatic = h.automatic()
	item.Bounce = h.bounce(&item, s)
	item.Automatic = item.Automatic || item.Bounce
	item.Kind = kindOf(h, &item, s)
	return item
}

// setFlags reads system flags and keywords (RFC 9051 2.3.2). Servers spell
// system flags in any case.
func setFlags(item *rules.Item, flags []string) {
	item.Unread = true
	for _, flag := range flags {
		switch {
		case strings.EqualFold(flag, string(imap.FlagSeen)):
			item.Unread = false
		case strings.EqualFold(flag, string(imap.FlagFlagged)):
			item.Flagged = true
		case strings.EqualFold(flag, string(imap.FlagAnswered)):
			item.Answered = true
		case !strings.HasPrefix(flag, `\`):
			item.Labels = append(item.Labels, flag)
		}
	}
}
