package errand

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/hook"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
)

const original = `From: News <news@list.example>
To: dana@acme.example
Subject: News
Message-ID: <1@list.example>
List-Unsubscribe: <https://list.example/u>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Content-Type: text/plain

Hello
`

func raw(extra string) []byte { return []byte(strings.ReplaceAll(extra+original, "\n", "\r\n")) }

func desk() *Desk {
	return &Desk{
		Author:    mail.Author{Identity: mail.Identity{Account: "dana", Address: []string{"dana@acme.example"}}, Secret: []byte("sixteen bytes or more")},
		Hooks:     &hook.Client{Timeout: 5 * time.Second},
		Executive: "dana@acme.example",
	}
}

// A list is left only where the signature covers what would be called: else
// anybody could make us call an address.
func TestUnsubscribingNeedsASignatureOverBothFields(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer server.Close()
	d := desk()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	d.Hooks.Roots, d.Hooks.Reach = roots, func(netip.AddrPort) error { return nil }
	for signature, want := range map[string]mailbox.Result{
		"": mailbox.Refused,
		"DKIM-Signature: v=1; d=list.example; h=From:Subject:List-Unsubscribe; b=x\n":                       mailbox.Refused,
		"DKIM-Signature: v=1; d=list.example; h=From:List-Unsubscribe-Post; b=x\n":                          mailbox.Refused,
		"DKIM-Signature: v=1; d=list.example; h=From:list-unsubscribe:\n List-Unsubscribe-Post; b=x\n":      mailbox.Done,
		"DKIM-Signature: v=1; d=list.example; b=x; h=From : List-Unsubscribe : List-Unsubscribe-Post ;\n":   mailbox.Done,
		"X-DKIM-Signature: v=1; d=list.example; h=From:List-Unsubscribe:List-Unsubscribe-Post; b=x\n":       mailbox.Refused,
		"DKIM-Signature: v=1; d=list.example; x=List-Unsubscribe:List-Unsubscribe-Post; h=From; b=h=List\n": mailbox.Refused,
	} {
		before := calls.Load()
		o := d.Do(t.Context(), mailbox.Errand{Raw: raw(signature), Op: mailbox.Op{Do: "unsubscribe", With: map[string]string{"url": server.URL}}})
		if called := calls.Load() > before; o.Result != want || called != (want == mailbox.Done) {
			t.Errorf("with %q it is %s (%s) and called: %t", signature, o.Result, o.Reason, called)
		}
	}
}

// What an account lacks for an errand is said with the line of the configuration
// that would mend it.
func TestWhatIsMissingIsNamed(t *testing.T) {
	for do, want := range map[string]string{
		"save": "files:", "extract": "files:", "unsave": "files:", "unextract": "files:",
		"forward": "smtp:", "notify": "assistant:", "reply": "", "sing": `"sing"`,
	} {
		e := mailbox.Errand{Key: "k", Raw: raw(""), Now: time.Now(), Op: mailbox.Op{Do: do, Arg: "ben@other.example", With: map[string]string{"text": "Hello"}}}
		if do == "notify" {
			e.Op.Arg = "assistant"
		}
		o := desk().Do(t.Context(), e)
		if o.Result != mailbox.Refused || !strings.Contains(o.Reason, want) {
			t.Errorf("%s: %s (%s)", do, o.Result, o.Reason)
		}
	}
}

// What may have been met once is not repeated in doubt; what the other side
// recognises is.
func TestWhatIsRepeatedInDoubt(t *testing.T) {
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ids = append(ids, r.Header.Get("webhook-id")) }))
	defer server.Close()
	d := desk()
	var err error
	if d.Secret, err = hook.ParseSecret("whsec_c2l4dGVlbiBieXRlcyBvciBtb3JlIHNpeHRlZW4gYnl0ZXM="); err != nil {
		t.Fatal(err)
	}
	for do, want := range map[string]mailbox.Result{"forward": mailbox.Unknown, "redirect": mailbox.Unknown, "reply": mailbox.Unknown, "notify": mailbox.Unknown, "webhook": mailbox.Done} {
		e := mailbox.Errand{Key: "k", Doubt: true, Raw: raw(""), Now: time.Now(), Op: mailbox.Op{Do: do, Arg: server.URL, With: map[string]string{"text": "Hello"}}}
		if o := d.Do(t.Context(), e); o.Result != want {
			t.Errorf("%s in doubt is %s (%s)", do, o.Result, o.Reason)
		}
	}
	if len(ids) != 1 || ids[0] == "" {
		t.Errorf("the web was called with %q", ids)
	}
}

// A letter is the same whenever it is written: its Message-ID is of the errand.
func TestADraftHasOneMessageID(t *testing.T) {
	d := desk()
	ids := map[string]bool{}
	for n := range 3 {
		e := mailbox.Errand{Key: "k", Raw: raw(""), Now: time.Now().Add(time.Duration(n) * time.Hour), Op: mailbox.Op{Do: "draft", With: map[string]string{"text": "Hello\n"}}}
		message, id, err := d.Draft(context.Background(), e)
		if err != nil || !strings.Contains(string(message), fmt.Sprintf("Message-Id: <%s>", id)) || !strings.Contains(string(message), "In-Reply-To: <1@list.example>") {
			t.Fatalf("%v\n%s", err, message)
		}
		ids[id] = true
	}
	if len(ids) != 1 {
		t.Errorf("the ids are %v", ids)
	}
}
