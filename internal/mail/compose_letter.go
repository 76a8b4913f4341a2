package mail

import (
	"errors"
	"fmt"
	"strings"
)

// Letter writes a mail to the executive, such as the agenda of a day: Text, and HTML
// beside it. Who stands in both to and cc is written to once, and stands in To. Its
// Message-ID is that of LetterID for the same key.
func (a Author) Letter(st Stamp, w Wording, to, cc []string) (Letter, error) {
	l, err := a.letter(st, w, to, cc)
	if err != nil {
		return Letter{}, fmt.Errorf("writing a letter: %w", err)
	}
	return l, nil
}

func (a Author) letter(st Stamp, w Wording, to, cc []string) (Letter, error) {
	if strings.TrimSpace(w.Text) == "" || strings.TrimSpace(w.HTML) == "" {
		return Letter{}, errors.New("it has no text, or no page")
	}
	first, err := outbound(to)
	if err != nil {
		return Letter{}, err
	}
	copies, err := outbound(cc)
	if err != nil {
		return Letter{}, fmt.Errorf("of those that get a copy, %w", err)
	}
	p, err := a.begin(st, letterKind, nil, first)
	if err != nil {
		return Letter{}, err
	}
	all := distinct(append(first, copies...))
	if len(all) > maxRecipients {
		return Letter{}, fmt.Errorf("it has %d recipients; from 1 to %d are possible", len(all), maxRecipients)
	}
	p.add("Cc", headers(all[len(first):]))
	p.to = all
	p.add("Subject", headerText(w.Subject))
	p.automatic("auto-generated", nil)
	return p.finish(content{text: w.Text, html: w.HTML})
}

const letterKind = "letter"

// LetterID is the Message-ID, without brackets, of the letter with a key: by it one
// that may have been sent is looked for.
func (a Author) LetterID(key string) (string, error) {
	from, err := outboundAddress(a.Name, a.ownAddress(nil))
	if err != nil {
		return "", fmt.Errorf("the account's own address: %w", err)
	}
	return a.messageID(from, letterKind, key), nil
}

// messageID is what only this installation makes of a key, whenever it is asked.
func (a Author) messageID(from recipient, kind, key string) string {
	return a.token("id", kind, key) + "@" + from.envelope[strings.LastIndexByte(from.envelope, '@')+1:]
}
