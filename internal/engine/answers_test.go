package engine

import (
	"maps"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

const aSecret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func TestALinkSurvivesWhatMailProgramsDoToASubject(t *testing.T) {
	want := link{"accept", 12, aSecret}
	for name, subject := range map[string]string{
		"as it is":                    "foredesk accept 12 [fd-" + aSecret + "]",
		"answered":                    "Re: foredesk accept 12 [fd-" + aSecret + "]",
		"answered twice":              "RE: AW: foredesk accept 12 [fd-" + aSecret + "]",
		"answered, counted":           "Re[2]: foredesk accept 12 [fd-" + aSecret + "]",
		"answered in French":          "Réf : foredesk accept 12 [fd-" + aSecret + "]",
		"answered in Chinese":         "回复：foredesk accept 12 [fd-" + aSecret + "]",
		"marked by a gateway":         "[EXTERNAL] foredesk accept 12 [fd-" + aSecret + "]",
		"marked and answered":         "Re: [Extern] foredesk accept 12 [fd-" + aSecret + "]",
		"with a note behind it":       "foredesk accept 12 [fd-" + aSecret + "] (sent by phone)",
		"capital letters":             "Foredesk Accept 12 [fd-" + aSecret + "]",
		"small letters":               "foredesk accept 12 [fd-" + strings.ToLower(aSecret) + "]",
		"plus signs":                  "foredesk+accept+12+[fd-" + aSecret + "]",
		"no escape undone":            "foredesk%20accept%2012%20%5Bfd-" + aSecret + "%5D",
		"brackets left as escapes":    "foredesk accept 12 %5bfd-" + aSecret + "%5d",
		"spaces that do not break":    "foredesk\u00a0accept\u00a012\u00a0[fd-" + aSecret + "]",
		"narrow spaces":               "foredesk\u202faccept\u202f12 [fd-" + aSecret + "]",
		"folded":                      "foredesk accept 12\r\n [fd-" + aSecret + "]",
		"folded with a tab":           "foredesk\r\n\taccept 12 [fd-" + aSecret + "]",
		"doubled spaces":              " foredesk  accept   12  [fd-" + aSecret + "] ",
		"marks that nobody sees":      "\u200efore\u00addesk accept\u200b 12 [fd-" + aSecret + "]\ufeff",
		"a space within the brackets": "foredesk accept 12 [ fd-" + aSecret + " ]",
	} {
		if got, ok := readLink(subject); !ok || got != want {
			t.Errorf("%s: %q was read as %+v, %v", name, subject, got, ok)
		}
		if got := secretIn(subject); got != aSecret {
			t.Errorf("%s: the secret of %q was read as %q", name, subject, got)
		}
		if kept := withoutSecret(subject); strings.Contains(strings.ToUpper(kept), aSecret) {
			t.Errorf("%s: the journal would keep %q", name, kept)
		}
	}
}

func TestWhatIsNoLink(t *testing.T) {
	for name, subject := range map[string]string{
		"no number":              "foredesk accept [fd-" + aSecret + "]",
		"number nought":          "foredesk accept 0 [fd-" + aSecret + "]",
		"a number without end":   "foredesk accept " + strings.Repeat("9", 40) + " [fd-" + aSecret + "]",
		"a secret cut short":     "foredesk accept 12 [fd-" + aSecret[1:] + "]",
		"a secret with a digit":  "foredesk accept 12 [fd-" + aSecret[1:] + "1]",
		"something in front":     "please foredesk accept 12 [fd-" + aSecret + "]",
		"a word between":         "foredesk accept not 12 [fd-" + aSecret + "]",
		"the secret comes first": "[fd-" + aSecret + "] foredesk accept 12",
		"an answer to a request": "Re: 2 things wait for your word [fd-" + aSecret + "]",
	} {
		if got, ok := readLink(subject); ok {
			t.Errorf("%s: %q was read as %+v", name, subject, got)
		}
	}
	if got := withoutSecret("Board papers [draft]"); got != "Board papers [draft]" {
		t.Errorf("the subject of other mail became %q", got)
	}
}

func TestWhatAnswersSay(t *testing.T) {
	const yes, no = store.Approve, store.Refuse
	for name, c := range map[string]struct {
		text string
		want map[int64]string
	}{
		"each by its number":                 {"approve 12\nrefuse 13", map[int64]string{12: yes, 13: no}},
		"all":                                {"approve all", map[int64]string{12: yes, 13: yes}},
		"a number, then all":                 {"refuse 13\napprove all", map[int64]string{12: yes, 13: no}},
		"all, then a number":                 {"approve all\n\nrefuse 13", map[int64]string{12: yes, 13: no}},
		"a number that contradicts itself":   {"approve 12, 13\nrefuse 13", map[int64]string{12: yes}},
		"the same, the other way round":      {"refuse 13\napprove 12 and 13", map[int64]string{12: yes}},
		"three times about one":              {"refuse 13\napprove 13\nrefuse 13", map[int64]string{}},
		"a contradiction, and all":           {"refuse 13\napprove 13\napprove all", map[int64]string{12: yes}},
		"all, and all the other way":         {"approve all\nrefuse all", map[int64]string{}},
		"the same twice is no contradiction": {"refuse 13\nno 13", map[int64]string{13: no}},
	} {
		if got := readAnswers(c.text, []int64{12, 13}); !maps.Equal(got, c.want) {
			t.Errorf("%s: %q was read as %v, want %v", name, c.text, got, c.want)
		}
	}
	if got := readAnswers("ok\n\nrefuse 13", []int64{13}); !maps.Equal(got, map[int64]string{13: no}) {
		t.Errorf("a bare ok counted before a number: %v", got)
	}
}

func TestTheReasonOfWhoDeclines(t *testing.T) {
	english, german, french := decideLanguages["en"].prompt, decideLanguages["de"].prompt, decideLanguages["fr"].prompt
	for name, c := range map[string]struct{ text, want string }{
		"nothing written":            {english + "\r\n\r\n", ""},
		"nothing at all":             {"", ""},
		"below":                      {english + "\r\n\r\nI am travelling that day.\r\n", "I am travelling that day."},
		"on the same line":           {english + " I am travelling.", "I am travelling."},
		"above":                      {"I am travelling.\n\n" + english + "\n\n", "I am travelling."},
		"in place of the prompt":     {"I am travelling.", "I am travelling."},
		"several lines":              {english + "\n\nI am travelling,\nand back on Friday.\n\nSorry!", "I am travelling, and back on Friday. Sorry!"},
		"the colon deleted":          {strings.TrimSuffix(english, ":") + "\nTravelling", "Travelling"},
		"wrapped by the program":     {"Reason, for the\norganizer (optional):\n\nTravelling", "Travelling"},
		"spaces that do not break":   {strings.ReplaceAll(english, " ", "\u00a0") + "\n\u00a0\nTravelling", "Travelling"},
		"German":                     {german + "\n\nIch bin verreist: Köln.", "Ich bin verreist: Köln."},
		"French, narrow space":       {strings.Replace(french, " :", "\u202f:", 1) + "\n\nJe suis en voyage.", "Je suis en voyage."},
		"the letter's, then English": {german + "\n\nSorry, " + "travelling", "Sorry, travelling"},
		"control characters":         {english + "\nA\x00B\x07C\x1b[31mD\u2028E\u202eF", "A B C [31mD EF"},
		"Persian joins":              {"می\u200cروم", "می\u200cروم"},
		"broken bytes":               {"caf\xe9 closed", "caf closed"},
	} {
		if got := readReason(c.text); got != c.want {
			t.Errorf("%s: the reason is %q, want %q", name, got, c.want)
		}
	}
	long := readReason(english + "\n" + strings.Repeat("no time ", 200))
	if n := utf8.RuneCountInString(long); n > longestReason || !strings.HasSuffix(long, "time…") && !strings.HasSuffix(long, "no…") {
		t.Errorf("a long reason has %d characters: %q", n, long)
	}
}

// A mailto: URL is read as RFC 6068 says, by a reader of our own and by net/url.
func TestLinksSayWhatIsDecided(t *testing.T) {
	for language, desk := range map[agenda.Language]string{
		agenda.English: "dana@acme.example", agenda.German: "dana+desk@acme.example", agenda.French: `o'neil&co%x@acme.example`,
	} {
		a := &Account{Config: Config{Approvers: map[string]string{"desk": desk}}}
		ds := []gather.Decision{
			{Line: "l1", Offer: store.Offer{Choices: []store.Choice{{Do: "accept"}, {Do: "decline"}}}},
			{Line: "l2", Approval: 7},
			{Line: "l3", Offer: store.Offer{Choices: []store.Choice{{Do: "snooze"}}}},
		}
		links := a.links(aSecret, ds, []int64{41, 42}, language)
		var got []string
		for _, line := range []string{"l1", "l2", "l3"} {
			for _, act := range links[line] {
				to, subject, body := readMailto(t, act.Mailto)
				if to != desk {
					t.Errorf("the link goes to %q, want %q", to, desk)
				}
				l, ok := readLink(subject)
				if !ok || l.do != act.Do || l.secret != aSecret {
					t.Errorf("the link %q has the subject %q", act.Mailto, subject)
				}
				if prompt := decideLanguages[language].prompt + "\r\n\r\n"; act.Do == "decline" && body != prompt || act.Do != "decline" && body != "" {
					t.Errorf("the link %q has the body %q", act.Do, body)
				}
				got = append(got, strings.Join(strings.Fields(subject)[1:3], " "))
			}
		}
		if want := "accept 41, decline 41, approve 7, refuse 7, snooze 42"; strings.Join(got, ", ") != want {
			t.Errorf("the links are %v, want %s", got, want)
		}
	}
}

// readMailto reads a mailto: URL by hand, and holds what net/url makes of it against
// that.
func readMailto(t *testing.T, link string) (to, subject, body string) {
	t.Helper()
	if strings.IndexFunc(link, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|}[]+", r) }) >= 0 {
		t.Errorf("%q has characters that programs differ about", link)
	}
	rest, ok := strings.CutPrefix(link, "mailto:")
	if !ok {
		t.Fatalf("%q is no mailto: URL", link)
	}
	address, query, _ := strings.Cut(rest, "?")
	fields := map[string]string{}
	for field := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(field, "=")
		text, err := url.PathUnescape(value) // RFC 6068 2: "+" is no space
		if err != nil {
			t.Fatal(err)
		}
		fields[name] = text
	}
	to, err := url.PathUnescape(address)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("subject") != fields["subject"] || u.Query().Get("body") != fields["body"] || u.Opaque != address {
		t.Errorf("net/url reads %q as %+v: %v", link, u, err)
	}
	return to, fields["subject"], fields["body"]
}

