package gather

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// inAgenda are the digests that are no mail of their own but a section of the agenda.
var inAgenda = []string{"daily", "morning"}

// Digest gathers what rules have collected under a name since the digest before it,
// and what may be decided about it; nil where there is nothing. Of a daily or morning
// digest, which stands in the agenda, it is all of what the agenda of the date shows
// a part of.
func (d Desk) Digest(ctx context.Context, name, date string, now time.Time) (*agenda.Digest, []Decision, error) {
	name = strings.ToLower(name)
	if slices.Contains(inAgenda, name) {
		return d.collection(ctx, name, date, now, func(all []told) [][]told { return groupsOf(all, name) })
	}
	g, err := d.begin(ctx, DigestKind+" "+name, date, now)
	if err != nil {
		return nil, nil, err
	}
	all, err := g.told(ctx, g.newSince(), now)
	if err != nil {
		return nil, nil, err
	}
	return g.digest(ctx, name, groupsOf(all, name))
}

// Bundle gathers all that the line of a bundle in the agenda of a date stands for;
// nil where there is nothing.
func (d Desk) Bundle(ctx context.Context, name, date string, now time.Time) (*agenda.Digest, []Decision, error) {
	return d.collection(ctx, name, date, now, func(all []told) [][]told {
		return slices.DeleteFunc(bundlesOf(all), func(b []told) bool { return rules.Fold(b[0].name) != rules.Fold(name) })
	})
}

// collection is what was collected for the agenda of a date: until it was made, if it
// was.
func (d Desk) collection(ctx context.Context, name, date string, now time.Time, pick func([]told) [][]told) (*agenda.Digest, []Decision, error) {
	g, err := d.begin(ctx, AgendaKind, date, now)
	if err != nil {
		return nil, nil, err
	}
	until := now
	if l, ok, err := d.Journal.Letter(ctx, d.Account, AgendaKind, date); err != nil {
		return nil, nil, err
	} else if ok && l.Made.Before(now) {
		until = l.Made
	}
	all, err := g.told(ctx, g.newSince(), until)
	if err != nil {
		return nil, nil, err
	}
	return g.digest(ctx, name, pick(all))
}

// digest makes the letter of groups.
func (g *gathering) digest(ctx context.Context, name string, groups [][]told) (*agenda.Digest, []Decision, error) {
	if len(groups) == 0 {
		return nil, nil, nil
	}
	letter := &agenda.Digest{Name: name, Date: g.today.Add(12 * time.Hour), Zone: g.zone, Language: g.Language, Made: g.now}
	for _, group := range groups {
		title := bundleOf(group)
		if title == name {
			title = "" // it is the title of the letter
		}
		lines, err := g.digestLines(ctx, group)
		if err != nil {
			return nil, nil, err
		}
		letter.Groups = append(letter.Groups, agenda.Section{Title: title, Lines: lines})
	}
	g.explain(letter.Lines())
	letter.Number()
	return letter, g.decisions, nil
}

// groupsOf are the messages of a digest, each once, by the bundle that rules put them
// in, in the order of the rules; those in none come first. In a group the newest come
// first.
func groupsOf(all []told, name string) [][]told {
	bundles := map[string]string{} // by message
	for _, t := range all {
		if t.verb == "bundle" && bundles[t.Item.Key] == "" {
			bundles[t.Item.Key] = t.name
		}
	}
	var picked []told
	for _, t := range all {
		if t.verb == "digest" && strings.EqualFold(t.name, name) {
			t.bundle = bundles[t.Item.Key]
			picked = append(picked, t)
		}
	}
	return grouped(picked)
}

// bundlesOf are the bundles whose messages are in no digest.
func bundlesOf(all []told) [][]told {
	digested := map[string]bool{}
	for _, t := range all {
		if t.verb == "digest" {
			digested[t.Item.Key] = true
		}
	}
	var picked []told
	for _, t := range all {
		if t.verb == "bundle" && !digested[t.Item.Key] {
			t.bundle = t.name
			picked = append(picked, t)
		}
	}
	return grouped(picked)
}

// bundleOf is the title of a group.
func bundleOf(group []told) string { return group[0].bundle }

