// Package invite reads and answers invitations: the calendar parts that mail
// carries between organizers and guests (iTIP, RFC 5546; as mail iMIP, RFC 6047).
// It is pure: bytes come in, facts and bytes go out, and "now" is a value.
//
//   - read.go makes rules.Invite of a calendar part. What leaves a time in doubt makes
//     it an error that names the line, and no invitation;
//   - known.go says which of two messages about one event is the later;
//   - reply.go writes the answer of one guest, or the other time that they propose.
//
// The calendar itself is read by internal/ical. Which part of a mail is the
// invitation, and how the answer becomes a mail, is in internal/mail
// (invite.go, compose_invite.go); whether to answer at all is for the rules.
package invite
