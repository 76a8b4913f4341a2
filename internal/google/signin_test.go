package google

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func TestAPersonSignsInOnceAndTheTokenServesLaterRuns(t *testing.T) {
	d := open(t)
	s := d.source()
	page := ""
	d.must(s.SignIn(t.Context(), Prompt{Listen: true, Show: func(address string) { page = address; d.browser(allow)(address) }}))
	d.running.Wait()
	if len(d.pages) != 1 || !strings.Contains(d.pages[0], "Signed in") {
		t.Errorf("the browser was shown %q", d.pages)
	}
	u, err := url.Parse(page)
	d.must(err)
	q := u.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	d.must(err)
	if redirect.Hostname() != "127.0.0.1" || q.Get("code_challenge_method") != "S256" || q.Get("access_type") != "offline" || len(q.Get("state")) < 26 || q.Get("scope") != strings.Join(calendarScopes, " ") {
		t.Errorf("the address to open is %s", page)
	}
	st, err := os.Stat(d.account.TokenFile)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", st, err)
	}
	later := d.source()
	for range 3 {
		if got := d.calendars(later); got != http.StatusOK {
			t.Errorf("the calendar answers %d", got)
		}
	}
	if n := d.asked("oauth.token"); n != 2 { // the code, and one refresh
		t.Errorf("a token was asked for %d times", n)
	}
	state, err := later.State(t.Context())
	if err != nil || state.SignedIn.IsZero() || state.Address != dana || state.Problem != "" || len(state.Missing) > 0 || state.Delegated {
		t.Errorf("%+v, %v", state, err)
	}
	if _, ends := later.Expires(); ends {
		t.Error("the sign-in has an end")
	}
	faulttest.Injected(t, "S3", 1)
}

// Whatever goes wrong, the folder is as it was, an earlier sign-in still serves, and
// the browser is not told that all is well.
func TestASignInThatFailsKeepsNothing(t *testing.T) {
	rewrite := func(key, value string) press { // somebody between us and Google
		return func(d *desk, page string) *url.URL {
			u, _ := url.Parse(page)
			q := u.Query()
			q.Set(key, value)
			u.RawQuery = q.Encode()
			return d.decide(u.String(), "allow")
		}
	}
	back := func(change func(url.Values)) press { // what comes back is changed
		return func(d *desk, page string) *url.URL {
			to := d.decide(page, "allow")
			q := to.Query()
			change(q)
			to.RawQuery = q.Encode()
			return to
		}
	}
	used := func(d *desk, page string) *url.URL { // somebody was faster with the code
		to := d.decide(page, "allow")
		got, err := http.PostForm(d.TokenURL(), url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "client_id": {clientID}, "client_secret": {clientSecret}})
		d.check(err)
		d.check(got.Body.Close())
		return to
	}
	for _, c := range []struct {
		name  string
		press press
		fault gcal.Fault
		is    error
		says  string
	}{
		{"the person says no", deny, gcal.Fault{}, ErrDenied, "Cancel"},
		{"a wrong state", back(func(q url.Values) { q.Set("state", "other") }), gcal.Fault{}, ErrState, "no older one"},
		{"no state", back(func(q url.Values) { q.Del("state") }), gcal.Fault{}, ErrState, ""},
		{"two codes", back(func(q url.Values) { q.Add("code", "4/other") }), gcal.Fault{}, nil, "code twice"},
		{"no code", back(func(q url.Values) { q.Del("code") }), gcal.Fault{}, nil, "no code"},
		{"another refusal", back(func(q url.Values) { q.Del("code"); q.Set("error", "admin_policy_enforced") }), gcal.Fault{}, nil, "admin_policy_enforced"},
		{"a code of another sign-in", back(func(q url.Values) { q.Set("code", "4/other") }), gcal.Fault{}, nil, "begin again"},
		{"a code that was used already", used, gcal.Fault{}, nil, "It holds once"},
		{"a wrong verifier", rewrite("code_challenge", strings.Repeat("A", 43)), gcal.Fault{}, nil, "invalid_grant"},
		{"not all boxes ticked", rewrite("scope", ScopeEvents+" "+ScopeList), gcal.Fault{}, ErrDenied, "tick all boxes"},
		{"a wrong client secret", allow, gcal.Fault{On: "oauth.token", Act: gcal.Refuse, Status: 401, Reason: "invalid_client"}, nil, "invalid_client"},
		{"no answer to the code", allow, gcal.Fault{On: "oauth.token", Act: gcal.DropBefore}, ErrUnreached, ""},
		{"the calendar is switched off", allow, gcal.Fault{On: "calendarList.list", Act: gcal.Refuse, Status: 403, Reason: "accessNotConfigured"}, nil, "switch the Google Calendar API on"},
		{"the calendar is down", allow, gcal.Unavailable.Next(1, "calendarList.list"), nil, "503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			s := d.signedIn()
			before := d.folder()
			if c.fault.On != "" {
				d.Script(c.fault)
			}
			err := s.SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(c.press)})
			d.running.Wait()
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			wants(t, err, c.says, `account "dana"`, "Nothing was kept")
			if diff := cmp.Diff(before, d.folder()); diff != "" {
				t.Errorf("(-before +now):\n%s", diff)
			}
			if len(d.pages) != 2 || strings.Contains(d.pages[1], "Signed in") {
				t.Errorf("the browser was shown %q", d.pages)
			}
			if got := d.calendars(s); got != http.StatusOK {
				t.Errorf("the earlier sign-in serves no more: %d", got)
			}
		})
	}
}

