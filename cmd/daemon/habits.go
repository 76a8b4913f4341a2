package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// habits are where somebody put the mail of each list, sender and domain.
type habits struct {
	*desk
	ours   map[string]string // by key: where a rule put a message
	seen   int64
	groups map[groupKey]*group
}

// groupKind is by what messages belong together.
type groupKind int

// The kinds, in the order in which they are believed: a list is one thing, whoever
// writes to it; a domain is a company, and a sender one of its people or programs.
const (
	byList groupKind = iota
	byDomain
	bySender
)

type groupKey struct {
	kind  groupKind
	value string
}

// group are the messages of one list, domain or sender.
type group struct {
	groupKey
	total    int
	handled  int // by the present rules
	folders  map[string]*heap
	senders  map[string]bool
	messages []string // keys
	best     string   // the folder that most lie in
	example  rules.Item
	received int64 // of the example
}

// heap is what of a group lies in one folder.
type heap struct {
	n      int
	unread int
	role   string
}

// When a habit is one: fewer messages, or a smaller share, are chance.
const (
	habitMessages = 5
	habitShare    = 0.8
)

// add counts a message for its list, its sender and their domain.
func (h *habits) add(m *mailbox.Message) {
	h.seen++
	folder := h.where(m)
	if folder == "" {
		return
	}
	handled := h.handled(m)
	from := m.Item.From
	for _, key := range []groupKey{{byList, m.Item.List.ID}, {byDomain, from.Domain}, {bySender, from.Email}} {
		if key.value == "" || key.kind == byDomain && !h.isCompany(key.value) || key.kind != byList && from.Email == "" {
			continue
		}
		g := h.groups[key]
		if g == nil {
			g = &group{groupKey: key, folders: map[string]*heap{}, senders: map[string]bool{}}
			h.groups[key] = g
		}
		g.add(m, folder, handled)
	}
}

func (g *group) add(m *mailbox.Message, folder string, handled bool) {
	g.total++
	if handled {
		g.handled++
	}
	p := g.folders[folder]
	if p == nil {
		p = &heap{role: m.Item.Role}
		g.folders[folder] = p
	}
	if p.n++; m.Item.Unread {
		p.unread++
	}
	g.senders[m.Item.From.Email] = true
	g.messages = append(g.messages, m.Key)
	if at := m.Item.Received.Unix(); at > g.received {
		g.example, g.received = m.Item, at
		g.example.Text, g.example.Full = rules.Text{}, rules.Text{}
	}
}

// handled reports whether the present rules say where such a message goes.
func (h *habits) handled(m *mailbox.Message) bool {
	item := m.Item
	item.Account, item.Folder, item.Role, item.Unread = h.Name, mailbox.Inbox, "inbox", true
	item.Flagged, item.Answered, item.Labels = false, false, nil
	for _, e := range h.set.Plan(&item, item.Received).Effects {
		if slices.Contains([]string{"file", "archive", "keep", "junk", "trash", "delete", "snooze"}, e.Action) {
			return true
		}
	}
	return false
}

// isCompany reports whether a domain is that of one organisation, and not the
// account's own.
func (h *habits) isCompany(domain string) bool {
	for _, own := range h.Addresses {
		if strings.HasSuffix(own, "@"+domain) {
			return false
		}
	}
	return !rules.IsPublicMail(domain)
}

// wellKept are the groups that make a rule, the largest first. A message makes one
// rule only: that of its list, or else of the company, or else of the sender.
func (h *habits) wellKept() []*group {
	var kept []*group
	spoken := map[string]bool{}
	for _, kind := range []groupKind{byList, byDomain, bySender} {
		var some []*group
		for _, g := range h.groups {
			if g.kind == kind && g.isHabit() && !g.mostly(spoken) {
				some = append(some, g)
			}
		}
		for _, g := range some {
			for _, key := range g.messages {
				spoken[key] = true
			}
		}
		kept = append(kept, some...)
	}
	slices.SortFunc(kept, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.kind, b.kind), strings.Compare(a.value, b.value))
	})
	return kept
}

func (g *group) isHabit() bool {
	for _, folder := range slices.Sorted(maps.Keys(g.folders)) {
		if g.best == "" || g.folders[folder].n > g.folders[g.best].n {
			g.best = folder
		}
	}
	p := g.folders[g.best]
	switch {
	case p.role == "inbox" || p.n < habitMessages || float64(p.n) < habitShare*float64(g.total):
		return false
	case float64(g.handled) > (1-habitShare)*float64(g.total):
		return false // the rules say where it goes
	case g.kind == byDomain && len(g.senders) < 2:
		return false // it is one sender
	case p.role == "trash" && float64(p.unread) < habitShare*float64(p.n):
		return false // it was read before it was thrown away
	}
	return true
}

// mostly reports whether most of the group's messages are in the set.
func (g *group) mostly(spoken map[string]bool) bool {
	n := 0
	for _, key := range g.messages {
		if spoken[key] {
			n++
		}
	}
	return 2*n > len(g.messages)
}
