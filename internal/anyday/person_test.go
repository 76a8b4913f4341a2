package anyday

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// places are the folders among which a person moves mail. That of copies is foredesk's
// alone, so that a copy can be told from its original.
var places = []string{"INBOX", "Later", "Board", "Directors"}

const copies = "Copies"

// The flags that are looked at; the keyword comes from a rule.
var flags = []string{`\Flagged`, `\Seen`, "Met"}

// delivery is one message that has come. Each has a number in its header, which is no
// part of what foredesk knows a message by, and a size that no other has: two
// deliveries of the same message can be told apart by us alone.
type delivery struct {
	n       int
	kind    string
	subject string // the same for deliveries of the same message
	raw     string
	old     bool            // it was there before foredesk
	gone    bool            // a person deleted it, for good
	doubled bool            // a person moved it while foredesk was copying it, and there are several
	put     map[string]bool // the folders into which a person has put it, ever
	putAt   []time.Time     // when a person has put it anywhere
	at      time.Time
	touched bool              // by a person, ever
	was     map[string]string // what was so when all last came to rest: see property
	acts    []act             // of people since then
	perhaps []act             // that met the message on its way
}

// act is something that a person has done to a message: a property has a value since.
type act struct {
	property, value string
	from, to        time.Time
}

// person is a mail program beside foredesk.
type person struct {
	*imapclient.Client
	*world
}

func (w *world) person() *person {
	w.Helper()
	client, err := w.signedIn()
	w.must(err)
	return &person{client, w}
}

func (w *world) signedIn() (*imapclient.Client, error) {
	conn, err := dial(w.server)
	if err != nil {
		return nil, err
	}
	time.AfterFunc(5*patience, func() { conn.Close() }) // nobody waits for ever
	client := imapclient.New(conn, nil)
	return client, client.Login(w.user+"@hand", w.server.Password).Wait()
}

// newMail writes a message. One of the same kind and name is the same message.
func (w *world) newMail(kind, subject string, id bool) *delivery {
	d := &delivery{n: len(w.mail), kind: kind, subject: subject, was: map[string]string{"place": "INBOX", copies: "false"}}
	var b strings.Builder
	date := w.began
	if strings.HasPrefix(subject, old) {
		date = longAgo(date)
	}
	fmt.Fprintf(&b, "From: Ben <ben@partner.example>\nTo: %s\nSubject: %s\nDate: %s\n", address, subject, date.Format(time.RFC1123Z))
	if id {
		fmt.Fprintf(&b, "Message-ID: <%s@partner.example>\n", strings.ReplaceAll(subject, " ", "-"))
	}
	text := "Hello,\n\nhere it is.\n"
	if kind == "dated" {
		text = "Hello,\n\nlet us meet on " + w.began.AddDate(0, 0, 3+d.n%10).Format("Monday 2 January 2006") + " at 11:00.\n"
	}
	fmt.Fprintf(&b, "Content-Type: text/plain\n\n%s", text)
	d.raw = b.String()
	return d
}

// again is another delivery of the same message.
func (w *world) again(d *delivery) *delivery {
	return &delivery{n: len(w.mail), kind: d.kind, subject: d.subject, raw: d.raw, was: map[string]string{"place": "INBOX", copies: "false"}}
}

// old begins the subjects of mail that was there before foredesk.
const old = "old "

// longAgo is when that came: servers and senders may be wrong by a day.
func longAgo(now time.Time) time.Time { return now.AddDate(0, 0, -2) }

// size is a delivery's size on the server. Letters of foredesk are smaller or larger.
func (d *delivery) size() int { return 4000 + d.n }

// sized is the message as it is delivered.
func (d *delivery) sized() []byte {
	raw := fmt.Sprintf("X-Delivery: %d\n", d.n) + d.raw
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	rest := d.size() - len(raw) - len("\r\n")
	line := strings.Repeat(".", 70) + "\r\n" // mail servers take no line without end
	filling := strings.Repeat(line, rest/len(line)+1)[:rest]
	if cut, ok := strings.CutSuffix(filling, "\r"); ok {
		filling = cut + "."
	}
	return []byte(raw + filling + "\r\n")
}

func (w *world) deliver(p *person, d *delivery) *delivery {
	w.Helper()
	d.at = time.Now()
	w.mail = append(w.mail, d)
	for _, flag := range flags {
		d.was[flag] = "false"
	}
	w.note("delivery %d: %q", d.n, d.subject)
	at := time.Now()
	if d.old {
		at = longAgo(at)
	}
	w.must(put(p.Client, d.sized(), at))
	return d
}

func put(client *imapclient.Client, raw []byte, at time.Time) error {
	cmd := client.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Time: at})
	if _, err := cmd.Write(raw); err != nil {
		return err
	}
	if err := cmd.Close(); err != nil {
		return err
	}
	_, err := cmd.Wait()
	return err
}