// grouped puts messages into groups by their bundle, each message once.
func grouped(picked []told) (groups [][]told) {
	slices.SortStableFunc(picked, func(a, b told) int {
		return cmp.Or(compareBool(a.bundle != "", b.bundle != ""), a.place-b.place, b.received().Compare(a.received()), cmp.Compare(a.ID, b.ID))
	})
	seen := map[string]bool{} // two rules may collect the same, and a list may send it twice
	for _, t := range picked {
		if seen[t.Item.Key] {
			continue
		}
		seen[t.Item.Key] = true
		i := slices.IndexFunc(groups, func(g []told) bool { return rules.Fold(bundleOf(g)) == rules.Fold(t.bundle) })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// digestLines are the lines of messages that were collected. They may be had back in
// the inbox, and their lists left.
func (g *gathering) digestLines(ctx context.Context, group []told) ([]agenda.Line, error) {
	keys := make([]string, 0, len(group))
	for i := range group {
		if !group[i].isHidden() {
			keys = append(keys, group[i].Item.Key)
		}
	}
	facts, err := g.Journal.FactsByKey(ctx, g.Account, keys)
	if err != nil {
		return nil, err
	}
	lines := make([]agenda.Line, len(group))
	for i := range group {
		t := &group[i]
		lines[i] = g.line(t)
		if lines[i].Confidential {
			continue
		}
		var choices []store.Choice
		// To keep is to take back what its rule did: what lies in the inbox is kept.
		if t.Item.Place.Folder != mailbox.Inbox {
			choices = append(choices, store.Choice{Do: "keep", Back: store.Back{Item: t.Item.ID, Rule: t.Rule}})
		}
		if address := unsubscribeAt(facts[t.Item.Key]); address != "" {
			choices = append(choices, store.Choice{Do: "unsubscribe", Item: t.Item, Step: store.Step{
				Action: "unsubscribe", Op: mailbox.Op{Kind: mailbox.Outside, Do: "unsubscribe", With: map[string]string{"url": address}},
			}})
		}
		if len(choices) > 0 {
			g.offer(lines[i].ID, lineKey(t.Item), choices...)
		}
	}
	return lines, nil
}

// unsubscribeAt is where to leave a list by one click (RFC 8058), empty where that is
// not offered or the mail server has not found the signature good: the address comes
// from a stranger.
func unsubscribeAt(facts json.RawMessage) string {
	var item struct {
		List rules.List `json:"list"`
		Auth rules.Auth `json:"auth"`
	}
	if json.Unmarshal(facts, &item) != nil || !item.List.OneClick || item.Auth.DKIM != "pass" || !strings.HasPrefix(item.List.Unsubscribe, "https://") {
		return ""
	}
	return item.List.Unsubscribe
}

// fewMails are shown one by one in the agenda, and no line above them counts them.
const fewMails = 4

// collected adds the digests that stand in the agenda, and a line for each bundle
// that is in no digest.
func (g *gathering) collected(ctx context.Context, day *agenda.Day, all []told) error {
	for _, name := range inAgenda {
		for _, group := range groupsOf(all, name) {
			lines, err := g.digestLines(ctx, group)
			if err != nil {
				return err
			}
			if len(group) > fewMails {
				lines = append([]agenda.Line{g.summed(group, DigestKind+" "+name, "")}, lines...)
			}
			day.Mail = append(day.Mail, agenda.Section{Title: cmp.Or(bundleOf(group), g.terms().digest), Lines: lines})
		}
	}
	for _, bundle := range bundlesOf(all) {
		name := bundleOf(bundle)
		if !g.snoozed["bundle/"+name] {
			inSection(&day.Mail, g.terms().bundles, g.summed(bundle, BundleKind+" "+name, name))
		}
	}
	return nil
}

// summed is one line for many messages: "Programs · 14 mails: Tracklane 9, GitHub 5".
// The letter that shows them all can be asked for.
func (g *gathering) summed(group []told, letter, name string) agenda.Line {
	title := g.mails(len(group)) + ": " + g.sendersOf(group)
	if name != "" {
		title = name + " · " + title
	}
	line := agenda.Line{ID: "all-" + letter + "-" + bundleOf(group), Source: agenda.Source{Rule: group[0].Rule}, Title: title, Count: len(group)}
	// "bundle Programs" is the key "bundle/Programs".
	g.offer(line.ID, strings.Replace(letter, " ", "/", 1), store.Choice{Do: "expand", Letter: letter})
	return line
}

// mostSenders is how many senders a line names.
const mostSenders = 3

// sendersOf names who sent messages, and how many each: "Tracklane 9, GitHub 5".
func (g *gathering) sendersOf(group []told) string {
	counts, names, confidential := map[string]int{}, map[string]string{}, 0
	for i := range group {
		t := &group[i]
		if t.isHidden() {
			confidential++
			continue
		}
		from := rules.ParseAddress("", t.Item.Sender)
		org := cmp.Or(from.Org, t.Item.Sender)
		// Of a domain where everybody can have an address, each address is somebody.
		if rules.IsPublicMail(from.Domain) {
			org = t.Item.Sender
		}
		name := g.whoOf(t)
		if before, ok := names[org]; ok && before != name {
			name = capitalized(org) // several people, or programs, of one house
		}
		counts[org]++
		names[org] = name
	}
	orgs := sortedKeys(counts)
	slices.SortStableFunc(orgs, func(a, b string) int { return counts[b] - counts[a] })
	var parts []string
	others := confidential
	for i, org := range orgs {
		if i < mostSenders {
			parts = append(parts, fmt.Sprint(names[org], " ", counts[org]))
		} else {
			others += counts[org]
		}
	}
	if others > 0 {
		parts = append(parts, fmt.Sprintf(g.terms().others, others))
	}
	return strings.Join(parts, ", ")
}

func capitalized(s string) string {
	if s == "" || strings.Contains(s, "@") {
		return s
	}
	first := []rune(s)[0]
	return strings.ToUpper(string(first)) + s[len(string(first)):]
}
