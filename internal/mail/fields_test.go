package mail

import (
	"testing"

	"github.com/foredesk/foredesk/rules"
)

func TestPrioritySensitivitySpamScore(t *testing.T) {
	tests := []struct {
		name, header string
		fact         func(rules.Item) any
		want         any
	}{
		{"no field is normal", "", priorityOf, "normal"},
		{"X-Priority with a word behind", "X-Priority: 1 (Highest)\n", priorityOf, "high"},
		{"X-Priority 5", "X-Priority: 5\n", priorityOf, "low"},
		{"Importance", "Importance: High\n", priorityOf, "high"},
		{"Priority", "Priority: non-urgent\n", priorityOf, "low"},
		{"X-MSMail-Priority", "X-MSMail-Priority: Low\n", priorityOf, "low"},
		{"a first field without sense is passed over", "X-Priority: ?\nImportance: high\n", priorityOf, "high"},
		{"sensitivity", "Sensitivity: Company-Confidential\n", sensitivityOf, "company-confidential"},
		{"sensitivity with a blank", "Sensitivity: company confidential\n", sensitivityOf, "company-confidential"},
		{"sensitivity that is unknown", "Sensitivity: secret\n", sensitivityOf, ""},
		{"X-Spam-Score", "X-Spam-Score: 5.1 (+++++)\n", spamOf, 5.1},
		{"a negative score", "X-Spam-Score: -2.6\n", spamOf, -2.6},
		{"X-Spam-Status", "X-Spam-Status: No, score=3.4 required=5.0\n\ttests=A\n", spamOf, 3.4},
		{"an old X-Spam-Status", "X-Spam-Status: Yes, hits=7 required=5\n", spamOf, 7.0},
		{"a word is no score", "X-Spam-Score: inf\n", spamOf, 0.0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.fact(fromHeader(tt.header).Item); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func priorityOf(item rules.Item) any    { return item.Priority }
func sensitivityOf(item rules.Item) any { return item.Sensitivity }
func spamOf(item rules.Item) any        { return item.SpamScore }

func TestList(t *testing.T) {
	const oneClick = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
	tests := []struct {
		name, header string
		want         rules.List
	}{
		{"no list", "", rules.List{}},
		{"an identifier with a name", "List-Id: \"Go <news>\" <Go-News.example.com>\n", rules.List{ID: "go-news.example.com"}},
		{"an identifier alone", "List-Id: go-news.example.com\n", rules.List{ID: "go-news.example.com"}},
		{"an address to post to", "List-Post: <mailto:Go@example.com?subject=x>\n", rules.List{Post: "go@example.com"}},
		{"a list that takes no mail", "List-Post: NO\n", rules.List{}},
		{"https before mailto", "List-Unsubscribe: <mailto:u@example.com>, <https://example.com/u>\n", rules.List{Unsubscribe: "https://example.com/u"}},
		{"the first where none is https", "List-Unsubscribe: <mailto:u@example.com>, <http://example.com/u>\n", rules.List{Unsubscribe: "mailto:u@example.com"}},
		{"one click", "List-Unsubscribe: <https://example.com/u>\n" + oneClick, rules.List{Unsubscribe: "https://example.com/u", OneClick: true}},
		{"one click needs https", "List-Unsubscribe: <http://example.com/u>\n" + oneClick, rules.List{Unsubscribe: "http://example.com/u"}},
		{"a URL folded in two", "List-Unsubscribe: <https://example.com/\n u>\n", rules.List{Unsubscribe: "https://example.com/u"}},
		{"a scheme that is no link", "List-Unsubscribe: <javascript:alert(1)>\n", rules.List{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fromHeader(tt.header).Item.List; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestAutomaticAndBounce(t *testing.T) {
	tests := []struct {
		name, header      string
		automatic, bounce bool
	}{
		{"a person", "From: a@example.com\nReturn-Path: <a@example.com>\n", false, false},
		{"Auto-Submitted", "Auto-Submitted: auto-generated; x=y\n", true, false},
		{"Auto-Submitted: no", "Auto-Submitted: No (really)\n", false, false},
		{"Exchange wants no absence note", "X-Auto-Response-Suppress: DR, OOF, AutoReply\n", true, false},
		{"a wish for no read receipt says nothing", "X-Auto-Response-Suppress: DR, RN, NRN\n", false, false},
		{"an absence note", "X-Autoreply: yes\n", true, false},
		{"a list is written by people", "Precedence: list\nList-Id: <a.example.com>\n", false, false},
		{"bulk alone says nothing of who wrote", "Precedence: bulk\n", false, false},
		{"the null sender", "Return-Path: <>\n", true, true},
		{"an absence note from the null sender", "Return-Path: <>\nAuto-Submitted: auto-replied\n", true, false},
		{"a read receipt from the null sender", "Return-Path: <>\nContent-Type: multipart/report; report-type=disposition-notification\n", true, false},
		{"a delivery report", "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n", true, true},
		{"mailer-daemon", "From: Mail Delivery <MAILER-DAEMON@example.com>\n", true, true},
		{"X-Failed-Recipients", "X-Failed-Recipients: a@example.com\n", true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			item := fromHeader(tt.header).Item
			if item.Automatic != tt.automatic || item.Bounce != tt.bounce {
				t.Errorf("automatic %v, bounce %v", item.Automatic, item.Bounce)
			}
		})
	}
}
