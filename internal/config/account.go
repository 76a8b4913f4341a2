package config

import (
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // zones are the same on a machine without a zone database

	"go.yaml.in/yaml/v4"

	"github.com/foredesk/foredesk/rules"
)

const (
	version         = "1"
	defaultDatabase = "sqlite:foredesk.db"
	defaultPoll     = time.Minute
	maxName         = 64 // characters of an account name; it stands in every log line
)

var (
	fileKeys    = keys{of: "the file", known: []string{"version", "database", "model", "accounts"}, later: []string{"console"}}
	accountKeys = keys{
		of:    "the account",
		known: []string{"name", "full_name", "address", "addresses", "timezone", "rules", "imap", "smtp", "assistant", "files", "allow_delete", "webhooks", "google", "calendar", "agenda"},
	}
	webhookKeys = keys{of: "webhooks", known: []string{"secret_file", "secret_env", "secret_command", "secret_credential"}, open: []string{"secret"}}
	imapKeys    = keys{of: "imap", known: append(connectionKeys(), "folders", "poll", "authserv_id"), open: openSecrets}
	smtpKeys    = keys{of: "smtp", known: connectionKeys(), open: openSecrets}
)

// parse reads the text of a configuration. file is its name for messages, abs
// the absolute one.
func parse(file, abs string, data []byte) (*Config, rules.Problems) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	r := newReader(file, filepath.Dir(abs), text)
	cfg := &Config{Path: abs}
	if root := r.document(text); root != nil {
		if f, ok := r.fields(root, root, fileKeys); ok {
			f.root(cfg)
		}
	}
	return cfg, r.finish()
}

func (f fields) root(cfg *Config) {
	if n := f.values["version"]; n == nil {
		f.missing("version", "begin the file with: version: 1")
	} else if n.Tag != "!!int" || n.Value != version {
		f.report(n, "", "version must be %s: it is the form of the file that this program reads", version)
	}
	cfg.Database = f.database()
	cfg.Model = f.model()
	list := f.values["accounts"]
	switch {
	case list == nil:
		f.missing("accounts", "foredesk.example.yaml shows one")
	case !f.literal(list):
	case list.Kind != yaml.SequenceNode:
		f.wrongKind(list, "accounts", "a list (each account begins with a dash)", "")
	case len(list.Content) == 0:
		f.report(list, "foredesk.example.yaml shows one", "accounts is an empty list")
	default:
		cfg.Accounts = f.accounts(list.Content)
	}
}

// database returns the place of the database with an absolute path.
func (f fields) database() string {
	n, place := f.values["database"], defaultDatabase
	if n != nil {
		place = f.text("database")
		if !strings.HasPrefix(place, "sqlite:") {
			f.hide(n) // a URL may hold a password
		}
	}
	path, isSQLite := strings.CutPrefix(place, "sqlite:")
	switch {
	case place == "":
		return ""
	case strings.HasPrefix(place, "postgres://"), strings.HasPrefix(place, "postgresql://"):
		return f.postgres(n, place)
	case !isSQLite || path == "" || strings.HasPrefix(path, "//") || path == ":memory:":
		f.report(n, "for example sqlite:foredesk.db or postgres://user@host/database", "database must be sqlite:PATH or a postgres:// URL")
		return ""
	}
	path = f.resolve(path)
	at := f.at
	if n != nil {
		at = n
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		f.report(at, "run: mkdir -p "+filepath.Dir(path), "the folder of the database does not exist")
	} else if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		f.report(at, "name a file", "the database is not a regular file")
	}
	return "sqlite:" + path
}

