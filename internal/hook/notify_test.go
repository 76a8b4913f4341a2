package hook

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestNotifyChoosesTheForm(t *testing.T) {
	for address, want := range map[string]bool{
		"https://ntfy.sh/topic": true, "https://ntfy.acme.example/topic": true, "http://NTFY.local:8080/topic": true,
		"https://acme.example/ntfy/topic": true, "https://push.acme.example/topic#ntfy": true, "https://ntfy.acme.example/hook#json": false,
		"https://hooks.slack.com/services/T/B/X": false, "https://chat.acme.example/hooks/ntfyabc": false, "https://notntfy.sh/x": false,
	} {
		if u, err := url.Parse(address); err != nil || isNtfy(u) != want {
			t.Errorf("%s: ntfy %v", address, !want)
		}
	}
}

func TestNotifyNtfy(t *testing.T) {
	s := receive(t, nil)
	address := strings.Replace(s.URL, "https://", "https://dana:"+userCanary+"@", 1) + "/ntfy/desk#x"
	o := s.client().Notify(t.Context(), address, "Décision\r\nX-Evil: 1", "Zeile 1\nZeile\x00 2", "key1")
	if o.Result != Done {
		t.Fatal(o)
	}
	got := s.requests()[0]
	title, err := new(mime.WordDecoder).DecodeHeader(got.header.Get("Title"))
	if err != nil || title != "Décision X-Evil: 1" || got.header.Get("X-Evil") != "" {
		t.Errorf("title %q, %v", title, err)
	}
	if got.body != "Zeile 1\nZeile 2" || got.path != "/ntfy/desk" {
		t.Errorf("%q to %s", got.body, got.path)
	}
	for name, want := range map[string]string{"X-Sequence-Id": "key1", "Idempotency-Key": "key1", "Content-Type": "text/plain; charset=utf-8"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q", name, got.header.Get(name))
		}
	}
	if user, password, _ := (&http.Request{Header: got.header}).BasicAuth(); user != "dana" || password != userCanary {
		t.Errorf("signed in as %q", user)
	}
}

func TestNotifyChat(t *testing.T) {
	for name, tc := range map[string]struct{ title, text, want string }{
		"title and text":              {"New", "Board pack", "New\nBoard pack"},
		"a title alone":               {"New", "", "New"},
		"a subject can't wake all":    {"", "hi @channel @HERE @all pat@allied.example", "hi @\u200bchannel @\u200bHERE @\u200ball pat@allied.example"},
		"a long text is cut":          {"", strings.Repeat("é", 3000), strings.Repeat("é", 1948) + "…"},
		"what is not UTF-8 is no end": {"a\xffb", "c\x1bd", "ab\ncd"},
	} {
		t.Run(name, func(t *testing.T) {
			s := receive(t, nil)
			if o := s.client().Notify(t.Context(), s.URL+"/hooks/x", tc.title, tc.text, "<m1@example.com>"); o.Result != Done {
				t.Fatal(o)
			}
			var got map[string]string
			if err := json.Unmarshal([]byte(s.requests()[0].body), &got); err != nil || got["text"] != tc.want || len(got) != 1 {
				t.Errorf("%v, %q", err, got)
			}
			if key := s.requests()[0].header.Get("Idempotency-Key"); len(key) != 64 || strings.Contains(key, "@") {
				t.Errorf("the key is %q", key)
			}
		})
	}
	slack, _ := url.Parse("https://hooks.slack.com/services/T/B/X")
	if m := chat(slack, "", "<!channel> a&b"); !strings.Contains(string(m.body), `\u0026lt;!channel\u0026gt; a\u0026amp;b`) {
		t.Errorf("Slack gets %s", m.body)
	}
}
