package mail

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/invite"
	"github.com/foredesk/foredesk/rules"
)

// How likely a part is the invitation of a message (RFC 6047 2.4). Many programs
// send the same calendar twice: as an alternative of the text, for programs, and as
// a file, for people.
const (
	noInvite       = iota
	namedCalendar  // a file called .ics, whatever its type
	calendarPart   // text/calendar
	withMethod     // and it says METHOD
	calendarOfText // and is an alternative of the text
)

// considerInvite keeps the part that is most likely the invitation, the first of
// several. What is inside an attached message belongs to another mail.
func (w *bodyWalk) considerInvite(b bodyPart, at place, name string) {
	rank := noInvite
	switch {
	case b.mediaType == "text/calendar" && param(b.params, "method") != "" && at.family == "multipart/alternative":
		rank = calendarOfText
	case b.mediaType == "text/calendar" && param(b.params, "method") != "":
		rank = withMethod
	case b.mediaType == "text/calendar":
		rank = calendarPart
	case isCalendar(b.mediaType, name):
		rank = namedCalendar
	}
	if rank > w.inviteRank {
		w.invite, w.inviteRank = b, rank
	}
}

// addInvite marks the part, which may be among the files already.
func (w *bodyWalk) addInvite() {
	if w.inviteRank == noInvite {
		return
	}
	i := slices.IndexFunc(w.parts, func(b bodyPart) bool { return slices.Equal(b.path, w.invite.path) })
	if i < 0 {
		i, w.parts = len(w.parts), append(w.parts, w.invite)
	}
	w.parts[i].calendar, w.parts[i].limit = true, maxInvite
}

func isCalendar(mediaType, name string) bool {
	return mediaType == "text/calendar" || mediaType == "application/ics" || strings.HasSuffix(strings.ToLower(name), ".ics")
}

// isCalendar is what a part's header alone tells.
func (p *mimePart) isCalendar() bool {
	if isCalendar(p.mediaType, param(p.params, "name")) {
		return true
	}
	return p.disposition != nil && isCalendar("", param(p.disposition.Params, "filename"))
}

// readCalendar decodes a calendar part. A part of one is none: the event that
// matters may be in the rest.
func (b bodyPart) readCalendar(content []byte) (text, odd string) {
	switch {
	case content == nil:
		return "", ""
	case b.size > b.limit:
		return "", fmt.Sprintf("its calendar part is larger than %d KiB", maxInvite>>10)
	}
	text = b.unicode(decodeTransfer(b.encoding, content), false)
	return strings.ReplaceAll(text, "\r\n", "\n"), ""
}

// readInvite makes facts of the calendar part and lets go of it: those of many
// messages wait for the rules together.
func (a *answer) readInvite(id Identity, now time.Time) {
	if a.body != nil && a.poison == "" {
		a.invite, a.odd = id.invitation(a.body, now)
		a.body.Calendar = ""
	}
}

// reader is the account as package invite knows it.
func (id Identity) reader(now time.Time) invite.Reader {
	return invite.Reader{Me: id.Address, Zone: id.Calendar.Now.Location(), Now: now}
}

// invitation reads what a message invites to. Odd is not empty if that can't be
// relied on.
func (id Identity) invitation(body *Body, now time.Time) (in rules.Invite, odd string) {
	defer func() {
		if recover() != nil {
			in, odd = rules.Invite{}, poisonFault
		}
	}()
	if body.Calendar == "" {
		return rules.Invite{}, body.Odd
	}
	in, _, err := invite.Read([]byte(body.Calendar), id.reader(now))
	if err != nil && !errors.Is(err, invite.ErrNone) {
		return rules.Invite{}, err.Error()
	}
	return in, ""
}

// calendarOf returns the calendar part of a whole message.
func calendarOf(original []byte) ([]byte, error) {
	body, err := ReadBody(bytes.NewReader(original))
	switch {
	case err != nil:
		return nil, err
	case body.Odd != "":
		return nil, errors.New(body.Odd)
	case body.Calendar == "":
		return nil, errors.New("there is no calendar part in it")
	}
	return []byte(body.Calendar), nil
}
