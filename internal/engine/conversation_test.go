package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Conversations, a mail a line, in the order they become known: when it was
// written (minutes), by whom (me or a name), its subject, and what it answers
// ("-" for nothing). Mails are named for their minute.
var conversations = []struct {
	name, mails, want string
}{
	{"a question that nobody answered", "1 ben Dinner? -", "waiting me, 1 mails, answered false"},
	{"my question", "1 me Numbers? -", "waiting them, 1 mails, answered false"},
	{"answered by me with a question", "1 ben Dinner? -; 2 me Re:_Dinner? 1", "waiting them, 2 mails, answered true"},
	{"answered by me for good", "1 ben Dinner? -; 2 me Re:_Dinner,_yes. 1", "waiting nobody, 2 mails, answered true"},
	{"their thanks end it", "1 me Numbers? -; 2 ben Re:_Numbers 1; 3 me Re:_Numbers,_all? 2; 4 ben Re:_Thanks 3", "waiting nobody, 4 mails, answered true"},
	{"Antwort ohne Verweis, auf Deutsch", "1 ben Angebot? -; 2 me AW:_Angebot? -", "waiting them, 2 mails, answered true"},
	{"Weiterleitung und Antwort", "1 ben WG:_Angebot? -; 2 me AW:_WG:_Angebot? -; 3 ben Antwort:_AW:_Angebot? -", "waiting me, 3 mails, answered true"},
	{"the answer is known before the question", "2 me Re:_Dinner? 1; 1 ben Dinner? -", "waiting them, 2 mails, answered true"},
	{"the middle comes last", "1 ben Plan? -; 3 me Re:_Plan? 2; 2 ben Re:_Plan? 1", "waiting them, 3 mails, answered true"},
	{"an automatic answer is none", "1 me Numbers? -; 2 robot Re:_Numbers? 1", "waiting them, 2 mails, answered false"},
	{"the same subject by somebody else is another conversation", "1 ben Dinner? -; 2 zoe Re:_Dinner? -", "waiting me, 1 mails, answered false"},
}

func TestWhoWaitsForWhom(t *testing.T) {
	t.Parallel()
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, startMemory(t, ""), sqlite(t), `version: 1
rules:
  - name: Asked
    when: found.question and thread.waiting == "me"
    do: {agenda: Asked}
`)
			h := d.hand(t)
			h.make("Sent")
			d.runOnce()
			for mail := range strings.SplitSeq(c.mails, "; ") {
				folder, raw, received := mailOf(t, mail)
				h.put(folder, raw, received)
				d.runOnce()
			}
			h.close()
			if got := d.newestThread(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// evening is before all of this and within the time that subjects hold together.
var evening = time.Now().Add(-3 * time.Hour).Truncate(time.Minute)

func mailOf(t *testing.T, line string) (folder, raw string, received time.Time) {
	t.Helper()
	var minute int
	var who, subject, answers string
	if _, err := fmt.Sscan(line, &minute, &who, &subject, &answers); err != nil {
		t.Fatal(err)
	}
	subject = strings.ReplaceAll(subject, "_", " ")
	from, to, extra := who+"@partner.example", "dana@acme.example", ""
	folder = "INBOX"
	switch who {
	case "me":
		folder, from, to = "Sent", "dana@acme.example", "ben@partner.example"
	case "robot":
		extra = "Auto-Submitted: auto-replied\n"
	}
	if answers != "-" {
		extra += fmt.Sprintf("In-Reply-To: <%s@conversation.example>\n", answers)
	}
	text := "Here it is."
	if strings.HasSuffix(subject, "?") {
		text = "Could you send me the numbers?"
	}
	raw = eml(fmt.Sprint(minute), fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%d@conversation.example>\n%sContent-Type: text/plain\n\n%s\n", from, to, subject, minute, extra, text))
	return folder, raw, evening.Add(time.Duration(minute) * time.Minute)
}

// newestThread is what is known of the conversation of the newest mail.
func (d *desk) newestThread() string {
	d.Helper()
	var newest store.Message
	err := d.journal.EachMessage(d.Context(), user, time.Unix(1, 0), func(m store.Message) error {
		newest = m
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
	newest.References = []string{newest.MessageID}
	var item rules.Item
	if err := engine.RecallThen(d.Context(), d.journal, user, newest, &item); err != nil {
		d.Fatal(err)
	}
	return fmt.Sprintf("waiting %s, %d mails, answered %t", item.Thread.Waiting, item.Thread.Count, item.Thread.Answered)
}

func TestWhatAnAnswerSays(t *testing.T) {
	for text, want := range map[string]string{
		"approve 12":                     "12 approve",
		"Approve 12, 14 and 15.":         "12 approve, 14 approve, 15 approve",
		"approve 12\nrefuse 14":          "12 approve, 14 refuse",
		"refuse all":                     "12 refuse",
		"> approve 12":                   "",
		"OK":                             "12 approve",
		"ok!\n\nThanks, Sam":             "12 approve",
		"No.\r\n\r\nSam":                 "12 refuse",
		"No problem, will look":          "",
		"No\nproblem, I will look at it": "",
		"Hello,\n\nok\n\nSam":            "",
		"I would not approve 12":         "",
		"approve 12 unless it is late":   "",
		"yes, but who is this?":          "",
		"approve 99999999999999999999":   "",
		"":                               "",
	} {
		if got := said(engine.ReadAnswers(text, []int64{12})); got != want {
			t.Errorf("%q says %q, want %q", text, got, want)
		}
	}
	if got := said(engine.ReadAnswers("ok", []int64{12, 13})); got != "" {
		t.Errorf("a bare ok to two questions says %q", got)
	}
	if got := said(engine.ReadAnswers("approve all", []int64{12, 13})); got != "12 approve, 13 approve" {
		t.Errorf("to all it says %q", got)
	}
}

func said(answers map[int64]string) string {
	var words []string
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		words = append(words, fmt.Sprint(id, " ", answers[id]))
	}
	return strings.Join(words, ", ")
}

// Whatever a mail says, it answers only what was asked, or what it names.
func FuzzReadAnswers(f *testing.F) {
	for _, text := range []string{"approve 12", "ok", "refuse all\r\n> approve 13", "yes\n\n- no 14", "approve 1,2 and 3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for id, answer := range engine.ReadAnswers(text, []int64{12, 13}) {
			if answer != store.Approve && answer != store.Refuse {
				t.Errorf("%q answers %q", text, answer)
			}
			if id != 12 && id != 13 && !strings.Contains(text, fmt.Sprint(id)) {
				t.Errorf("%q answers %d", text, id)
			}
		}
	})
}

func FuzzBaseSubject(f *testing.F) {
	for _, subject := range []string{"Re: AW: Fwd: Plan", "Re:", ": :", "RE : x", "Réf: a:b", "WG:WG:"} {
		f.Add(subject)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		base, _ := engine.BaseSubject(subject)
		if again, reply := engine.BaseSubject(base); again != base || reply {
			t.Errorf("%q becomes %q, and then %q", subject, base, again)
		}
	})
}
