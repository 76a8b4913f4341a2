package calendar

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// meter adds up how long the network, and the server behind it, keeps us waiting.
type meter struct {
	http.RoundTripper
	waited time.Duration
}

func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	answer, err := m.RoundTripper.RoundTrip(r)
	m.waited += time.Since(begun)
	if err == nil {
		answer.Body = &metered{answer.Body, m}
	}
	return answer, err
}

type metered struct {
	io.ReadCloser
	m *meter
}

func (b *metered) Read(p []byte) (int, error) {
	begun := time.Now()
	n, err := b.ReadCloser.Read(p)
	b.m.waited += time.Since(begun)
	return n, err
}

// BenchmarkSync reads 20 calendars with 10,000 events, 300 of them series, and
// then polls them again without a change. own-ms is what Sync takes besides waiting
// for the network and the server, whose allocations are among B/op; MiB-kept is
// what the result keeps.
func BenchmarkSync(b *testing.B) {
	m := &meter{RoundTripper: http.DefaultTransport.(*http.Transport).Clone()}
	desk := crowded(b, m)
	heap := func() float64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc) / (1 << 20)
	}
	for name, known := range map[string]bool{"whole": false, "unchanged": true} {
		b.Run(name, func(b *testing.B) {
			var was []datebook.Calendar
			if known {
				syncs, err := desk.Sync(b.Context(), nil)
				if err != nil {
					b.Fatal(err)
				}
				for _, s := range syncs {
					was = append(was, s.Calendar)
				}
			}
			before := heap()
			m.waited = 0
			var syncs []datebook.Sync
			for b.Loop() {
				var err error
				if syncs, err = desk.Sync(b.Context(), was); err != nil {
					b.Fatal(err)
				}
			}
			own := b.Elapsed() - m.waited
			b.ReportMetric(float64(own.Microseconds())/1000/float64(b.N), "own-ms/op")
			b.ReportMetric(heap()-before, "MiB-kept")
			n := 0
			for _, s := range syncs {
				n += len(s.Events)
			}
			b.ReportMetric(float64(n), "events/op")
		})
	}
}

// crowded is a client of a server with 20 calendars of 500 events, 15 of them series.
func crowded(b *testing.B, transport http.RoundTripper) *Client {
	b.Helper()
	server, err := gcal.Start(b.Context(), gcal.Account{User: dana, Zone: "Europe/London", Now: func() time.Time { return monday }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	names := []string{"primary"}
	ids := []string{dana}
	for i := range 19 {
		name := fmt.Sprintf("Calendar %d", i)
		names, ids = append(names, name), append(ids, fmt.Sprintf("c%d@group.calendar.example", i))
		if err := server.AddCalendar(gcal.Calendar{ID: ids[i+1], Summary: name}); err != nil {
			b.Fatal(err)
		}
	}
	for c, id := range ids {
		for i := range 500 {
			e := &calendar.Event{
				Id: fmt.Sprintf("c%de%d", c, i), Summary: fmt.Sprintf("Meeting %d", i), Description: strings.Repeat("Agenda. ", 40), Location: "Room 4",
				Start: at(2+i%27, 8+i%9), End: at(2+i%27, 9+i%9), Attendees: []*calendar.EventAttendee{{Email: dana}, {Email: "ann@acme.example"}, {Email: "bob@acme.example"}},
			}
			if i < 15 {
				e.Recurrence = []string{"RRULE:FREQ=WEEKLY"}
			}
			if _, err := server.Put(id, e); err != nil {
				b.Fatal(err)
			}
		}
	}
	tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: server.Token()})
	desk, err := New(b.Context(), Config{Endpoint: server.Endpoint(), Tokens: tokens, Calendars: names, Transport: transport}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	desk.limit.SetLimit(1e9) // what is measured is not Google's limit
	desk.limit.SetBurst(1e9)
	return desk
}

// peak notes the most that the heap ever holds while answers are read, garbage too.
type peak struct {
	http.RoundTripper
	most uint64
}

func (p *peak) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := p.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = &peakBody{answer.Body, p}
	}
	return answer, err
}

type peakBody struct {
	io.ReadCloser
	p *peak
}

func (b *peakBody) Read(p []byte) (int, error) {
	b.p.most = max(b.p.most, heapNow())
	return b.ReadCloser.Read(p)
}

func heapNow() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func TestTenThousandEventsFitIn64MiB(t *testing.T) {
	var b strings.Builder
	for i := range pageSize {
		fmt.Fprintf(&b, `{"id": "event%d", "iCalUID": "event%d@google.com", "etag": "%d", "summary": "Meeting %d", "description": %q, "location": "Room 4",
			"start": {"dateTime": "2026-03-02T09:00:00Z", "timeZone": "Europe/London"}, "end": {"dateTime": "2026-03-02T10:00:00Z", "timeZone": "Europe/London"},
			"created": "2026-02-01T08:00:00.000Z", "updated": "2026-02-01T08:00:00.000Z", "organizer": {"email": "dana@acme.example", "self": true},
			"attendees": [{"email": "ann@acme.example"}, {"email": "bob@acme.example", "responseStatus": "accepted"}]},`, i, i, i, i, strings.Repeat("Agenda. ", 40))
	}
	items := strings.TrimSuffix(b.String(), ",")
	pages := 0
	desk := canned(t, func(r *http.Request) string {
		if pages++; pages > 4 {
			return `{"nextSyncToken": "one", "items": [` + items + `]}`
		}
		return onePage(fmt.Sprintf(`{"nextPageToken": "%d", "items": [`, pages) + items + "]}")(r)
	})
	p := &peak{RoundTripper: desk.conns}
	desk.svc = reach(t, desk, p)
	runtime.GC()
	before := heapNow()
	syncs, err := desk.Sync(t.Context(), nil)
	if err != nil || len(syncs) != 1 || len(syncs[0].Events) != 4*pageSize {
		t.Fatalf("read %d calendars: %v", len(syncs), err)
	}
	most := float64(p.most-before) / (1 << 20)
	t.Logf("%d bytes of JSON a page, at most %.1f MiB", len(items), most)
	if most > 64 {
		t.Errorf("reading took %.1f MiB", most)
	}
}

// reach is the service of a Client over another transport.
func reach(t *testing.T, desk *Client, over http.RoundTripper) *calendar.Service {
	t.Helper()
	svc, err := calendar.NewService(t.Context(), option.WithHTTPClient(&http.Client{Transport: over}), option.WithEndpoint(desk.svc.BasePath))
	if err != nil {
		t.Fatal(err)
	}
	return svc
}
