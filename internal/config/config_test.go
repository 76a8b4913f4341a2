package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// folder makes what the configurations of testdata refer to. Git keeps no modes,
// so the files are made here.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	ca, err := os.ReadFile("testdata/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "ca.pem"), string(ca), 0o644)
	write(t, filepath.Join(dir, "rules.yaml"), "version: 1\n", 0o644)
	write(t, filepath.Join(dir, "secret"), "CANARY\n", 0o600)
	write(t, filepath.Join(dir, "wide"), "CANARY\n", 0o640)
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// put copies a file of testdata to dir as foredesk.yaml.
func put(t *testing.T, dir, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "foredesk.yaml")
	write(t, path, string(text), 0o644)
	return path
}

// The files of testdata/bad that are mistakes of a topic of security: a secret that
// others can read, what would be said without TLS, what grows without end.
var (
	wide = regexp.MustCompile(`-wide\.yaml$`)
	open = regexp.MustCompile(`-remote\.yaml$|-endpoint-open\.yaml$|-unverified\.yaml$`)
	bomb = regexp.MustCompile(`-bomb\.yaml$`)
)

// Every file of testdata/bad is one mistake; the file beside it is what the
// operator reads about it.
func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	if len(files) < 100 {
		t.Fatalf("only %d files in testdata/bad", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			dir := folder(t)
			cfg, err := Load(put(t, dir, file))
			if err == nil || cfg != nil {
				t.Fatalf("loaded: %v, %v", cfg, err)
			}
			if _, ok := errors.AsType[rules.Problems](err); !ok {
				t.Errorf("%T is not rules.Problems", err)
			}
			got := strings.ReplaceAll(err.Error(), dir, "$DIR") + "\n"
			if strings.Contains(got, "CANARY") {
				t.Errorf("a secret is shown:\n%s", got)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".err", got)
			for topic, word := range map[string]*regexp.Regexp{"S1": wide, "S2": open, "S10": bomb} {
				if word.MatchString(filepath.Base(file)) {
					faulttest.Injected(t, topic, 1)
				}
			}
		})
	}
}

