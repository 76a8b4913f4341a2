package mailgen

import (
	"fmt"
	"slices"
	"strings"
)

// Folders are the eleven folders the rules file into, in the order of the rules.
var Folders = []string{"Board", "VIP", "Incidents", "Finance", "Receipts", "Travel", "Hiring", "Support", "Lists", "Team", "Legal"}

// Place is where a message lies and how it is flagged.
type Place struct {
	Folder string
	Flags  string // sorted and separated by blanks, without \Recent
}

func (p Place) String() string { return fmt.Sprintf("%s (%s)", p.Folder, p.Flags) }

// NewPlace makes a Place of flags in any order. \Recent is the server's own.
func NewPlace(folder string, flags []string) Place {
	sorted := slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return f == `\Recent` })
	slices.Sort(sorted)
	return Place{Folder: folder, Flags: strings.Join(slices.Compact(sorted), " ")}
}

// Before is where the message lies at first.
func (m Message) Before() Place { return NewPlace("INBOX", m.Flags) }

// After is where the twelve rules put the message: the oracle. It works from the
// parts the message was made of, in plain Go, and so shares no mistake with a
// parser of mail or of rules.
func (m Message) After() Place {
	f, flags := m.facts, m.Flags
	subject := strings.ToLower(f.subject)
	folder, flag := "INBOX", false
	domain := strings.ToLower(f.from.domain)
	switch {
	case domain == boardDomain:
		folder, flag = "Board", true
	case slices.Contains(vips, address{f.from.name, f.from.user, domain}):
		folder = "VIP"
	case strings.Contains(subject, "incident"):
		folder, flag = "Incidents", true
	case strings.Contains(subject, "invoice"):
		folder = "Finance"
	case strings.Contains(subject, "receipt"):
		folder = "Receipts"
	case slices.Contains(travel, domain):
		folder = "Travel"
	case slices.Contains(f.to, hiring):
		folder = "Hiring"
	case f.ticket != "":
		folder = "Support"
	case f.listID != "":
		folder = "Lists"
	case domain == "acme.example":
		folder = "Team"
	case slices.Contains(f.cc, legal):
		folder = "Legal"
	}
	if flag || strings.Contains(subject, "urgent") {
		flags = append(slices.Clone(flags), `\Flagged`)
	}
	return NewPlace(folder, flags)
}

// Rules is the rules.yaml with the twelve rules; further rules that match no
// message are put before them, so that each message is held against all.
func Rules(further int) string {
	return rulesHead + nothing(further) + rulesTail
}

const rulesHead = `version: 1
timezone: Europe/London
me: [dana@acme.example]
people:
  board: ["@board.acme.example"]
  vip: [marta@bigcustomer.example, jon.ferris@firstfund.example, sia@keypartner.example]
  hiring: [jobs@acme.example]
  counsel: [counsel@lawfirm.example]
rules:
`

const rulesTail = `  - name: Urgent mail is flagged
    when: subject contains "urgent"
    do: [{flag: true}]
  - name: Board papers
    when: from in board
    do: [{file: Board}, {flag: true}]
    stop: true
  - name: Very important people
    when: from in vip
    do: [{file: VIP}]
    stop: true
  - name: Incidents
    when: subject contains "incident"
    do: [{file: Incidents}, {flag: true}]
    stop: true
  - name: Invoices
    when: subject contains "invoice"
    do: [{file: Finance}]
    stop: true
  - name: Receipts
    when: subject contains "receipt"
    do: [{file: Receipts}]
    stop: true
  - name: Travel
    when: from.domain in ["skyline.example", "grandhotel.example", "railway.example"]
    do: [{file: Travel}]
    stop: true
  - name: Candidates
    when: to in hiring
    do: [{file: Hiring}]
    stop: true
  - name: Support tickets
    when: header("X-Ticket-ID") != ""
    do: [{file: Support}]
    stop: true
  - name: Newsletters and lists
    when: list.id != ""
    do: [{file: Lists}]
    stop: true
  - name: Our own people
    when: from.domain == "acme.example"
    do: [{file: Team}]
    stop: true
  - name: Copied to counsel
    when: cc in counsel
    do: [{file: Legal}]
    stop: true
`

// nothing writes rules of the usual kinds that match no generated message.
func nothing(count int) string {
	conditions := []string{
		`from.domain == "unknown%d.example"`,
		`subject contains "unheard-of matter %d"`,
		`has(subject, "codename%d", "project%[1]dx")`,
		`list.id contains "absent%d"`,
		`from.email == "nobody%d@unknown.example" and toMe`,
	}
	var b strings.Builder
	for i := range count {
		condition := fmt.Sprintf(conditions[i%len(conditions)], i)
		fmt.Fprintf(&b, "  - name: Matches nothing %d\n    when: %s\n    do: [{file: Nowhere/%d}]\n    stop: true\n", i, condition, i)
	}
	return b.String()
}

// Imapfilter's options.limit, messages in a command. BestLimit is about as high as
// Dovecot's 64 KiB for a line allow, and the quickest; "a good value", says
// imapfilter_config(5), is ManualLimit. Without a limit the commands for a large
// folder are longer than Dovecot takes.
const (
	BestLimit   = 4000
	ManualLimit = 50
)

// Imapfilter is the same twelve rules as an imapfilter configuration would have
// them: the server searches, what is found is flagged and moved, and what has
// moved no later search can find. With idle it then waits for mail and begins
// again.
func Imapfilter(host string, port int, user, password string, limit int, idle bool) string {
	work := "once()\n"
	if idle {
		work = "while true do\n  once()\n  inbox:enter_idle()\nend\n"
	}
	return fmt.Sprintf(`options.timeout = 600
options.starttls = false
options.create = true
options.subscribe = true
options.limit = %d

account = IMAP { server = %q, port = %d, username = %q, password = %q }
inbox = account.INBOX
`, limit, host, port, user, password) + imapfilterRules + work
}

// imapfilterRules: a search for an empty value asks whether the field is there
// (RFC 9051 6.4.4). "+" joins two results.
const imapfilterRules = `
function once()
  inbox:contain_subject('urgent'):mark_flagged()

  local board = inbox:contain_from('@board.acme.example')
  board:mark_flagged()
  board:move_messages(account['Board'])

  local vip = inbox:contain_from('marta@bigcustomer.example') +
    inbox:contain_from('jon.ferris@firstfund.example') +
    inbox:contain_from('sia@keypartner.example')
  vip:move_messages(account['VIP'])

  local incidents = inbox:contain_subject('incident')
  incidents:mark_flagged()
  incidents:move_messages(account['Incidents'])

  inbox:contain_subject('invoice'):move_messages(account['Finance'])
  inbox:contain_subject('receipt'):move_messages(account['Receipts'])

  local travel = inbox:contain_from('@skyline.example') +
    inbox:contain_from('@grandhotel.example') +
    inbox:contain_from('@railway.example')
  travel:move_messages(account['Travel'])

  inbox:contain_to('jobs@acme.example'):move_messages(account['Hiring'])
  inbox:contain_field('X-Ticket-ID', ''):move_messages(account['Support'])
  inbox:contain_field('List-Id', ''):move_messages(account['Lists'])
  inbox:contain_from('@acme.example'):move_messages(account['Team'])
  inbox:contain_cc('counsel@lawfirm.example'):move_messages(account['Legal'])
end

`
