package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

const shortMail = "From: dana@acme.example\r\nTo: pat@board.example\r\nSubject: hush-subject\r\n\r\nhush-body\r\n"

// quiet are the addresses and words that no error may hold.
var quiet = []string{"pat@board.example", "lee@board.example", "dana@acme.example", "hush-subject", "hush-body", testPassword}

func sendShort(t testing.TB, ctx context.Context, s *Sender) (Sent, error) {
	t.Helper()
	sent, err := s.Send(ctx, "dana@acme.example", []string{"pat@board.example", "lee@board.example"}, []byte(shortMail))
	if (err == nil) != (sent.Outcome == SendAccepted) {
		t.Errorf("outcome %s with the error %v", sent.Outcome, err)
	}
	for _, word := range quiet {
		if err != nil && strings.Contains(err.Error(), word) {
			t.Errorf("the error tells %q: %v", word, err)
		}
	}
	return sent, err
}

func TestEveryAnswerTellsWhetherTheMailWasSent(t *testing.T) {
	const closing, busy, no = "421 4.3.2 closing", "451 4.3.0 later, pat@board.example", "554 5.7.1 no, pat@board.example hush-subject"
	stages := []string{"greeting", "EHLO", "MAIL", "RCPT", "RCPT 2", "DATA", "."}
	for _, stage := range stages {
		hangUp, garbage, refused := SendLater, SendLater, SendRefused
		if stage == "greeting" || stage == "EHLO" { // of the message it has heard nothing yet
			refused = SendLater
		}
		if stage == "." {
			hangUp, garbage = SendUnknown, SendUnknown
		}
		for _, c := range []struct {
			name, answer string
			want         SendOutcome
		}{
			{"421", closing, SendLater},
			{"4xx", busy, SendLater},
			{"5xx", no, refused},
			{"hangs up", "", hangUp},
			{"no SMTP", "what?", garbage},
			{"an answer that means nothing there", "399 hm", garbage},
		} {
			t.Run(stage+" "+c.name, func(t *testing.T) {
				if stage == "RCPT 2" && c.answer == "" {
					t.Skip("the script needs an answer to tell the second recipient from the first")
				}
				srv := newSMTPScript(map[string]string{stage: c.answer})
				sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t)))
				if sent.Outcome != c.want {
					t.Errorf("outcome %s, want %s (%v)", sent.Outcome, c.want, err)
				}
				if wanted := map[bool]int{true: 1}[stage == "."]; len(srv.received()) != wanted || srv.connections() != 1 {
					t.Errorf("%d messages over %d connections", len(srv.received()), srv.connections())
				}
				if strings.Contains(err.Error(), "again") != (c.want == SendUnknown) {
					t.Errorf("the error does not fit the outcome: %v", err)
				}
				if c.want == SendUnknown {
					faulttest.Injected(t, "27", 1)
				} else {
					faulttest.Injected(t, "28", 1)
				}
			})
		}
	}
}

func TestAnAcceptedMailIsThereOnce(t *testing.T) {
	srv := newSMTPScript(nil)
	sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t)))
	if err != nil || sent.Code != "250" || !strings.Contains(sent.Reply, "4711") {
		t.Errorf("%+v, %v", sent, err)
	}
	if got := srv.received(); len(got) != 1 || got[0] != shortMail || srv.connections() != 1 {
		t.Errorf("received %q over %d connections", got, srv.connections())
	}
}

func TestWhatComesAfterTheAcceptanceChangesNothing(t *testing.T) {
	for name, answer := range map[string]string{"a refused QUIT": "500 no", "a lost connection": "", "another 2xx": "221 bye"} {
		t.Run(name, func(t *testing.T) {
			srv := newSMTPScript(map[string]string{"QUIT": answer})
			if sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t))); sent.Outcome != SendAccepted {
				t.Error(sent, err)
			}
		})
	}
	srv := newSMTPScript(map[string]string{".": "252 taken"})
	if sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t))); sent.Outcome != SendAccepted {
		t.Errorf("another 2xx to the message: %v, %v", sent, err)
	}
}

func TestOneRefusedRecipientKeepsTheMailFromAll(t *testing.T) {
	for code, want := range map[string]SendOutcome{"550 5.1.1 lee@board.example?": SendRefused, "450 4.2.1 lee@board.example later": SendLater} {
		srv := newSMTPScript(map[string]string{"RCPT 2": code})
		sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t)))
		if sent.Outcome != want || sent.Recipient != 2 || !strings.Contains(err.Error(), "recipient 2 of 2") || sent.Code != code[:9] {
			t.Errorf("%+v, %v", sent, err)
		}
		if strings.Contains(srv.heard(), "DATA") {
			t.Error("the message was sent to the others")
		}
	}
}

