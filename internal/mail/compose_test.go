package mail

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

var updateLetters = flag.Bool("update", false, "write the golden files anew")

var (
	testAuthor = Author{
		Identity: Identity{Account: "dana", Address: []string{"dana@acme.example", "d.w@acme.example"}, AuthservID: "mx.acme.example"},
		Name:     "Dana Whitfield", Secret: []byte("a secret of 32 bytes, for tests!"),
	}
	testStamp = Stamp{Key: "rule/1", Date: time.Date(2026, 12, 8, 6, 30, 0, 0, time.FixedZone("", 3600))}
	thanks    = Wording{Text: "Thank you, I shall answer by Friday.\n\nDana"}
)

// plainOriginal is a person's mail with a file.
const plainOriginal = "Return-Path: <pat@board.example>\r\n" +
	"Delivered-To: dana@acme.example\r\n" +
	"From: \"Moore, Pat\" <Pat@board.example>\r\n" +
	"To: Dana <Dana@acme.example>\r\n" +
	"Bcc: hidden@board.example\r\n" +
	"Subject: AW: Re[2]: Q3 =?utf-8?q?f=C3=BCr?= you\r\n" +
	"Date: Mon, 7 Dec 2026 18:02:11 +0100\r\n" +
	"Message-ID: <4711@board.example>\r\n" +
	"In-Reply-To: <4710@acme.example>\r\n" +
	"References: <4700@acme.example>\r\n <4710@acme.example>\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=xx\r\n\r\n" +
	"--xx\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
	"Can you sign für us by Friday?\r\n\r\nPat\r\n" +
	"--xx\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=q3.pdf\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--xx--\r\n"

// everyLetter writes one of each kind.
func everyLetter(t testing.TB, original []byte) map[string]Letter {
	t.Helper()
	a, st, to := testAuthor, testStamp, []string{"lee@acme.example"}
	letters := map[string]Letter{}
	for kind, write := range map[string]func() (Letter, error){
		"reply":         func() (Letter, error) { return a.Reply(st, original, thanks) },
		"draft":         func() (Letter, error) { return a.Draft(st, original, thanks, nil) },
		"forward":       func() (Letter, error) { return a.Forward(st, original, thanks, to) },
		"draft-forward": func() (Letter, error) { return a.DraftForward(st, original, thanks, to) },
		"redirect":      func() (Letter, error) { return a.Redirect(st, original, to) },
		"note": func() (Letter, error) {
			return a.Note(st, Wording{Subject: "Three things wait for you", Text: "Three things.", HTML: "<p>Three <b>things</b>."}, to)
		},
		"letter": func() (Letter, error) {
			w := Wording{Subject: "Tue 8 Dec · 6 meetings, first 08:30", Text: "Six meetings.", HTML: "<p>Six <b>meetings</b>."}
			return a.Letter(st, w, to, []string{"sam@acme.example"})
		},
	} {
		l, err := write()
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		letters[kind] = l
	}
	return letters
}