func TestEachLanguageHasAllWords(t *testing.T) {
	english := decideLanguages[agenda.English]
	for language, words := range decideLanguages {
		for do := range english.choices {
			if words.choices[do] == "" {
				t.Errorf("%s has no word for %q", language, do)
			}
		}
		for name, text := range map[string]string{"failed": words.failed, "what": words.what, "why": words.why, "answered": words.answered} {
			if strings.Count(text, "%") != strings.Count(map[string]string{"failed": english.failed, "what": english.what, "why": english.why, "answered": english.answered}[name], "%") {
				t.Errorf("%s: %q has other places to fill in", language, text)
			}
		}
		if p := words.prompt; strings.IndexFunc(p, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 || len(p) > 60 || readReason(p) != "" {
			t.Errorf("%s: programs may change the prompt %q, or it is not found", language, p)
		}
	}
}

func FuzzReadLink(f *testing.F) {
	for _, seed := range []string{
		"foredesk accept 12 [fd-" + aSecret + "]", "Re: [EXT] foredesk+decline+1+%5Bfd-" + aSecret + "%5D", "foredesk\u00a0fix 3 [fd-" + aSecret + "]",
		"AW: WG: foredesk undo 999999999999999999 [ fd-" + aSecret + " ] x", "fd-%5Bfd-%", "[fd-", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		l, ok := readLink(subject)
		secret := secretIn(subject)
		if ok && (l.id <= 0 || len(l.secret) != 26 || l.secret != strings.ToUpper(l.secret) || strings.Trim(l.do, "abcdefghijklmnopqrstuvwxyz") != "") {
			t.Errorf("%q was read as %+v", subject, l)
		}
		if ok && secret == "" {
			t.Errorf("%q is a link without a secret", subject)
		}
		if again, ok2 := readLink(strings.Join([]string{"foredesk", l.do, formatID(l.id), "[fd-" + l.secret + "]"}, " ")); ok && (!ok2 || again != l) {
			t.Errorf("%q was read as %+v, which as a link is %+v", subject, l, again)
		}
		if kept := withoutSecret(subject); secret != "" && secretIn(kept) == secret && !strings.Contains(strings.Replace(strings.ToUpper(plainly(subject)), secret, "", 1), "FD-") {
			t.Errorf("of %q the journal would keep %q", subject, kept)
		}
	})
}

func formatID(id int64) string { return strings.TrimPrefix(token("", id), ":") }

func FuzzReadReason(f *testing.F) {
	for _, words := range decideLanguages {
		f.Add(words.prompt + "\r\n\r\nBecause.\r\n")
	}
	f.Add(strings.Repeat("ä ", 600))
	f.Add("\x00\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		reason := readReason(text)
		if utf8.RuneCountInString(reason) > longestReason || !utf8.ValidString(reason) {
			t.Errorf("the reason is %q", reason)
		}
		if strings.IndexFunc(reason, func(r rune) bool { return unicode.IsControl(r) || r == '\u202e' }) >= 0 || reason != strings.TrimSpace(reason) {
			t.Errorf("the reason is %q", reason)
		}
	})
}
