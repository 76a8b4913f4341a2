package config

import (
	"crypto/x509"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// secretWays are the endings of the keys that say where a secret is.
var secretWays = []string{"file", "env", "command", "credential"}

// openSecrets are keys that people try and that would put the secret itself
// into the file.
var openSecrets = []string{"password", "token"}

// connectionKeys are the keys that imap and smtp have in common.
func connectionKeys() []string {
	known := []string{"host", "port", "user", "tls", "ca_file", "auth", "google"}
	for _, kind := range openSecrets {
		for _, way := range secretWays {
			known = append(known, kind+"_"+way)
		}
	}
	return known
}

// The registered ports (RFC 8314 3.2, 3.3; RFC 6409; RFC 5321).
var (
	imapPorts = map[TLS]int{Implicit: 993, StartTLS: 143, NoTLS: 143}
	smtpPorts = map[TLS]int{Implicit: 465, StartTLS: 587, NoTLS: 25}
)

func (f fields) imap() IMAP {
	return IMAP{
		Server:     f.server(imapPorts),
		Folders:    f.folders(),
		Poll:       f.duration("poll", time.Second, time.Hour, defaultPoll),
		AuthservID: f.authservID(),
	}
}

func (f fields) server(ports map[TLS]int) Server {
	s := Server{
		Host: f.host(),
		TLS:  TLS(f.choice("tls", string(Implicit), string(StartTLS), string(NoTLS))),
		Auth: Auth(f.choice("auth", string(Plain), string(Login), string(OAuthBearer), string(XOAuth2))),
	}
	if s.Google = f.boolean("google"); s.Google && f.values["auth"] == nil {
		s.Auth = XOAuth2
	}
	s.Port = f.number("port", 1, 65535, ports[s.TLS])
	if s.TLS == NoTLS && s.Host != "" && !loopback(s.Host) {
		f.report(f.values["tls"], "use implicit or starttls", "tls: none sends the password in the open; only localhost, 127.0.0.1 and ::1 may have it")
	}
	s.CAFile = f.roots(s.TLS)
	if f.asksForNoName(s.TLS) {
		return s
	}
	s.User = f.required("user", "the name to log in with, often the mail address")
	if s.Google {
		f.noSecret(s.Auth)
		return s
	}
	s.Secret = f.secret(s.Auth)
	return s
}

// noSecret refuses what google: true makes meaningless.
func (f fields) noSecret(auth Auth) {
	if !auth.token() {
		f.report(f.values["auth"], "take it out, or write xoauth2 or oauthbearer", "auth: %s takes a password, and google: true gives a token", auth)
	}
	for _, kind := range openSecrets {
		for _, way := range secretWays {
			if n := f.values[kind+"_"+way]; n != nil {
				f.hide(n)
				f.report(n, "keep one of them", "google: true and %s cannot both be there", kind+"_"+way)
			}
		}
	}
}

// asksForNoName reports whether this is the mail server of the machine itself,
// which takes mail from whoever is on it, and no name or secret is written down.
func (f fields) asksForNoName(protection TLS) bool {
	if f.of != smtpKeys.of || protection != NoTLS {
		return false
	}
	for key := range f.values {
		if key == "user" || key == "auth" || key == "google" || slices.ContainsFunc(openSecrets, func(kind string) bool { return strings.HasPrefix(key, kind+"_") }) {
			return false
		}
	}
	return !f.meant["user"] && !f.meantSecret()
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// hostName is a DNS name (RFC 1123 2.1, and Unicode ones).
var hostName = regexp.MustCompile(`^[\pL\pN_]([\pL\pN_-]*[\pL\pN])?(\.[\pL\pN_]([\pL\pN_-]*[\pL\pN])?)*\.?$`)

func (f fields) host() string {
	host := f.required("host", "the name of the server, for example imap.example.com")
	if host == "" || hostName.MatchString(host) || net.ParseIP(host) != nil {
		return host
	}
	f.hide(f.values["host"]) // a URL may hold a password
	f.report(f.values["host"], "the name alone: no https://, no port (that is port: NUMBER)", "host must be a host name or an IP address")
	return ""
}

// roots checks a file of trusted certificates.
func (f fields) roots(protection TLS) string {
	path := f.file("ca_file", false)
	if path == "" {
		return ""
	}
	if protection == NoTLS {
		f.report(f.values["ca_file"], "take one of them out", "ca_file means nothing with tls: none")
	}
	pem, err := readRegular(path, maxFile)
	if err != nil {
		f.report(f.values["ca_file"], "", "cannot read %s: %v", path, err)
	} else if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		f.report(f.values["ca_file"], "it must be PEM: -----BEGIN CERTIFICATE-----", "%s holds no certificate", path)
	}
	return path
}

// secret reads the one key that says where the password or token is.
func (f fields) secret(auth Auth) Secret {
	wanted, other := "password", "token"
	if auth.token() {
		wanted, other = other, wanted
	}
	var secret Secret
	first := ""
	for _, kind := range openSecrets {
		for _, way := range secretWays {
			key := kind + "_" + way
			n := f.values[key]
			switch {
			case n == nil:
			case kind == other:
				f.report(n, "write "+wanted+"_"+way+", or change auth", "auth: %s takes no %s", auth, kind)
				first = key
			case first != "":
				f.report(n, "keep one of them", "%s and %s cannot both be there", first, key)
			default:
				first = key
				secret = f.place(way, key, n)
			}
		}
	}
	if first == "" && !f.meantSecret() {
		f.missing(wanted+"_file", "the file that holds the "+wanted+" (chmod 600); or "+wanted+"_env, "+wanted+"_command, "+wanted+"_credential")
	}
	return secret
}

// meantSecret reports whether a misspelt key was taken for one of a secret.
func (f fields) meantSecret() bool {
	for _, way := range secretWays {
		if f.meant["password_"+way] || f.meant["token_"+way] {
			return true
		}
	}
	return false
}

var (
	envName        = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	credentialName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
)

// place reads the place of a secret. Environment variables and credentials are
// those of the running service, so whether they are there is seen only then.
func (f fields) place(way, key string, n *yaml.Node) Secret {
	if way != "file" {
		// Who misreads the key may have written the secret itself.
		f.hide(n)
	}
	if way == "command" {
		return f.command(key, n)
	}
	text := f.text(key)
	if text == "" {
		return Secret{}
	}
	switch {
	case way == "file":
		path := f.resolve(text)
		if _, err := readPrivate(path, maxSecret); err != nil {
			f.report(n, "relative paths start from the folder of this file", "cannot use %s as %s: %v", path, key, err)
		}
		return secretAt(inFile(path))
	case way == "env" && envName.MatchString(text):
		return secretAt(inEnv(text))
	case way == "credential" && credentialName.MatchString(text):
		return secretAt(inCredential(text))
	}
	f.report(n, "the name, not the secret itself", "%s must be the name of %s", key,
		map[string]string{"env": "an environment variable", "credential": "a systemd credential (LoadCredential=NAME:PATH)"}[way])
	return Secret{}
}

// command reads a program and its arguments. One text is refused, because where
// it would be split is a matter of the shell that one has in mind.
func (f fields) command(key string, n *yaml.Node) Secret {
	if n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle == 0 {
		f.report(n, "for example [pass, show, mail]; for pipes [sh, -c, \"pass show mail | head -n1\"]",
			"%s must be a list: the program and its arguments, each on its own", key)
		return Secret{}
	}
	words := f.texts(key, nil)
	if len(words) == 0 {
		return Secret{}
	}
	words, err := lookUp(f.dir, words)
	if err != nil {
		f.report(n, "the first of the list must be a program in PATH, or a path", "cannot run the program of %s: %v", key, err)
	}
	return secretAt(inCommand{words, f.dir})
}

// folders reads the watched folders. INBOX has no case (RFC 9051 5.1).
func (f fields) folders() []string {
	if f.values["folders"] == nil {
		return []string{"INBOX"}
	}
	list := f.texts("folders", func(a, b string) bool {
		return a == b || strings.EqualFold(a, "INBOX") && strings.EqualFold(b, "INBOX")
	})
	for i, name := range list {
		if strings.EqualFold(name, "INBOX") {
			list[i] = "INBOX"
		}
	}
	return list
}

func (f fields) authservID() string {
	id := f.text("authserv_id")
	if strings.ContainsAny(id, " \t;") {
		f.report(f.values["authserv_id"], "the first word of your server's Authentication-Results field", "authserv_id must be one word")
	}
	return id
}
