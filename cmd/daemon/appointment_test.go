package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/google"
)

// Commands of scripts that have a calendar. Days are counted from today, and times
// of day are London's.

// signin is a person who has signed every account in at Google.
func signIn(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(signInAll(filepath.Join(ts.Getenv("WORK"), "foredesk.yaml")))
}

func signInAll(file string) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	for _, a := range cfg.Accounts {
		source, err := openGoogle(a, slog.New(slog.DiscardHandler))
		if err != nil || source == nil {
			return err
		}
		pasted := make(chan string, 1)
		err = source.SignIn(context.Background(), google.Prompt{Pasted: pasted, Show: func(page string) {
			if to, err := press(page, "allow"); err == nil {
				pasted <- to
			}
		}, Limit: patience})
		if err != nil {
			return err
		}
	}
	return nil
}

// appointment DAYS HH:MM LENGTH TITLE [WORD VALUE]... is a person who puts an event
// on the calendar: by is who calls it, with a guest, note what its notes say, on
// the calendar, rule how it repeats; visibility and id as Google has them.
func appointment(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 4 || len(args)%2 != 0 {
		ts.Fatalf("usage: appointment DAYS HH:MM LENGTH TITLE [WORD VALUE]...")
	}
	event, calendar, err := appointmentOf(args)
	ts.Check(err)
	s := theGoogle(ts)
	if calendar != "primary" {
		// That it is there already is no trouble: a second one has the same name.
		ts.Check(s.AddCalendar(gcal.Calendar{ID: calendar, Summary: calendar}))
	}
	_, err = s.Put(calendar, event)
	ts.Check(err)
}

func appointmentOf(args []string) (event map[string]any, calendar string, err error) {
	start, err := momentOf(args[0], args[1])
	length, err2 := time.ParseDuration(args[2])
	if err := errors.Join(err, err2); err != nil {
		return nil, "", err
	}
	at := func(t time.Time) map[string]string {
		return map[string]string{"dateTime": t.Format(time.RFC3339), "timeZone": "Europe/London"}
	}
	event, calendar = map[string]any{"summary": args[3], "start": at(start), "end": at(start.Add(length))}, "primary"
	var guests []map[string]any
	for i := 4; i < len(args); i += 2 {
		switch word, value := args[i], args[i+1]; word {
		case "by":
			event["organizer"] = map[string]string{"email": value}
			guests = append(guests, map[string]any{"email": "dana@acme.example", "responseStatus": "needsAction"}, map[string]any{"email": value, "responseStatus": "accepted"})
		case "with":
			guests = append(guests, map[string]any{"email": value, "responseStatus": "accepted"})
		case "note":
			event["description"] = value
		case "on":
			calendar = value
		case "rule":
			event["recurrence"] = []string{"RRULE:" + value}
		case "id", "visibility", "location":
			event[word] = value
		default:
			return nil, "", fmt.Errorf("appointment has no %s", word)
		}
	}
	if guests != nil {
		event["attendees"] = guests
	}
	return event, calendar, nil
}

// invite FROM DAYS HH:MM LENGTH TITLE delivers an invitation to the mailbox. Its
// Message-ID is made as that of post.
func invite(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 5 {
		ts.Fatalf("usage: invite FROM DAYS HH:MM LENGTH TITLE")
	}
	start, err := momentOf(args[1], args[2])
	length, err2 := time.ParseDuration(args[3])
	ts.Check(errors.Join(err, err2))
	utc := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	calendar := strings.Join([]string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "METHOD:REQUEST", "BEGIN:VEVENT", "UID:" + args[4] + "@" + args[0],
		"DTSTAMP:" + utc(time.Now()), "DTSTART:" + utc(start), "DTEND:" + utc(start.Add(length)), "SUMMARY:" + args[4],
		"ORGANIZER:mailto:" + args[0], "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:dana@acme.example", "END:VEVENT", "END:VCALENDAR", "",
	}, "\r\n")
	head, _, _ := strings.Cut(string(compose(args[0], args[4], "MIME-Version: 1.0", "Content-Type: text/calendar; method=REQUEST; charset=utf-8")), "\n\n")
	ts.Check(theOffice(ts).deliver("INBOX", []byte(strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+calendar)))
}

func momentOf(days, clock string) (time.Time, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.Time{}, err
	}
	n, err := strconv.Atoi(days)
	at, err2 := time.Parse("15:04", clock)
	now := time.Now().In(london)
	return time.Date(now.Year(), now.Month(), now.Day()+n, at.Hour(), at.Minute(), 0, 0, london), errors.Join(err, err2)
}

// calendar prints what is on the primary calendar in the coming month, a line for
// each: when, its title, how it is coloured, and the answer if there is one.
func listCalendar(ts *testscript.TestScript, _ bool, _ []string) {
	lines, err := onCalendar(theGoogle(ts))
	ts.Check(err)
	for _, line := range lines {
		fmt.Fprintln(ts.Stdout(), line)
	}
}

// shown is what calendar shows of an event, in Google's words.
type shown struct {
	Summary, ColorID string
	Start, End       struct{ DateTime time.Time }
	Attendees        []struct {
		Email, ResponseStatus string
	}
}

func onCalendar(s *gcal.Server) (lines []string, err error) {
	query := url.Values{"singleEvents": {"true"}, "orderBy": {"startTime"}, "timeMin": {time.Now().Add(-24 * time.Hour).Format(time.RFC3339)}, "timeMax": {time.Now().Add(31 * 24 * time.Hour).Format(time.RFC3339)}}
	r, err := http.NewRequest(http.MethodGet, s.Endpoint()+"calendars/primary/events?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.Token())
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	var list struct{ Items []shown }
	if err := json.NewDecoder(got.Body).Decode(&list); err != nil || got.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("listing the calendar: %s, %w", got.Status, err)
	}
	for _, e := range list.Items {
		lines = append(lines, e.String())
	}
	return lines, nil
}

// String is a line such as "+2 14:00 Steering call, colour 11, accepted".
func (e shown) String() string {
	today, err := momentOf("0", "00:00")
	if err != nil {
		return err.Error()
	}
	start := e.Start.DateTime.In(today.Location())
	words := []string{fmt.Sprintf("%+d %s-%s %s", int(start.Sub(today).Hours())/24, start.Format("15:04"), e.End.DateTime.In(today.Location()).Format("15:04"), e.Summary)}
	if e.ColorID != "" {
		words = append(words, "colour "+e.ColorID)
	}
	for _, a := range e.Attendees {
		if a.Email == "dana@acme.example" {
			words = append(words, a.ResponseStatus)
		}
	}
	return strings.Join(words, ", ")
}