func TestLettersReadAsTheyShould(t *testing.T) {
	for kind, l := range everyLetter(t, []byte(plainOriginal)) {
		t.Run(kind, func(t *testing.T) {
			file := filepath.Join("testdata", "compose", kind+".eml")
			got := fmt.Sprintf("envelope: %s -> %s\n\n%s", l.From, strings.Join(l.To, ", "), bytes.ReplaceAll(l.Raw, []byte("\r\n"), []byte("\n")))
			if *updateLetters {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; run: go test ./internal/mail -run TestLetters -update", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// fieldsOf returns the header of a letter, which is read by the standard library.
func fieldsOf(t testing.TB, l Letter) mail.Header {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(l.Raw))
	if err != nil {
		t.Fatalf("the letter cannot be read: %v\n%s", err, l.Raw)
	}
	return msg.Header
}

func TestTheSameKeyMakesTheSameMessage(t *testing.T) {
	first, again := everyLetter(t, []byte(plainOriginal)), everyLetter(t, []byte(plainOriginal))
	ids := map[string]string{}
	for kind, l := range first {
		if !bytes.Equal(l.Raw, again[kind].Raw) {
			t.Errorf("%s: two letters with one key differ", kind)
		}
		if !strings.HasSuffix(l.MessageID, "@acme.example") || !bytes.Contains(l.Raw, []byte("Id: <"+l.MessageID+">")) {
			t.Errorf("%s: Message-ID %s", kind, l.MessageID)
		}
		if other := ids[l.MessageID]; other != "" && kind[:5] != "draft" {
			t.Errorf("%s and %s have one Message-ID", kind, other)
		}
		ids[l.MessageID] = kind
	}
	other := testStamp
	other.Key = "rule/2"
	if l, err := testAuthor.Reply(other, []byte(plainOriginal), thanks); err != nil || ids[l.MessageID] != "" {
		t.Errorf("another key, the same Message-ID: %v", err)
	}
	stranger := testAuthor
	stranger.Secret = []byte("another secret of 32 bytes, yes!")
	if l, err := stranger.Reply(testStamp, []byte(plainOriginal), thanks); err != nil || ids[l.MessageID] != "" {
		t.Errorf("another secret, the same Message-ID: %v", err)
	}
}

func TestOnlyWhatIsSentByItselfSaysSo(t *testing.T) {
	for kind, l := range everyLetter(t, []byte(plainOriginal)) {
		h := fieldsOf(t, l)
		want := map[string]string{"reply": "auto-replied", "forward": "auto-generated", "note": "auto-generated", "letter": "auto-generated"}[kind]
		if got := h.Get("Auto-Submitted"); got != want {
			t.Errorf("%s: Auto-Submitted %q, want %q", kind, got, want)
		}
		if (h.Get("X-Auto-Response-Suppress") != "") != (want != "") || (h.Get("Precedence") != "") != (kind == "reply") {
			t.Errorf("%s: %v", kind, h)
		}
	}
}

func TestOurOwnMailIsKnownByItsSeal(t *testing.T) {
	letters := everyLetter(t, []byte(plainOriginal))
	for name, l := range letters {
		kind := strings.TrimSuffix(name, "-forward")
		if got, ok := testAuthor.Ours(l.Raw); got != kind || !ok {
			t.Errorf("%s is taken for %q, %v", name, got, ok)
		}
		other := testAuthor
		other.Secret = []byte("another secret of 32 bytes, yes!")
		if _, ok := other.Ours(l.Raw); ok {
			t.Errorf("%s is taken for another's", name)
		}
	}
	note := string(letters["note"].Raw)
	for name, forged := range map[string]string{
		"no seal":            "From: dana@acme.example\r\nMessage-ID: <1@x>\r\nX-Foredesk: note\r\n\r\n",
		"an empty seal":      "From: dana@acme.example\r\nMessage-ID: <1@x>\r\nX-Foredesk: note; seal=\r\n\r\n",
		"another kind":       strings.Replace(note, "X-Foredesk: note", "X-Foredesk: reply", 1),
		"another Message-ID": strings.Replace(note, "Message-Id: <", "Message-Id: <x", 1),
		"another sender":     strings.Replace(note, "dana@acme.example", "mallory@evil.example", 1),
		"a draft sent on":    strings.Replace(string(letters["draft"].Raw), "Message-Id: <", "Message-Id: <x", 1),
	} {
		if kind, ok := testAuthor.Ours([]byte(forged)); ok {
			t.Errorf("%s is taken for our own %s", name, kind)
		}
	}
	if _, ok := (Author{Identity: testAuthor.Identity}).Ours([]byte(note)); ok {
		t.Error("an author without a secret knows a mark")
	}
}

func TestSubjectsOfAnswers(t *testing.T) {
	for subject, want := range map[string]string{
		"Q3": "Re: Q3", "Re: Q3": "Re: Q3", "RE: AW: re: Q3": "Re: Q3", "Sv: Antw: Q3": "Re: Q3", "Re[2]: Re(3): Re^4: Q3": "Re: Q3",
		"Rép : Q3": "Re: Q3", "回复：Q3": "Re: Q3", "Fwd: Q3": "Re: Fwd: Q3", "Response: Q3": "Re: Response: Q3", "": "Re:",
		"Re:": "Re:", "Reprise: x": "Re: Reprise: x", "RE:Q3": "Re: Q3",
	} {
		l, err := testAuthor.Draft(testStamp, []byte("From: pat@board.example\r\nSubject: "+subject+"\r\n\r\nhi\r\n"), thanks, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := decodeText(fieldsOf(t, l).Get("Subject")); got != want {
			t.Errorf("%q becomes %q, want %q", subject, got, want)
		}
	}
	l, err := testAuthor.Draft(testStamp, []byte(plainOriginal), Wording{Subject: "Grüße", Text: "x"}, nil)
	if err != nil || decodeText(fieldsOf(t, l).Get("Subject")) != "Grüße" {
		t.Errorf("a given subject: %v, %v", fieldsOf(t, l), err)
	}
}

func TestAnswersGoToAPersonNeverToAListOrBack(t *testing.T) {
	const list = "List-Post: <mailto:talk@lists.example>\r\n"
	for _, c := range []struct{ name, header, want string }{
		{"the author", "From: Pat@board.example\r\n", "Pat@board.example"},
		{"Reply-To, with its capitals", "From: pat@board.example\r\nReply-To: Desk <ticket+AbC9@Board.example>\r\n", "ticket+AbC9@board.example"},
		{"all of Reply-To", "From: pat@board.example\r\nReply-To: a@board.example, b@board.example, A@board.example\r\n", "a@board.example b@board.example"},
		{"not a Reply-To that is the list", list + "From: pat@board.example\r\nReply-To: talk@lists.example\r\n", "pat@board.example"},
		{"the list where there is nobody else", list + "From: Pat via Talk <talk@lists.example>\r\n", "talk@lists.example"},
		{"not a Reply-To that is the account", "From: pat@board.example\r\nReply-To: D.W@acme.example\r\n", "pat@board.example"},
		{"the recipients of one's own mail", "From: Dana <dana@acme.example>\r\nTo: pat@board.example, dana+x@acme.example\r\nCc: lee@board.example\r\n", "pat@board.example lee@board.example"},
		{"a domain beyond ASCII", "From: pat@bücher.example\r\n", "pat@xn--bcher-kva.example"},
		{"a quoted local part", "From: \"pat moore\"@board.example\r\n", "\"pat moore\"@board.example"},
		{"a Reply-To that is no address", "From: pat@board.example\r\nReply-To: <pat@[127.0.0.1]>\r\n", "pat@board.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := testAuthor.Draft(testStamp, []byte(c.header+"\r\nhi\r\n"), thanks, nil)
			if err != nil || strings.Join(l.To, " ") != c.want {
				t.Errorf("goes to %q, %v", l.To, err)
			}
		})
	}
	if l, err := testAuthor.Draft(testStamp, []byte(plainOriginal), thanks, []string{"kim@acme.example"}); err != nil || !slices.Equal(l.To, []string{"kim@acme.example"}) {
		t.Errorf("given recipients: %v, %v", l.To, err)
	}
	reply, err := testAuthor.Reply(testStamp, []byte("To: dana@acme.example\r\nFrom: pat@board.example\r\nReply-To: a@board.example, victim@board.example\r\n\r\n"), thanks)
	if err != nil || !slices.Equal(reply.To, []string{"a@board.example"}) {
		t.Errorf("an automatic reply goes to %v, %v", reply.To, err)
	}
	for _, nobody := range []string{"Subject: x\r\n\r\n", "From: dana@acme.example\r\nTo: dana@acme.example\r\n\r\n"} {
		if _, err := testAuthor.Draft(testStamp, []byte(nobody), thanks, nil); !errors.Is(err, errNobody) {
			t.Errorf("%q: %v", nobody, err)
		}
	}
}

func TestAnAnswerComesFromTheAddressThatWasWrittenTo(t *testing.T) {
	for field, want := range map[string]string{
		"To: dana@acme.example": "dana@acme.example", "To: D.W@acme.example": "d.w@acme.example", "Cc: Kim <k@x.example>, d.w+news@acme.example": "d.w@acme.example",
		"To: undisclosed-recipients:;\r\nDelivered-To: d.w@acme.example": "d.w@acme.example", "To: pat@board.example": "dana@acme.example",
	} {
		l, err := testAuthor.Draft(testStamp, []byte("From: pat@board.example\r\n"+field+"\r\n\r\nhi"), thanks, nil)
		if err != nil || l.From != want || !strings.Contains(fieldsOf(t, l).Get("From"), "<"+want+">") {
			t.Errorf("%s: from %s, %v", field, l.From, err)
		}
	}
}

func TestReferencesKeepTheThread(t *testing.T) {
	long := ""
	for i := range 60 {
		long += fmt.Sprintf("\r\n <%d@x.example>", i)
	}
	many := strings.Fields("<0@x.example>")
	for i := 41; i < 60; i++ {
		many = append(many, fmt.Sprintf("<%d@x.example>", i))
	}
	for _, c := range []struct{ name, header, inReplyTo, references string }{
		{"a first answer", "Message-ID: <1@x>", "<1@x>", "<1@x>"},
		{"deep in a thread", "Message-ID: <3@x>\r\nReferences: <1@x> <2@x>", "<3@x>", "<1@x> <2@x> <3@x>"},
		{"only In-Reply-To", "Message-ID: <3@x>\r\nIn-Reply-To: Your mail of Monday <2@x>", "<3@x>", "<2@x> <3@x>"},
		{"In-Reply-To of two", "Message-ID: <3@x>\r\nIn-Reply-To: <1@x> <2@x>", "<3@x>", "<3@x>"},
		{"no Message-ID", "References: <1@x>", "", "<1@x>"},
		{"nothing", "X: y", "", ""},
		{"itself among its references", "Message-ID: <1@x>\r\nReferences: <1@x> <2@x>", "<1@x>", "<2@x> <1@x>"},
		{"a very long thread", "Message-ID: <61@x>\r\nReferences:" + long, "<61@x>", strings.Join(append(many, "<61@x>"), " ")},
		{"what is no Message-ID", "Message-ID: <a b@x>\r\nReferences: <=?utf-8?q?=0D=0A?=@x> <" + strings.Repeat("x", 300) + "@x> <ok@x>", "", "<ok@x>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := testAuthor.Draft(testStamp, []byte("From: pat@board.example\r\n"+c.header+"\r\n\r\nhi"), thanks, nil)
			if err != nil {
				t.Fatal(err)
			}
			h := fieldsOf(t, l)
			if h.Get("In-Reply-To") != c.inReplyTo || h.Get("References") != c.references {
				t.Errorf("In-Reply-To %q, References %q", h.Get("In-Reply-To"), h.Get("References"))
			}
			for line := range strings.SplitSeq(string(l.Raw), "\r\n") {
				if len(line) > 300 {
					t.Errorf("a line of %d bytes", len(line))
				}
			}
		})
	}
}

func TestADraftQuotesAndAnAutomaticReplyDoesNot(t *testing.T) {
	letters := everyLetter(t, []byte(plainOriginal))
	for kind, want := range map[string]bool{"draft": true, "reply": false} {
		body, err := ReadBody(bytes.NewReader(letters[kind].Raw))
		if err != nil || strings.Contains(body.Full, "> Can you sign für us") != want || !strings.HasPrefix(body.Full, thanks.Text) {
			t.Errorf("%s: %q, %v", kind, body.Full, err)
		}
		if body.Text != thanks.Text {
			t.Errorf("%s: newly written is %q", kind, body.Text)
		}
	}
}

func TestForwardedFilesArriveAndSecretRecipientsDoNot(t *testing.T) {
	letters := everyLetter(t, []byte(plainOriginal))
	for _, kind := range []string{"forward", "redirect"} {
		raw := letters[kind].Raw
		if !bytes.Contains(raw, []byte("filename=q3.pdf")) || !bytes.Contains(raw, []byte("JVBERi0=")) {
			t.Errorf("%s: the file is not in it", kind)
		}
		if bytes.Contains(raw, []byte("hidden@board.example")) || bytes.Contains(raw, []byte("Return-Path")) {
			t.Errorf("%s: tells more than it should", kind)
		}
	}
	msg, err := ReadFile(bytes.NewReader(letters["forward"].Raw), testIdentity, testNow)
	if err != nil || len(msg.Item.Files) != 1 || msg.Item.Files[0].Name.String() != "AW- Re[2]- Q3 für you.eml" || msg.Item.Files[0].Type != "message/rfc822" {
		t.Errorf("files %v, %v", msg.Item.Files, err)
	}
}

func TestARedirectIsTheOriginalWithResentFieldsAbove(t *testing.T) {
	l := everyLetter(t, []byte(plainOriginal))["redirect"]
	above, rest, ok := bytes.Cut(l.Raw, []byte("Delivered-To:"))
	if !ok {
		t.Fatal("the original is not there")
	}
	for _, name := range []string{"Resent-Date: ", "Resent-From: ", "Resent-To: <lee@acme.example>", "Resent-Message-Id: <", "X-Loop: dana@acme.example"} {
		if !bytes.Contains(above, []byte(name)) {
			t.Errorf("%q is missing", name)
		}
	}
	_, want, _ := strings.Cut(plainOriginal, "Delivered-To:")
	if want = strings.Replace(want, "Bcc: hidden@board.example\r\n", "", 1); string(rest) != want {
		t.Error(cmp.Diff(want, string(rest)))
	}
}

func TestWhatIsNoFieldCannotSlipIntoARedirect(t *testing.T) {
	for name, original := range map[string]string{
		"a continuation first": " X-Foredesk: x\r\nFrom: pat@board.example\r\n\r\nhi",
		"the line of an mbox":  "From pat Mon Dec  7\r\nFrom: pat@board.example\r\n\r\nhi",
		"bare line ends":       "From: pat@board.example\nSubject: a\rb: c\n\nhi\n",
		"NUL":                  "From: pat@board.example\r\nSub\x00ject: x\r\n\r\nhi\x00",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := testAuthor.Redirect(testStamp, []byte(original), []string{"lee@acme.example"})
			if err != nil {
				t.Fatal(err)
			}
			fieldsOf(t, l)
			if bare := bytes.ReplaceAll(l.Raw, []byte("\r\n"), nil); bytes.ContainsAny(bare, "\r\n\x00") || !bytes.Contains(l.Raw, []byte("\r\n\r\nhi")) {
				t.Errorf("%q", l.Raw)
			}
			if _, ok := testAuthor.Ours(l.Raw); !ok {
				t.Error("the mark was changed")
			}
		})
	}
	for _, nothing := range []string{"", "\r\n", "no header at all"} {
		if _, err := testAuthor.Redirect(testStamp, []byte(nothing), []string{"lee@acme.example"}); err == nil {
			t.Errorf("%q was sent on", nothing)
		}
	}
}

func TestMailThatCouldComeBackIsNotSentOn(t *testing.T) {
	letters := everyLetter(t, []byte(plainOriginal))
	to := []string{"lee@acme.example"}
	for _, c := range []struct {
		name, original string
		to             []string
	}{
		{"our own reply", string(letters["reply"].Raw), to},
		{"our own note", string(letters["note"].Raw), to},
		{"what we redirected", string(letters["redirect"].Raw), to},
		{"what another redirected for us", "From: pat@board.example\r\nResent-From: Dana <dana@acme.example>\r\n\r\n", to},
		{"X-Loop with our address", "From: pat@board.example\r\nX-Loop: D.W@acme.example\r\n\r\n", to},
		{"an empty return path", "Return-Path: <>\r\nFrom: x@board.example\r\n\r\n", to},
		{"a bounce", "From: MAILER-DAEMON@board.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n", to},
		{"to ourselves", "From: pat@board.example\r\n\r\n", []string{"dana@acme.example"}},
		{"to ourselves with a detail", "From: pat@board.example\r\n\r\n", []string{"dana+x@acme.example"}},
		{"to somebody who has had it", "Delivered-To: lee@acme.example\r\nFrom: pat@board.example\r\n\r\n", to},
		{"fifty servers", strings.Repeat("Received: from a by b; Mon, 7 Dec 2026 18:02:11 +0100\r\n", 51) + "From: pat@board.example\r\n\r\n", to},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := testAuthor.Redirect(testStamp, []byte(c.original), c.to); !errors.Is(err, ErrLoop) {
				t.Errorf("Redirect: %v", err)
			}
			if _, err := testAuthor.Forward(testStamp, []byte(c.original), thanks, c.to); !errors.Is(err, ErrLoop) {
				t.Errorf("Forward: %v", err)
			}
			if _, err := testAuthor.DraftForward(testStamp, []byte(c.original), thanks, c.to); err != nil {
				t.Errorf("a draft for a person to judge: %v", err)
			}
		})
	}
}

