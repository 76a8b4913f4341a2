package gcal

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// bare is a server without a socket, which a fuzz target calls by hand.
func bare(t testing.TB) *Server {
	t.Helper()
	api, err := readDescription(descriptionText)
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := &Server{account: Account{User: "dana@acme.example", Zone: "UTC", Now: func() time.Time { return clock }}, zone: time.UTC, api: api, ctx: t.Context(), grants: newGrants()}
	s.calendars = []*calendar{newCalendar(Calendar{ID: s.account.User, Role: "owner"}, time.UTC, true)}
	return s
}

func (s *Server) ask(method, path string, body []byte) (int, object) {
	r := httptest.NewRequest(method, "/calendar/v3/calendars/primary/events"+path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.Token())
	w := httptest.NewRecorder()
	s.serve(w, r)
	var answer object
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // the caller looks at what it needs
	return w.Code, answer
}

// FuzzEvent inserts whatever it is given: it is either refused or an event that
// can be listed, expanded and sent back as it came.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"id": "abcde", "start": {"date": "2026-03-02"}, "end": {"date": "2026-03-03"}, "recurrence": ["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"]}`))
	f.Add([]byte(`{"start": {"dateTime": "2026-03-29T01:30:00", "timeZone": "Europe/London"}, "end": {"dateTime": "2026-03-29T02:30:00Z", "timeZone": "UTC"}, "recurrence": ["EXDATE;VALUE=DATE:20260302", "RRULE:FREQ=DAILY"]}`))
	f.Add([]byte(`{"start": {"dateTime": "0000-01-01T00:00:00+14:00"}, "end": {"dateTime": "9999-12-31T23:59:60Z"}, "attendees": [{"email": "a@b"}], "extendedProperties": null}`))
	f.Add([]byte(`{"start": {}, "end": [], "attendees": [{}], "reminders": {"overrides": [{"minutes": 1e300}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := bare(t)
		status, made := s.ask(http.MethodPost, "", body)
		if status != http.StatusOK {
			if status < 400 || status > 499 {
				t.Fatalf("answered %d: %v", status, made)
			}
			return
		}
		if status, answer := s.ask(http.MethodGet, "?singleEvents=true&showDeleted=true&timeMin=2026-01-01T00:00:00Z&timeMax=2026-02-01T00:00:00Z", nil); status != http.StatusOK {
			t.Fatalf("listing it answered %d: %v", status, answer)
		}
		if made["status"] == "cancelled" {
			return
		}
		back, err := json.Marshal(made)
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := s.ask(http.MethodPut, "/"+text(made, "id"), back); status != http.StatusOK {
			t.Fatalf("sent back as it came it answered %d: %v", status, answer)
		}
	})
}

// FuzzListTokens gives tokens that the server never made: they are refused, or
// are of a list that there could be.
func FuzzListTokens(f *testing.F) {
	f.Add(listToken{Calendar: "dana@acme.example", After: "x", Min: "yesterday"}.String(), false)
	f.Add(listToken{Calendar: "dana@acme.example", Sync: true, Rev: -1, Max: "2026-03-02T00:00:00Z"}.String(), true)
	f.Add("e30", true)
	f.Fuzz(func(t *testing.T, token string, sync bool) {
		name := "?pageToken="
		if sync {
			name = "?syncToken="
		}
		if status, answer := bare(t).ask(http.MethodGet, name+urlSafe(token), nil); status >= 500 {
			t.Fatalf("answered %d: %v", status, answer)
		}
	})
}

// urlSafe leaves out what could not stand in a request line.
func urlSafe(s string) string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}
	return string(bytes.Map(keep, []byte(s)))
}
