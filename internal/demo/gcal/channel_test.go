package gcal_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	calendar "google.golang.org/api/calendar/v3"
)

func TestAChannelTellsThatSomethingChanged(t *testing.T) {
	d, clock := newAppDesk(t)
	posts := make(chan string, 16)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		h := r.Header
		posts <- h.Get("X-Goog-Channel-Id") + " " + h.Get("X-Goog-Channel-Token") + " " + h.Get("X-Goog-Resource-State") + " " + h.Get("X-Goog-Message-Number")
	}))
	defer hook.Close()
	next := func(want string) {
		t.Helper()
		select {
		case got := <-posts:
			if got != want {
				t.Errorf("posted %q, want %q", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("waited in vain for %q", want)
		}
	}
	watch := func(c *calendar.Channel) (*calendar.Channel, error) { return d.api.Events.Watch("primary", c).Do() }
	c := &calendar.Channel{Id: "one", Type: "web_hook", Address: hook.URL, Token: "secret", Params: map[string]string{"ttl": "3600"}}
	opened, err := watch(c)
	d.must(err)
	if opened.ResourceId == "" || opened.Expiration != now.Add(time.Hour).UnixMilli() {
		t.Errorf("opened %+v", opened)
	}
	next("one secret sync 1")
	d.insert(meeting("abcde", 3, 9))
	next("one secret exists 2")
	_, err = watch(c)
	refused(t, err, "400 channelIdNotUnique")
	_, err = watch(&calendar.Channel{Id: "two", Type: "web_hook", Address: "http://desk.example/hook"})
	refused(t, err, "400 push.webhookUrlNotHttps")
	refused(t, d.api.Channels.Stop(&calendar.Channel{Id: "one", ResourceId: "other"}).Do(), "404 notFound")

	d.must(d.api.Channels.Stop(&calendar.Channel{Id: "one", ResourceId: opened.ResourceId}).Do())
	d.must(d.Remove("primary", "abcde"))
	_, err = watch(c)
	d.must(err)
	next("one secret sync 1") // and nothing of the removal before it

	clock.Store(int64(time.Hour))
	d.insert(meeting("fffff", 3, 9))
	refused(t, d.api.Channels.Stop(&calendar.Channel{Id: "one", ResourceId: opened.ResourceId}).Do(), "404 notFound") // it expired
	if len(posts) > 0 {
		t.Errorf("an expired channel posted %q", <-posts)
	}
}