// postgres checks a URL. What the parser says of a bad one is not passed on, as
// it repeats the URL.
func (f fields) postgres(n *yaml.Node, place string) string {
	u, err := url.Parse(place)
	if err != nil {
		f.report(n, "for example postgres://user@host/database", "the database URL cannot be read")
		return ""
	}
	query := u.Query()
	if _, open := u.User.Password(); open || query.Has("password") || query.Has("sslpassword") {
		f.report(n, "keep it in a passfile (chmod 600): postgres://user@host/database?passfile=/PATH, or in PGPASSWORD",
			"the database URL holds a password")
		return ""
	}
	if query.Get("sslmode") != "verify-full" && !databaseHere(u.Hostname(), query.Get("host")) {
		f.report(n, "add sslmode=verify-full, and sslrootcert=/PATH where the authority is your own",
			"the database is on another machine, and the URL does not ask that its certificate is verified")
	}
	service := query.Has("service") || query.Has("servicefile") || os.Getenv("PGSERVICE") != "" && u.Hostname() == "" && query.Get("host") == ""
	if query.Get("sslmode") != "verify-full" && service {
		f.report(n, "add sslmode=verify-full, or name the host in the URL and leave the service out, PGSERVICE as well",
			"a service may lead to a database on another machine, and the URL does not ask that its certificate is verified")
		return ""
	}
	if passfile := query.Get("passfile"); passfile != "" {
		if _, err := readPrivate(passfile, maxFile); err != nil {
			f.report(n, "", "the passfile %s: %v", passfile, err)
		}
	}
	return place
}

// databaseHere reports whether all hosts of a URL, which may name several, are this
// machine: by its loopback or by a socket, which is what none stands for, too.
func databaseHere(lists ...string) bool {
	for _, list := range append(lists, os.Getenv("PGHOST")) {
		for host := range strings.SplitSeq(list, ",") {
			if host != "" && !strings.HasPrefix(host, "/") && !loopback(host) {
				return false
			}
		}
	}
	return true
}

// accounts reads all accounts and what must be unique among them.
func (f fields) accounts(nodes []*yaml.Node) []Account {
	names, mailboxes, tokens := map[string]int{}, map[string]int{}, map[string]int{}
	var out []Account
	for _, n := range nodes {
		af, ok := f.fields(n, n, accountKeys)
		if !ok {
			continue
		}
		a := af.account()
		af.unique(names, "name", strings.ToLower(a.Name), "another account has this name, in line %d")
		if a.IMAP.Host != "" && a.IMAP.User != "" {
			key := strings.ToLower(a.IMAP.Host + "\n" + a.IMAP.User)
			af.unique(mailboxes, "imap", key, "another account has the same mailbox, in line %d: both would act on its mail")
		}
		if a.Google != nil {
			af.unique(tokens, "google", a.Google.TokenFile, "another account keeps its sign-in in the same token_file, in line %d")
		}
		out = append(out, a)
	}
	return out
}

// unique reports the second node that stands for the same thing.
func (f fields) unique(seen map[string]int, key, thing, message string) {
	n := f.values[key]
	if n == nil || thing == "" {
		return
	}
	if line, twice := seen[thing]; twice {
		f.report(n, "", message, line)
		return
	}
	seen[thing] = n.Line
}

func (f fields) account() Account {
	a := Account{
		Name:      f.name(),
		FullName:  f.text("full_name"),
		Addresses: f.addresses(),
		Location:  f.timezone(),
		Rules:     f.file("rules", true),
	}
	f.google(&a)
	if n := f.values["imap"]; n == nil {
		f.missing("imap", "write where the mailbox is: imap: {host: HOST, user: USER, password_file: FILE}")
	} else if sub, ok := f.fields(n, n, imapKeys); ok {
		a.IMAP = sub.imap()
		sub.signsInWithGoogle(&a, a.IMAP.Server)
	}
	if n := f.values["smtp"]; n != nil {
		if sub, ok := f.fields(n, n, smtpKeys); ok {
			server := sub.server(smtpPorts)
			a.SMTP = &server
			sub.signsInWithGoogle(&a, server)
		}
	}
	f.assistant(&a)
	f.agenda(&a)
	return a
}

