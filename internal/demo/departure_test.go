package demo

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

const asking = "From: Dana Whitfield <dana@acme.example>\r\nTo: assistant@acme.example\r\nSubject: =?utf-8?q?Zwei_Fragen_f=C3=BCr?= you\r\n" +
	"Message-ID: <ask.1@acme.example>\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n1. A =\r\nroom?\r\n"

func TestWhatTheExecutiveSendsReachesNobody(t *testing.T) {
	w := world(t)
	for _, to := range []string{Assistant, "somebody@elsewhere.test"} {
		if err := send(t.Context(), w.SMTPAddr(), Address, to, []byte(asking)); err != nil {
			t.Fatalf("sending to %s: %v", to, err)
		}
	}
	left := w.Departures()
	if len(left) != 2 || !slices.Equal(left[0].To, []string{Assistant}) || !slices.Equal(left[1].To, []string{"somebody@elsewhere.test"}) {
		t.Fatalf("left the desk: %+v", left)
	}
	if got := left[0].Subject(); got != "Zwei Fragen für you" {
		t.Errorf("subject %q", got)
	}
	if got := left[0].Text(); got != "1. A room?\n" {
		t.Errorf("text %q", got)
	}
}

func TestWhatTheExecutiveSendsToHerselfArrives(t *testing.T) {
	w := world(t)
	before := inboxSize(t, w)
	if err := send(t.Context(), w.SMTPAddr(), Address, Address, []byte(asking)); err != nil {
		t.Fatal(err)
	}
	left := w.Departures()
	if len(left) != 1 || !left[0].Arrived || len(left[0].To) != 0 || inboxSize(t, w) != before+1 {
		t.Fatalf("left the desk: %+v; the inbox has %d mails, want %d", left, inboxSize(t, w), before+1)
	}
	if raw := lastOfInbox(t, w); raw != string(left[0].Raw) {
		t.Errorf("what arrived is\n%s\nand is said to be\n%s", raw, left[0].Raw)
	}
}

func TestALinkIsFollowed(t *testing.T) {
	w := world(t)
	link := "mailto:dana@acme.example?subject=foredesk%20decline%2012%20%5Bfd-A+B%5D&body=Why%3F%0D%0AToo%20far."
	if err := w.Follow(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	raw := lastOfInbox(t, w)
	for _, want := range []string{"dmarc=pass", "From: Dana Whitfield <" + Address + ">", "To: " + Address, "Subject: foredesk decline 12 [fd-A+B]\r\n", "\r\n\r\nWhy?\r\nToo far.\r\n"} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
	if err := w.Follow(t.Context(), "https://acme.example/"); err == nil {
		t.Error("a link that opens no mail was followed")
	}
}

func TestThePartsOfAMailAreRead(t *testing.T) {
	d := Departure{Raw: []byte("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		"w4QK\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=84</p>\r\n--b--\r\n")}
	if got := d.Text() + d.Part("text/html") + d.Part("text/calendar"); got != "Ä\n<p>Ä</p>" {
		t.Errorf("%q", got)
	}
}

// lastOfInbox is the mail that came last, as IMAP has it.
func lastOfInbox(t *testing.T, w *World) string {
	t.Helper()
	whole := &imap.FetchItemBodySection{Peek: true}
	c := login(t, w, nil)
	inbox, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Fetch(imap.SeqSetNum(inbox.NumMessages), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	return string(got[0].FindBodySection(whole))
}

func inboxSize(t *testing.T, w *World) uint32 {
	t.Helper()
	inbox, err := login(t, w, nil).Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return inbox.NumMessages
}

func TestTheAssistantAnswersByMail(t *testing.T) {
	w := world(t)
	if err := send(t.Context(), w.SMTPAddr(), Address, Assistant, []byte(asking)); err != nil {
		t.Fatal(err)
	}
	if err := w.Answer(t.Context(), w.Departures()[0], "approve 1"); err != nil {
		t.Fatal(err)
	}
	raw := lastOfInbox(t, w)
	for _, want := range []string{
		"dmarc=pass", "From: Priya Nair <" + Assistant + ">", "Subject: Re: =?utf-8?q?Zwei_Fragen_f=C3=BCr?= you", "In-Reply-To: <ask.1@acme.example>",
		"\r\n\r\napprove 1\r\n", "\r\n> 1. A room?\r\n",
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
}
