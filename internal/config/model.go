package config

import (
	"net/url"
	"time"
)

// What a model may take and cost where the file does not say it.
const (
	defaultModelTimeout = 20 * time.Second
	defaultRequests     = 1000
	defaultTokens       = 1_000_000
	defaultMaxTokens    = 400
)

// Model is a language model that summarises mail and answers the questions of
// rules, for all accounts.
type Model struct {
	Endpoint  string // base address of an API like OpenAI's, such as https://api.example.com/v1
	Name      string
	Key       Secret        // empty where it asks for none
	Timeout   time.Duration // of one call
	Requests  int           // a day (UTC), at most
	Tokens    int           // likewise
	MaxTokens int           // of one answer
}

var modelKeys = keys{
	of:    "model",
	like:  "model: {endpoint: \"http://127.0.0.1:11434/v1\", model: NAME}",
	known: []string{"endpoint", "model", "key_file", "key_env", "key_command", "key_credential", "timeout", "requests", "tokens", "max_tokens"},
	open:  []string{"key"},
}

// model reads which language model may be asked; nil where none may.
func (f fields) model() *Model {
	n := f.values["model"]
	if n == nil {
		return nil
	}
	m := &Model{}
	sub, ok := f.fields(n, n, modelKeys)
	if !ok {
		return m
	}
	*m = Model{
		Endpoint:  sub.modelEndpoint(),
		Name:      sub.required("model", "its name, as the endpoint has it: model: llama3.1:8b"),
		Key:       sub.modelKey(),
		Timeout:   sub.duration("timeout", time.Second, 5*time.Minute, defaultModelTimeout),
		Requests:  sub.number("requests", 1, 1_000_000, defaultRequests),
		Tokens:    sub.number("tokens", 1000, 1_000_000_000, defaultTokens),
		MaxTokens: sub.number("max_tokens", 50, 100_000, defaultMaxTokens),
	}
	return m
}

// modelEndpoint reads the address of the model. What may be a key is not shown.
func (f fields) modelEndpoint() string {
	const example = "for example https://api.example.com/v1, or http://127.0.0.1:11434/v1 on this machine"
	n, text := f.values["endpoint"], f.required("endpoint", example)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		f.hide(n)
		f.report(n, example, "endpoint must be the address of an API like OpenAI's")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		f.hide(n)
		f.report(n, "the address alone; the key goes into a file of its own: key_file: FILE", "endpoint holds more than an address")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		f.report(n, "use https", "endpoint does not begin with https://, so mail would be sent in the open; only localhost, 127.0.0.1 and ::1 may do without")
	}
	return text
}

// modelKey reads where the key is kept, if there is one.
func (f fields) modelKey() Secret {
	var key Secret
	first := ""
	for _, way := range secretWays {
		name := "key_" + way
		n := f.values[name]
		switch {
		case n == nil:
		case first != "":
			f.report(n, "keep one of them", "%s and %s cannot both be there", first, name)
		default:
			first, key = name, f.place(way, name, n)
		}
	}
	return key
}