func TestCancelledBeforeTheEndIsNotSentAndAfterItIsUnknown(t *testing.T) {
	for _, stage := range []string{"greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		t.Run(stage, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			srv := newSMTPScript(map[string]string{stage: hold})
			srv.do[stage] = cancel
			sent, err := sendShort(t, ctx, senderAt(t, srv.start(t)))
			want, messages := SendLater, 0
			if stage == "." {
				want, messages = SendUnknown, 1
			}
			if sent.Outcome != want || !errors.Is(err, context.Canceled) || len(srv.received()) != messages {
				t.Errorf("outcome %s, error %v, %d messages", sent.Outcome, err, len(srv.received()))
			}
		})
	}
}

func TestHalfAMessageIsNeverEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := newSMTPScript(map[string]string{"EHLO": "250-hi\r\n250 AUTH PLAIN"})
	proceed := make(chan struct{})
	srv.then["DATA"] = func() error { // the server reads nothing more, until the client has given up
		cancel()
		<-proceed
		return nil
	}
	big := "Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1<<18)
	sent, err := senderAt(t, srv.start(t)).Send(ctx, "dana@acme.example", []string{"pat@board.example"}, []byte(big))
	close(proceed)
	if sent.Outcome != SendLater || len(srv.received()) != 0 {
		t.Errorf("outcome %s, error %v, %d messages", sent.Outcome, err, len(srv.received()))
	}
}

// inMemory runs one Send over a pipe with a clock that only the test moves.
func inMemory(t *testing.T, srv *smtpScript) (sent Sent, took time.Duration, err error) {
	client, server := net.Pipe()
	var served sync.WaitGroup
	served.Go(func() { srv.serve(server) })
	s := senderAt(t, "127.0.0.1:25")
	env, err := sealEnvelope("dana@acme.example", []string{"pat@board.example"}, []byte(shortMail))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	sent, err = s.submit(t.Context(), client, env)
	took = time.Since(start)
	served.Wait()
	return sent, took, err
}

func TestTheFinalAnswerMayTakeTenMinutesAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newSMTPScript(nil)
		srv.do["."] = func() { <-time.After(5 * time.Minute) }
		if sent, _, err := inMemory(t, srv); sent.Outcome != SendAccepted {
			t.Errorf("an answer after five minutes: %s, %v", sent.Outcome, err)
		}
		srv = newSMTPScript(nil)
		srv.do["."] = func() { <-time.After(finalWait - time.Second) }
		if sent, _, err := inMemory(t, srv); sent.Outcome != SendAccepted {
			t.Errorf("an answer in the last second: %s, %v", sent.Outcome, err)
		}
		sent, took, err := inMemory(t, newSMTPScript(map[string]string{".": hold}))
		if sent.Outcome != SendUnknown || took != 10*time.Minute {
			t.Errorf("no answer: %s after %s, %v", sent.Outcome, took, err)
		}
	})
	faulttest.Injected(t, "27", 1)
	faulttest.Injected(t, "28", 2)
}

func TestAConnectionThatDoesNotTakeTheEndHasNotSentTheMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newSMTPScript(nil)
		srv.then["DATA"] = func() error { return io.ErrUnexpectedEOF }
		if sent, _, err := inMemory(t, srv); sent.Outcome != SendLater || len(srv.received()) != 0 {
			t.Errorf("%s, %v", sent.Outcome, err)
		}
	})
}

