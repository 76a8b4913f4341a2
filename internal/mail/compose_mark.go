package mail

import (
	"crypto/hmac"
	"strings"
)

// markField marks what Foredesk wrote: its kind and a seal over that and the
// Message-ID. Rules must not act on our own mail; but if the field alone were
// believed, a stranger could write it to get past the rules.
const (
	markField = "X-Foredesk"
	loopField = "X-Loop" // the addresses that a message was sent on from
)

const maxLoop = 20 // X-Loop fields that are handed on

func (a Author) mark(kind, id string) string {
	return kind + "; seal=" + a.token("mark", kind, id)
}

// Ours tells whether this author, or one with the same Secret, wrote the message
// whose header, or whole text, is given, and as what: reply, draft, forward,
// redirect, respond, letter or note. Of the header, From, Message-ID, X-Foredesk and, for
// what was redirected, Resent-Message-ID are looked at. Rules are not to be run on such a
// message. A draft that a person has sent has a new Message-ID and is theirs.
//
// Who has received a message of ours can send its header again; the Message-ID
// is then one that the journal knows.
func (a Author) Ours(block []byte) (kind string, ok bool) {
	h := parseHeader(block)
	ids := []string{h.messageID()}
	for _, id := range messageIDs(strings.Join(h.values("Resent-Message-ID"), " ")) {
		ids = append(ids, strings.Trim(id, "<>"))
	}
	return a.sealed(h.values(markField), ids, a.isFromMe(h))
}

// sealed looks for a mark that was made for one of the Message-IDs. What is sent
// on as it was has another's address in From.
func (a Author) sealed(marks, ids []string, fromMe bool) (kind string, ok bool) {
	for _, mark := range marks {
		kind, _, _ := strings.Cut(mark, ";")
		for _, id := range ids {
			ours := len(a.Secret) >= minSecret && hmac.Equal([]byte(mark), []byte(a.mark(kind, id)))
			if ours && (kind == "redirect" || fromMe) {
				return kind, true
			}
		}
	}
	return "", false
}

func (id Identity) isFromMe(h header) bool {
	return id.mine(firstAddress(parseAddresses(h.value("From")))) != ""
}

// automatic adds the fields by which other programs know not to answer: RFC 3834
// 5, Exchange's field (MS-OXCMAIL 2.2.3.2.14), and the trail of X-Loop.
func (p *page) automatic(how string, original header) {
	p.add("Auto-Submitted", how)
	if how == "auto-replied" {
		p.add("Precedence", "auto_reply") // known to what is older than RFC 3834
	}
	p.add("X-Auto-Response-Suppress", "All")
	p.trail(original)
}

// trail hands on whom the original passed, and adds the own address.
func (p *page) trail(original header) {
	passed := original.values(loopField)
	for _, v := range passed[:min(len(passed), maxLoop)] {
		if r, err := outboundAddress("", firstAddress(parseAddresses(v)).Email); err == nil && isASCII([]byte(r.envelope)) {
			p.add(loopField, r.envelope)
		}
	}
	p.add(loopField, p.from.envelope)
}

// maxHops is where a message is taken for one that goes round: half of what RFC
// 5321 6.3 lets a server suffer.
const maxHops = 50

// loops says why a message must not be sent on to these recipients by itself, or
// "".
func (a Author) loops(original []byte, to []recipient) string {
	h := parseHeader(original)
	_, ours := a.Ours(original)
	switch {
	case ours:
		return "it is one of Foredesk's own"
	case h.nullSender() || a.item(rawMessage{}, h, topShape(h)).Bounce:
		return "it says that another mail was not delivered, and could be the answer to one that was sent on"
	case len(h.values("Received")) > maxHops:
		return "it has passed too many servers"
	}
	for _, name := range []string{loopField, "Resent-From"} {
		for _, r := range h.mailboxes(name) {
			if a.mine(r) != "" {
				return "it was sent on from here before"
			}
		}
	}
	return a.returns(h, to)
}

// returns looks for recipients who are the account itself or have had the
// message already.
func (a Author) returns(h header, to []recipient) string {
	had := append(h.mailboxes("Delivered-To"), h.mailboxes("X-Original-To")...)
	for _, r := range to {
		address := firstAddress(parseAddresses(r.envelope))
		if a.mine(address) != "" {
			return "the recipient is the account itself"
		}
		for _, d := range had {
			if d.Email == address.Email {
				return "the recipient has had it already"
			}
		}
	}
	return ""
}

// topShape is what the Content-Type field alone tells of the structure.
func topShape(h header) (s shape) {
	s.note(parseParams(h.value("Content-Type")))
	return s
}
