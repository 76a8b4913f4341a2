package mail

import (
	"slices"
	"strings"

	"github.com/foredesk/foredesk/rules"
)

// MayAnswer says whether a program may answer a message by itself (RFC 3834 2;
// RFC 5230 4.6 for lists and role addresses), and if not, why, in words that
// name nobody. Original is the whole message or its whole header block. That one
// correspondent gets only one answer in some time is for the caller to see to.
func (id Identity) MayAnswer(original []byte) (reason string, ok bool) {
	h := parseHeader(original)
	msg := id.message(rawMessage{Header: h.block(original)}, rules.Needs{})
	if msg.Poison != "" {
		return "it could not be read: " + msg.Poison, false
	}
	reason = id.answerNot(h, &msg.Item)
	return reason, reason == ""
}

// answerNot tries the reasons from the surest to the least sure.
func (id Identity) answerNot(h header, item *rules.Item) string {
	switch {
	case id.isFromMe(h) || id.mine(item.SenderAddress) != "":
		return "it is from the account itself"
	case h.isForedesk():
		return "a Foredesk wrote it"
	case h.has(loopField):
		return "a program sent it on (X-Loop)"
	case h.nullSender() || item.Bounce:
		return "it says that a mail was not delivered, or takes no answer (empty Return-Path)"
	case item.Automatic:
		return "a program wrote it (RFC 3834)"
	case h.isList():
		return "it came by a mailing list"
	case isBulk(h):
		return "it was sent to many (Precedence)"
	case h.lower("X-Spam-Flag") == "yes" || strings.HasPrefix(h.lower("X-Spam-Status"), "yes"):
		return "the server takes it for spam"
	case item.Auth.Verdict == "fail":
		return "its sender is probably forged"
	case item.From.Email == "":
		return "it names no sender"
	case slices.ContainsFunc(h.writers(), takesNoAnswer):
		return "its sender is an address that takes no answers"
	case !id.addressed(item):
		return "it is not addressed to the account"
	}
	return ""
}

// block returns the header block of a message. Whoever reads facts of it must not
// take the limit for headers to be one for messages.
func (h header) block(original []byte) []byte { return original[:min(len(original), maxHeaderRead)] }

// isForedesk believes the mark without its seal: the only harm of a forged one is
// that there is no answer. A draft that a person has sent may still have it.
func (h header) isForedesk() bool {
	return slices.ContainsFunc(h.values(markField), func(mark string) bool {
		return !strings.HasPrefix(mark, "draft;")
	})
}

// isList knows the fields of mailing lists; RFC 5230 4.6 counts every List-*.
func (h header) isList() bool {
	for _, f := range h {
		name := strings.ToLower(f.name)
		if strings.HasPrefix(name, "list-") || name == "mailing-list" || name == "x-mailing-list" {
			return true
		}
	}
	return h.lower("Precedence") == "list"
}

// writers are all that an answer could reach.
func (h header) writers() (all []rules.Address) {
	for _, name := range []string{"From", "Sender", "Reply-To", "Return-Path"} {
		all = append(all, h.mailboxes(name)...)
	}
	return all
}

// roleWords are local parts behind which there is a program, or somebody who
// must not be bothered by one.
var roleWords = []string{
	"mailer-daemon", "postmaster", "hostmaster", "abuse", "majordomo", "listserv", "mailman", "bounce", "bounces",
}

func takesNoAnswer(a rules.Address) bool {
	user := a.User
	return rolesOf(user)&(machine|news|notifier) != 0 || slices.Contains(roleWords, user) ||
		strings.HasPrefix(user, "owner-") || strings.HasPrefix(user, "bounce-") || strings.HasPrefix(user, "bounces+") ||
		strings.HasSuffix(user, "-owner") || strings.HasSuffix(user, "-request") ||
		strings.HasSuffix(user, "-bounces") || strings.HasSuffix(user, "-bounce")
}

func (id Identity) addressed(item *rules.Item) bool {
	mine := func(a rules.Address) bool { return id.mine(a) != "" }
	return slices.ContainsFunc(item.To, mine) || slices.ContainsFunc(item.Cc, mine)
}
