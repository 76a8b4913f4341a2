// Package model asks a language model, at any endpoint that speaks OpenAI's chat
// completions (Ollama, llama.cpp, vLLM or a hosted one), to say what a message
// says, or to answer a yes/no question about it.
//
// What the model answers is text for display and nothing else. It has no tools;
// nothing it says becomes a link, a rule or an action; whatever cannot be
// trusted as text is taken out or the answer is refused. Each call ends in time,
// costs what the day's allowance permits, and an endpoint that fails is left
// alone for a while. So a caller needs one thing: something to show in place of
// the answer whenever there is an error, which internal/summary has.
//
// The caller keeps confidential messages away from here. Nothing is logged, and
// no error holds a part of a message, of an answer or of the key.
//
// Read prompt.go for what is sent, call.go for how a call goes, spend.go for
// when there is none, answer.go for how an answer is read, and display.go for
// what becomes of it.
package model

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// The ends of a call that a caller may want to tell apart. Other errors are those
// of an endpoint that failed, and of a context that ended.
var (
	// ErrAway: the endpoint failed a short while ago and was not asked.
	ErrAway = errors.New("it failed a short while ago and is left alone")
	// ErrSpent: the day's allowance is used up; nothing was asked.
	ErrSpent = errors.New("the allowance of the day is used up")
	// ErrBusy: others were being asked for so long that there was no time left.
	ErrBusy = errors.New("no turn came in time; nothing was asked")
	// ErrUnusable: the model answered, and the answer can't be used, or there is
	// nothing to ask. Asking again would most likely end the same way.
	ErrUnusable = errors.New("its answer can't be used")
)

// Config says which model is asked and what that may cost. Endpoint and Model are
// needed; the rest has defaults.
type Config struct {
	// Endpoint is the base address that ends in the version, such as
	// https://api.example.com/v1 or http://127.0.0.1:11434/v1. Without TLS only a
	// model on this machine is asked.
	Endpoint string
	Model    string
	// Secret reveals the key before each call; nil sends none. Its error is passed
	// on and must not hold a part of the key.
	Secret func(ctx context.Context) (string, error)
	// Timeout ends one call; 0 is 20 seconds.
	Timeout time.Duration
	// Total ends what one Summarize or Ask takes, waiting for its turn included;
	// 0 is three times Timeout.
	Total time.Duration
	// MaxTokens bounds an answer; 0 is 400. A model that thinks first needs more.
	MaxTokens int
	// AtOnce is how many calls may be under way at the same time; 0 is 2.
	AtOnce int
	// Requests and Tokens are the allowance of a day (UTC); 0 is no limit.
	Requests, Tokens int64
	// Usage is what was used up before a restart. Keep, if it is not nil, is called
	// with what has been used by then: before each call, so that a process that dies
	// in the middle has paid for it, and after. It is called once at a time.
	Usage Usage
	Keep  func(Usage)
	Cache Cache
	// Roots are the certificate authorities to believe; nil for the system's.
	Roots *x509.CertPool
}

// Cache keeps what the model answered to what. A key is a SHA-256 in hexadecimal,
// over the model and all that it was told. A value is at most 8 KiB of the
// model's words, as private as the message that they are about, and is judged
// anew each time it is read. Both functions are called by several goroutines;
// either may be nil.
type Cache struct {
	Get func(ctx context.Context, key string) (value string, ok bool)
	Put func(ctx context.Context, key, value string)
}

// Request is a message to be summarised.
type Request struct {
	Subject string
	Text    string // as newly written, without quotes; the first 16 KiB are read
	// Lines bounds the summary: 1 to 10, one sentence each; 0 is 3.
	Lines int
	// Language of the summary, as an RFC 5646 tag such as "en", "de" or "fr-CH";
	// empty is that of the text.
	Language string
}

const (
	defaultTimeout = 20 * time.Second
	defaultTokens  = 400
	defaultAtOnce  = 2
	defaultLines   = 3
	mostLines      = 10
)

