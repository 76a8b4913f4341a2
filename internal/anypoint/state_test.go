package anypoint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/oauth2"
	gapi "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/store"
)

// State is all that counts in the end: the mailbox, the calendar and whom it told, the
// journal, and what was sent. Lines have no order between worlds, so they are sorted.
func (w *world) State() string {
	w.Helper()
	parts := [][]string{w.mailbox(), w.events(), w.told(), w.rows(), w.sendings()}
	var b strings.Builder
	for i, title := range []string{"mailbox", "calendar", "told by the calendar", "journal", "sent"} {
		slices.Sort(parts[i])
		fmt.Fprintf(&b, "%s:\n", title)
		for _, line := range parts[i] {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	return b.String()
}

// mailbox is what a mail program sees: what is marked deleted it does not. What foredesk
// has sent is left out, as whether it is there hangs on whether it was sent, unless it is
// there twice or not at all.
func (w *world) mailbox() (lines []string) {
	w.Helper()
	client, err := imapclient.DialInsecure(w.server.Addr(), nil)
	w.must(err)
	defer client.Close()
	w.must(client.Login(w.user, w.server.Password).Wait())
	list, err := client.List("", "*", nil).Collect()
	w.must(err)
	sent, found := map[string]letter{}, map[string]int{}
	for _, l := range w.post.letters() {
		sent[l.id] = l
	}
	for _, f := range list {
		if slices.Contains(f.Attrs, imap.MailboxAttrNoSelect) {
			continue
		}
		for _, m := range w.messages(client, f.Mailbox) {
			if slices.Contains(m.Flags, imap.FlagDeleted) {
				continue
			}
			if _, ours := sent[m.Envelope.MessageID]; ours {
				found[m.Envelope.MessageID+" in "+f.Mailbox]++
				continue
			}
			lines = append(lines, fmt.Sprintf("%s: %s%s", f.Mailbox, m.Envelope.Subject, flagsOf(m.Flags)))
		}
	}
	for id, l := range sent {
		if inbox := found[id+" in INBOX"]; inbox > 1 || found[id+" in Sent"] > 1 || l.to == address && inbox == 0 {
			lines = append(lines, fmt.Sprintf("%s, sent to %s, is %d times in the inbox and %d times among sent mail", l.subject, l.to, inbox, found[id+" in Sent"]))
		}
	}
	return lines
}

func (w *world) messages(client *imapclient.Client, folder string) []*imapclient.FetchMessageBuffer {
	w.Helper()
	data, err := client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	w.must(err)
	if data.NumMessages == 0 {
		return nil
	}
	all, err := client.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{Envelope: true, Flags: true}).Collect()
	w.must(err)
	return all
}

func flagsOf(flags []imap.Flag) string {
	var words []string
	for _, f := range flags {
		if word := strings.ToLower(string(f)); word != `\recent` {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return strings.TrimRight(" "+strings.Join(words, " "), " ")
}

// events are those of the calendar, with days counted from that of the world.
func (w *world) events() (lines []string) {
	w.Helper()
	if w.cal == nil {
		return nil
	}
	ctx := w.Context()
	client := oauth2.NewClient(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.cal.Token()}))
	service, err := gapi.NewService(ctx, option.WithEndpoint(w.cal.Endpoint()), option.WithHTTPClient(client))
	w.must(err)
	list, err := service.Events.List("primary").SingleEvents(true).MaxResults(2500).Do()
	w.must(err)
	for _, e := range list.Items {
		line := fmt.Sprintf("%s-%s %s, %s", w.clock(e.Start), w.clock(e.End), e.Summary, e.Status)
		if p := e.ExtendedProperties; p != nil && p.Private["foredesk.rule"] != "" {
			line += " by " + p.Private["foredesk.rule"]
		}
		if e.Transparency == "transparent" {
			line += ", free"
		}
		if e.ColorId != "" {
			line += ", colour " + e.ColorId
		}
		for _, g := range e.Attendees {
			line += fmt.Sprintf(", %s %s", g.Email, g.ResponseStatus)
		}
		lines = append(lines, line)
	}
	return lines
}

func (w *world) clock(at *gapi.EventDateTime) string {
	w.Helper()
	t, err := time.Parse(time.RFC3339, at.DateTime)
	w.must(err)
	t = t.UTC()
	return fmt.Sprintf("+%d %s", int(t.Sub(w.day(0)).Hours()/24), t.Format("15:04"))
}

func (w *world) told() (lines []string) {
	if w.cal == nil {
		return nil
	}
	for _, l := range w.cal.Outbox() {
		lines = append(lines, l.Kind+" to "+l.To)
	}
	return lines
}

// rows are the journal's steps. How one that sends mail has ended stands with what was
// sent.
func (w *world) rows() (lines []string) {
	w.Helper()
	for _, s := range w.steps() {
		line := undated(fmt.Sprintf("%s: %s / %s", s.Item.Subject, s.Rule, s.Action))
		switch {
		case s.Undoes != 0:
			line += " (undo)"
		case s.Reason != "" && s.State == store.Failed:
			line += " (" + undated(s.Reason) + ")"
		}
		if state := s.State; !sends(s) || state != store.Done && state != store.Uncertain {
			line += ": " + string(state)
		}
		lines = append(lines, line)
	}
	return lines
}

var date = regexp.MustCompile(`\d{4}-\d\d-\d\d|\d{8}T\d{4}Z`)

// undated hides the day, which may have changed since another world.
func undated(text string) string { return date.ReplaceAllString(text, "DATE") }

func sends(s store.Step) bool { return s.Op.Do == "forward" || s.Op.Do == "letter" }

// sendings holds what was sent against the journal. A mail is sent once, and its step is
// done; but where foredesk was killed while it sent, nobody can know, so the mail may
// have been sent or not, and the step is uncertain. A letter to the executive can be
// looked for: it is uncertain only if it was not sent. All of that is well, and looks
// the same.
func (w *world) sendings() (lines []string) {
	w.Helper()
	taken := map[string]int{}
	ids := map[string]int{}
	for _, l := range w.post.letters() {
		if ids[l.id]++; ids[l.id] > 1 {
			lines = append(lines, l.subject+" was sent twice under one id")
		}
		taken[kindOf(l)]++
	}
	for _, s := range w.steps() {
		if !sends(s) {
			continue
		}
		key := "letter " + strings.Fields(s.Op.Arg)[0]
		if s.Op.Do == "forward" {
			key = "Fwd: " + s.Item.Subject + " to " + s.Op.Arg
		}
		n := taken[key]
		delete(taken, key)
		unknown := s.State == store.Uncertain && w.doubt[s.ID] && (n == 0 || n == 1 && s.Op.Do == "forward")
		switch {
		case s.State == store.Done && n == 1, unknown:
			lines = append(lines, key+": once, or nobody knows")
		case n != 0 || s.State == store.Done || s.State == store.Uncertain:
			lines = append(lines, fmt.Sprintf("%s: %s, was in doubt: %v, and sent %d times", key, s.State, w.doubt[s.ID], n))
		}
	}
	for key, n := range taken {
		lines = append(lines, fmt.Sprintf("%s was sent %d times, for which there is no step", key, n))
	}
	return lines
}

// kindOf is what sendings calls a mail.
func kindOf(l letter) string {
	switch {
	case strings.HasPrefix(l.subject, "Fwd: "):
		return l.subject + " to " + l.to
	case strings.HasPrefix(l.subject, "Evening digest"):
		return "letter digest"
	}
	return "letter agenda"
}