func TestAnotherPersonsAccountIsRefused(t *testing.T) {
	d := openAs(t, gcal.Account{User: "lee@acme.example", Zone: "Europe/London"})
	before := d.folder()
	err := d.source().SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(allow)})
	wants(t, err, "it was lee@acme.example who signed in", "Nothing was kept")
	if diff := cmp.Diff(before, d.folder()); diff != "" {
		t.Error(diff)
	}
	d.account.Addresses = []string{dana, "Lee@Acme.example"}
	d.must(d.source().SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(allow)}))
}

func TestATokenThatIsOverAsItComesIsRefused(t *testing.T) {
	for name, seconds := range map[string]any{"in the past": -60, "at once": 0, "without an end": nil} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			k := &tokens{answer: func(url.Values) (int, any) {
				return 200, object{"access_token": "CANARY", "refresh_token": "CANARY", "token_type": "Bearer", "expires_in": seconds}
			}}
			server := httptest.NewServer(k)
			t.Cleanup(server.Close)
			d.client(d.AuthURL(), server.URL)
			before := d.folder()
			err := d.source().SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(allow)})
			wants(t, err, "over already", "clocks", "Nothing was kept")
			if diff := cmp.Diff(before, d.folder()); diff != "" {
				t.Error(diff)
			}
			d.keeps("CANARY-r", time.Time{})
			if err := d.source().Check(t.Context()); err == nil || !strings.Contains(err.Error(), "over already") || strings.Contains(err.Error(), "CANARY") {
				t.Errorf("refreshing: %v", err)
			}
		})
	}
}

func TestASignInWithoutARefreshTokenIsRefused(t *testing.T) {
	d := open(t)
	k := &tokens{answer: func(url.Values) (int, any) {
		return 200, object{"access_token": "CANARY", "token_type": "Bearer", "expires_in": 3600}
	}}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	d.client(d.AuthURL(), server.URL)
	wants(t, d.source().SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(allow)}), "no refresh token", "Desktop app")
}

