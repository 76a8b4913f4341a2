package google

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"
)

// Google's own addresses, where a credentials file names none.
const (
	googleAuth     = "https://accounts.google.com/o/oauth2/auth"
	googleToken    = "https://oauth2.googleapis.com/token"
	googleCalendar = "https://www.googleapis.com/calendar/v3/"
)

// maxFile is the largest credentials or token file that is read, in bytes.
const maxFile = 64 << 10

// credentials are what Google's console gave: an installed application, for which a
// person consents, or a service account, for which an administrator has.
type credentials struct {
	app     *oauth2.Config // nil for a service account
	service *jwt.Config    // nil for an installed application
	id      string         // the client's, or the service account's address
	// mark tells one file from another: a changed one deserves another try.
	mark [sha256.Size]byte
}

// console is the form of the files that Google's console hands out.
type console struct {
	Installed *application `json:"installed"`
	Web       *application `json:"web"`
	Type      string       `json:"type"`

	ClientEmail  string `json:"client_email"`
	ClientID     string `json:"client_id"`
	PrivateKeyID string `json:"private_key_id"`
	PrivateKey   string `json:"private_key"`
	TokenURI     string `json:"token_uri"`
}

// application is an OAuth client. Google's texts say that the secret of one that is
// installed on people's machines is none; we keep it as if it were.
type application struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	AuthURI      string `json:"auth_uri"`
	TokenURI     string `json:"token_uri"`
}

// readCredentials reads the file anew each time, so that an exchanged one needs no
// restart. The file must be private: what is in it lets others ask in our name.
func (a Account) readCredentials() (*credentials, error) {
	data, err := readPrivate(a.Credentials)
	if err != nil {
		return nil, fmt.Errorf("reading Google's credentials from %s: %w", a.Credentials, err)
	}
	c, err := a.parseCredentials(data)
	if err != nil {
		return nil, fmt.Errorf("the credentials file %s: %w", a.Credentials, err)
	}
	c.mark = sha256.Sum256(data)
	return c, nil
}

// wantedFile is what every complaint about the file ends with.
const wantedFile = `download it from Google's console: an OAuth client of type "Desktop app", or a key of a service account`

func (a Account) parseCredentials(data []byte) (*credentials, error) {
	var f console
	if err := json.Unmarshal(data, &f); err != nil {
		// The parser's words may repeat a part of the file.
		return nil, errors.New("it is not the JSON that it should be; " + wantedFile)
	}
	switch {
	case f.Installed != nil:
		return a.installed(*f.Installed)
	case f.Web != nil:
		return nil, errors.New(`its client is of type "Web application", to which Google does not answer on this machine; ` + wantedFile)
	case f.Type == "service_account":
		return a.serviceAccount(f)
	}
	return nil, errors.New("it holds neither a client nor a service account; " + wantedFile)
}

// installed reads a client for which a person consents in a browser.
func (a Account) installed(app application) (*credentials, error) {
	if app.ClientID == "" {
		return nil, errors.New("its client has no client_id; " + wantedFile)
	}
	auth, err := checkAddress("auth_uri", app.AuthURI, googleAuth)
	if err != nil {
		return nil, err
	}
	token, err := checkAddress("token_uri", app.TokenURI, googleToken)
	if err != nil {
		return nil, err
	}
	return &credentials{id: app.ClientID, app: &oauth2.Config{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret, Scopes: a.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: auth, TokenURL: token, AuthStyle: oauth2.AuthStyleInParams},
	}}, nil
}

// serviceAccount reads a key. Its damage is found now, and not in the night when it
// is used first.
func (a Account) serviceAccount(f console) (*credentials, error) {
	if f.ClientEmail == "" || f.PrivateKey == "" {
		return nil, errors.New("it is a service account's, but has no client_email or private_key; " + wantedFile)
	}
	token, err := checkAddress("token_uri", f.TokenURI, googleToken)
	if err != nil {
		return nil, err
	}
	if err := checkKey(f.PrivateKey); err != nil {
		return nil, err
	}
	return &credentials{id: f.ClientEmail, service: &jwt.Config{
		Email: f.ClientEmail, PrivateKey: []byte(f.PrivateKey), PrivateKeyID: f.PrivateKeyID,
		Subject: a.Addresses[0], Scopes: a.Scopes, TokenURL: token,
	}}, nil
}

// checkAddress refuses an address to which secrets would go in the open.
func checkAddress(key, address, usual string) (string, error) {
	if address == "" {
		return usual, nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return "", fmt.Errorf("its %s is not an address", key)
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return "", fmt.Errorf("its %s does not begin with https://; only localhost, 127.0.0.1 and ::1 may do without", key)
	}
	return address, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// revokeAddress is where a token is given back (RFC 7009): beside the address where
// it is had, at Google as at others of its kind.
func (c *credentials) revokeAddress() string {
	return strings.TrimSuffix(c.app.Endpoint.TokenURL, "token") + "revoke"
}
