package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

// The lines of a letter carry mailto: links. Whoever follows one has a mail before
// them that says in its subject what is decided; they only send it. Links of the web
// would not do: programs that look for malware follow them.

// offersIn are what a letter offers, without the approvals, which have ids already.
// The ids that Owner.WriteLetter returns are in this order.
func offersIn(ds []gather.Decision) (offers []store.Offer) {
	for _, d := range ds {
		if d.Approval == 0 {
			offers = append(offers, d.Offer)
		}
	}
	return offers
}

// approvalTokens are the tokens of those approvals that a letter asks for, for
// Owner.Mailed.
func approvalTokens(secret string, ds []gather.Decision) map[int64]string {
	tokens := map[int64]string{}
	for _, d := range ds {
		if d.Approval != 0 {
			tokens[d.Approval] = token(secret, d.Approval)
		}
	}
	return tokens
}

func token(secret string, id int64) string { return secret + ":" + strconv.FormatInt(id, 10) }

// offerToken is the token of an offer, for Owner.WriteLetter. Approvals have numbers
// of their own, so the one must not do for the other.
func offerToken(secret string, id int64) string { return token("offer:"+secret, id) }

// links are the links of a letter's lines, by the ID of the line. The ids are those
// of its offers, in their order. Of several decisions on one line the first comes
// first.
func (a *Account) links(secret string, ds []gather.Decision, ids []int64, language agenda.Language) map[string][]agenda.Action {
	links := map[string][]agenda.Action{}
	next := 0
	for _, d := range ds {
		id, words := d.Approval, []string{store.Approve, store.Refuse}
		if id == 0 {
			if next == len(ids) {
				break
			}
			id, words = ids[next], nil
			next++
			for _, c := range d.Offer.Choices {
				words = append(words, c.Do)
			}
		}
		for _, word := range words {
			links[d.Line] = append(links[d.Line], agenda.Action{Do: word, Mailto: mailto(a.Approvers["desk"], secret, word, id, language)})
		}
	}
	return links
}

// mailto is the link that decides. Who declines is asked for a reason, which is
// written below the prompt.
func mailto(desk, secret, word string, id int64, language agenda.Language) string {
	link := "mailto:" + strings.ReplaceAll(percent(desk), "%40", "@") + "?subject=" + percent(fmt.Sprintf("foredesk %s %d [fd-%s]", word, id, secret))
	if word == "decline" {
		link += "&body=" + percent(wordsIn(language).prompt+"\r\n\r\n")
	}
	return link
}

// percent encodes all but the unreserved characters of RFC 3986 2.3: of the others
// RFC 6068 2 allows some, but programs differ about them, such as about "+".
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