// seen is a message as a mail program shows it.
type seen struct {
	*delivery
	folder   string
	uid      imap.UID
	validity uint32
	flags    []imap.Flag
	when     time.Time // just before it was looked at
}

var number = regexp.MustCompile(`X-Delivery: (\d+)`)

// look reads all folders. What foredesk wrote has no number, and is left out.
func (p *person) look() (all []seen) {
	p.Helper()
	list, err := p.List("", "*", nil).Collect()
	p.must(err)
	for _, f := range list {
		if !slices.Contains(f.Attrs, imap.MailboxAttrNoSelect) {
			all = append(all, p.lookInto(f.Mailbox)...)
		}
	}
	return all
}

func (p *person) lookInto(folder string) (all []seen) {
	p.Helper()
	now := time.Now()
	data, err := p.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	p.must(err)
	if data.NumMessages == 0 {
		return nil
	}
	field := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"X-Delivery"}, Peek: true}
	list, err := p.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true, BodySection: []*imap.FetchItemBodySection{field}}).Collect()
	p.must(err)
	for _, m := range list {
		found := number.FindSubmatch(m.FindBodySection(field))
		if found == nil || p.kind.mail == bare && slices.Contains(m.Flags, imap.FlagDeleted) {
			continue
		}
		n, err := strconv.Atoi(string(found[1]))
		p.must(err)
		all = append(all, seen{p.mail[n], folder, m.UID, data.UIDValidity, m.Flags, now})
	}
	return all
}

// choose picks a message that a person may take in hand, the delivery 0 if there is none.
func (p *person) choose(which int, wanted func(seen) bool) (seen, bool) {
	var all []seen
	for _, s := range p.look() {
		if s.folder != copies && wanted(s) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return seen{}, false
	}
	slices.SortFunc(all, func(a, b seen) int { return a.n - b.n })
	return all[which%len(all)], true
}

func (p *person) open(folder string) {
	p.Helper()
	_, err := p.Select(folder, nil).Wait()
	p.must(err)
}

// move moves a message, unless foredesk has been quicker.
func (p *person) move(s seen, to string) {
	p.Helper()
	p.open(s.folder)
	from := time.Now()
	data, err := p.Move(imap.UIDSetNum(s.uid), to).Wait()
	if err != nil || data.DestUIDs == nil {
		p.note("a person finds %d no longer in %s", s.n, s.folder)
		return
	}
	p.counts["34"]++
	if uid := data.DestUIDs.(imap.UIDSet)[0].Start; p.marked(to, uid) {
		p.note("a person moves %d from %s just after foredesk has, and takes the mark of what was moved along", s.n, s.folder)
		p.marks[spot{to, int(uid)}] = true
		return
	}
	p.did(s, act{"place", to, from, time.Now()})
}

// marked reports whether a message is marked deleted, where that is all that foredesk can
// do to what it has moved. A mark goes with a message that somebody moves or copies (RFC
// 9051 6.4.7).
func (p *person) marked(folder string, uid imap.UID) bool {
	p.Helper()
	if p.kind.mail != bare {
		return false
	}
	p.open(folder)
	list, err := p.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{Flags: true}).Collect()
	p.must(err)
	return len(list) == 1 && slices.Contains(list[0].Flags, imap.FlagDeleted)
}

func (p *person) did(s seen, a act) {
	s.acts, s.touched = append(s.acts, a), true
	if a.property == "place" {
		if s.put == nil {
			s.put = map[string]bool{}
		}
		s.put[a.value] = true
		s.putAt = append(s.putAt, time.Now())
	}
	p.note("a person: %d in %s: %s is %s", s.n, s.folder, a.property, a.value)
}

// flag sets a flag or takes it away.
func (p *person) flag(s seen, flag string) {
	p.Helper()
	op, value := imap.StoreFlagsAdd, "true"
	if s.has(flag) {
		op, value = imap.StoreFlagsDel, "false"
	}
	p.open(s.folder)
	changed, err := p.Store(imap.UIDSetNum(s.uid), &imap.StoreFlags{Op: op, Flags: []imap.Flag{imap.Flag(flag)}}, nil).Collect()
	if err != nil || len(changed) == 0 {
		p.note("a person finds %d no longer in %s", s.n, s.folder)
		s.perhaps = append(s.perhaps, act{flag, value, s.when, time.Now()}) // a message on its way may take it along
		return
	}
	p.did(s, act{flag, value, s.when, time.Now()})
}

func (s seen) has(flag string) bool {
	return slices.ContainsFunc(s.flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), flag) })
}

// remove deletes a message for good, wherever foredesk takes it meanwhile.
func (p *person) remove(s seen) {
	p.Helper()
	s.gone = true
	p.note("a person deletes %d", s.n)
	for there := true; there; {
		p.open(s.folder)
		p.must(p.Store(imap.UIDSetNum(s.uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
		p.must(p.UIDExpunge(imap.UIDSetNum(s.uid)).Close())
		n := s.n
		s, there = p.choose(0, func(s seen) bool { return s.n == n })
	}
}
