package gcal

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// channel is one subscription to the changes of a calendar's events. It ends
// when it expires or is stopped; it never renews itself.
type channel struct {
	id, resource, uri, token, address string
	calendar                          *calendar
	expires                           time.Time
	queue                             chan string // states to post: sync once, then exists
	cancel                            context.CancelFunc
}

// channelLife is how long a channel lives that asks for nothing else, and the
// longest that it may ask for.
const channelLife = 7 * 24 * time.Hour

var channelID = regexp.MustCompile(`^[A-Za-z0-9\-_+/=]{1,64}$`)

// watchEvents opens a channel. Google posts to public HTTPS addresses alone; a
// loopback address is taken here as well, because tests have no other.
func (s *Server) watchEvents(c *call) (object, error) {
	cal, err := s.find(c.path["calendarId"])
	if err != nil {
		return nil, err
	}
	id, address := text(c.body, "id"), text(c.body, "address")
	kind := text(c.body, "type")
	switch {
	case !channelID.MatchString(id):
		return nil, refuse(http.StatusBadRequest, "channelIdInvalid", "Invalid channel id %q", id)
	case s.channels[id] != nil:
		return nil, refuse(http.StatusBadRequest, "channelIdNotUnique", "Channel id %s not unique", id)
	case kind != "web_hook" && kind != "webhook":
		return nil, refuse(http.StatusBadRequest, "channelUnknown", "Invalid channel type %q", kind)
	case !postable(address):
		return nil, refuse(http.StatusBadRequest, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS: %s", address)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	ch := &channel{
		id: id, token: text(c.body, "token"), address: address, calendar: cal, expires: s.expiry(c.body), cancel: cancel,
		resource: "res" + encodeID(cal.ID), uri: s.Endpoint() + "calendars/" + url.PathEscape(cal.ID) + "/events?alt=json",
		queue: make(chan string, 64),
	}
	s.channels[id] = ch
	ch.queue <- "sync"
	s.running.Go(func() { ch.deliver(ctx) })
	return object{
		"kind": "api#channel", "id": ch.id, "resourceId": ch.resource, "resourceUri": ch.uri, "token": ch.token,
		"expiration": strconv.FormatInt(ch.expires.UnixMilli(), 10),
	}, nil
}

// expiry reads when a channel is to end: expiration in milliseconds, or params.ttl in seconds.
func (s *Server) expiry(body object) time.Time {
	now := s.account.Now()
	end := now.Add(channelLife)
	if ms, err := strconv.ParseInt(text(body, "expiration"), 10, 64); err == nil && ms > 0 {
		end = earliest(end, time.UnixMilli(ms))
	}
	if ttl, err := strconv.Atoi(text(child(body, "params"), "ttl")); err == nil && ttl > 0 {
		end = earliest(end, now.Add(time.Duration(ttl)*time.Second))
	}
	return end
}

// postable says whether notifications may go to an address.
func postable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && ip != nil && ip.IsLoopback()
}

// stopChannel is channels.stop, which needs both ids of the channel.
func (s *Server) stopChannel(c *call) (object, error) {
	ch := s.channels[text(c.body, "id")]
	if ch == nil || ch.resource != text(c.body, "resourceId") {
		return nil, refuse(http.StatusNotFound, "notFound", "Channel '%s' not found", text(c.body, "id"))
	}
	ch.cancel()
	delete(s.channels, ch.id)
	return nil, nil
}

// notify tells the channels of a calendar that something changed, without saying
// what. A channel that is far behind misses some, as Google's do.
func (s *Server) notify(cal *calendar) {
	for id, ch := range s.channels {
		if ch.calendar != cal {
			continue
		}
		if !s.account.Now().Before(ch.expires) {
			ch.cancel()
			delete(s.channels, id)
			continue
		}
		select {
		case ch.queue <- "exists":
		default:
		}
	}
}

// deliver posts what is queued until ctx ends.
func (ch *channel) deliver(ctx context.Context) {
	client := &http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case state := <-ch.queue:
			ch.post(ctx, client, state, n)
		}
	}
}

func (ch *channel) post(ctx context.Context, client *http.Client, state string, n int) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, ch.address, http.NoBody)
	if err != nil {
		return // postable has parsed the address
	}
	r.Header.Set("X-Goog-Channel-ID", ch.id)
	r.Header.Set("X-Goog-Channel-Token", ch.token)
	r.Header.Set("X-Goog-Channel-Expiration", ch.expires.UTC().Format(http.TimeFormat))
	r.Header.Set("X-Goog-Resource-ID", ch.resource)
	r.Header.Set("X-Goog-Resource-URI", ch.uri)
	r.Header.Set("X-Goog-Resource-State", state)
	r.Header.Set("X-Goog-Message-Number", strconv.Itoa(n))
	if answer, err := client.Do(r); err == nil {
		_ = answer.Body.Close() // a notification that nobody takes is lost, as Google's are after some tries
	}
}
