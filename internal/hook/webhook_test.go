package hook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A vector of the specification's own libraries.
func TestTheSignatureIsThatOfStandardWebhooks(t *testing.T) {
	got := secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAWebhookCanBeVerified(t *testing.T) {
	s := receive(t, nil)
	before := time.Now().Add(-time.Second)
	for range 2 {
		if o := s.client().Call(t.Context(), s.URL+"/hook", secret, "msg_1", map[string]any{"type": "mail.filed", "data": map[string]string{"subject": "<Q3>"}}); o.Result != Done {
			t.Fatal(o)
		}
	}
	for _, got := range s.requests() {
		var at int64
		fmt.Sscan(got.header.Get("webhook-timestamp"), &at)
		if sent := time.Unix(at, 0); sent.Before(before.Truncate(time.Second)) || sent.After(time.Now()) {
			t.Errorf("sent at %s", sent)
		}
		if want := secret.sign("msg_1", time.Unix(at, 0), []byte(got.body)); got.header.Get("webhook-signature") != want {
			t.Errorf("signed %q, not %q", got.header.Get("webhook-signature"), want)
		}
		if got.header.Get("webhook-id") != "msg_1" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%v", got.header)
		}
	}
	other := mustSecret("whsec_" + strings.Repeat("A", 32))
	got := s.requests()[0]
	if other.sign("msg_1", time.Now(), []byte(got.body)) == got.header.Get("webhook-signature") {
		t.Error("another secret gives the same signature")
	}
}

func TestAWebhookThatCannotBeSent(t *testing.T) {
	s := receive(t, nil)
	for name, o := range map[string]Outcome{
		"without a secret":  s.client().Call(t.Context(), s.URL, Secret{}, "k", "x"),
		"not JSON":          s.client().Call(t.Context(), s.URL, secret, "k", map[string]any{bodyCanary: make(chan int)}),
		"a payload too big": s.client().Call(t.Context(), s.URL, secret, "k", strings.Repeat("x", maxPayload)),
	} {
		if checkReason(t, o); o.Result != Refused {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if len(s.requests()) != 0 {
		t.Error("something was sent")
	}
}

func TestAKeyBecomesAnID(t *testing.T) {
	for _, key := range []string{"a.b", "<m@example.com>", "", "a b", "a\r\nb", strings.Repeat("k", 65), "é"} {
		if id := keyOf(key); len(id) != 64 || strings.Contains(id, ".") || id != keyOf(key) {
			t.Errorf("%q gives %q", key, id)
		}
	}
	if keyOf("a.b") == keyOf("a.c") {
		t.Error("two keys have one id")
	}
}

func TestWhatASecretMayBe(t *testing.T) {
	for text, ok := range map[string]bool{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":           true,
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n":               true,
		"whsec_" + strings.Repeat("CANARYxx", 5) + "A":     false, // no base64
		"whsec_" + strings.Repeat("A", 43) + "=":           true,  // 32 bytes
		"CANARY":                                           false,
		"whsec_" + strings.Repeat("CANARYxx", 11) + "!":    false,
		"whsec_" + strings.Repeat("CANARYxx", 11) + "AAAA": false, // 69 bytes
		"": false,
	} {
		s, err := ParseSecret(text)
		if (err == nil) != ok || (s.mac != nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "CANARY") {
			t.Errorf("the error shows it: %v", err)
		}
	}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	holder := struct {
		Outer Secret
		inner Secret
	}{secret, secret}
	for _, v := range []any{secret, &secret, holder, &holder, []Secret{secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := strings.ToLower(fmt.Sprintf(verb, v))
			for _, canary := range []string{"mfkq9", "31f290f6bf06298aab", "49 242 144"} {
				if strings.Contains(text, canary) {
					t.Errorf("%s of %T shows it: %s", verb, v, text)
				}
			}
		}
		if text, err := json.Marshal(v); err == nil && len(text) > 40 {
			t.Errorf("JSON of %T is %s", v, text)
		}
	}
}
