package gcal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// scopePrefix stands before every scope of the calendar.
const scopePrefix = "https://www.googleapis.com/auth/"

// accessLife is how long an access token lives.
const accessLife = time.Hour

// signInPages are the addresses outside the API.
var signInPages = map[string]string{"/o/oauth2/v2/auth": "oauth.consent", "/token": "oauth.token", "/revoke": "oauth.revoke"}

// grants are what people have allowed (RFC 6749).
type grants struct {
	standing string // the token of Token, which never expires
	codes    map[string]grant
	refresh  map[string]grant
	access   map[string]grant
	service  map[string]serviceAccount
}

// grant is one consent. The challenge (RFC 7636) and the redirect address belong
// to its code, the moment to its access tokens, and refresh names the token by
// which these were made.
type grant struct {
	client, redirect, challenge, refresh string
	scopes                               []string
	expires                              time.Time
}

func newGrants() grants {
	return grants{standing: "standing-" + rand.Text(), codes: map[string]grant{}, refresh: map[string]grant{}, access: map[string]grant{}, service: map[string]serviceAccount{}}
}

// Token is a bearer token with every scope, for clients that don't sign in.
func (s *Server) Token() string { return s.grants.standing }

// AuthURL, TokenURL and RevokeURL are the addresses that stand in a client's
// oauth2.Endpoint in the place of Google's.
func (s *Server) AuthURL() string { return s.base + "/o/oauth2/v2/auth" }

// TokenURL is where codes and refresh tokens are changed for access tokens.
func (s *Server) TokenURL() string { return s.base + "/token" }

// RevokeURL is where a client gives a token back.
func (s *Server) RevokeURL() string { return s.base + "/revoke" }

// ExpireAccess ends all access tokens: the next request answers 401 until the
// client refreshes. The one of Token stays.
func (s *Server) ExpireAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.grants.access)
}

// Revoke takes all grants back, as a person can at Google, or as Google does
// after seven days in "testing" status: refreshing answers invalid_grant.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.grants.access)
	clear(s.grants.refresh)
}

// authorise holds a request's bearer token (RFC 6750) against what its method
// needs; s.mu is held.
func (s *Server) authorise(c *call, r *http.Request) error {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return refuse(http.StatusUnauthorized, "required", "Login Required.")
	}
	if token == s.grants.standing {
		return nil
	}
	g, ok := s.grants.access[token]
	if !ok || !s.account.Now().Before(g.expires) {
		return refuse(http.StatusUnauthorized, "authError", "Invalid Credentials")
	}
	for _, scope := range s.api.methods[c.name].scopes {
		if slices.Contains(g.scopes, scopePrefix+scope) {
			return nil
		}
	}
	return refuse(http.StatusForbidden, "insufficientPermissions", "Request had insufficient authentication scopes.")
}

// answerPage is what a page outside the API answers: JSON, a redirect or HTML.
type answerPage struct {
	status   int
	json     object
	location string
	form     url.Values
}

func (p answerPage) write(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.location != "":
		http.Redirect(w, r, p.location, p.status)
	case p.form != nil:
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		// No form-action: browsers hold it against the redirect after the form as well.
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		w.WriteHeader(p.status)
		_ = consentPage.Execute(w, p.form)
	default:
		write(w, p.status, p.json)
	}
}

var consentPage = template.Must(template.New("consent").Parse(`<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Demo sign-in</title>
<h1>Demo sign-in</h1>
<p>{{.Get "client_id"}} asks for access to the demo's calendar: {{.Get "scope"}}</p>
<form method="post">
{{range $name, $values := .}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form></html>
`))

// signIn answers the pages outside the API. They take no bearer token.
func (s *Server) signIn(r *http.Request, name string) answerPage {
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		return oauthError("invalid_request", "The form can't be read")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case name == "oauth.consent":
		return s.consent(r)
	case r.Method != http.MethodPost:
		return answerPage{status: http.StatusMethodNotAllowed, json: object{"error": "invalid_request"}}
	case name == "oauth.revoke":
		return s.revoke(r.Form.Get("token"))
	}
	return s.token(r)
}

func oauthError(code, why string) answerPage {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	return answerPage{status: status, json: object{"error": code, "error_description": why}}
}

