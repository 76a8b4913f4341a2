package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/google"
)

func (c *command) authCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "auth", Short: "Sign accounts in at Google, or show which are", Args: takes(nothing),
		Long: `Auth shows which accounts are signed in at Google, for what and until when, without
asking Google. Exit code 3 says that somebody has to sign in, now or soon.`,
		Example: `  foredesk auth
  foredesk auth google --account dana`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.showSignIns(cmd.Context()) },
	}
	cmd.AddCommand(c.authGoogleCommand())
	return cmd
}

// signing is how a person signs in.
type signing struct {
	paste, remove bool
	port          int
	limit         time.Duration
}

func (c *command) authGoogleCommand() *cobra.Command {
	var s signing
	cmd := &cobra.Command{
		Use: "google", Short: "Sign an account in at Google", Args: takes(nothing),
		Long: `Google prints an address. Open it in a browser on this machine and allow what the
page asks for; the browser is then led back here.

On a machine without a browser, use --paste: open the address anywhere, allow, and
paste the address of the page that the browser then can't open. Or open a tunnel with
ssh -L 8765:127.0.0.1:8765 and use --port 8765.

With a service account nobody signs in: google then tries whether it works. A running
foredesk takes a new sign-in up by itself. doc/google.md says what is needed before.`,
		Example: `  foredesk auth google --account dana
  foredesk auth google --account dana --paste
  foredesk auth google --account dana --remove`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.authGoogle(cmd.Context(), s) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&s.paste, "paste", false, "wait for the address to be pasted, and open no port")
	flags.BoolVar(&s.remove, "remove", false, "give the access back to Google and forget it here")
	flags.IntVar(&s.port, "port", 0, "the `port` of 127.0.0.1 that the browser is led to; a free one without")
	flags.DurationVar(&s.limit, "limit", 10*time.Minute, "how long to wait, as a `duration`")
	return cmd
}

// authGoogle needs neither rules nor journal, so that it works while these are still
// being set up.
func (c *command) authGoogle(ctx context.Context, s signing) error {
	if s.port < 0 || s.port > 65535 || s.limit <= 0 {
		return usage{errors.New("--port takes a number from 0 to 65535, and --limit a time such as 10m")}
	}
	cfg, err := c.loadConfig()
	if err != nil {
		return err
	}
	a, err := c.googleAccount(cfg)
	if err != nil {
		return err
	}
	source, err := openGoogle(a, c.logger())
	if err != nil {
		return err
	}
	delegated, err := source.Delegated()
	switch {
	case err != nil:
		return err
	case s.remove:
		err = source.Remove(ctx)
	case delegated:
		err = source.Check(ctx)
	default:
		err = c.signIn(ctx, source, a, s)
	}
	if err != nil {
		return err
	}
	return c.tellSignIn(ctx, a, source, s.remove)
}

