package rules

import (
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// Item is one thing a rule looks at, as plain facts. For a mail it holds what
// headers, flags and structure tell; adapters such as internal/mail fill it and
// Plan reads it. Field names and JSON names are those of the rules language.
//
// Values are never nil in the language: what a message does not have is empty,
// zero or false. Times carry their own zone; Plan moves them to the account's.
type Item struct {
	Account   string `json:"account" expr:"account"`
	Folder    string `json:"folder" expr:"folder"` // where the message lies, with the server's hierarchy written as "/"
	Role      string `json:"role" expr:"role"`     // inbox sent drafts archive junk trash other (RFC 6154 special use)
	Direction string `json:"direction" expr:"direction"`
	Kind      string `json:"kind" expr:"kind"`

	Subject       Text      `json:"subject" expr:"subject"`
	From          Address   `json:"from" expr:"from"`                     // RFC 5322 3.6.2
	SenderAddress Address   `json:"sender_address" expr:"sender_address"` // the Sender field; "sender" is the history of From
	ReplyTo       Address   `json:"replyTo" expr:"replyTo"`
	To            []Address `json:"to" expr:"to"`
	Cc            []Address `json:"cc" expr:"cc"`

	Sensitivity string `json:"sensitivity" expr:"sensitivity"` // personal private company-confidential, or empty (RFC 4021)
	Priority    string `json:"priority" expr:"priority"`       // high normal low

	Unread    bool `json:"unread" expr:"unread"`
	Flagged   bool `json:"flagged" expr:"flagged"`
	Answered  bool `json:"answered" expr:"answered"`
	Encrypted bool `json:"encrypted" expr:"encrypted"`
	Signed    bool `json:"signed" expr:"signed"`
	Automatic bool `json:"automatic" expr:"automatic"` // RFC 3834: written by a program
	Bounce    bool `json:"bounce" expr:"bounce"`       // RFC 3464 and the null sender

	Date     time.Time `json:"date" expr:"date"`         // the Date field; Received where it is missing or unreadable
	Received time.Time `json:"received" expr:"received"` // INTERNALDATE
	Size     int       `json:"size" expr:"size"`         // bytes, RFC822.SIZE

	SpamScore float64  `json:"spamScore" expr:"spamScore"` // X-Spam-Score or X-Spam-Status
	Labels    []string `json:"labels" expr:"labels"`       // keywords of the message

	Text  Text   `json:"text" expr:"text"` // newly written: without quotes, signature and disclaimers; at most 64 KiB
	Full  Text   `json:"full" expr:"full"` // with quotes; at most 256 KiB
	Links []Link `json:"links" expr:"links"`
	Found Found  `json:"found" expr:"found"`
	// Find, if it is not nil, makes Found when a condition first looks at it: that
	// costs more than all else that is read of a message.
	Find func() Found `json:"-" expr:"-"`

	Thread Thread `json:"thread" expr:"thread"`
	Sender Sender `json:"sender" expr:"sender"`

	QuotaPercent float64 `json:"quotaPercent" expr:"quotaPercent"` // of the mailbox that is full (RFC 9208)

	Invite Invite `json:"invite" expr:"invite"`
	Event  Event  `json:"event" expr:"event"` // what a rule on: event looks at
	Day    Day    `json:"day" expr:"day"`     // of the event, of the mail's invitation, or today; Plan works it out from Diary
	// Diary is the executive's calendar; nil where none is known. Conflicts, gaps,
	// days and free time are worked out from it.
	Diary *Diary `json:"-" expr:"-"`

	Files []File `json:"files" expr:"files"`
	List  List   `json:"list" expr:"list"`
	Auth  Auth   `json:"auth" expr:"auth"`

	// Header holds the decoded values of the header fields the rule set asked
	// for by header("Name"), by canonical field name.
	Header map[string][]string `json:"header,omitempty" expr:"-"`

	// Seen tells whether another item had the key within that time; nil where
	// nothing is remembered. It serves seenBefore.
	Seen func(key string, within time.Duration) bool `json:"-" expr:"-"`

	// Ask puts a question about the item to a language model, which answers yes or
	// no; nil where there is none. It serves llm. With an error the rule does not fire.
	Ask func(question string) (bool, error) `json:"-" expr:"-"`
}

// Confidential reports whether the item asks for discretion: by its Sensitivity
// field or because it is encrypted. Nothing of it but that it exists is shown
// or written down.
func (i *Item) Confidential() bool {
	return i.Encrypted || i.Sensitivity == "private" || i.Sensitivity == "company-confidential"
}

// Look makes Found, if that has been put off.
func (i *Item) Look() {
	if i.Find != nil {
		i.Found, i.Find = i.Find(), nil
	}
}

// Address is one mailbox of an address field (RFC 5322 3.4), with the parts a
// condition asks for.
type Address struct {
	Name   Text   `json:"name" expr:"name"`
	Email  string `json:"email" expr:"email"`   // user@domain in lower case, IDNA decoded to Unicode
	User   string `json:"user" expr:"user"`     // the local part
	Detail string `json:"detail" expr:"detail"` // what follows "+" in the local part (RFC 5233)
	Domain string `json:"domain" expr:"domain"`
	Org    string `json:"org" expr:"org"` // the registrable name: "acme" of mail.acme.co.uk
}

// File is one attachment or inline part with a name.
type File struct {
	Name   Text   `json:"name" expr:"name"`
	Ext    string `json:"ext" expr:"ext"`   // lower case, without the dot
	Type   string `json:"type" expr:"type"` // media type in lower case
	Size   int    `json:"size" expr:"size"` // bytes as decoded, estimated from the encoded size
	Inline bool   `json:"inline" expr:"inline"`
	Text   Text   `json:"text,omitzero" expr:"text"` // of a text attachment, within a cap
}

// Link is one link of the newly written text.
type Link struct {
	Text   Text   `json:"text" expr:"text"`
	URL    string `json:"url" expr:"url"`
	Domain string `json:"domain" expr:"domain"` // of the URL's host, lower case
}

// When is a span of time found in prose, with the words it came from.
type When struct {
	Text       string    `json:"text" expr:"text"`
	Start      time.Time `json:"start" expr:"start"`
	End        time.Time `json:"end" expr:"end"`
	AllDay     bool      `json:"allDay" expr:"allDay"`
	Zone       string    `json:"zone" expr:"zone"` // as written; empty where none was
	Confidence float64   `json:"confidence" expr:"confidence"`
}

// Amount is a sum of money found in prose.
type Amount struct {
	Value    float64 `json:"value" expr:"value"`       // for comparing
	Currency string  `json:"currency" expr:"currency"` // ISO 4217
}

// String is the amount as people write it: "1200.00 EUR".
func (a Amount) String() string {
	return strings.TrimSpace(strconv.FormatFloat(a.Value, 'f', 2, 64) + " " + a.Currency)
}

// Found is what the newly written text holds.
type Found struct {
	Deadlines []When    `json:"deadlines" expr:"deadlines"`
	Dates     []When    `json:"dates" expr:"dates"`
	Amounts   []Amount  `json:"amounts" expr:"amounts"`
	Trips     []Trip    `json:"trips" expr:"trips"` // journeys, stays and bookings, from what the mail says to machines
	Codes     []string  `json:"codes" expr:"codes"` // bookings, parcels, orders
	Question  bool      `json:"question" expr:"question"`
	Ask       bool      `json:"ask" expr:"ask"` // it wants something of its reader
	Deadline  time.Time `json:"deadline,omitzero" expr:"deadline"`
}

// Thread is what the mailbox knows of a message's conversation, the message
// itself included.
type Thread struct {
	ID           string        `json:"id" expr:"id"`
	Waiting      string        `json:"waiting" expr:"waiting"` // who is awaited: me them nobody
	Count        int           `json:"count" expr:"count"`
	QuietDays    int           `json:"quietDays" expr:"quietDays"` // working days; Plan works it out
	Quiet        time.Duration `json:"quiet" expr:"quiet"`         // since Last; Plan works it out
	Mine         bool          `json:"mine" expr:"mine"`           // the executive began it
	Answered     bool          `json:"answered" expr:"answered"`   // the executive wrote in it after somebody else did
	Muted        bool          `json:"muted" expr:"muted"`
	Labels       []string      `json:"labels" expr:"labels"`
	Participants []Address     `json:"participants" expr:"participants"`
	First        time.Time     `json:"first,omitzero" expr:"first"`
	Last         time.Time     `json:"last,omitzero" expr:"last"`
}

// Sender is what the mailbox knows of the author, before this message.
type Sender struct {
	New       bool      `json:"new" expr:"new"` // never wrote, and was never written to
	Received  int       `json:"received" expr:"received"`
	Sent      int       `json:"sent" expr:"sent"` // messages to them
	FirstSeen time.Time `json:"firstSeen,omitzero" expr:"firstSeen"`
	LastSent  time.Time `json:"lastSent,omitzero" expr:"lastSent"`
	ReadRate  float64   `json:"readRate" expr:"readRate"` // of what they sent, 0 to 1
	ReplyRate float64   `json:"replyRate" expr:"replyRate"`
	Lookalike string    `json:"lookalike" expr:"lookalike"` // the address of the lists that this one seems to imitate
}

// List is what the list header fields say (RFC 2369, 2919, 8058).
type List struct {
	ID          string `json:"id" expr:"id"`
	Post        string `json:"post" expr:"post"`
	Unsubscribe string `json:"unsubscribe" expr:"unsubscribe"`
	OneClick    bool   `json:"oneClick" expr:"oneClick"`
}

// Auth is what the configured authserv-id said of the message (RFC 8601).
// Verdict is pass, fail, none or unknown; it is unknown unless the topmost
// Authentication-Results field is of that server.
type Auth struct {
	SPF     string `json:"spf" expr:"spf"`
	DKIM    string `json:"dkim" expr:"dkim"`
	DMARC   string `json:"dmarc" expr:"dmarc"`
	ARC     string `json:"arc" expr:"arc"`
	Verdict string `json:"verdict" expr:"verdict"`
}

// ParseAddress splits a bare address into its parts. The name stays as given.
func ParseAddress(name, email string) Address {
	email = strings.ToLower(strings.TrimSpace(email))
	a := Address{Name: NewText(name), Email: email}
	a.User, a.Domain = email, ""
	if at := strings.LastIndexByte(email, '@'); at >= 0 {
		a.User, a.Domain = email[:at], email[at+1:]
	}
	if _, detail, ok := strings.Cut(a.User, "+"); ok {
		a.Detail = detail
	}
	a.Org = orgOf(a.Domain)
	return a
}

// NewFile makes a File; the extension is taken from the name.
func NewFile(name, mediaType string, size int, inline bool) File {
	return File{
		Name:   NewText(name),
		Ext:    strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")),
		Type:   strings.ToLower(mediaType),
		Size:   size,
		Inline: inline,
	}
}

// NewLink makes a Link; the domain is taken from the URL.
func NewLink(text, target string) Link {
	l := Link{Text: NewText(text), URL: target}
	if u, err := url.Parse(target); err == nil {
		l.Domain = strings.ToLower(u.Hostname())
	}
	return l
}