// consent is the page on which a person allows or denies. It insists on what an
// installed application must do: a loopback redirect (RFC 8252, section 7.3),
// state, and PKCE by S256.
func (s *Server) consent(r *http.Request) answerPage {
	f := r.Form
	redirect, err := url.Parse(f.Get("redirect_uri"))
	switch {
	case s.account.ClientID != "" && f.Get("client_id") != s.account.ClientID:
		return oauthError("invalid_client", "The OAuth client was not found.")
	case err != nil || redirect.Scheme != "http" || !loopback(redirect.Hostname()):
		return oauthError("redirect_uri_mismatch", "The redirect address must be http on the loopback address")
	case f.Get("response_type") != "code" || f.Get("scope") == "" || f.Get("state") == "":
		return oauthError("invalid_request", "response_type=code, scope and state are needed")
	case f.Get("code_challenge_method") != "S256" || len(f.Get("code_challenge")) != 43:
		return oauthError("invalid_request", "code_challenge with code_challenge_method=S256 is needed")
	}
	back := redirect.Query()
	back.Set("state", f.Get("state"))
	switch {
	case r.Method != http.MethodPost:
		return answerPage{status: http.StatusOK, form: f}
	case f.Get("decision") == "allow":
		code := "4/" + rand.Text()
		s.grants.codes[code] = grant{
			client: f.Get("client_id"), redirect: f.Get("redirect_uri"), challenge: f.Get("code_challenge"), scopes: strings.Fields(f.Get("scope")),
		}
		back.Set("code", code)
		back.Set("scope", f.Get("scope"))
	default:
		back.Set("error", "access_denied")
	}
	redirect.RawQuery = back.Encode()
	return answerPage{status: http.StatusFound, location: redirect.String()}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// token changes a code or a refresh token for an access token.
func (s *Server) token(r *http.Request) answerPage {
	f := r.PostForm
	if f.Get("grant_type") == assertionGrant { // which has no client id: the signature says who asks
		return s.fromAssertion(f.Get("assertion"))
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = f.Get("client_id"), f.Get("client_secret")
	}
	if s.account.ClientID != "" && (id != s.account.ClientID || secret != s.account.ClientSecret) {
		return oauthError("invalid_client", "Unauthorized")
	}
	switch f.Get("grant_type") {
	case "authorization_code":
		return s.fromCode(id, f)
	case "refresh_token":
		g, ok := s.grants.refresh[f.Get("refresh_token")]
		if !ok || g.client != id {
			return oauthError("invalid_grant", "Token has been expired or revoked.")
		}
		g.refresh = f.Get("refresh_token")
		return answerPage{status: http.StatusOK, json: s.issue(g)}
	}
	return oauthError("unsupported_grant_type", "Invalid grant_type")
}

// fromCode uses a code up, whether or not what came with it was right.
func (s *Server) fromCode(client string, f url.Values) answerPage {
	g, ok := s.grants.codes[f.Get("code")]
	delete(s.grants.codes, f.Get("code"))
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	switch {
	case !ok || g.client != client:
		return oauthError("invalid_grant", "Malformed auth code.")
	case g.redirect != f.Get("redirect_uri"):
		return oauthError("redirect_uri_mismatch", "Bad Request")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge:
		return oauthError("invalid_grant", "Invalid code verifier.")
	}
	g.refresh = "1//" + rand.Text()
	s.grants.refresh[g.refresh] = g
	answer := s.issue(g)
	answer["refresh_token"] = g.refresh
	return answerPage{status: http.StatusOK, json: answer}
}

func (s *Server) issue(g grant) object {
	token := "ya29." + rand.Text()
	g.expires = s.account.Now().Add(accessLife)
	s.grants.access[token] = g
	return object{"access_token": token, "expires_in": int(accessLife.Seconds()), "token_type": "Bearer", "scope": strings.Join(g.scopes, " ")}
}

// revoke gives a refresh token and all made of it back, or one access token with
// the grant behind it (RFC 7009).
func (s *Server) revoke(token string) answerPage {
	if g, ok := s.grants.access[token]; ok {
		token = g.refresh
	}
	if _, ok := s.grants.refresh[token]; !ok {
		return oauthError("invalid_token", "Token expired or revoked")
	}
	delete(s.grants.refresh, token)
	for t, g := range s.grants.access {
		if g.refresh == token {
			delete(s.grants.access, t)
		}
	}
	return answerPage{status: http.StatusOK, json: object{}}
}
