package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// ContentKey names a message by what it is, not by where it lies: the same 32
// hex digits in every folder, after any UIDVALIDITY and however the server folds
// the header. It is of the fields Message-ID, Date, From and Subject as sent. A
// message without Message-ID is also told by To, Cc and received, which is its
// INTERNALDATE (whole seconds count); COPY and MOVE keep that (RFC 9051 6.4.7).
//
// Block may be the whole header block or just the fields of headerNames.
func ContentKey(block []byte, received time.Time) string {
	return parseHeader(block).key(received)
}

func (h header) key(received time.Time) string {
	buf := make([]byte, 0, 512)
	for _, name := range []string{"Message-ID", "Date", "From", "Subject"} {
		buf = h.appendField(buf, name)
	}
	if h.messageID() == "" {
		buf = h.appendField(buf, "To")
		buf = h.appendField(buf, "Cc")
		buf = strconv.AppendInt(buf, received.Unix(), 10)
	}
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:16])
}

// appendField adds a field with each run of white space as one space. The NUL
// behind it keeps two fields apart: within one it counts as white space.
func (h header) appendField(buf []byte, name string) []byte {
	body, _ := h.body(name)
	start := len(buf)
	for i := range len(body) {
		switch c := body[i]; {
		case c != 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n':
			buf = append(buf, c)
		case len(buf) > start && buf[len(buf)-1] != ' ':
			buf = append(buf, ' ')
		}
	}
	if len(buf) > start && buf[len(buf)-1] == ' ' {
		buf = buf[:len(buf)-1]
	}
	return append(buf, 0)
}

// messageID returns the Message-ID without brackets (RFC 5322 3.6.4), or "".
func (h header) messageID() string {
	id := h.value("Message-ID")
	if _, rest, ok := strings.Cut(id, "<"); ok {
		id, _, _ = strings.Cut(rest, ">")
	}
	id = printable(id)
	return strings.ToValidUTF8(id[:min(len(id), maxAddress)], "") // no half of a character
}

const maxThreadIDs = 100 // ids of a conversation that are looked at: the newest

// references returns the ids of the messages that this one answers, without
// brackets, oldest first: those of References, or else of In-Reply-To (RFC 5322
// 3.6.4). It is nil where neither was asked for.
func (h header) references() (ids []string) {
	for _, name := range []string{"References", "In-Reply-To"} {
		for _, id := range messageIDs(strings.Join(h.values(name), " ")) {
			ids = append(ids, strings.Trim(id, "<>"))
		}
		if ids != nil {
			break
		}
	}
	return ids[max(0, len(ids)-maxThreadIDs):]
}