func TestTwoDaemonsThatForwardToEachOtherStop(t *testing.T) {
	lee := testAuthor
	lee.Address, lee.Secret = []string{"lee@acme.example"}, []byte("the secret of another daemon, 32")
	for name, send := range map[string]func(a Author, original []byte, to string) (Letter, error){
		"forward": func(a Author, original []byte, to string) (Letter, error) {
			return a.Forward(testStamp, original, thanks, []string{to})
		},
		"redirect": func(a Author, original []byte, to string) (Letter, error) {
			return a.Redirect(testStamp, original, []string{to})
		},
	} {
		there, err := send(testAuthor, []byte(plainOriginal), "lee@acme.example")
		if err != nil {
			t.Fatal(err)
		}
		if reason, ok := lee.MayAnswer(there.Raw); ok {
			t.Errorf("%s: lee's daemon would answer; %s", name, reason)
		}
		back, err := send(lee, there.Raw, "kim@acme.example")
		if err != nil {
			t.Fatalf("%s: one step is allowed: %v", name, err)
		}
		if _, err := send(testAuthor, back.Raw, "lee@acme.example"); !errors.Is(err, ErrLoop) {
			t.Errorf("%s: %v", name, err)
		}
	}
	answer, err := testAuthor.Reply(testStamp, []byte(plainOriginal), thanks)
	if err != nil {
		t.Fatal(err)
	}
	pat := Author{Identity: Identity{Address: []string{"pat@board.example"}}, Secret: lee.Secret}
	if _, err := pat.Reply(testStamp, answer.Raw, thanks); !errors.Is(err, ErrLoop) {
		t.Errorf("an automatic reply was answered: %v", err)
	}
	faulttest.Injected(t, "S11", 3)
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	to := []string{"lee@acme.example"}
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf("a%d@acme.example", i)
	}
	good := Wording{Subject: "x", Text: "x"}
	for name, write := range map[string]func() error{
		"no text":          func() error { _, err := testAuthor.Note(testStamp, Wording{Subject: "x"}, to); return err },
		"no recipient":     func() error { _, err := testAuthor.Note(testStamp, good, nil); return err },
		"101 recipients":   func() error { _, err := testAuthor.Note(testStamp, good, many); return err },
		"no key":           func() error { _, err := testAuthor.Note(Stamp{Date: testNow}, good, to); return err },
		"no date":          func() error { _, err := testAuthor.Note(Stamp{Key: "x"}, good, to); return err },
		"no secret":        func() error { _, err := Author{Identity: testAuthor.Identity}.Note(testStamp, good, to); return err },
		"no own address":   func() error { _, err := Author{Secret: testAuthor.Secret}.Note(testStamp, good, to); return err },
		"a reply of words": func() error { _, err := testAuthor.Reply(testStamp, []byte(plainOriginal), Wording{}); return err },
	} {
		if write() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
