package calendar

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	calendar "google.golang.org/api/calendar/v3"
)

// Push has Google say at once that a calendar has changed, instead of at the next
// poll. It only makes Woken ready: what has changed is asked for as always, and
// where a notice is lost the poll finds it.
type Push struct {
	// URL is the public https address under which Google reaches Listener, by way
	// of something that holds the certificate.
	URL string
	// Listener is served and closed by the Client.
	Listener net.Listener
}

// How long a channel is asked to live, and how long before its end the next takes
// over. Channels of a process that was killed are gone after a day.
const (
	channelLife = 24 * time.Hour
	handover    = 2 * time.Hour
	again       = time.Hour // after a channel could not be had
)

// check says what is wrong with the address before Google does. Plain http is for
// loopback alone, where tests are.
func (p *Push) check() error {
	if p == nil {
		return nil
	}
	u, err := url.Parse(p.URL)
	if err == nil && u.Host != "" && u.Scheme == "https" {
		return nil
	}
	if err == nil && u.Scheme == "http" {
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsLoopback() {
			return nil
		}
	}
	return errors.New("notices of changes need an https address that can be reached from the internet; leave push out to go by polling alone")
}

// push is what Push is while the Client runs.
type push struct {
	url     string
	woken   chan struct{}
	server  *http.Server
	serving sync.WaitGroup

	mu       sync.Mutex          // guards what follows
	channels map[string]*channel // by their ids
	refused  map[string]time.Time
}

// channel is one subscription, to the events of one calendar.
type channel struct {
	id, resource string
	token        string // comes with every notice; only Google knows it
	calendar     string // the id
	ends         time.Time
}

func serve(p Push) *push {
	s := &push{url: p.URL, woken: make(chan struct{}, 1), channels: map[string]*channel{}, refused: map[string]time.Time{}}
	s.server = &http.Server{
		Handler:     s,
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	s.serving.Go(func() { _ = s.server.Serve(p.Listener) }) // ends when the server is closed; polling goes on whatever it says
	return s
}

// Woken has a value after Google said that something has changed. It is nil, which
// never has one, without Push.
func (c *Client) Woken() <-chan struct{} {
	if c.push == nil {
		return nil
	}
	return c.push.woken
}

// ServeHTTP takes a notice. Everybody can send one, and everybody gets the same
// answer; one that does not carry the token of its channel is not heard.
func (p *push) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Goog-Resource-State") == "sync" || !p.knows(r.Header.Get("X-Goog-Channel-ID"), r.Header.Get("X-Goog-Channel-Token")) {
		return // sync is the first of a channel, and says nothing
	}
	select {
	case p.woken <- struct{}{}:
	default: // it is awake
	}
}

func (p *push) knows(id, token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ch := p.channels[id]
	return ch != nil && subtle.ConstantTimeCompare([]byte(ch.token), []byte(token)) == 1
}

// watch sees to it that every calendar has a channel that does not end soon. It is
// part of Sync, as channels don't renew themselves; what goes wrong is no error of
// Sync's, because polling goes on.
func (c *Client) watch(ctx context.Context, all []found) {
	if c.push == nil {
		return
	}
	for _, cal := range all {
		if ctx.Err() != nil || !c.push.wants(cal.ID, c.now()) {
			continue
		}
		if err := c.openChannel(ctx, cal); err != nil {
			c.log.Warn("Google does not say at once what changes; it is found by polling", "error", err, "again_in", again.String())
		}
	}
	if err := c.stop(ctx, c.push.spare(c.now())); err != nil {
		c.log.Debug("an old channel ends by itself", "error", err)
	}
}

// wants reports whether a calendar needs a channel now.
func (p *push) wants(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ch := range p.channels {
		if ch.calendar == id && ch.ends.Sub(now) > handover {
			return false
		}
	}
	return !now.Before(p.refused[id])
}

// openChannel asks for a channel, and again for a whole hour not where it fails.
func (c *Client) openChannel(ctx context.Context, cal found) error {
	ch := &channel{id: rand.Text(), token: rand.Text(), calendar: cal.ID, ends: c.now().Add(channelLife)}
	ask := &calendar.Channel{
		Id: ch.id, Token: ch.token, Type: "web_hook", Address: c.push.url,
		Params: map[string]string{"ttl": fmt.Sprint(int(channelLife.Seconds()))},
	}
	err := c.call(ctx, "asking for notices about "+cal.label, false, func(ctx context.Context) error {
		got, err := c.svc.Events.Watch(cal.ID, ask).Context(ctx).Do()
		if err != nil {
			return err
		}
		ch.resource = got.ResourceId
		if got.Expiration > 0 {
			ch.ends = time.UnixMilli(got.Expiration)
		}
		return nil
	})
	c.push.mu.Lock()
	defer c.push.mu.Unlock()
	if err != nil {
		c.push.refused[cal.ID] = c.now().Add(again)
		return err
	}
	c.push.channels[ch.id] = ch
	return nil
}

// spare takes out the channels that another of their calendar has taken over from,
// and forgets those that have ended.
func (p *push) spare(now time.Time) (old []*channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := map[string]time.Time{}
	for _, ch := range p.channels {
		if ch.ends.After(last[ch.calendar]) {
			last[ch.calendar] = ch.ends
		}
	}
	for id, ch := range p.channels {
		if !now.Before(ch.ends) {
			delete(p.channels, id)
		} else if ch.ends.Before(last[ch.calendar]) {
			delete(p.channels, id)
			old = append(old, ch)
		}
	}
	return old
}

// stop ends channels.
func (c *Client) stop(ctx context.Context, all []*channel) error {
	var errs []error
	for _, ch := range all {
		err := c.call(ctx, "stopping the notices about "+c.label(ch.calendar), true, func(ctx context.Context) error {
			return c.svc.Channels.Stop(&calendar.Channel{Id: ch.id, ResourceId: ch.resource}).Context(ctx).Do()
		})
		if status, _ := reasonOf(err); status != http.StatusNotFound { // it has ended already
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// stopAll ends every channel and the listener.
func (c *Client) stopAll(ctx context.Context) error {
	if c.push == nil {
		return nil
	}
	c.push.mu.Lock()
	var all []*channel
	for _, ch := range c.push.channels {
		all = append(all, ch)
	}
	clear(c.push.channels)
	c.push.mu.Unlock()
	err := c.stop(ctx, all)
	_ = c.push.server.Close() // notices that are under way are of no use any more
	c.push.serving.Wait()
	return err
}
