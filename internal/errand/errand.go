// Package errand does what rules ask for outside the folders of a mailbox: it
// writes and sends mail, keeps files and calls addresses of the web. The engine
// decides when, and keeps the record (see internal/engine/errand.go); this
// package knows how, and tells how each errand ended.
//
// An errand may be tried again after a crash. What can be recognised, such as a
// saved file, a line of a table, or a webhook with its key, is simply done again;
// what can't, such as a mail that may have been sent, is not: a person is asked.
//
// The tools are in internal/mail (compose*.go, smtp*.go), internal/files and
// internal/hook.
package errand

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/files"
	"github.com/foredesk/foredesk/internal/hook"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// Desk has the tools of one account. What is missing makes its errands fail with
// a reason that names the line of the configuration.
type Desk struct {
	Author    mail.Author
	Sender    *mail.Sender // nil where the account has no smtp
	Box       *files.Box   // nil where it has no folder for files
	Hooks     *hook.Client
	Secret    hook.Secret // signs webhooks
	Assistant string      // address; may be empty
	Executive string
	Zone      *time.Location
}

// Do runs an errand.
func (d *Desk) Do(ctx context.Context, e mailbox.Errand) mailbox.Outcome {
	switch e.Op.Do {
	case "save":
		return d.save(e)
	case "unsave":
		return d.unsave(e)
	case "extract":
		return d.extract(e)
	case "unextract":
		return d.unextract(e)
	case "forward", "redirect", "reply", "respond":
		return d.send(ctx, e)
	case "notify":
		return d.notify(ctx, e)
	case "letter":
		return d.letterToReaders(ctx, e)
	case "webhook":
		return d.webhook(ctx, e)
	case "unsubscribe":
		return d.unsubscribe(ctx, e)
	}
	return refused("this version can't do %q", e.Op.Do)
}

// Text is the newly written text of a message.
func (d *Desk) Text(message []byte) string {
	body, err := mail.ReadBody(strings.NewReader(string(message)))
	if err != nil {
		return ""
	}
	return body.Text
}

func refused(format string, args ...any) mailbox.Outcome {
	return mailbox.Outcome{Result: mailbox.Refused, Reason: fmt.Sprintf(format, args...)}
}

// mark names an errand in a few letters, for a line of a table or a call.
func mark(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:12])
}

const noBox = "the account has no folder for files; name one in foredesk.yaml: files: FOLDER"

func (d *Desk) save(e mailbox.Errand) mailbox.Outcome {
	if d.Box == nil {
		return refused(noBox)
	}
	attached, err := mail.Attachments(e.Raw)
	if err != nil {
		return refused("%s", err)
	}
	var parts []files.Part
	for _, a := range attached {
		if ok, err := path.Match(strings.ToLower(e.Op.With["files"]), strings.ToLower(a.Name)); ok && err == nil {
			parts = append(parts, files.Part{Name: a.Name, Type: a.Type, Content: a.Content})
		}
	}
	if len(parts) == 0 {
		return refused("the message has no file that fits %s", e.Op.With["files"])
	}
	saved, err := d.Box.Save(e.Op.Arg, parts)
	if err != nil {
		return mailbox.Outcome{Result: mailbox.Later, Reason: err.Error()}
	}
	text, err := json.Marshal(saved)
	if err != nil {
		return refused("%s", err)
	}
	return mailbox.Outcome{Result: mailbox.Done, At: mailbox.Ref{Folder: string(text)}, Reason: fmt.Sprintf("%d files saved in %s", len(saved), e.Op.Arg)}
}

func (d *Desk) unsave(e mailbox.Errand) mailbox.Outcome {
	if d.Box == nil {
		return refused(noBox)
	}
	var saved []files.Saved
	if err := json.Unmarshal([]byte(e.Op.With["saved"]), &saved); err != nil {
		return refused("what was saved is not known any more")
	}
	return ended(d.Box.Remove(saved))
}

func (d *Desk) extract(e mailbox.Errand) mailbox.Outcome {
	if d.Box == nil {
		return refused(noBox)
	}
	var columns [][2]string
	if err := json.Unmarshal([]byte(e.Op.With["fields"]), &columns); err != nil {
		return refused("the fields can't be read")
	}
	return ended(d.Box.AddLine(e.Op.Arg, mark(e.Key), columns))
}

func (d *Desk) unextract(e mailbox.Errand) mailbox.Outcome {
	if d.Box == nil {
		return refused(noBox)
	}
	return ended(d.Box.RemoveLine(e.Op.Arg, mark(e.Op.With["key"])))
}

func ended(err error) mailbox.Outcome {
	if err != nil {
		return refused("%s", err)
	}
	return mailbox.Outcome{Result: mailbox.Done}
}

// ofHook is the end of a call as the engine knows it. Repeatable says that the
// other side recognises a repeat.
func ofHook(o hook.Outcome, repeatable bool) mailbox.Outcome {
	out := mailbox.Outcome{Reason: o.Reason}
	switch {
	case o.Result == hook.Done:
		out.Result = mailbox.Done
	case o.Result == hook.Later:
		out.Result = mailbox.Later
	case o.Result == hook.Unknown && repeatable:
		out.Result, out.Reason = mailbox.Later, mailbox.Unheard+o.Reason
	case o.Result == hook.Unknown:
		out.Result = mailbox.Unknown
	default:
		out.Result = mailbox.Refused
	}
	return out
}

func (d *Desk) webhook(ctx context.Context, e mailbox.Errand) mailbox.Outcome {
	payload := map[string]string{
		"account": e.Account, "rule": e.Rule, "subject": e.Subject, "from": e.From, "time": e.Now.UTC().Format(time.RFC3339),
	}
	return ofHook(d.Hooks.Call(ctx, e.Op.Arg, d.Secret, mark(e.Key), payload), true)
}

// unsubscribe presses the one button of RFC 8058, where the message's signature
// covers it: else anybody could make us call an address.
func (d *Desk) unsubscribe(ctx context.Context, e mailbox.Errand) mailbox.Outcome {
	if !mail.SignsUnsubscribe(e.Raw) {
		return refused("the message's signature does not cover its unsubscribe address (RFC 8058 4), so nothing was called")
	}
	return ofHook(d.Hooks.Unsubscribe(ctx, e.Op.With["url"]), true)
}

var errNoSMTP = errors.New("the account has no server for sending; name one in foredesk.yaml: smtp: {host: …}")