func TestOneAnswerIsTaken(t *testing.T) {
	d := open(t)
	seen := map[string]int{}
	ask := func(method, address, host string, header ...string) int {
		r, err := http.NewRequest(method, address, nil)
		d.check(err)
		r.Host = host
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			d.Error(err)
			return 0
		}
		d.check(got.Body.Close())
		return got.StatusCode
	}
	show := func(page string) {
		d.running.Go(func() {
			to := allow(d, page)
			base := "http://" + to.Host
			seen["an icon"] = ask("GET", base+"/favicon.ico", to.Host)
			seen["no answer"] = ask("GET", base+"/", to.Host)
			seen["another path"] = ask("GET", base+"/x?"+to.RawQuery, to.Host)
			seen["another name for this machine"] = ask("GET", to.String(), "evil.example")
			seen["the name localhost"] = ask("GET", to.String(), "localhost:"+to.Port())
			seen["no port"] = ask("GET", to.String(), "127.0.0.1")
			seen["a form of a page elsewhere"] = ask("POST", to.String(), to.Host, "Origin", "https://evil.example")
			seen["a script of a page elsewhere"] = ask("GET", to.String(), to.Host, "Origin", "https://evil.example")
			seen["a picture of a page elsewhere"] = ask("GET", to.String(), to.Host, "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image")
			seen["a frame of a page elsewhere"] = ask("GET", to.String(), to.Host, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe")
			_, err := net.DialTimeout("tcp", "[::1]:"+to.Port(), time.Second)
			if err == nil {
				d.Error("it listens elsewhere, too")
			}
			seen["the answer"] = ask("GET", to.String(), to.Host, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site")
		})
	}
	d.must(d.source().SignIn(t.Context(), Prompt{Listen: true, Show: show}))
	d.running.Wait()
	want := map[string]int{
		"an icon": 404, "no answer": 404, "another path": 404, "another name for this machine": 404, "the name localhost": 404, "no port": 404,
		"a form of a page elsewhere": 404, "a script of a page elsewhere": 404, "a picture of a page elsewhere": 404, "a frame of a page elsewhere": 404, "the answer": 200,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	faulttest.Injected(t, "S3", 4)
	faulttest.Injected(t, "S7", 7)
}

// A second answer, right or wrong, changes nothing of the first.
func TestASecondAnswerIsRefused(t *testing.T) {
	l, err := listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := make(chan int, 2)
	get := func() {
		got, err := http.Get("http://" + l.addr + "/?state=a&code=b")
		if err != nil {
			t.Error(err)
			codes <- 0
			return
		}
		_ = got.Body.Close()
		codes <- got.StatusCode
	}
	go get()
	first := <-l.answers
	get()
	if got := <-codes; got != http.StatusConflict {
		t.Errorf("the second answer got %d", got)
	}
	l.close(nil)
	if got := <-codes; got != http.StatusOK || first.code.reveal() != "b" {
		t.Errorf("the first answer got %d, code %q", got, first.code.reveal())
	}
	if _, err := http.Get("http://" + l.addr + "/"); err == nil {
		t.Error("the port is still open")
	}
	faulttest.Injected(t, "S3", 1)
}

func TestTheAddressCanBePasted(t *testing.T) {
	for _, c := range []struct {
		name   string
		listen bool
		paste  func(to *url.URL) string
		says   string
	}{
		{"from another machine", false, func(to *url.URL) string { return to.String() + "\n" }, ""},
		{"while a browser is waited for", true, func(to *url.URL) string { return to.String() }, ""},
		{"as browsers show it", false, func(to *url.URL) string { return "  " + strings.TrimPrefix(to.String(), "http://") }, ""},
		{"with a fragment", false, func(to *url.URL) string { return to.String() + "#" }, ""},
		{"the code alone", false, func(to *url.URL) string { return to.Query().Get("code") }, "Copy all of it"},
		{"the first address again", false, func(*url.URL) string { return "https://accounts.example/o/oauth2/auth?state=x" }, "another sign-in"},
		{"a novel", false, func(*url.URL) string { return strings.Repeat("?state=x ", 10_000) }, "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			pasted := make(chan string, 1)
			show := func(page string) { pasted <- c.paste(allow(d, page)) }
			err := d.source().SignIn(t.Context(), Prompt{Listen: c.listen, Show: show, Pasted: pasted})
			if c.says != "" {
				wants(t, err, c.says, "Nothing was kept")
				return
			}
			d.must(err)
		})
	}
}

func TestAnAnswerIsNotWaitedForForEver(t *testing.T) {
	d := open(t)
	before := d.folder()
	ignore := func(string) {}
	wants(t, d.source().SignIn(t.Context(), Prompt{Listen: true, Show: ignore, Limit: time.Millisecond}), "longer than 1ms", "Nothing was kept")
	closed := make(chan string)
	close(closed)
	wants(t, d.source().SignIn(t.Context(), Prompt{Show: ignore, Pasted: closed}), "nothing was pasted")
	if diff := cmp.Diff(before, d.folder()); diff != "" {
		t.Error(diff)
	}
}

// For ssh -L, and for clients whose redirect address is fixed.
func TestThePortCanBeChosen(t *testing.T) {
	free, err := listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(free.addr, ":")
	d := open(t)
	number := 0
	for _, c := range port {
		number = number*10 + int(c-'0')
	}
	wants(t, d.source().SignIn(t.Context(), Prompt{Listen: true, Port: number, Show: func(string) {}}), "address already in use")
	free.close(nil)
	d.must(d.source().SignIn(t.Context(), Prompt{Listen: true, Port: number, Show: func(page string) {
		if !strings.Contains(page, url.QueryEscape("http://127.0.0.1:"+port+"/")) {
			t.Errorf("the address is %s", page)
		}
		d.browser(allow)(page)
	}}))
}

func TestRemovingGivesTheAccessBack(t *testing.T) {
	d := open(t)
	s := d.signedIn()
	d.must(s.Remove(t.Context()))
	if _, err := os.Stat(d.account.TokenFile); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if d.asked("oauth.revoke") != 1 {
		t.Error("Google was not told")
	}
	if err := s.Check(t.Context()); !errors.Is(err, ErrNotSignedIn) {
		t.Error(err)
	}
	if err := s.Remove(t.Context()); !errors.Is(err, ErrNotSignedIn) {
		t.Error(err)
	}
	s = d.signedIn()
	d.Script(gcal.Fault{On: "oauth.revoke", Act: gcal.DropBefore})
	wants(t, s.Remove(t.Context()), "was removed", "Google was not told")
	if _, err := os.Stat(d.account.TokenFile); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	d.must(os.WriteFile(d.account.TokenFile, []byte("{}"), 0o600))
	wants(t, s.Remove(t.Context()), "was removed", "another version", filepath.Base(d.account.TokenFile))
}
