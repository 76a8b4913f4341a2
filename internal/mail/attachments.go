package mail

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message"

	_ "github.com/emersion/go-message/charset" // decodes what text attachments are written in
)

// Attachment is a file of a message with its bytes.
type Attachment struct {
	Name    string // as rules.File has it; may be empty
	Type    string // media type in lower case
	Content []byte // decoded
}

// Attachments reads the files of a whole message: what has a file's name or is
// marked as an attachment. A message beyond the limits has none to be read, and
// the error says why. A broken encoding gives what could be decoded of it.
func Attachments(raw []byte) ([]Attachment, error) {
	// Go-message's work grows with the square of the depth, so that is looked at
	// first.
	if m, err := ReadFile(bytes.NewReader(raw), Identity{}, time.Unix(0, 0)); err != nil || m.Poison != "" {
		return nil, fmt.Errorf("reading the files of a message: %s", firstReason(m.Poison, err))
	}
	entity, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return nil, fmt.Errorf("reading the files of a message: %w", err)
	}
	var files []Attachment
	err = entity.Walk(func(_ []int, part *message.Entity, err error) error {
		if part == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return err
		}
		if a, ok := attachment(part); ok {
			files = append(files, a)
		}
		return nil
	})
	if err != nil {
		return files, fmt.Errorf("reading the files of a message: %w", err)
	}
	return files, nil
}

func firstReason(poison string, err error) string {
	if poison != "" {
		return poison
	}
	return err.Error()
}

// attachment reads a part that is a file.
func attachment(part *message.Entity) (Attachment, bool) {
	mediaType, params := parseParams(part.Header.Get("Content-Type"))
	disposition, extra := parseParams(part.Header.Get("Content-Disposition"))
	name := param(extra, "filename")
	if name == "" {
		name = param(params, "name")
	}
	if name == "" && disposition != "attachment" || isMachinery(mediaType) || part.MultipartReader() != nil {
		return Attachment{}, false
	}
	content, err := io.ReadAll(io.LimitReader(part.Body, maxFile))
	if err != nil && len(content) == 0 {
		return Attachment{}, false
	}
	return Attachment{Name: name, Type: mediaType, Content: content}, true
}

// SignsUnsubscribe reports whether a DKIM signature of the message names both
// fields of one-click unsubscribing among those that it covers (RFC 8058 4).
// Whether the signature is good is for the server to say (Auth.DKIM).
func SignsUnsubscribe(raw []byte) bool {
	for _, signature := range parseHeader(raw).values("DKIM-Signature") {
		for tag := range strings.SplitSeq(signature, ";") {
			name, value, _ := strings.Cut(tag, "=")
			if strings.TrimSpace(name) != "h" {
				continue
			}
			covered := map[string]bool{}
			for field := range strings.SplitSeq(value, ":") {
				covered[strings.ToLower(strings.TrimSpace(field))] = true
			}
			if covered["list-unsubscribe"] && covered["list-unsubscribe-post"] {
				return true
			}
		}
	}
	return false
}
