package mail

import (
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func TestAuthVerdict(t *testing.T) {
	const boss = "From: The boss <boss@acme.example>\n"
	const mx = "Authentication-Results: mx.acme.example; "
	tests := []struct{ name, header, want string }{
		{"DMARC passes", boss + mx + "dmarc=pass header.from=acme.example\n", "pass"},
		{"DMARC fails, whatever else passes", boss + mx + "spf=pass smtp.mailfrom=acme.example; dmarc=fail\n", "fail"},
		{"DMARC fails once and passes once", boss + mx + "dmarc=pass; dmarc=fail\n", "fail"},
		{"the server's name in another case, with a version", boss + "Authentication-Results: MX.acme.example 1; dmarc=pass\n", "pass"},
		{"an aligned signature", boss + mx + "dkim=pass header.d=mail.acme.example; dmarc=none\n", "pass"},
		{"an aligned signature by its identity", boss + mx + "dkim=pass header.i=@acme.example\n", "pass"},
		{"one good signature of two", boss + mx + "dkim=fail header.d=acme.example; dkim=pass header.d=acme.example\n", "pass"},
		{"aligned SPF", boss + mx + "spf=pass smtp.mailfrom=bounces@acme.example\n", "pass"},
		{"an attacker's own SPF", boss + mx + "spf=pass smtp.mailfrom=evil.example\n", "none"},
		{"an attacker's own signature", boss + mx + "dkim=pass header.d=evil.example\n", "none"},
		{"another firm under one public suffix", "From: a@acme.co.uk\n" + mx + "spf=pass smtp.mailfrom=evil.co.uk\n", "none"},
		{"DMARC about another From", boss + mx + "dmarc=pass header.from=evil.test\n", "none"},
		{"SPF fails for the From domain", boss + mx + "spf=fail smtp.mailfrom=acme.example\n", "fail"},
		{"SPF softly fails", boss + mx + "spf=softfail smtp.mailfrom=acme.example\n", "none"},
		{"a broken signature alone, as lists leave it", boss + mx + "dkim=fail header.d=acme.example\n", "none"},
		{"nothing was checked", boss + mx + "none\n", "none"},
		{"no field", boss, "unknown"},
		{"a field of another server", boss + "Authentication-Results: mx.evil.example; dmarc=pass\n", "unknown"},
		{"our field, but another on top", boss + "Authentication-Results: mx.evil.example; dmarc=pass\n" + mx + "dmarc=pass\n", "unknown"},
		{"a forged field below ours", boss + mx + "dmarc=fail\n" + mx + "dmarc=pass\n", "fail"},
		{"a field that can't be read", boss + mx + "spf\n", "unknown"},
		{"two authors", "From: boss@acme.example, evil@evil.example\n" + mx + "dmarc=pass\n", "unknown"},
		{"two From fields", boss + "From: evil@evil.example\n" + mx + "dmarc=pass\n", "unknown"},
		{"no author", "From: nobody\n" + mx + "dmarc=pass\n", "unknown"},
		{"a verdict in a comment", boss + mx + "spf=none (x; dmarc=pass) smtp.mailfrom=a; dmarc=fail\n", "fail"},
		{"a comment with a bracket in it", boss + mx + "spf=none (a \\) ; dmarc=pass (b)) smtp.mailfrom=a\n", "none"},
		{"a verdict in a quoted sender", boss + mx + "spf=pass smtp.mailfrom=\"x; dmarc=pass\"@evil.example\n", "none"},
		{"a domain in a quoted sender", boss + mx + "spf=pass smtp.mailfrom=\"x smtp.mailfrom=acme.example \"@evil.example\n", "none"},
		{"a comment that never ends", boss + mx + "spf=none (x; dmarc=pass\n", "none"},
		{"blanks around the sign", boss + mx + "dmarc = pass\n", "pass"},
		{"a name in punycode", "From: a@bücher.example\n" + mx + "dkim=pass header.d=xn--bcher-kva.example\n", "pass"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fromHeader(tt.header).Item.Auth.Verdict; got != tt.want {
				t.Errorf("verdict %q, want %q", got, tt.want)
			}
			if tt.want != "pass" {
				faulttest.Injected(t, "S4", 1)
			}
		})
	}
}

func TestNobodyIsBelievedUnlessConfigured(t *testing.T) {
	h := parseHeader([]byte("From: a@example.com\nAuthentication-Results: ; dmarc=pass\n"))
	if got := h.auth("", parseAddresses("a@example.com")); got.Verdict != "unknown" || got.DMARC != "" {
		t.Errorf("%+v", got)
	}
}

func TestAuthResultsOfEachMethod(t *testing.T) {
	got := fromHeader("From: a@example.com\nAuthentication-Results: mx.acme.example;\n spf=softfail smtp.mailfrom=x;" +
		" dkim=fail header.d=x; dkim=pass header.d=y; dmarc=temperror; arc=pass\n").Item.Auth
	if got.SPF != "softfail" || got.DKIM != "pass" || got.DMARC != "temperror" || got.ARC != "pass" {
		t.Errorf("%+v", got)
	}
}
