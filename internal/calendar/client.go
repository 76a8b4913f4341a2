package calendar

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"
)

// Config says whose calendars a Client speaks of, and where.
type Config struct {
	Endpoint string // of a compatible server, "http://…/calendar/v3/"; empty for Google's
	// Tokens signs every request in. A request waits for it without a deadline of
	// its own: it has to give up by itself.
	Tokens oauth2.TokenSource
	// Calendars are as the configuration names them: primary, an id, or the name
	// that people see. None stands for primary alone.
	Calendars []string
	Push      *Push // nil where nothing listens in public
	// Transport carries the requests, before they are signed in. nil stands for one
	// with connections of its own.
	Transport http.RoundTripper
}

// Client is one account at Google Calendar. Its methods may be called side by
// side. Close it.
type Client struct {
	svc   *calendar.Service
	log   *slog.Logger
	names []string // Config.Calendars
	limit *rate.Limiter
	conns *http.Transport // what Close closes; nil where the transport is somebody else's
	push  *push           // nil without

	// The clock and the pauses; tests have others.
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	mu      sync.Mutex // guards what follows
	found   []found    // the configured calendars, as the server's list had them
	missing error      // names those that the list does not have
	listed  time.Time  // when; zero asks for another look
	doubts  map[string]time.Time
}

// New makes a Client. Nothing is asked of the server yet; with Push it serves the
// listener from now on.
func New(ctx context.Context, c Config, log *slog.Logger) (*Client, error) {
	if err := c.Push.check(); err != nil {
		return nil, fmt.Errorf("preparing for Google Calendar: %w", err)
	}
	cl := &Client{
		log: log, names: c.Calendars, limit: rate.NewLimiter(perSecond, burst),
		now: time.Now, sleep: sleep, doubts: map[string]time.Time{},
	}
	if len(cl.names) == 0 {
		cl.names = []string{"primary"}
	}
	if c.Transport == nil {
		cl.conns = http.DefaultTransport.(*http.Transport).Clone()
		c.Transport = cl.conns
	}
	signed := &http.Client{Transport: &oauth2.Transport{Source: signIn{c.Tokens}, Base: c.Transport}}
	options := []option.ClientOption{option.WithHTTPClient(signed)}
	if c.Endpoint != "" {
		options = append(options, option.WithEndpoint(c.Endpoint))
	}
	var err error
	if cl.svc, err = calendar.NewService(ctx, options...); err != nil {
		return nil, fmt.Errorf("preparing for Google Calendar: %w", err)
	}
	cl.svc.UserAgent = "foredesk (gzip)" // Google packs its answers only for who says so here as well
	if c.Push != nil {
		cl.push = serve(*c.Push)
	}
	return cl, nil
}

// Close stops the channels of Push, as far as ctx lets it, and its listener, and
// closes connections. A channel that the error speaks of ends by itself within a day.
func (c *Client) Close(ctx context.Context) error {
	err := c.stopAll(ctx)
	if c.conns != nil {
		c.conns.CloseIdleConnections()
	}
	return err
}

// label names a calendar in errors and the log: as the configuration does, but
// never by an address, which its id may be.
func (c *Client) label(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.found {
		if f.ID == id {
			return f.label
		}
	}
	return nameless(id)
}

func nameless(name string) string {
	if strings.Contains(name, "@") {
		return "a calendar"
	}
	return fmt.Sprintf("the calendar %q", name)
}