func TestASilentServerIsGivenUp(t *testing.T) {
	for _, stage := range []string{"greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"} {
		synctest.Test(t, func(t *testing.T) {
			sent, took, err := inMemory(t, newSMTPScript(map[string]string{stage: hold}))
			if sent.Outcome != SendLater || took != commandWait {
				t.Errorf("%s: %s after %s, %v", stage, sent.Outcome, took, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		sent, took, err := inMemory(t, newSMTPScript(map[string]string{"QUIT": hold}))
		if sent.Outcome != SendAccepted || took != quitWait {
			t.Errorf("QUIT: %s after %s, %v", sent.Outcome, took, err)
		}
	})
}

func TestAServerThatTalksWithoutEndIsLeft(t *testing.T) {
	srv := newSMTPScript(map[string]string{"EHLO": strings.Repeat("250-more\r\n", 200_000) + "250 end"})
	if sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t))); sent.Outcome != SendLater || !strings.Contains(err.Error(), "without end") {
		t.Error(sent, err)
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if sent, err := sendShort(t, t.Context(), senderAt(t, listener.Addr().String())); sent.Outcome != SendLater {
		t.Error(sent, err)
	}
}

func TestAMailThatTheServerCannotTakeIsRefusedBeforeItIsOffered(t *testing.T) {
	plainOnly := map[string]string{"EHLO": "250-hi\r\n250-SIZE 1000\r\n250 AUTH PLAIN"}
	pat := []string{"pat@board.example"}
	for _, c := range []struct {
		name, from string
		to         []string
		msg, why   string
	}{
		{"too large", "dana@acme.example", pat, "Subject: x\r\n\r\n" + strings.Repeat("x", 1000) + "\r\n", "takes 1000 at most"},
		{"8-bit text without 8BITMIME", "dana@acme.example", pat, "Subject: x\r\n\r\nJosé\r\n", "8BITMIME"},
		{"a local part beyond ASCII without SMTPUTF8", "dana@acme.example", []string{"josé@board.example"}, shortMail, "SMTPUTF8"},
		{"a sender beyond ASCII without SMTPUTF8", "josé@acme.example", pat, shortMail, "SMTPUTF8"},
		{"no recipient", "dana@acme.example", nil, shortMail, "0 recipients"},
		{"a line break in a recipient", "dana@acme.example", []string{"pat@board.example>\r\nDATA"}, shortMail, "recipient 1 of 1"},
		{"a line break in the sender", "dana@acme.example>\r\nRSET", pat, shortMail, "the sender"},
		{"a parameter in a recipient", "dana@acme.example", []string{"pat@board.example> NOTIFY=NEVER"}, shortMail, "recipient 1 of 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := newSMTPScript(plainOnly)
			sent, err := senderAt(t, srv.start(t)).Send(t.Context(), c.from, c.to, []byte(c.msg))
			if sent.Outcome != SendRefused || err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%s, %v", sent.Outcome, err)
			}
			if strings.Contains(srv.heard(), "MAIL") {
				t.Errorf("the server heard %q", srv.heard())
			}
		})
	}
}

func TestWhatTheServerOffersIsUsed(t *testing.T) {
	srv := newSMTPScript(map[string]string{"EHLO": "250-hi\r\n250-SIZE\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN"})
	sent, err := senderAt(t, srv.start(t)).Send(t.Context(), "", []string{"josé@bücher.example"}, []byte("Subject: x\r\n\r\nJosé\r\n"))
	if err != nil {
		t.Fatal(sent, err)
	}
	for _, want := range []string{"MAIL FROM:<> BODY=8BITMIME SIZE=21 SMTPUTF8", "RCPT TO:<josé@xn--bcher-kva.example>", "EHLO [127.0.0.1]"} {
		if !strings.Contains(srv.heard(), want) {
			t.Errorf("the server heard %q, not %q", srv.heard(), want)
		}
	}
}

func TestOneMessageCannotBecomeTwo(t *testing.T) {
	for name, inside := range map[string]string{
		"a lone dot": "a\r\n.\r\nMAIL FROM:<x@y.example>\r\n", "bare line feeds": "a\n.\nMAIL", "bare returns": "a\r.\rMAIL",
		"mixed": "a\n.\r\nMAIL", "a NUL between": "a\r\x00\n.\r\x00\nMAIL", "a dot first": ".MAIL\r\n..x",
	} {
		t.Run(name, func(t *testing.T) {
			srv := newSMTPScript(nil)
			if _, err := senderAt(t, srv.start(t)).Send(t.Context(), "", []string{"pat@board.example"}, []byte("Subject: x\r\n\r\n"+inside)); err != nil {
				t.Fatal(err)
			}
			got := srv.received()
			if len(got) != 1 || strings.Count(srv.heard(), "MAIL") != 1 {
				t.Fatalf("received %q, heard %q", got, srv.heard())
			}
			for line := range strings.SplitSeq(strings.TrimSuffix(got[0], "\r\n"), "\r\n") {
				if strings.ContainsAny(line, "\r\n\x00") || line == "." {
					t.Errorf("the line %q", line)
				}
			}
		})
	}
}