// Client asks one model. It may be used by several goroutines.
type Client struct {
	config    Config
	address   string // of chat/completions
	host      string // for people
	transport *http.Transport
	turns     chan struct{}
	spending  *spending
	// newer is set once the endpoint has refused the older names of parameters.
	newer   atomic.Bool
	keeping sync.Mutex // while Keep is called
}

// New checks the configuration and makes a client of it. Nothing is asked yet.
func New(config Config) (*Client, error) {
	config.Timeout = cmp.Or(config.Timeout, defaultTimeout)
	config.Total = cmp.Or(config.Total, 3*config.Timeout)
	config.MaxTokens = cmp.Or(config.MaxTokens, defaultTokens)
	config.AtOnce = cmp.Or(config.AtOnce, defaultAtOnce)
	at, err := endpoint(config.Endpoint)
	if err == nil {
		err = config.check()
	}
	if err != nil {
		return nil, fmt.Errorf("setting up the model: %w", err)
	}
	return &Client{
		config:    config,
		address:   at.JoinPath("chat", "completions").String(),
		host:      hostOf(at),
		transport: transport(at, config),
		turns:     make(chan struct{}, config.AtOnce),
		spending:  newSpending(config),
	}, nil
}

func (c Config) check() error {
	switch {
	case c.Model == "" || len(c.Model) > 200 || visible(c.Model) != c.Model:
		return errors.New("the model has no name, or one that can't be right")
	case c.Timeout < 0 || c.Total < 0 || c.MaxTokens < 0 || c.AtOnce < 0 || c.Requests < 0 || c.Tokens < 0:
		return errors.New("a limit is below zero")
	}
	return nil
}

// endpoint reads an address. An error does not hold it: keys are pasted into
// addresses, too.
func endpoint(address string) (*url.URL, error) {
	at, err := url.Parse(address)
	switch {
	case err != nil || at.Hostname() == "" || at.Scheme != "https" && at.Scheme != "http":
		return nil, errors.New("its endpoint is no web address; it looks like https://api.example.com/v1")
	case at.User != nil || at.RawQuery != "" || at.Fragment != "":
		return nil, errors.New("its endpoint holds a password or parameters; the key is configured apart")
	case at.Scheme == "http" && !thisMachine(at.Hostname()):
		return nil, errors.New("its endpoint is without TLS and not on this machine; mail would travel readable. Use https")
	}
	return at, nil
}

// Summarize returns what a message says, in at most as many lines as asked, for
// display: no links, no markup, no invisible characters. On any error there is no
// summary, and the caller shows its own.
func (c *Client) Summarize(ctx context.Context, r Request) (string, error) {
	summary, err := c.summarize(ctx, r)
	if err != nil {
		return "", fmt.Errorf("summarising by the model at %s: %w", c.host, err)
	}
	return summary, nil
}

func (c *Client) summarize(ctx context.Context, r Request) (string, error) {
	r = r.bounded()
	p, err := toSummarize(r)
	if err != nil {
		return "", err
	}
	answer, err := c.ask(ctx, p)
	if err != nil {
		return "", err
	}
	return display(answer, r)
}

// Ask returns whether the model answers a question about a text with yes. A
// question is written by the author of a rule, a text by strangers, who may have
// meant to sway the model: nothing that can't be taken back may rest on this.
// Every answer but a plain yes or no is ErrUnusable.
func (c *Client) Ask(ctx context.Context, question, text string) (yes bool, err error) {
	p, err := toAsk(question, text)
	if err == nil {
		var answer string
		if answer, err = c.ask(ctx, p); err == nil {
			yes, err = yesOrNo(answer)
		}
	}
	if err != nil {
		return false, fmt.Errorf("asking the model at %s: %w", c.host, err)
	}
	return yes, nil
}

// Usage is what has been used of the day's allowance: see Config.Keep.
func (c *Client) Usage() Usage { return c.spending.usage(time.Now()) }
