package mail

import (
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"

	"github.com/foredesk/foredesk/rules"
)

// Verdicts of rules.Auth.
const (
	authPass    = "pass"
	authFail    = "fail"
	authNone    = "none"
	authUnknown = "unknown"
)

// auth reads what the account's own server found out about the sender (RFC 8601).
// Anybody can write such a field, so only the topmost counts, and only if it is
// of the configured server: that one was added last, by whom we trust. The
// verdict is about the From address that people see, not about whoever handed the
// mail in; a message with several authors or From fields gets none.
func (h header) auth(server string, from []rules.Address) rules.Auth {
	unknown := rules.Auth{Verdict: authUnknown}
	body, ok := h.body("Authentication-Results")
	if !ok || server == "" {
		return unknown
	}
	id, results, err := authres.Parse(withoutComments(unfold(body)))
	if err != nil || !strings.EqualFold(id, server) {
		return unknown
	}
	a := rules.Auth{}
	for _, r := range results {
		noteResult(&a, r)
	}
	a.Verdict = authUnknown
	if len(from) == 1 && from[0].Domain != "" && len(h.values("From")) == 1 {
		a.Verdict = verdict(a.DMARC, results, from[0].Domain)
	}
	return a
}

// noteResult keeps the result of one method. Of several signatures one good one
// is enough; of the other methods the first result stands, except that a failed
// DMARC check is never talked away.
func noteResult(a *rules.Auth, result authres.Result) {
	switch r := result.(type) {
	case *authres.SPFResult:
		keepFirst(&a.SPF, r.Value)
	case *authres.DKIMResult:
		if r.Value == authres.ResultPass {
			a.DKIM = authPass
		}
		keepFirst(&a.DKIM, r.Value)
	case *authres.DMARCResult:
		if r.Value == authres.ResultFail {
			a.DMARC = authFail
		}
		keepFirst(&a.DMARC, r.Value)
	case *authres.ARCResult:
		keepFirst(&a.ARC, r.Value)
	}
}

func keepFirst(have *string, value authres.ResultValue) {
	if *have == "" {
		*have = string(value)
	}
}

// verdict judges the From domain. DMARC (RFC 7489) has the last word where the
// server checked it. Where it did not, SPF or a signature counts if it is of the
// same organisation as From, which DMARC calls relaxed alignment; a hard SPF
// failure of that organisation is a forgery. All else says nothing.
func verdict(dmarc string, results []authres.Result, from string) string {
	if dmarc == authFail {
		return authFail
	}
	org := organisation(from)
	if slices.ContainsFunc(results, func(r authres.Result) bool { return vouches(r, org) }) {
		return authPass
	}
	if slices.ContainsFunc(results, func(r authres.Result) bool { return refutes(r, org) }) {
		return authFail
	}
	return authNone
}

// vouches says that a result proves the organisation of From. A DMARC result that names
// another domain than ours is about another From than people see.
func vouches(result authres.Result, org string) bool {
	switch r := result.(type) {
	case *authres.DMARCResult:
		return r.Value == authres.ResultPass && (r.From == "" || aligned(r.From, org))
	case *authres.SPFResult:
		return r.Value == authres.ResultPass && aligned(spfDomain(r), org)
	case *authres.DKIMResult:
		signer := r.Domain
		if signer == "" {
			signer = r.Identifier
		}
		return r.Value == authres.ResultPass && aligned(signer, org)
	}
	return false
}

func refutes(result authres.Result, org string) bool {
	r, ok := result.(*authres.SPFResult)
	failed := ok && (r.Value == authres.ResultFail || r.Value == authres.ResultHardFail)
	return failed && aligned(spfDomain(r), org)
}

func spfDomain(r *authres.SPFResult) string {
	if r.From != "" {
		return r.From
	}
	return r.Helo
}

// aligned says that the domain of an address, or a bare domain, is of that
// organisation (RFC 7489 3.1).
func aligned(address, org string) bool {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	domain = unicodeDomain(strings.ToLower(strings.Trim(domain, ".<>")))
	return domain != "" && organisation(domain) == org
}

// organisation returns the registrable domain, or the domain itself where the
// public suffix list knows none.
func organisation(domain string) string {
	if registrable, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return registrable
	}
	return domain
}

// withoutComments makes a field fit for authres.Parse, which knows neither
// comments nor quotes: a sender whose name is "x; dmarc=pass" could speak there
// for the server. Comments go, and inside quotes only characters that mean
// nothing stay. An end that never comes swallows the rest.
func withoutComments(s string) string {
	out := make([]byte, 0, len(s))
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
			if strings.IndexByte("; \t=()\r\n", c) >= 0 {
				c = '_'
			}
			out = append(out, c)
		case c == '(':
			depth++
			out = append(out, ' ')
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			out = append(out, c)
		}
	}
	return joinEquals(string(out))
}

// joinEquals takes out the blanks that may stand around "=" and "/" (RFC 8601 2.2).
func joinEquals(s string) string {
	for _, sign := range []string{"=", "/"} {
		if !strings.Contains(s, " "+sign) && !strings.Contains(s, sign+" ") {
			continue
		}
		parts := strings.Split(s, sign)
		for i := range parts {
			if i > 0 {
				parts[i] = strings.TrimLeft(parts[i], " \t")
			}
			if i < len(parts)-1 {
				parts[i] = strings.TrimRight(parts[i], " \t")
			}
		}
		s = strings.Join(parts, sign)
	}
	return s
}
