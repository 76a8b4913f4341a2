package gcal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // events name zones, also where no zone files are installed
)

// Account says whose calendar a server keeps.
type Account struct {
	User string           // the address, which is also the id of the primary calendar
	Zone string           // IANA name of the primary calendar's and the account's time zone
	Now  func() time.Time // nil stands for time.Now

	// Workspace accounts have focusTime, outOfOffice and workingLocation events on
	// their primary calendar; others answer 400.
	Workspace bool

	// ClientID and ClientSecret are what an installed application signs in with.
	// Empty ones accept any.
	ClientID, ClientSecret string
}

// Server is a running calendar server. Make one with Start and end it with Close.
type Server struct {
	account Account
	zone    *time.Location
	api     *description
	http    *http.Server
	base    string
	ctx     context.Context // ends with Close: waits and deliveries stop
	cancel  context.CancelFunc
	running sync.WaitGroup // requests being answered, the listener and channels
	closing sync.Once
	closed  error

	mu        sync.Mutex // guards all below
	calendars []*calendar
	rev       int64 // counts changes; etags and sync tokens are made of it
	epoch     int   // counts what made all sync tokens invalid
	serial    int   // counts ids and tokens that the server makes
	faults    []*Fault
	requests  []Request
	outbox    []Letter
	channels  map[string]*channel
	grants    grants
}

// Request is one request as it came in, for tests that count what a client costs
// or look at what it chose (sendUpdates, for one).
type Request struct {
	Call   string // method of the API without its first word, "events.list"; "oauth.token"
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	Status int // of the answer; 0 where the connection was dropped
}

// Start opens a server with one calendar, the primary one, on a free loopback
// port. It ends with Close or with ctx, whichever is first.
func Start(ctx context.Context, a Account) (*Server, error) {
	if a.Now == nil {
		a.Now = time.Now
	}
	zone, err := time.LoadLocation(a.Zone)
	if err != nil || a.Zone == "" {
		return nil, fmt.Errorf("starting the calendar server: %q is no time zone", a.Zone)
	}
	api, err := readDescription(descriptionText)
	if err != nil {
		return nil, fmt.Errorf("starting the calendar server: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the calendar server: %w", err)
	}
	s := &Server{account: a, zone: zone, api: api, base: "http://" + l.Addr().String(), channels: map[string]*channel{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.grants = newGrants()
	s.calendars = []*calendar{newCalendar(Calendar{ID: a.User, Summary: a.User, Zone: a.Zone, Role: "owner"}, zone, true)}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	s.running.Go(func() { _ = s.http.Serve(l) }) // ends, without a cause of its own, when the server closes
	s.running.Go(func() {
		<-s.ctx.Done()
		s.mu.Lock() // after this, begin lets nobody in any more
		defer s.mu.Unlock()
		s.closed = s.http.Close()
	})
	return s, nil
}

// Endpoint is what option.WithEndpoint of the Go client takes.
func (s *Server) Endpoint() string { return s.base + "/calendar/v3/" }

// Close ends the server, every connection to it and every waiting answer, and
// waits for their goroutines. Later calls return the same error.
func (s *Server) Close() error {
	s.closing.Do(func() {
		s.cancel()
		s.running.Wait()
	})
	return s.closed
}

// Requests returns what has come in so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// call is one request of the API while it is answered.
type call struct {
	name   string // "events.list"
	path   map[string]string
	query  url.Values
	header http.Header
	body   object
	act    Act // what the fault script wants of it
}

// refusal is an answer that says no, in the form all of Google's APIs use.
type refusal struct {
	status          int
	reason, message string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.reason, r.message) }

func refuse(status int, reason, message string, args ...any) *refusal {
	return &refusal{status, reason, fmt.Sprintf(message, args...)}
}

// domain is the field beside the reason that says which part of Google refuses.
func (r *refusal) domain() string {
	switch r.reason {
	case "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded":
		return "usageLimits"
	case "fullSyncRequired", "updatedMinTooLongAgo", "timeRangeEmpty", "eventTypeRestriction",
		"forbiddenForNonOrganizer", "cannotChangeOrganizer", "timeRangeTooLong":
		return "calendar"
	}
	return "global"
}

// serve answers one request: the fault script, the sign-in pages, then the API.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.running.Done()
	// The path is read before the fault script and judged after it: the script
	// goes by the method of the API, and a dropped request must not even be refused.
	c, missing := s.route(r)
	fault := s.takeFault(c.name)
	entry := Request{Call: c.name, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone()}
	var status int
	var answer any
	switch {
	case fault.drops():
	case !s.wait(r.Context(), fault.Wait):
	case fault.Act == Refuse && strings.HasPrefix(c.name, "oauth."):
		status, answer = fault.Status, object{"error": fault.Reason, "error_description": "As the fault script says"}
	case fault.Act == Refuse:
		status, answer = refused(refuse(fault.Status, fault.Reason, "%s, as the fault script says", fault.Reason))
	case missing != nil:
		status, answer = refused(missing)
	case strings.HasPrefix(c.name, "oauth."):
		page := s.signIn(r, c.name)
		entry.Status = page.status
		s.note(entry)
		page.write(w, r)
		return
	default:
		c.act = fault.Act
		status, answer = s.answer(c, r)
	}
	if fault.Act == DropAfter {
		status = 0
	}
	entry.Status = status
	s.note(entry)
	if status == 0 {
		panic(http.ErrAbortHandler) // how net/http is told to cut the connection
	}
	write(w, status, answer)
}

