package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/internal/summary"
	"github.com/foredesk/foredesk/rules"
)

// What a message says is worked out when it comes, and kept for the letters to the
// executive: the text itself is not.

// What is read of mail besides what the rules look at, where letters are written:
// of what is new, and of what lay there before.
var (
	gistNeeds    = rules.Needs{Structure: true, Text: true, Found: true}
	letterNeeds  = gistNeeds.With(rules.Needs{History: true, Headers: []string{"List-Unsubscribe-Post"}}) // which offers to leave by one click
	intoLetters  = []string{"summarize", "agenda", "digest", "bundle"}
	thrownAway   = []string{"junk", "trash", "delete"}
	noAttachment = []string{"text/calendar", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)

const (
	gistLines     = 3  // sentences where no rule says how many
	mostGistFiles = 10 // names
)

// needsOf says what new mail is read for.
func (a *Account) needsOf(set *rules.Set) rules.Needs {
	if a.Letters == nil {
		return set.Needs()
	}
	return set.Needs().With(letterNeeds)
}

// needs says what the messages of this work are read for.
func (w *work) needs() rules.Needs {
	switch {
	case w.live:
		return w.needsOf(w.set)
	case w.Letters != nil && writesLetters(w.set):
		return w.set.Needs().With(gistNeeds)
	}
	return w.set.Needs()
}

// writesLetters reports whether a rule puts mail into a letter.
func writesLetters(set *rules.Set) bool {
	return slices.ContainsFunc(set.Rules, func(r *rules.Rule) bool {
		return r.Enabled && slices.ContainsFunc(r.Actions, func(a rules.Action) bool { return slices.Contains(intoLetters, a.Name) })
	})
}

// addGist adds what a message says to the plan, where letters may speak of it. A
// fault of ours costs the gist, not the message.
func (w *work) addGist(p *store.Plan, m *mailbox.Message, plan rules.Plan, now time.Time) {
	defer func() {
		if recover() != nil {
			w.Log.Error("what a message says could not be worked out; the letters will not tell of it", "folder", w.inLog(m.Folder), "uid", m.UID)
		}
	}()
	if w.Letters == nil || !w.callsForGist(&m.Item, plan) {
		return
	}
	p.Gists = append(p.Gists, w.gist(m, plan, now))
}

// callsForGist says that letters may speak of a message: somebody wrote it, or a
// rule puts it there. What is confidential, or a rule keeps out of them, they don't.
func (w *work) callsForGist(item *rules.Item, plan rules.Plan) bool {
	is := func(actions []string) bool {
		return slices.ContainsFunc(plan.Effects, func(e rules.Effect) bool { return slices.Contains(actions, e.Action) })
	}
	switch {
	case item.Confidential(), slices.Contains(plan.Never, "summarize"), shownAs(plan, "hidden"):
		return false
	case is(intoLetters):
		return true
	case !w.live || is(thrownAway) || item.Role == "junk" || item.Role == "trash":
		return false
	case item.Role == "sent":
		return !item.Automatic
	}
	return item.Kind == "person" && item.Direction != "out"
}

// shownAs reports whether a rule shows no more of a message than that.
func shownAs(plan rules.Plan, show string) bool {
	return slices.ContainsFunc(plan.Effects, func(e rules.Effect) bool { return e.Action == "summarize" && e.With["show"] == show })
}

// gist is what a message says.
func (w *work) gist(m *mailbox.Message, plan rules.Plan, now time.Time) store.Gist {
	item := &m.Item
	item.Look()
	it := newItem(m)
	g := store.Gist{
		Key: m.Key, Outgoing: item.Role == "sent", Received: item.Received, MessageID: m.MessageID,
		From: item.From.Email, Name: nameOf(item.From), Subject: it.Subject, Deadline: item.Found.Deadline, Files: attached(item.Files),
	}
	if g.Received.IsZero() {
		g.Received = now
	}
	text := withoutSecrets(item.Text.String())
	if shownAs(plan, "subject only") || text == "" {
		return g
	}
	lines, summarized := linesOf(plan)
	said := summary.Summarize(text, summary.Options{Sentences: lines, Subject: g.Subject})
	g.Text = said.Text
	for _, ask := range said.Asks {
		g.Asks = append(g.Asks, ask.Text)
	}
	if item.Kind == "person" || g.Outgoing { // a program that says "we will" promises nothing
		for _, p := range said.Promises {
			g.Promises = append(g.Promises, store.Promise{Text: p.Text, Due: dueIn(p.Source, item.Found.Dates, g.Received)})
		}
	}
	g.Wanted = w.Model != nil && summarized && !slices.Contains(plan.Never, "llm") && now.Sub(g.Received) < gistWorthAsking
	return g
}

// linesOf is how many sentences the rules want of a message, and whether one wants
// any.
func linesOf(plan rules.Plan) (lines int, summarized bool) {
	for _, e := range plan.Effects {
		if e.Action == "summarize" {
			lines, summarized = max(lines, linesIn(e.With)), true
		}
	}
	if !summarized {
		lines = gistLines
	}
	return lines, summarized
}

// linesIn is what a rule says of that; where it says nothing, gistLines.
func linesIn(with map[string]string) int {
	if n, err := strconv.Atoi(with["lines"]); err == nil {
		return n
	}
	return gistLines
}

// dueIn is the first time ahead that the words of a sentence name; zero where they
// name none. What they are is known from the text that the sentence is of.
func dueIn(sentence string, dates []rules.When, received time.Time) time.Time {
	sentence = oneLine(sentence)
	for _, d := range dates {
		words := oneLine(d.Text)
		if words != "" && d.End.After(received) && strings.Contains(sentence, words) {
			return d.Start
		}
	}
	return time.Time{}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// attached are the names of files that somebody has attached, rather than their
// mail program.
func attached(files []rules.File) (names []string) {
	for _, f := range files {
		name := oneLine(f.Name.String())
		if !f.Inline && name != "" && !slices.Contains(noAttachment, f.Type) && len(names) < mostGistFiles {
			names = append(names, name)
		}
	}
	return names
}

// nameOf is what somebody is called: their name as the message has it, or what can
// be made of their address: "Ben Miller" of ben.miller+news@partner.example.
func nameOf(a rules.Address) string {
	if name := oneLine(a.Name.String()); name != "" && !strings.Contains(name, "@") {
		return name
	}
	user, _, _ := strings.Cut(a.User, "+")
	words := strings.FieldsFunc(user, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	for i, word := range words {
		letters := []rune(word)
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return strings.Join(words, " ")
}
