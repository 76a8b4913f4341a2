package ical

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLongLinesAreFoldedBetweenLetters(t *testing.T) {
	line := "SUMMARY:" + strings.Repeat("Zürich 東京 ", 40)
	folded := Write([]string{line, "X:1"})
	for physical := range bytes.SplitSeq(bytes.TrimSuffix(folded, []byte("\r\n")), []byte("\r\n")) {
		if len(physical) > 75 || bytes.ContainsAny(physical, "\r\n") || !bytes.Equal(physical, bytes.ToValidUTF8(physical, nil)) {
			t.Errorf("the line %q of %d bytes", physical, len(physical))
		}
	}
	if lines := unfold(string(folded)); len(lines) != 2 || lines[0].text != line || lines[1].text != "X:1" {
		t.Errorf("unfolded: %v", lines)
	}
}

func TestNoTextEndsALine(t *testing.T) {
	const evil = "a\r\nATTENDEE:mailto:x@evil.example\nb\rc\u2028d\u0085e\x00;,\\ \"^"
	for kind, line := range map[string]string{
		"a value": "COMMENT:" + Escape(evil), "a parameter": "ATTENDEE;CN=" + Quote(evil) + ":mailto:dana@acme.example", "a line": evil,
	} {
		written := string(Write([]string{line}))
		if n := strings.Count(strings.ReplaceAll(written, "\r\n ", ""), "\n"); n != 1 || strings.ContainsAny(written, "\x00") {
			t.Errorf("%s makes %d lines: %q", kind, n, written)
		}
	}
	p, err := cut(line{text: "COMMENT:" + Escape("one;two,three\\four\nfive")})
	if err != nil || p.text() != "one;two,three\\four\nfive" {
		t.Errorf("%q, %v", p.text(), err)
	}
	p, err = cut(line{text: "ATTENDEE;CN=" + Quote("\"Moore; Pat^\"\n") + ":mailto:pat@example.com"})
	if err != nil || p.Params.Get("CN") != "\"Moore; Pat^\"\n" || p.Value != "mailto:pat@example.com" {
		t.Errorf("%+v, %v", p, err)
	}
}

// What an answer repeats of an event stands there as it did, with its zone.
func TestLinesOfAnEventAreKept(t *testing.T) {
	const zone = "BEGIN:VTIMEZONE\r\nTZID:Office\r\nX-NOTE:kept\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n" +
		"TZOFFSETFROM:+0130\r\nTZOFFSETTO:+0130\r\nEND:STANDARD\r\nBEGIN:VEVENT\r\nUID:hidden\r\nEND:VEVENT\r\nEND:VTIMEZONE\r\n"
	text := strings.Replace(calendar(event("DTSTART;TZID=Office;X-A=\"1;2\":2026\r\n 0105T090000")), "BEGIN:VEVENT", zone+"BEGIN:VEVENT", 1)
	c, err := Read(strings.NewReader(text), time.UTC)
	if err != nil || len(c.Events) != 1 {
		t.Fatal(c, err)
	}
	e := c.Events[0]
	got := append(append(e.Lines("DTSTART"), e.Zones("DTSTART", "DTEND")...), e.Definition("Office")...)
	want := []string{
		`DTSTART;TZID=Office;X-A="1;2":20260105T090000`, "Office", "BEGIN:VTIMEZONE", "TZID:Office", "X-NOTE:kept", "BEGIN:STANDARD",
		"DTSTART:19700101T000000", "TZOFFSETFROM:+0130", "TZOFFSETTO:+0130", "END:STANDARD", "END:VTIMEZONE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if e.Lines("COMMENT") != nil || e.Definition("Europe/Paris") != nil {
		t.Error("what is not in the file has lines")
	}
}

// A cancellation need not say when: it has no time, and is no event.
func TestAnAnswerMayBeTimeless(t *testing.T) {
	for method, want := range map[string]int{"CANCEL": 1, "REPLY": 1, "REFRESH": 1, "DECLINECOUNTER": 1, "REQUEST": 0, "": 0} {
		text := strings.Replace(calendar("BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID;TZID=Europe/Paris:20260105T090000\r\nEND:VEVENT\r\n"), "VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:"+method+"\r\n", 1)
		c, err := Read(strings.NewReader(text), time.UTC)
		if err != nil || len(c.Answers) != want || len(c.Events) != 0 || len(c.Problems) != 1 || !c.Problems[0].Refused {
			t.Errorf("%s: %+v, %v", method, c, err)
			continue
		}
		if want == 1 && c.Answers[0].RecurrenceID.UTC().Hour() != 8 {
			t.Errorf("%s: the instance is %s", method, c.Answers[0].RecurrenceID)
		}
	}
}