// begin counts a request among what Close waits for, unless the server is ending.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.running.Add(1)
	return true
}

// note remembers a request. It comes before the answer is written, so that a
// client that has its answer finds its request among Requests.
func (s *Server) note(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}

// wait holds an answer back. It says no where nobody waits for the answer any more.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}

// route finds the method of the API that a request means.
func (s *Server) route(r *http.Request) (*call, *refusal) {
	c := &call{query: r.URL.Query(), header: r.Header}
	if name, ok := signInPages[r.URL.Path]; ok {
		c.name = name
		return c, nil
	}
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/calendar/v3/")
	if !ok {
		return c, refuse(http.StatusNotFound, "notFound", "Not Found")
	}
	m, path := s.api.find(r.Method, rest)
	if m == nil {
		return c, refuse(http.StatusNotFound, "notFound", "Not Found")
	}
	c.name, c.path = m.name, path
	return c, nil
}

// answer checks a request and does what it asks.
//
// One lock is held from the check to the answer, so that two clients can't both
// find their etag fresh.
func (s *Server) answer(c *call, r *http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.api.methods[c.name]
	handler := handlers[c.name]
	// Google looks at the token before it looks at the request, too.
	if err := s.authorise(c, r); err != nil {
		return refused(err)
	}
	if handler == nil {
		return refused(refuse(http.StatusNotImplemented, "notImplemented", "%s is not part of this server", c.name))
	}
	if err := m.checkQuery(c.query); err != nil {
		return refused(err)
	}
	var err error
	if c.body, err = s.api.readBody(m, http.MaxBytesReader(nil, r.Body, 1<<20)); err != nil {
		return refused(err)
	}
	answer, err := handler(s, c)
	if err != nil {
		return refused(err)
	}
	if answer == nil {
		return http.StatusNoContent, nil
	}
	if !c.query.Has("fields") {
		return http.StatusOK, answer
	}
	some, err := readMask(c.query.Get("fields"))
	if err != nil {
		return refused(err)
	}
	return http.StatusOK, some.of(answer)
}

// handlers are the methods of the API that this server has.
var handlers = map[string]func(*Server, *call) (object, error){
	"calendarList.list": (*Server).listCalendars,
	"calendarList.get":  (*Server).getListEntry,
	"calendars.get":     (*Server).getCalendar,
	"channels.stop":     (*Server).stopChannel,
	"colors.get":        (*Server).getColors,
	"events.delete":     (*Server).deleteEvent,
	"events.get":        (*Server).getEvent,
	"events.import":     (*Server).importEvent,
	"events.insert":     (*Server).insertEvent,
	"events.instances":  (*Server).listInstances,
	"events.list":       (*Server).listEvents,
	"events.patch":      (*Server).patchEvent,
	"events.update":     (*Server).updateEvent,
	"events.watch":      (*Server).watchEvents,
	"freebusy.query":    (*Server).queryFreeBusy,
	"settings.get":      (*Server).getSetting,
	"settings.list":     (*Server).listSettings,
}

func refused(err error) (int, any) {
	var r *refusal
	if !errors.As(err, &r) {
		r = refuse(http.StatusInternalServerError, "backendError", "%v", err)
	}
	one := object{"domain": r.domain(), "reason": r.reason, "message": r.message}
	return r.status, object{"error": object{"code": r.status, "message": r.message, "errors": []any{one}}}
}

func write(w http.ResponseWriter, status int, answer any) {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if o, ok := answer.(object); ok && status == http.StatusOK {
		if etag, ok := o["etag"].(string); ok {
			w.Header().Set("ETag", etag)
		}
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client has gone; there is nobody to tell
}
