package hook

import (
	"context"
	"encoding/json"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTitle = 200  // bytes
	maxText  = 3900 // bytes; ntfy makes a file of what is longer than 4096
)

// Notify tells people something, in the form that the address asks for:
//
//   - ntfy (plain text with a Title header) if the host is ntfy.sh or begins with
//     "ntfy." (https://ntfy.acme.example/desk), or a part of the path is "ntfy"
//     (https://acme.example/ntfy/desk), or the address ends in "#ntfy".
//   - otherwise JSON {"text": "title\ntext"}, which the incoming webhooks of Slack,
//     Mattermost, Rocket.Chat, Google Chat, Matrix (hookshot) and Discord (with
//     /slack at the end) take; also where the address ends in "#json".
//
// What stands after "#" is not sent. The key goes along as Idempotency-Key, and to
// ntfy as X-Sequence-ID: a repeat replaces the first notification there (2.16 and
// later). Title and text are plain and cut at 200 and 3,900 bytes; mentions
// of everybody, and marks that would become links in Slack, are disarmed.
func (c *Client) Notify(ctx context.Context, address, title, text, key string) Outcome {
	to, err := parse(address)
	if err != nil {
		return Outcome{Result: Refused, Reason: "the address to notify " + err.Error()}
	}
	title, text = clip(plain(strings.Join(strings.Fields(title), " ")), maxTitle), clip(plain(text), maxText)
	m := chat(to, title, text)
	if isNtfy(to) {
		m = ntfy(title, text, keyOf(key))
	}
	m.header["Idempotency-Key"] = keyOf(key)
	return c.post(ctx, to, m, nil)
}

func isNtfy(u *url.URL) bool {
	switch u.Fragment {
	case "ntfy":
		return true
	case "json":
		return false
	}
	host := strings.ToLower(u.Hostname())
	return strings.HasPrefix(host, "ntfy.") || slices.Contains(strings.Split(u.Path, "/"), "ntfy")
}

// ntfy is a message as https://docs.ntfy.sh/publish has it. The title is encoded
// like that of a mail, which ntfy knows since 2.4.
func ntfy(title, text, key string) message {
	header := map[string]string{"X-Sequence-ID": key}
	if title != "" {
		header["Title"] = mime.QEncoding.Encode("utf-8", title)
	}
	return message{mediaType: "text/plain; charset=utf-8", header: header, body: []byte(text)}
}

func chat(to *url.URL, title, text string) message {
	if title != "" && text != "" {
		title += "\n"
	}
	text = title + text
	if strings.HasSuffix(strings.ToLower(to.Hostname()), "slack.com") {
		// https://docs.slack.dev/messaging/formatting-message-text: <!channel>, <url|text>
		text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	} else {
		text = everybody.ReplaceAllString(text, "@\u200b$1")
	}
	body, _ := json.Marshal(map[string]string{"text": text}) // of strings: can't fail
	return message{mediaType: "application/json", header: map[string]string{}, body: body}
}

// everybody are the words by which Mattermost and others wake all members. A
// subject must not be able to.
var everybody = regexp.MustCompile(`(?i)@(all|channel|everyone|here|room)\b`)

// plain takes out control characters but line breaks, and what is no UTF-8.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// clip cuts a text, never inside a character.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	limit -= len("…")
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