// assistant reads who approves what rules want to do, and what rules may do.
func (f fields) assistant(a *Account) {
	if n := f.values["assistant"]; n != nil {
		a.Assistant = f.text("assistant")
		f.checkAddress(n, a.Assistant)
	}
	a.AllowDelete = f.boolean("allow_delete")
	if folder := f.text("files"); folder != "" {
		a.Files = f.resolve(folder)
		if st, err := os.Stat(a.Files); err != nil || !st.IsDir() {
			f.report(f.values["files"], "run: mkdir -m 700 -p "+a.Files, "the folder for files does not exist")
		}
	}
	if n := f.values["webhooks"]; n != nil {
		if sub, ok := f.fields(n, n, webhookKeys); ok {
			for _, way := range secretWays {
				if n := sub.values["secret_"+way]; n != nil {
					a.Webhooks = sub.place(way, "secret_"+way, n)
				}
			}
		}
	}
}

var accountName = regexp.MustCompile(`^[\pL\pN][\pL\pN._-]*$`)

func (f fields) name() string {
	name := f.required("name", "a short word for logs and commands, such as the first name")
	if name != "" && (!accountName.MatchString(name) || len([]rune(name)) > maxName) {
		f.report(f.values["name"], "", "name must be one word of letters, digits and . _ -, at most %d characters", maxName)
	}
	return name
}

// addresses reads address or addresses: exactly one of them has to be there.
func (f fields) addresses() []string {
	one, many := f.values["address"], f.values["addresses"]
	switch {
	case one == nil && many == nil && f.meant["addresses"]:
		return nil
	case one == nil && many == nil:
		f.missing("address", "the mail address of the account's owner, or a list under addresses")
		return nil
	case one != nil && many != nil:
		f.report(many, "put all of them into addresses", "address and addresses cannot both be there")
		return nil
	case one != nil:
		address := f.text("address")
		f.checkAddress(one, address)
		return []string{address}
	}
	list := f.texts("addresses", strings.EqualFold)
	if many.Kind == yaml.SequenceNode {
		for _, n := range many.Content {
			f.checkAddress(n, n.Value)
		}
	}
	return list
}

func (f fields) checkAddress(n *yaml.Node, address string) {
	if address == "" || n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		return
	}
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
		f.report(n, "write it bare: name@example.com", "%.64q is not a mail address", address)
	}
}

// wellKnownZones are those that a misspelt zone is compared with.
var wellKnownZones = []string{
	"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Chicago",
	"America/Denver", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo",
	"America/Toronto", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Kolkata", "Asia/Seoul",
	"Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Europe/Amsterdam", "Europe/Berlin",
	"Europe/Dublin", "Europe/Istanbul", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris",
	"Europe/Rome", "Europe/Stockholm", "Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland",
}

func (f fields) timezone() *time.Location {
	name := f.required("timezone", "a zone of the IANA list, for example Europe/London")
	if name == "" {
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	// "Local" would let the account's day depend on the machine.
	if err != nil || name == "Local" {
		hint := "a zone of the IANA list, for example Europe/London"
		if s := rules.Suggest(name, wellKnownZones); s != "" {
			hint = "did you mean " + s + "?"
		}
		f.report(f.values["timezone"], hint, "there is no timezone %.64q", name)
		return time.UTC
	}
	return zone
}

// file reads a path that must lead to a readable file.
func (f fields) file(key string, needed bool) string {
	if needed && f.values[key] == nil {
		f.missing(key, "a path, from the folder of this file")
	}
	text := f.text(key)
	if text == "" {
		return ""
	}
	path := f.resolve(text)
	opened, err := openRegular(path)
	if err != nil {
		f.report(f.values[key], "relative paths start from the folder of this file", "cannot read %s: %v", path, err)
		return ""
	}
	_ = opened.Close()
	return path
}

// resolve makes a path of the file absolute.
func (r *reader) resolve(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(r.dir, path)
}