// googleAccount is the account that is meant, which must have to do with Google.
func (c *command) googleAccount(cfg *config.Config) (config.Account, error) {
	if err := knowsAccount(cfg, c.account); err != nil {
		return config.Account{}, err
	}
	var fit []config.Account
	var names []string
	for _, a := range cfg.Accounts {
		if a.Google != nil && (c.account == "" || c.account == a.Name) {
			fit, names = append(fit, a), append(names, a.Name)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return config.Account{}, usage{fmt.Errorf("say which account is meant: --account %s", strings.Join(names, ", or --account "))}
	case c.account != "":
		return config.Account{}, fmt.Errorf("account %q does not sign in with Google; the configuration would say so, with google or calendar", c.account)
	}
	return config.Account{}, errors.New("no account signs in with Google; the configuration would say so, with google or calendar")
}

// signIn tells the person what to do, and waits. What it says goes to standard
// error, so that --json stays clean.
func (c *command) signIn(ctx context.Context, source *google.Source, a config.Account, s signing) error {
	p := google.Prompt{Listen: !s.paste, Port: s.port, Limit: s.limit}
	if s.paste || interactive(c.in) {
		p.Pasted = firstLine(c.in)
	}
	p.Show = func(address string) {
		fmt.Fprintf(c.err, "Open this address in a browser, and allow access to the account of %s:\n\n  %s\n\n", a.Addresses[0], address)
		switch {
		case s.paste:
			fmt.Fprintf(c.err, "The browser then can't open a page at 127.0.0.1. Copy that page's address, and paste it here:\n")
		case p.Pasted != nil:
			fmt.Fprintf(c.err, "Waiting for the browser, %s at most. If it is on another machine, paste the address\nof the page at 127.0.0.1 that it can't open:\n", s.limit)
		default:
			fmt.Fprintf(c.err, "Waiting for the browser, %s at most.\n", s.limit)
		}
	}
	return source.SignIn(ctx, p)
}

// interactive reports whether a person can paste something. A service's standard
// input is not read unless --paste says so.
func interactive(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// firstLine reads the first line that is not empty. A read from a terminal can't be
// ended; where another answer was faster, it ends with the process.
func firstLine(r io.Reader) <-chan string {
	lines := make(chan string, 1)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(r)
		for in.Scan() {
			if line := strings.TrimSpace(in.Text()); line != "" {
				lines <- line
				return
			}
		}
	}()
	return lines
}

// tellSignIn says how it stands after a sign-in, or after its removal.
func (c *command) tellSignIn(ctx context.Context, a config.Account, source *google.Source, removed bool) error {
	out, err := readSignIn(ctx, a, source)
	if err != nil {
		return err
	}
	switch {
	case c.json:
		return c.printJSON(out)
	case removed:
		fmt.Fprintf(c.out, "The sign-in of account %s was given back to Google and removed here.\n", a.Name)
	case out.State == stateService:
		fmt.Fprintf(c.out, "The service account works for account %s.\n", a.Name)
	default:
		c.printSignIn(out)
	}
	return nil
}

// The states of a sign-in, as auth --json names them.
const (
	stateNone    = "none"
	stateOut     = "signed out"
	stateIn      = "signed in"
	stateService = "service account"
	stateBroken  = "unusable"
)

// signInOutput is an account's part of auth --json.
type signInOutput struct {
	Account  string    `json:"account"`
	State    string    `json:"state"`
	Address  string    `json:"address,omitempty"` // whose account at Google it is
	SignedIn time.Time `json:"signedIn,omitzero"`
	Expires  time.Time `json:"expires,omitzero"` // without it, there is no end
	Ending   bool      `json:"ending,omitempty"`
	Scopes   []string  `json:"scopes,omitempty"`
	Missing  []string  `json:"missing,omitempty"`
	Client   string    `json:"client,omitempty"`
	Place    string    `json:"place,omitempty"`
	Problem  string    `json:"problem,omitempty"`

	zone *time.Location
}

// needsPerson reports what exit code 3 stands for.
func (s signInOutput) needsPerson() bool {
	return s.State == stateOut || s.State == stateBroken || s.Ending
}

// showSignIns goes on over an account that is in disorder: the others are shown all
// the same.
func (c *command) showSignIns(ctx context.Context) error {
	cfg, err := c.loadConfig()
	if err != nil {
		return err
	}
	if err := knowsAccount(cfg, c.account); err != nil {
		return err
	}
	all := []signInOutput{}
	for _, a := range cfg.Accounts {
		if c.account != "" && c.account != a.Name {
			continue
		}
		source, err := openGoogle(a, c.logger())
		if err != nil {
			all = append(all, signInOutput{Account: a.Name, State: stateBroken, Problem: err.Error()})
			continue
		}
		s, err := readSignIn(ctx, a, source)
		if err != nil {
			s.State, s.Problem = stateBroken, err.Error()
		}
		all = append(all, s)
	}
	if c.json {
		err = c.printJSON(all)
	} else {
		for _, s := range all {
			c.printSignIn(s)
		}
	}
	if err == nil && slices.ContainsFunc(all, signInOutput.needsPerson) {
		return findings{}
	}
	return err
}

// readSignIn asks nobody: that a sign-in was taken back is seen when it is used.
func readSignIn(ctx context.Context, a config.Account, source *google.Source) (signInOutput, error) {
	out := signInOutput{Account: a.Name, State: stateNone, zone: a.Location}
	if source == nil {
		return out, nil
	}
	st, err := source.State(ctx)
	out.Address, out.SignedIn, out.Expires, out.Ending = st.Address, st.SignedIn, st.Expires, st.Ending
	out.Scopes, out.Missing, out.Client, out.Place, out.Problem = st.Scopes, st.Missing, st.Client, st.Place, st.Problem
	switch {
	case st.Delegated:
		out.State = stateService
	case st.Problem != "":
		out.State = stateBroken
	case st.SignedIn.IsZero():
		out.State = stateOut
	default:
		out.State = stateIn
	}
	return out, err
}

// signInWords says in a line how an account stands; ok is false where nobody is
// signed in.
func (c *command) signInWords(s signInOutput) (how string, ok bool) {
	how = s.State
	switch s.State {
	case stateNone:
		how = "does not sign in with Google"
	case stateOut:
		how = c.paint(c.out, "31", "not signed in") + "; run: foredesk auth google --account " + s.Account
	case stateBroken:
		how = c.paint(c.out, "31", "can't sign in: ") + s.Problem
	case stateService:
		how = "the service account " + s.Client + " acts for it"
	case stateIn:
		how = c.green("signed in") + prefixed(" as ", s.Address) + " since " + s.SignedIn.In(s.zone).Format("Mon 2 Jan 2006 15:04")
	}
	return how, s.State == stateIn || s.State == stateService
}

// printSignIn shows one account, in its own time zone.
func (c *command) printSignIn(s signInOutput) {
	how, ok := c.signInWords(s)
	fmt.Fprintf(c.out, "%s: %s\n", c.bold(s.Account), how)
	if !ok {
		return
	}
	fmt.Fprintf(c.out, "  for    %s\n", strings.Join(plainScopes(s.Scopes), ", "))
	if s.State == stateService {
		return
	}
	fmt.Fprintf(c.out, "  kept   %s\n", s.Place)
	switch end := s.Expires.In(s.zone).Format("Mon 2 Jan 2006 15:04"); {
	case s.Ending:
		fmt.Fprintf(c.out, "  ends   %s; sign in again before: foredesk auth google --account %s\n", c.paint(c.out, "31", end), s.Account)
	case !s.Expires.IsZero():
		fmt.Fprintf(c.out, "  ends   %s, as the client is in testing status\n", end)
	default:
		fmt.Fprintf(c.out, "  ends   when it is taken back\n")
	}
}

// plainScopes says what scopes allow.
func plainScopes(scopes []string) []string {
	words := map[string]string{
		google.ScopeEvents: "events", google.ScopeList: "the list of calendars", google.ScopeFreeBusy: "who is busy when", google.ScopeMail: "mail",
	}
	out := make([]string, 0, len(scopes))
	for _, s := range scopes {
		if word, ok := words[s]; ok {
			s = word
		}
		out = append(out, s)
	}
	return out
}
