package errand

import (
	"context"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// letterToReaders sends a letter to the executive: its subject, text and html, to
// those of to, with a copy for those of cc. In doubt it sends nothing, but tells by
// which Message-ID the letter can be looked for.
func (d *Desk) letterToReaders(ctx context.Context, e mailbox.Errand) mailbox.Outcome {
	id, err := d.Author.LetterID(e.Key)
	if err != nil {
		return refused("%s", err)
	}
	if e.Doubt {
		return inDoubt(id)
	}
	to, err := d.recipients(e.Op.With["to"])
	if err != nil {
		return refused("%s", err)
	}
	cc, err := d.recipients(e.Op.With["cc"])
	if err != nil {
		return refused("%s", err)
	}
	l, err := d.Author.Letter(d.stamp(e), mail.Wording{Subject: e.Op.With["subject"], Text: e.Op.With["text"], HTML: e.Op.With["html"]}, to, cc)
	if err != nil {
		return refused("%s", err)
	}
	return d.mailAndKeep(ctx, l)
}

// isOwn reports whether an address is one of the account's.
func (d *Desk) isOwn(address string) bool {
	return slices.ContainsFunc(d.Author.Address, func(own string) bool { return strings.EqualFold(own, address) })
}
