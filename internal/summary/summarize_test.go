package summary

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestSummarize(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"white space", " \n\t\n", ""},
		{"a greeting alone", "Dear Ms Whitfield,", ""},
		{"one word", "Thanks!", "Thanks!"},
		{"one line without an end", "Budget approved, £40k", "Budget approved, £40k."},
		{"a yes", "Yes, go ahead.", "Yes, go ahead."},
		{"the greeting in the line goes", "Hi Dana, can you sign by Friday?", "Can you sign by Friday?"},
		{"quoted lines are not ours", "> Can you sign by Friday?\n\nSigned it this morning.", "Signed it this morning."},
		{"the items of a short list go on with their heading", "Please bring:\n- your passport\n- two photos", "Please bring: your passport; two photos."},
		{
			"of a table what stands below counts",
			"Job      Result   Size\nhr       OK       41 GB\nlegal    OK       112 GB\n\nThe backup of finance failed again on Monday.",
			"The backup of finance failed again on Monday.",
		},
		{
			"of an alert the line that matters",
			"Alert name: DiskAlmostFull\nTeam: platform\nDisk usage on db-3 is at 96% and will be full in 3 hours.\nLabels: env=prod, job=node",
			"Disk usage on db-3 is at 96% and will be full in 3 hours.",
		},
		{
			"links with what they track go, their sentence stays",
			"Please sign the lease here by noon: https://sign.example.com/e/0b1f?token=aGVsbG8&utm_source=mail",
			"Please sign the lease here by noon.",
		},
		{
			"a legal notice is no news",
			"The lease is signed.\n\nThis e-mail and any attachments are confidential. If you are not the intended recipient, delete it by Friday.",
			"The lease is signed.",
		},
		{"no one-time code", "A sign-in was noticed from Vilnius at 22:14.\n\nYour code is 449120. It expires in 10 minutes.", "A sign-in was noticed from Vilnius at 22:14. It expires in 10 minutes."},
		{"no password", "The guest network is open from Monday.\nPassword: swordfish", "The guest network is open from Monday."},
		{"in the order of the text", "We decided to close the Leeds site on 31 March. Please tell the staff by Friday.", "We decided to close the Leeds site on 31 March. Please tell the staff by Friday."},
		{"what is said twice is said once", "Please sign the lease by Friday.\n\nOnce more: please sign the lease by Friday!", "Please sign the lease by Friday."},
		{"control and bidi characters go", "Pay \u202e€400\u202c by \x1b[31mFriday\x00.", "Pay €400 by [31mFriday."},
		{"broken bytes go", "Pay €400 by \xffFriday.", "Pay €400 by Friday."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Summarize(tt.text, Options{}).Text; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSummaryTellsWhereItIsFrom(t *testing.T) {
	got := Summarize("Hi Dana,\n\nas discussed, we agreed on €400. Could you sign by Friday?", Options{})
	if len(got.Points) != 2 {
		t.Fatalf("got %d points, want 2: %+v", len(got.Points), got)
	}
	first, second := got.Points[0], got.Points[1]
	if first.Text != "We agreed on €400." || first.Source != "as discussed, we agreed on €400." || first.Kind != DecisionPoint|AmountPoint {
		t.Errorf("the first point is %+v", first)
	}
	if second.Kind != AskPoint|DatePoint {
		t.Errorf("the kind of %q is %b", second.Text, second.Kind)
	}
}

func TestSummaryIsAsShortAsAsked(t *testing.T) {
	text := "We decided to close the Leeds site on 31 March. Please tell the staff by Friday. The costs are £40,000."
	if got := Summarize(text, Options{Sentences: 1}); len(got.Points) != 1 {
		t.Errorf("one sentence was asked for, got %q", got.Text)
	}
	for size := 1; size < len(text)+10; size++ {
		if got := Summarize(text, Options{Bytes: size}); len(got.Text) > size {
			t.Errorf("%d bytes were asked for, got %d: %q", size, len(got.Text), got.Text)
		}
	}
}

// TestSummaryLosesNoNegation: where a sentence must be cut, a "not" that would be
// lost is worth more than having a summary.
func TestSummaryLosesNoNegation(t *testing.T) {
	text := "We want to sign the lease for the building in the north of Leeds with the landlord, but not before he has repaired the roof."
	if got := Summarize(text, Options{Bytes: 80}).Text; got != "" {
		t.Errorf("got %q, which says the opposite", got)
	}
	text = "We want to sign the lease for the building in the north of Leeds with the landlord, and to repair the roof."
	want := "We want to sign the lease for the building in the north of Leeds with the…"
	if got := Summarize(text, Options{Bytes: 80}).Text; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestShorten(t *testing.T) {
	tests := []struct{ name, sentence, want string }{
		{"a greeting with a name", "Dear Ms Whitfield, the lease is signed.", "The lease is signed."},
		{"a reader called by name", "Dana, could you sign?", "Could you sign?"},
		{"a day is no name", "Monday, I sign.", "Monday, I sign."},
		{"nor is a yes", "Yes, I sign.", "Yes, I sign."},
		{"what is going to be said", "I wanted to let you know that the lease is signed.", "The lease is signed."},
		{"pleased to tell", "We are delighted to inform you that the lease is signed.", "The lease is signed."},
		{"as discussed", "As discussed on the phone, the lease is signed.", "The lease is signed."},
		{"comme convenu", "Comme convenu, le bail est signé.", "Le bail est signé."},
		{"como acordamos", "Como acordamos, el contrato está firmado.", "El contrato está firmado."},
		{"le informamos", "Le informamos de que el contrato está firmado.", "El contrato está firmado."},
		{"thanks at the end", "Please sign the lease, thanks.", "Please sign the lease."},
		{"danke am Ende", "Bitte unterschreib den Vertrag, danke!", "Bitte unterschreib den Vertrag!"},
		{"an aside in brackets", "The lease for the building (a very pretty one) is signed since Monday.", "The lease for the building is signed since Monday."},
		{"not with a number", "The lease for the building (£40,000 a year) is signed since Monday.", "The lease for the building (£40,000 a year) is signed since Monday."},
		{"nor with a not", "The lease for the building (though not the yard) is signed since Monday.", "The lease for the building (though not the yard) is signed since Monday."},
		{"a name stays", "Leo has been asked by Mina (Finance) to sign the lease.", "Leo has been asked by Mina (Finance) to sign the lease."},
		{
			"a clause by the way in a long sentence",
			"The landlord of the building in the north of Leeds has at last agreed to extend the lease by five years, which pleases everybody here.",
			"The landlord of the building in the north of Leeds has at last agreed to extend the lease by five years.",
		},
		{
			"not one that denies",
			"The landlord of the building in the north of Leeds has at last agreed to extend the lease by five years, which is not enough.",
			"The landlord of the building in the north of Leeds has at last agreed to extend the lease by five years, which is not enough.",
		},
		{"a condition stays", "As agreed unless he objects, we sign.", "As agreed unless he objects, we sign."},
		{"a date stays", "As agreed on Monday, we sign.", "As agreed on Monday, we sign."},
		{"an excuse", "Sorry for the chaos, my flight was cancelled.", "My flight was cancelled."},
		{"thanks for something", "Many thanks for your patience, the lease is signed.", "The lease is signed."},
		{"thanks to somebody tells why", "Thanks to Lucy, the lease is signed.", "Thanks to Lucy, the lease is signed."},
		{"merci de asks", "Merci de signer le bail, il est urgent.", "Merci de signer le bail, il est urgent."},
		{"sorry to say tells", "Sorry to say the deal is dead, they signed with Albion.", "Sorry to say the deal is dead, they signed with Albion."},
		{"so much is no opening", "So many customers left.", "So many customers left."},
		{"well done neither", "Well done everybody.", "Well done everybody."},
		{"iPhone stays as it is", "And iPhones are sold out.", "iPhones are sold out."},
		{"a greeting alone is nothing", "Sehr geehrte Frau Whitfield,", ""},
		{"a link alone is nothing", "https://example.com/a?utm_source=mail", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := shorten(tt.sentence); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSummariesAreBounded has texts that make quadratic programs slow.
func TestSummariesAreBounded(t *testing.T) {
	for name, piece := range map[string]string{
		"words": "word ", "lines": "a line\n", "sentences": "Please pay £4 by Friday. ", "brackets": " (", "quotes": "\"a", "items": "- a\n", "fields": "a: b\n",
		"commas": "Hi Dana, ", "paragraphs": "Hi\n\n", "openings": "and so ", "zeros": "\x00", "letters": "x", "dots": ". ", "different words": "a1 b2\nc3 d4. E5 f6 ",
	} {
		t.Run(name, func(t *testing.T) {
			within(t, slow, func() { Summarize(strings.Repeat(piece, 1<<20/len(piece)), Options{}) })
		})
	}
}

// checkSummary holds what is true of any summary.
func checkSummary(t *testing.T, s Summary, o Options, texts ...string) {
	t.Helper()
	o = o.withDefaults()
	if !utf8.ValidString(s.Text) || strings.ContainsFunc(s.Text, func(r rune) bool { return unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' }) {
		t.Errorf("%q has what a line must not hold", s.Text)
	}
	if len(s.Text) > o.Bytes || len(s.Points) > o.Sentences {
		t.Errorf("%d points and %d bytes: more than %+v: %q", len(s.Points), len(s.Text), o, s.Text)
	}
	for _, p := range s.Points {
		text := texts[p.Message]
		if !lettersOf(p.Source, text) {
			t.Errorf("%q does not stand in %q", p.Source, text)
		}
		if !strings.Contains(p.Text, "…") && denialsOf(p.Text) != denialsOf(p.Source) {
			t.Errorf("%q denies other things than %q", p.Text, p.Source)
		}
	}
}

// subsequence says that the words of a stand in b, in their order.
func subsequence(a, b string) bool {
	in := strings.Fields(plainWords(cleanText(b)))
	for word := range strings.FieldsSeq(plainWords(a)) {
		for len(in) > 0 && in[0] != word {
			in = in[1:]
		}
		if len(in) == 0 {
			return false
		}
		in = in[1:]
	}
	return true
}

// lettersOf says that the letters of a stand in b, in their order; white space may
// be other, and a word of more than 2,000 bytes is cut.
func lettersOf(a, b string) bool {
	in := []rune(plainWords(cleanText(b)))
	for _, r := range plainWords(a) {
		for len(in) > 0 && in[0] != r && r != ' ' {
			in = in[1:]
		}
		if len(in) == 0 {
			return r == ' '
		}
		if r != ' ' {
			in = in[1:]
		}
	}
	return true
}

func denialsOf(s string) (n int) {
	for word := range strings.FieldsSeq(plainWords(s)) {
		if isDenial(word) {
			n++
		}
	}
	return n
}

func FuzzSummarize(f *testing.F) {
	for _, n := range readNotes(f, "learn.txt") {
		f.Add(n.text, n.subject, 0, 0)
	}
	f.Add("Please bring:\n- a\n- b\n\nNo (not) (so) fast, thanks :)", "", 2, 30)
	f.Add("As discussed, \u202ewe do not (really) sign.\xff", "a\nb", 1, 17)
	f.Add("ſr s agreed (we did not)wed.", "", 0, 0)
	f.Fuzz(func(t *testing.T, text, subject string, sentences, size int) {
		o := Options{Sentences: sentences, Bytes: size, Subject: subject}
		s := Summarize(text, o)
		checkSummary(t, s, o, text)
		for _, p := range s.Points {
			if !subsequence(p.Text, p.Source) {
				t.Errorf("%q is not made of %q", p.Text, p.Source)
			}
		}
		if again := Summarize(text, o); again.Text != s.Text {
			t.Errorf("once %q, once %q", s.Text, again.Text)
		}
	})
}

func FuzzThread(f *testing.F) {
	f.Add("Ann Lee", "Ben", "Could you send it by Friday?", "I'll send it tomorrow, not today.", 0)
	f.Add("Ann\x00", "\u202eBen", "We decided to go.", "Bitte schick mir die Verträge.", 90)
	f.Fuzz(func(t *testing.T, one, two, first, second string, size int) {
		o := Options{Bytes: size}
		messages := []Message{{From: one, Text: first}, {From: two, To: []string{one}, Sent: time.Date(2026, 5, 11, 9, 0, 0, 0, time.UTC), Text: second}, {From: one, Text: first}}
		s := Thread(messages, o)
		if !utf8.ValidString(s.Text) || strings.ContainsFunc(s.Text, func(r rune) bool { return unicode.Is(unicode.C, r) }) {
			t.Errorf("%q has what a line must not hold", s.Text)
		}
		if o = o.withDefaults(); len(s.Text) > o.Bytes || len(s.Points) > o.Sentences {
			t.Errorf("%q is longer than %+v", s.Text, o)
		}
		for _, p := range s.Points {
			if !lettersOf(p.Source, messages[p.Message].Text) {
				t.Errorf("%q does not stand in %q", p.Source, messages[p.Message].Text)
			}
		}
	})
}

// BenchmarkSummarize has a normal mail of about 1.5 kB, and one of 64 KiB.
func BenchmarkSummarize(b *testing.B) {
	var mail strings.Builder
	for _, n := range readNotes(b, "learn.txt")[:3] {
		mail.WriteString(NewText(n.text) + "\n\n")
	}
	for name, text := range map[string]string{"normal": mail.String(), "64 KiB": strings.Repeat(mail.String(), 64<<10/mail.Len()+1)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Summarize(text, Options{Subject: "Q3 board pack"})
			}
		})
	}
}
