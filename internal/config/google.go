package config

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	minCalendarPoll = 10 * time.Second // Google allows 600 requests a minute and user
	maxCalendarPoll = time.Hour
)

var (
	googleKeys         = keys{of: "google", known: []string{"credentials_file", "token_file", "token"}}
	calendarKeys       = keys{of: "calendar", known: []string{"google"}}
	googleCalendarKeys = keys{of: "calendar.google", known: []string{"credentials_file", "calendars", "endpoint", "poll", "push"}}
	pushKeys           = keys{of: "push", known: []string{"url", "listen"}}
)

const credentialsHint = "the file that Google's console gave (chmod 600): credentials_file: client.json; doc/google.md says how to get it"

// google reads by what the account signs in at Google, and its calendar. The
// credentials may stand in either place, as most accounts need no more of google.
func (f fields) google(a *Account) {
	if n := f.values["google"]; n != nil {
		a.Google = &Google{}
		if sub, ok := f.fields(n, n, googleKeys); ok {
			a.Google.Credentials = sub.credentials()
			a.Google.TokenFile = sub.tokenFile(a.Name)
		}
	}
	n := f.values["calendar"]
	if n == nil {
		return
	}
	a.Calendar = &Calendar{}
	sub, ok := f.fields(n, n, calendarKeys)
	if !ok {
		return
	}
	if n = sub.values["google"]; n == nil {
		sub.missing("google", "write where the calendar is: google: {credentials_file: client.json}")
		return
	}
	if sub, ok = sub.fields(n, n, googleCalendarKeys); ok {
		sub.googleCalendar(a)
	}
}

func (f fields) googleCalendar(a *Account) {
	switch n := f.values["credentials_file"]; {
	case a.Google == nil:
		a.Google = &Google{Credentials: f.credentials(), TokenFile: f.usualTokenFile(a.Name)}
	case n != nil:
		f.report(n, "keep the one of the account's google", "credentials_file stands in the account's google as well")
	}
	*a.Calendar = Calendar{
		Calendars: f.texts("calendars", func(a, b string) bool { return a == b }),
		Endpoint:  f.endpoint(),
		Poll:      f.duration("poll", minCalendarPoll, maxCalendarPoll, defaultPoll),
		Push:      f.push(),
	}
	if f.values["calendars"] == nil {
		a.Calendar.Calendars = []string{"primary"}
	}
}

// credentials reads the path of a file that others could ask Google with.
func (f fields) credentials() string {
	n := f.values["credentials_file"]
	if n == nil {
		f.missing("credentials_file", credentialsHint)
		return ""
	}
	text := f.text("credentials_file")
	if text == "" {
		return ""
	}
	path := f.resolve(text)
	if _, err := readPrivate(path, maxSecret); err != nil {
		f.report(n, "relative paths start from the folder of this file", "cannot use %s as credentials_file: %v", path, err)
	}
	return path
}

// tokenFile reads where the sign-in is kept; empty stands for the keyring.
func (f fields) tokenFile(account string) string {
	n, file := f.values["token"], f.values["token_file"]
	if n != nil {
		f.tokenWord(n)
		if file != nil {
			f.report(n, "keep one of them", "token and token_file cannot both be there")
		}
		return ""
	}
	if file == nil {
		return f.usualTokenFile(account)
	}
	text := f.text("token_file")
	if text == "" {
		return ""
	}
	path := f.resolve(text)
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		f.report(file, "run: mkdir -m 700 -p "+filepath.Dir(path), "the folder of token_file does not exist")
	} else if _, err := os.Stat(path); err == nil {
		if _, err := readPrivate(path, maxSecret); err != nil {
			f.report(file, "foredesk writes it, when you sign in", "cannot use %s as token_file: %v", path, err)
		}
	}
	return path
}

// tokenWord refuses all but the one word; what else stands there may be a token.
func (f fields) tokenWord(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Value == "keyring" && f.literal(n) {
		return
	}
	f.hide(n)
	f.report(n, "token: keyring, or token_file: FILE. The token itself never stands in this file: run foredesk auth google", "token must be the word keyring")
}

// usualTokenFile is beside the configuration.
func (f fields) usualTokenFile(account string) string {
	if account == "" {
		return ""
	}
	return filepath.Join(f.dir, account+".token.json")
}

// endpoint reads the address of a server that is compatible with Google's. It ends
// with a slash.
func (f fields) endpoint() string {
	n, text := f.values["endpoint"], f.text("endpoint")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		f.hide(n) // it may hold a password
		f.report(n, "for example https://calendar.example.com/calendar/v3/", "endpoint must be the address of a calendar API")
		return ""
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		f.report(n, "use https", "endpoint does not begin with https://, so the token would be sent in the open; only localhost, 127.0.0.1 and ::1 may do without")
	}
	return strings.TrimSuffix(text, "/") + "/"
}

func (f fields) push() *Push {
	n := f.values["push"]
	if n == nil {
		return nil
	}
	p := &Push{}
	sub, ok := f.fields(n, n, pushKeys)
	if !ok {
		return p
	}
	p.URL = sub.required("url", "the public address at which Google reaches this machine: url: https://desk.example.com/google")
	if u, err := url.Parse(p.URL); p.URL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		sub.hide(sub.values["url"])
		sub.report(sub.values["url"], "for example https://desk.example.com/google", "url must be a public https address: Google sends to no other")
	}
	p.Listen = sub.required("listen", "where it is taken on this machine: listen: 127.0.0.1:8090")
	if p.Listen == "" {
		return p
	}
	host, port, err := net.SplitHostPort(p.Listen)
	number, bad := strconv.Atoi(port)
	if err != nil || bad != nil || number < 1 || number > 65535 || host != "" && net.ParseIP(host) == nil && !hostName.MatchString(host) {
		sub.report(sub.values["listen"], "for example 127.0.0.1:8090", "listen must be a host and a port")
	}
	return p
}

// signsInWithGoogle reports a server that is to take the token of an account that
// has none.
func (f fields) signsInWithGoogle(a *Account, s Server) {
	if s.Google && a.Google == nil {
		f.report(f.values["google"], "add to the account: google: {credentials_file: client.json}; doc/google.md says how to get that file", "%s signs in with Google, but the account does not say by what", f.of)
	}
}
