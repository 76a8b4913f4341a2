package mail

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/invite"
	"github.com/foredesk/foredesk/rules"
)

// InviteReply writes the answer to an invitation as mail to its organizer (RFC
// 6047): a text for people, and the calendar for their program. It comes from the
// address that was invited. The Reader of the answer is the author's own, in the
// zone of the stamp's date. Only a REQUEST that names the account among its guests is answered, so two programs
// can't answer one another for ever; the error says what is missing, and wraps
// ErrLoop where a program should not answer the mail at all.
func (a Author) InviteReply(st Stamp, original []byte, answer invite.Answer) (Letter, error) {
	l, err := a.inviteReply(st, original, answer)
	if err != nil {
		return Letter{}, fmt.Errorf("writing to the organizer: %w", err)
	}
	return l, nil
}

func (a Author) inviteReply(st Stamp, original []byte, answer invite.Answer) (Letter, error) {
	h := parseHeader(original)
	if reason := a.respondNot(h, original); reason != "" {
		return Letter{}, fmt.Errorf("%s: %w", reason, ErrLoop)
	}
	part, err := calendarOf(original)
	if err != nil {
		return Letter{}, err
	}
	answer.Reader = a.reader(st.Date)
	answer.Zone = st.Date.Location()
	said, err := invite.Reply(part, answer)
	if err != nil {
		return Letter{}, err
	}
	to, err := outboundAddress(said.Organizer.Name.String(), said.Organizer.Email)
	if err != nil {
		return Letter{}, fmt.Errorf("its organizer: %w", err)
	}
	// The organizer's program may look the guest up by the address in From.
	p, err := a.begin(st, "respond", header{{"To", a.mine(said.Attendee)}}, []recipient{to})
	if err != nil {
		return Letter{}, err
	}
	p.answer(h, Wording{Subject: answerWords[p.word(answer, said)] + ": " + said.Title.String()})
	p.automatic("auto-replied", h)
	return p.finish(content{text: p.inWords(answer, said), calendar: &said})
}

// respondNot says why an invitation must not be answered by a program, or "". That
// a program sent it is no reason: calendars do.
func (a Author) respondNot(h header, original []byte) string {
	msg := a.message(rawMessage{Header: h.block(original)}, rules.Needs{})
	switch {
	case msg.Poison != "":
		return "it could not be read: " + msg.Poison
	case a.isFromMe(h):
		return "it is from the account itself"
	case slices.ContainsFunc(h.values(markField), func(mark string) bool { return strings.HasPrefix(mark, "respond;") }):
		return "a Foredesk wrote it as an answer"
	case msg.Item.Bounce:
		return "it says that a mail was not delivered"
	case msg.Item.Auth.Verdict == "fail":
		return "its sender is probably forged"
	}
	return ""
}

// answerWords begin the subject, in the words that calendars use.
var answerWords = map[string]string{
	"accept": "Accepted", "tentative": "Tentative", "decline": "Declined", "propose": "New time proposed",
}

func (p *page) word(answer invite.Answer, said invite.Answered) string {
	if said.Method == "COUNTER" {
		return "propose"
	}
	return answer.Response
}

// inWords is the answer for people.
func (p *page) inWords(answer invite.Answer, said invite.Answered) string {
	who := oneName(p.author.Name)
	if who == "" {
		who = p.from.envelope
	}
	did := map[string]string{
		"accept": "accepts", "tentative": "may come to", "decline": "declines", "propose": "proposes another time for",
	}[p.word(answer, said)]
	lines := []string{fmt.Sprintf("%s %s the invitation:", who, did), "", said.Title.String()}
	if said.Method == "COUNTER" {
		home := said.Start.Location()
		other := invite.Answered{Start: answer.Start.In(home), End: answer.End.In(home)}
		lines = append(lines, "Proposed: "+clockOf(other), "Instead of: "+clockOf(said))
	} else {
		lines = append(lines, clockOf(said))
	}
	if comment := strings.TrimSpace(cleanText(answer.Comment)); comment != "" {
		lines = append(lines, "", comment)
	}
	return strings.Join(lines, "\n") + "\n"
}

// clockOf is when something takes place, in the zone that its times carry.
func clockOf(at invite.Answered) string {
	const day, clock = "Mon, 2 Jan 2006", "15:04"
	if at.AllDay {
		last := at.End.AddDate(0, 0, -1)
		if !last.After(at.Start) {
			return at.Start.Format(day)
		}
		return at.Start.Format(day) + " to " + last.Format(day)
	}
	end := at.End.In(at.Start.Location())
	layout := clock + " (-0700)"
	if end.Format(day) != at.Start.Format(day) {
		layout = day + " " + layout
	}
	return at.Start.Format(day+" "+clock) + " to " + end.Format(layout)
}

// calendarAnswer is the part for programs (RFC 6047 2.4).
func calendarAnswer(said *invite.Answered) writtenPart {
	const encoding = "quoted-printable"
	return writtenPart{
		fields: header{
			{"Content-Type", "text/calendar; method=" + said.Method + "; charset=utf-8"},
			{"Content-Transfer-Encoding", encoding},
		},
		encoding: encoding, body: said.ICS,
	}
}