func TestAFileOfMistakesIsCutShort(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "foredesk.yaml")
	write(t, path, "version: 1\naccounts: ["+strings.Repeat("x, ", 100_000)+"]\n", 0o644)
	_, err := Load(path)
	problems, _ := errors.AsType[rules.Problems](err)
	if len(problems) != maxProblems || !strings.Contains(problems[maxProblems-1].Hint, "99950 more") {
		t.Errorf("%d problems; the last: %+v", len(problems), problems[len(problems)-1])
	}
	if size := len(err.Error()); size > maxProblems*2*maxSource {
		t.Errorf("the message has %d bytes", size)
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		write(t, file, got, 0o644)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run: go test ./internal/config -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func dana(t *testing.T, dir string) Account {
	return Account{
		Name: "dana", Addresses: []string{"dana@acme.example"}, Location: zone(t, "Europe/London"),
		Rules: filepath.Join(dir, "rules.yaml"),
		IMAP: IMAP{
			Server: Server{
				Host: "imap.example.com", Port: 993, User: "dana", TLS: Implicit, Auth: Plain,
				Secret: secretAt(inFile(filepath.Join(dir, "secret"))),
			},
			Folders: []string{"INBOX"}, Poll: time.Minute,
		},
	}
}

// called is an account of another person.
func called(a Account, name string) Account {
	a.Name, a.Addresses, a.IMAP.User = name, []string{name + "@acme.example"}, name
	return a
}

func TestGoodFilesLoad(t *testing.T) {
	dir := folder(t)
	in := func(name string) string { return filepath.Join(dir, name) }
	full := Account{
		Name: "dana", FullName: "Dana Whitfield", Addresses: []string{"dana@acme.example", "d.w@acme.example"}, Location: zone(t, "America/New_York"),
		Rules: in("rules.yaml"),
		IMAP: IMAP{
			Server: Server{
				Host: "imap.example.com", Port: 1993, User: "dana", TLS: StartTLS, CAFile: in("ca.pem"), Auth: Login,
				Secret: secretAt(inEnv("FOREDESK_DANA")),
			},
			Folders: []string{"INBOX", "Board/Papers"}, Poll: 5 * time.Minute, AuthservID: "mx.example.com",
		},
		SMTP: &Server{
			Host: "::1", Port: 25, User: "dana", TLS: NoTLS, Auth: Plain,
			Secret: secretAt(inCommand{[]string{"sh", "-c", "echo 'a  b'"}, dir}),
		},
		Assistant: "assistant@acme.example", Files: in("folder"), AllowDelete: true, Webhooks: secretAt(inFile(in("secret"))),
	}
	lee := Account{
		Name: "lee", Addresses: []string{"lee@acme.example"}, Location: zone(t, "UTC"), Rules: in("rules.yaml"),
		IMAP: IMAP{
			Server: Server{
				Host: "127.0.0.1", Port: 143, User: "lee", TLS: NoTLS, Auth: XOAuth2,
				Secret: secretAt(inCredential("lee")),
			},
			Folders: []string{"INBOX"}, Poll: time.Minute,
		},
		SMTP: &Server{
			Host: "smtp.example.com", Port: 587, User: "lee", TLS: StartTLS, Auth: OAuthBearer,
			Secret: secretAt(inFile(in("secret"))),
		},
	}
	local := dana(t, dir)
	local.SMTP = &Server{Host: "localhost", Port: 25, TLS: NoTLS, Auth: Plain}
	sqlite := "sqlite:" + in("foredesk.db")
	signsIn := dana(t, dir)
	signsIn.IMAP.Server = Server{Host: "imap.gmail.com", Port: 993, User: "dana@acme.example", TLS: Implicit, Auth: XOAuth2, Google: true}
	signsIn.SMTP = &Server{Host: "smtp.gmail.com", Port: 465, User: "dana@acme.example", TLS: Implicit, Auth: OAuthBearer, Google: true}
	signsIn.Google = &Google{Credentials: in("secret")}
	signsIn.Calendar = &Calendar{
		Calendars: []string{"primary", "team@group.calendar.example"}, Endpoint: "http://127.0.0.1:8080/calendar/v3/", Poll: 10 * time.Second,
		Push: &Push{URL: "https://desk.example.com/google", Listen: "127.0.0.1:8090"},
	}
	calendarAlone := called(dana(t, dir), "lee")
	calendarAlone.Google = &Google{Credentials: in("secret"), TokenFile: in("lee.token.json")}
	calendarAlone.Calendar = &Calendar{Calendars: []string{"primary"}, Poll: time.Minute}
	elsewhere := called(dana(t, dir), "max")
	elsewhere.Google = &Google{Credentials: in("secret"), TokenFile: in("folder/max.json")}
	want := map[string]Config{
		"smallest":       {Database: sqlite, Accounts: []Account{dana(t, dir)}},
		"windows-editor": {Database: sqlite, Accounts: []Account{dana(t, dir)}},
		"smtp-local":     {Database: sqlite, Accounts: []Account{local}},
		"all-keys":       {Database: "sqlite:" + in("folder/foredesk.db"), Accounts: []Account{full, lee}},
		"google":         {Database: sqlite, Accounts: []Account{signsIn, calendarAlone, elsewhere}},
		"model": {
			Database: sqlite, Accounts: []Account{dana(t, dir)},
			Model: &Model{
				Endpoint: "https://api.example.com/v1", Name: "large-2", Key: secretAt(inFile(in("secret"))),
				Timeout: 45 * time.Second, Requests: 200, Tokens: 50_000, MaxTokens: 4000,
			},
		},
		"model-local": {
			Database: sqlite, Accounts: []Account{dana(t, dir)},
			Model: &Model{
				Endpoint: "http://127.0.0.1:11434/v1", Name: "llama3.1:8b",
				Timeout: defaultModelTimeout, Requests: defaultRequests, Tokens: defaultTokens, MaxTokens: defaultMaxTokens,
			},
		},
		"agenda": {Database: sqlite, Accounts: withAgendas(t, dir)},
		"postgres": {
			Database: "postgres://foredesk@db.example.com/foredesk?sslmode=verify-full",
			Accounts: []Account{dana(t, dir)},
		},
	}
	for name, want := range want {
		t.Run(name, func(t *testing.T) {
			want.Path = put(t, dir, "testdata/good/"+name+".yaml")
			got, err := Load(want.Path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got, samePlace, sameZone); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// withAgendas are accounts with all keys of an agenda, with none, and with a few.
func withAgendas(t *testing.T, dir string) []Account {
	smtp := func(a Account) Account {
		s := a.IMAP.Server
		s.Host, s.Port = "smtp.example.com", 465
		a.SMTP = &s
		return a
	}
	all, none, few := smtp(dana(t, dir)), smtp(called(dana(t, dir), "lee")), smtp(called(dana(t, dir), "max"))
	all.Assistant, none.Assistant = "sam@acme.example", "sam@acme.example"
	all.Agenda = &Agenda{
		At: 7*60 + 15, Evening: 18 * 60, Days: [7]bool{0: true, 1: true, 2: true, 4: true}, To: []string{"executive", "dana@home.example"}, Cc: []string{"assistant"},
		Language: "de", Review: &Review{On: time.Sunday, At: 8 * 60, To: []string{"assistant"}},
	}
	none.Agenda = &Agenda{
		At: 6*60 + 30, Evening: 17*60 + 30, To: []string{"lee@acme.example"}, Language: "en",
		Review: &Review{On: time.Friday, At: 15 * 60, To: []string{"executive", "assistant"}},
	}
	few.Agenda = &Agenda{At: 6*60 + 30, Evening: 17*60 + 30, Days: [7]bool{5: true}, To: []string{"max@acme.example"}, Language: "en"}
	return []Account{all, none, few}
}

var samePlace = cmp.Comparer(func(a, b Secret) bool { return reflect.DeepEqual(a, b) })

var sameZone = cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })

func TestRelativePathsStartFromTheFile(t *testing.T) {
	dir := folder(t)
	put(t, dir, "testdata/good/smallest.yaml")
	t.Chdir(filepath.Dir(dir))
	cfg, err := Load(filepath.Join(filepath.Base(dir), "foredesk.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Account{dana(t, dir)}; !cmp.Equal(want, cfg.Accounts, samePlace, sameZone) {
		t.Errorf("%+v", cfg.Accounts)
	}
}

// The example is what a newcomer copies for a first account: it loads as it
// stands, once the two files that it names are there.
func TestTheExampleLoads(t *testing.T) {
	dir := folder(t)
	path := put(t, dir, "../../foredesk.example.yaml")
	write(t, filepath.Join(dir, "dana.password"), "CANARY\n", 0o600)
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.Accounts[0].IMAP.Secret.Reveal(t.Context())
	if err != nil || got != "CANARY" {
		t.Errorf("%q, %v", got, err)
	}
}

// What the example has behind comment signs about the agenda says what holds anyway.
func TestTheExamplesAgendaLoads(t *testing.T) {
	text, err := os.ReadFile("../../foredesk.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Replace(string(text), "    # assistant:", "    assistant:", 1)
	for _, begin := range []string{"    # smtp:\n", "    # agenda:\n"} {
		before, block, found := strings.Cut(all, begin)
		block, after, ended := strings.Cut(begin+block, "\n\n")
		if !found || !ended {
			t.Fatalf("there is no %q in the example", begin)
		}
		all = before + commentSign.ReplaceAllString(block, "$1") + "\n\n" + after
	}
	dir := folder(t)
	write(t, filepath.Join(dir, "dana.password"), "CANARY\n", 0o600)
	path := filepath.Join(dir, "foredesk.yaml")
	write(t, path, all, 0o644)
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := &Agenda{
		At: defaultAgenda, Evening: defaultEvening, Days: [7]bool{1: true, 2: true, 3: true, 4: true, 5: true}, To: []string{"dana@acme.example"}, Language: "en",
		Review: &Review{On: time.Friday, At: defaultReview, To: []string{"executive", "assistant"}},
	}
	if diff := cmp.Diff(want, cfg.Accounts[0].Agenda); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var commentSign = regexp.MustCompile(`(?m)^( +)# `)

// What the example has behind comment signs about Google loads as well, once they
// are taken away.
func TestTheExamplesCalendarLoads(t *testing.T) {
	text, err := os.ReadFile("../../foredesk.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := string(text)
	for _, begin := range []string{"    # calendar:\n", "    # google:\n", "      # google: true"} {
		before, block, found := strings.Cut(all, begin)
		block, after, ended := strings.Cut(begin+block, "\n\n")
		if !found || !ended {
			t.Fatalf("there is no %q in the example", begin)
		}
		for range 2 { // some lines have two
			block = commentSign.ReplaceAllString(block, "$1")
		}
		all = before + block + "\n\n" + after
	}
	// One is enough, so the second does without, and a token takes no password.
	all = strings.Replace(all, "credentials_file: client.json\n        calendars", "calendars", 1)
	all = strings.Replace(all, "      password_file: dana.password", "", 1)
	dir := folder(t)
	write(t, filepath.Join(dir, "client.json"), "{}", 0o600)
	path := filepath.Join(dir, "foredesk.yaml")
	write(t, path, all, 0o644)
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Accounts[0]
	if !a.IMAP.Google || a.IMAP.Auth != XOAuth2 || a.Google.TokenFile != "" || a.Calendar.Push == nil || a.Calendar.Endpoint == "" {
		t.Errorf("%+v", a)
	}
}

// So does what it has of a model.
func TestTheExamplesModelLoads(t *testing.T) {
	text, err := os.ReadFile("../../foredesk.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before, block, found := strings.Cut(string(text), "# model:\n")
	block, after, ended := strings.Cut("# model:\n"+block, "\n\n")
	if !found || !ended {
		t.Fatal("there is no model in the example")
	}
	dir := folder(t)
	write(t, filepath.Join(dir, "dana.password"), "CANARY\n", 0o600)
	write(t, filepath.Join(dir, "model.key"), "CANARY\n", 0o600)
	path := filepath.Join(dir, "foredesk.yaml")
	write(t, path, before+regexp.MustCompile(`(?m)^# `).ReplaceAllString(block, "")+"\n\n"+after, 0o644)
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if m := cfg.Model; m == nil || m.Endpoint == "" || m.Name == "" || m.Timeout != defaultModelTimeout || m.Requests != defaultRequests || m.Tokens != defaultTokens || m.MaxTokens != defaultMaxTokens {
		t.Errorf("%+v; the example says what holds when it is left out", m)
	}
}

func TestAnUnreadableConfigurationSaysWhatToDo(t *testing.T) {
	dir := folder(t)
	big := filepath.Join(dir, "big.yaml")
	write(t, big, strings.Repeat("# x\n", maxFile/4+1), 0o644)
	for name, tc := range map[string]struct{ path, want string }{
		"absent":      {filepath.Join(dir, "absent.yaml"), "Copy foredesk.example.yaml"},
		"a folder":    {filepath.Join(dir, "folder"), "not a regular file. Nothing was started. Put a regular file"},
		"a pipe":      {filepath.Join(dir, "pipe"), "not a regular file"},
		"over 1 MiB":  {big, "larger than 1024 KiB"},
		"no path yet": {filepath.Join(big, "x"), "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(tc.path)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.path) {
				t.Errorf("error %v does not contain %q and the path", err, tc.want)
			}
			if _, ok := errors.AsType[rules.Problems](err); ok {
				t.Error("it is told as a mistake of the file")
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	dir := folder(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "foredesk.yaml")
		cfg, problems := parse(path, path, text)
		if len(problems) > 0 {
			for _, p := range problems {
				if p.Line < 1 || p.Column < 1 || p.Message == "" || p.File != path {
					t.Errorf("a problem without a place or message: %+v", p)
				}
			}
			return
		}
		for _, a := range cfg.Accounts {
			complete(t, a)
		}
		if m := cfg.Model; m != nil && (m.Endpoint == "" || m.Name == "" || m.Timeout <= 0 || m.Requests <= 0 || m.Tokens <= 0 || m.MaxTokens <= 0) {
			t.Errorf("an incomplete model was accepted: %+v", *m)
		}
	})
}

// complete checks what every account of a file without a mistake has.
func complete(t *testing.T, a Account) {
	t.Helper()
	servers := []Server{a.IMAP.Server}
	if a.SMTP != nil && (a.SMTP.TLS != NoTLS || a.SMTP.User != "") {
		servers = append(servers, *a.SMTP)
	} else if a.SMTP != nil && (!loopback(a.SMTP.Host) || a.SMTP.Secret.from != nil) {
		t.Errorf("an SMTP server without a login was accepted: %+v", *a.SMTP)
	}
	for _, s := range servers {
		if s.Host == "" || s.User == "" || s.Port < 1 || s.Port > 65535 || (s.Secret.from == nil) != s.Google {
			t.Errorf("an incomplete server was accepted: %+v", s)
		}
		if s.TLS == NoTLS && !loopback(s.Host) {
			t.Errorf("plaintext to %s was accepted", s.Host)
		}
	}
	if a.Google != nil && (a.Google.Credentials == "" || a.Google.TokenFile != "" && !filepath.IsAbs(a.Google.TokenFile)) {
		t.Errorf("an incomplete sign-in at Google was accepted: %+v", *a.Google)
	}
	if c := a.Calendar; c != nil && (a.Google == nil || len(c.Calendars) == 0 || c.Poll < minCalendarPoll || c.Push != nil && (c.Push.URL == "" || c.Push.Listen == "")) {
		t.Errorf("an incomplete calendar was accepted: %+v", *c)
	}
	if a.Name == "" || len(a.Addresses) == 0 || a.Location == nil || a.Rules == "" || len(a.IMAP.Folders) == 0 || a.IMAP.Poll <= 0 {
		t.Errorf("an incomplete account was accepted: %+v", a)
	}
}
