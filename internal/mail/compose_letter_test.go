package mail

import (
	"slices"
	"strings"
	"testing"
)

func TestALetterGoesToEachReaderOnce(t *testing.T) {
	w := Wording{Subject: "Tue 8 Dec", Text: "Six meetings.", HTML: "<p>Six meetings."}
	for name, c := range map[string]struct {
		to, cc   []string
		envelope []string
		copies   string // the Cc field
	}{
		"with a copy":                   {[]string{"dana@acme.example"}, []string{"sam@acme.example"}, []string{"dana@acme.example", "sam@acme.example"}, "<sam@acme.example>"},
		"without":                       {[]string{"dana@acme.example"}, nil, []string{"dana@acme.example"}, ""},
		"who stands in both is in To":   {[]string{"dana@acme.example"}, []string{"Dana@acme.example", "sam@acme.example", "SAM@acme.example"}, []string{"dana@acme.example", "sam@acme.example"}, "<sam@acme.example>"},
		"who stands twice has one mail": {[]string{"dana@acme.example", "dana@acme.example"}, nil, []string{"dana@acme.example"}, ""},
	} {
		l, err := testAuthor.Letter(testStamp, w, c.to, c.cc)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		h := fieldsOf(t, l)
		if !slices.Equal(l.To, c.envelope) || h.Get("Cc") != c.copies || h.Get("To") != "<dana@acme.example>" {
			t.Errorf("%s: the envelope is %q, To %q, Cc %q", name, l.To, h.Get("To"), h.Get("Cc"))
		}
		for _, field := range []string{"List-Unsubscribe", "Bcc", "Precedence", "Disposition-Notification-To"} {
			if h.Get(field) != "" {
				t.Errorf("%s: there is a field %s", name, field)
			}
		}
	}
}

func TestALettersIDIsKnownBeforeItIsWritten(t *testing.T) {
	w := Wording{Subject: "Tue 8 Dec", Text: "Six meetings.", HTML: "<p>Six meetings."}
	l, err := testAuthor.Letter(testStamp, w, []string{"dana@acme.example"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := testAuthor.LetterID(testStamp.Key); err != nil || id != l.MessageID {
		t.Errorf("it is %q (%v), and the letter's %q", id, err, l.MessageID)
	}
	if other, err := testAuthor.LetterID("another"); err != nil || other == l.MessageID {
		t.Errorf("another key makes %q (%v)", other, err)
	}
	if _, err := (Author{Secret: testAuthor.Secret}).LetterID("k"); err == nil {
		t.Error("an author without an address has an id")
	}
}

func TestWhatALetterLacksIsSaid(t *testing.T) {
	whole := Wording{Subject: "s", Text: "t", HTML: "<p>t"}
	for want, c := range map[string]struct {
		w      Wording
		to, cc []string
	}{
		"no text":               {Wording{Subject: "s", HTML: "<p>t"}, []string{"dana@acme.example"}, nil},
		"no page":               {Wording{Subject: "s", Text: "t"}, []string{"dana@acme.example"}, nil},
		"0 recipients":          {whole, nil, []string{"sam@acme.example"}},
		"recipient 1 of 1":      {whole, []string{"dana"}, nil},
		"of those that get a c": {whole, []string{"dana@acme.example"}, []string{"sam"}},
	} {
		if _, err := testAuthor.Letter(testStamp, c.w, c.to, c.cc); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("there is no word of %q: %v", want, err)
		}
	}
}