func TestSMTPAuthentication(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	plain := "AUTH PLAIN " + b64("\x00dana\x00"+testPassword)
	for _, c := range []struct {
		name, auth, offer string
		want              string // what must be heard, or "" for a SignInError
	}{
		{"PLAIN is preferred", "", "AUTH LOGIN PLAIN", plain},
		{"LOGIN where there is no PLAIN", "", "AUTH LOGIN", b64(testPassword)},
		{"LOGIN when asked for", AuthLogin, "AUTH PLAIN LOGIN", "AUTH LOGIN"},
		{"XOAUTH2", AuthXOAuth2, "AUTH XOAUTH2", "AUTH XOAUTH2 " + b64("user=dana\x01auth=Bearer "+testPassword+"\x01\x01")},
		{"OAUTHBEARER", AuthOAuthBearer, "AUTH OAUTHBEARER", "AUTH OAUTHBEARER bixhPWRhbmEs"},
		{"a mechanism that is not there", AuthXOAuth2, "AUTH PLAIN", ""},
		{"a server that takes no name", "", "HELP", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := newSMTPScript(map[string]string{"EHLO": "250-hi\r\n250-8BITMIME\r\n250 " + c.offer})
			if c.offer == "AUTH LOGIN" || c.auth == AuthLogin {
				srv.answers["AUTH"] = "334 UGFzc3dvcmQ6"
				srv.answers[strings.ToUpper(b64(testPassword))] = "235 welcome"
			}
			sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t), func(cfg *SMTP) { cfg.Auth = c.auth }))
			var signIn *SignInError
			if c.want == "" && (!errors.As(err, &signIn) || sent.Outcome != SendLater || strings.Contains(srv.heard(), "AUTH")) {
				t.Errorf("%v; heard %q", err, srv.heard())
			}
			if c.want != "" && (err != nil || !strings.Contains(srv.heard(), c.want)) {
				t.Errorf("%v; heard %q, want %q in it", err, srv.heard(), c.want)
			}
		})
	}
}

func TestARefusedSignInIsNotTheMailsFaultAndTellsNoSecret(t *testing.T) {
	ir := base64.StdEncoding.EncodeToString([]byte("\x00dana\x00" + testPassword))
	for _, c := range []struct {
		name, answer string
		signIn       bool
	}{
		{"wrong password", "535 5.7.8 no: " + testPassword + " " + ir + " dana@acme.example see https://acme.example/help", true},
		{"a server that cannot look now", "454 4.7.0 later " + testPassword, false},
		{"too busy", "421 4.3.2 " + ir, false},
		{"hangs up", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := newSMTPScript(map[string]string{"AUTH": c.answer})
			sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t)))
			var signIn *SignInError
			if sent.Outcome != SendLater || errors.As(err, &signIn) != c.signIn {
				t.Errorf("%s, %v", sent.Outcome, err)
			}
			if told := err.Error() + sent.Reply; strings.Contains(told, testPassword) || strings.Contains(told, ir) {
				t.Errorf("the secret is told: %s", told)
			}
			if c.signIn && !strings.Contains(err.Error(), "https://acme.example/help") {
				t.Errorf("the server's advice is lost: %v", err)
			}
		})
	}
	srv := newSMTPScript(map[string]string{"AUTH": "334 " + base64.StdEncoding.EncodeToString([]byte(`{"status":"400"}`))})
	srv.answers["EHLO"] = "250-hi\r\n250 AUTH XOAUTH2"
	_, err := sendShort(t, t.Context(), senderAt(t, srv.start(t), func(c *SMTP) { c.Auth = AuthXOAuth2 }))
	if signIn, ok := errors.AsType[*SignInError](err); !ok || !strings.Contains(signIn.Reason, "400") {
		t.Errorf("an expired token: %v", err)
	}
}

func TestWithoutAUserNothingIsSignedIn(t *testing.T) {
	srv := newSMTPScript(map[string]string{"EHLO": "250-hi\r\n250 8BITMIME"})
	noUser := func(c *SMTP) { c.User, c.Secret = "", nil }
	if _, err := sendShort(t, t.Context(), senderAt(t, srv.start(t), noUser)); err != nil {
		t.Error(err)
	}
}

func TestAnSMTPConfigurationThatCannotWorkIsRefused(t *testing.T) {
	secret := func(context.Context) (string, error) { return "x", nil }
	good := SMTP{Host: "smtp.example.com", Port: 465, TLS: ImplicitTLS, User: "dana", Secret: secret}
	if _, err := NewSender(good); err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(*SMTP){
		"plaintext over the network":  func(c *SMTP) { c.TLS = NoTLS },
		"no host":                     func(c *SMTP) { c.Host = "" },
		"no port":                     func(c *SMTP) { c.Port = 0 },
		"unknown tls":                 func(c *SMTP) { c.TLS = "ssl" },
		"unknown auth":                func(c *SMTP) { c.Auth = "ntlm" },
		"no user over the network":    func(c *SMTP) { c.User = "" },
		"no secret":                   func(c *SMTP) { c.Secret = nil },
		"no user on another computer": func(c *SMTP) { c.User, c.TLS = "", NoTLS },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			breakIt(&cfg)
			if _, err := NewSender(cfg); err == nil {
				t.Error("NewSender returned no error")
			}
		})
	}
}
