package hook

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestUnsubscribeSendsNothingButTheWords(t *testing.T) {
	s := receive(t, status(200, "Set-Cookie", "id=1"))
	c := s.client()
	for range 2 {
		if o := c.Unsubscribe(t.Context(), s.URL+"/u/abc?x=1#frag"); o.Result != Done {
			t.Fatal(o)
		}
	}
	for _, got := range s.requests() {
		if got.body != "List-Unsubscribe=One-Click" || got.path != "/u/abc?x=1" || got.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("%+v", got)
		}
		for _, name := range []string{"Cookie", "Authorization", "Referer", "Origin"} {
			if got.header.Get(name) != "" {
				t.Errorf("%s: %s", name, got.header.Get(name))
			}
		}
	}
}

func TestUnsubscribeRefuses(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	defer plain.Close()
	s := receive(t, nil)
	c := s.client()
	if o := c.Unsubscribe(t.Context(), plain.URL); o.Result != Refused || !strings.Contains(o.Reason, "https") {
		t.Errorf("plain http: %+v", o)
	}
	o := c.Unsubscribe(t.Context(), strings.Replace(s.URL, "https://", "https://"+userCanary+":"+userCanary+"@", 1))
	if checkReason(t, o); o.Result != Refused {
		t.Errorf("with a password: %+v", o)
	}
	c.Reach = nil
	for name, address := range map[string]string{
		"loopback":                s.URL,
		"loopback by its name":    strings.Replace(s.URL, "127.0.0.1", "localhost", 1),
		"the metadata of a cloud": "https://169.254.169.254/latest",
		"IPv6 loopback":           "https://[::1]/",
		"the house":               "https://192.168.1.1/",
	} {
		o := c.Unsubscribe(t.Context(), address)
		if checkReason(t, o); o.Result != Refused {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if len(s.requests()) != 0 {
		t.Error("something was sent")
	}
}

// A proxy would connect to what we must not: Unsubscribe uses none.
func TestUnsubscribeGoesPastAProxy(t *testing.T) {
	c := &Client{}
	if tr := c.transport(guarded(Public), time.Second); tr.Proxy != nil {
		t.Error("a proxy is used for an address of a stranger")
	}
	if tr := c.transport(nil, time.Second); tr.Proxy == nil {
		t.Error("the proxy of the system is not used for an address in a rule")
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, addr := range []string{
		"0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1",
		"192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
		"3fff::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1", "2606:4700::1%eth0",
	} {
		if err := Public(netip.AddrPortFrom(netip.MustParseAddr(addr), 443)); err == nil {
			t.Errorf("%s passes for public", addr)
		}
	}
	for _, addr := range []string{"1.1.1.1", "9.9.9.9", "100.63.0.1", "172.32.0.1", "192.0.1.1", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"} {
		if err := Public(netip.AddrPortFrom(netip.MustParseAddr(addr), 443)); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, port := range []uint16{0, 25, 80, 444, 8443} {
		if err := Public(netip.AddrPortFrom(netip.MustParseAddr("1.1.1.1"), port)); err == nil {
			t.Errorf("port %d passes", port)
		}
	}
}

// The address is judged when it is dialled, so each of a name's addresses is.
func TestTheDialledAddressIsJudged(t *testing.T) {
	s := receive(t, nil)
	c := s.client()
	var asked []netip.AddrPort
	c.Reach = func(to netip.AddrPort) error {
		asked = append(asked, to)
		return errNotPublic
	}
	if o := c.Unsubscribe(t.Context(), s.URL); o.Result != Refused || len(s.requests()) != 0 {
		t.Errorf("%+v", o)
	}
	if len(asked) != 1 || asked[0].String() != s.Listener.Addr().String() {
		t.Errorf("asked about %v", asked)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	defer s.Close()
	if o := (&receiver{Server: s}).client().Notify(t.Context(), s.URL, "t", "x", "k"); o.Result != Later {
		t.Errorf("%+v", o)
	}
}
