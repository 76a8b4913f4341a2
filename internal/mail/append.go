package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// ErrTooLarge: a message is larger than what is read whole.
var ErrTooLarge = fmt.Errorf("%w: it has more than %d MiB", mailbox.ErrTooLarge, maxFile>>20)

// Raw reads a whole message (RFC 9051 6.4.5, BODY.PEEK[]), which stays as unread
// as it was. It is found by its key where its UID is not known. The answer is nil
// where the message is not there any more.
func (s *Session) Raw(ctx context.Context, at mailbox.Ref, key, messageID string) ([]byte, error) {
	folder, err := s.target(ctx, at.Folder)
	if err != nil {
		return nil, err
	}
	if err := s.selectFolder(ctx, folder, true); err != nil {
		if missing, err := s.isMissing(ctx, folder, err); !missing {
			return nil, err
		}
		return nil, nil
	}
	j := &job{Change: mailbox.Change{Ref: at, Key: key, MessageID: messageID}}
	if err := s.locate(ctx, folder, []*job{j}); err != nil {
		return nil, err
	}
	if j.closed { // several have its content, of which any will do to be read
		found, err := s.find(ctx, folder, []wanted{j.wanted()})
		if err != nil {
			return nil, err
		}
		if alike := s.meant(found[key], nil); len(alike) > 0 {
			j.uid = alike[0].uid
		}
	}
	if j.uid == 0 {
		return nil, nil
	}
	return s.whole(ctx, j.uid)
}

func (s *Session) whole(ctx context.Context, uid uint32) (raw []byte, err error) {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 0, Size: maxFile + 1}}
	options := &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}
	err = s.run(ctx, s.a.pace.work, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(imap.UID(uid)), options)
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			for item := msg.Next(); item != nil; item = msg.Next() {
				body, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || body.Literal == nil {
					continue
				}
				if raw, err = io.ReadAll(body.Literal); err == nil && int64(len(raw)) < body.Literal.Size() {
					err = errCut // go-imap takes the end of the connection for the end of the literal
				}
				if err != nil {
					s.conn.Close()
					return err
				}
			}
		}
		return cmd.Close()
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading a whole message: %w", err)
	case len(raw) > maxFile:
		return nil, ErrTooLarge
	}
	return raw, nil
}

// Append puts a message into a folder, which is made if it is missing (RFC 9051
// 6.3.12). One that is there already with the same Message-ID is not put there
// again, so a repeat after a lost answer makes no second one.
func (s *Session) Append(ctx context.Context, folder string, flags []string, received time.Time, message []byte, messageID string) (mailbox.Ref, error) {
	folder, err := s.target(ctx, folder)
	if err != nil {
		return mailbox.Ref{}, err
	}
	if at, err := s.withID(ctx, folder, messageID); err != nil || at.Folder != "" {
		return at, err
	}
	name, err := s.a.names.toServer(folder)
	if err != nil {
		return mailbox.Ref{}, err
	}
	data, err := s.put(ctx, name, flags, received, message)
	if err != nil {
		return mailbox.Ref{}, s.a.about("putting a message into", folder, err)
	}
	at := mailbox.Ref{Folder: folder}
	if data != nil { // UIDPLUS (RFC 4315) tells
		at.UIDValidity, at.UID = data.UIDValidity, uint32(data.UID)
	}
	return at, nil
}

func (s *Session) put(ctx context.Context, name string, flags []string, received time.Time, message []byte) (data *imap.AppendData, err error) {
	options := &imap.AppendOptions{Time: received}
	for _, f := range flags {
		options.Flags = append(options.Flags, imap.Flag(f))
	}
	err = s.run(ctx, s.a.pace.work, func() error {
		cmd := s.client.Append(name, int64(len(message)), options)
		_, err := cmd.Write(message)
		err = errors.Join(err, cmd.Close())
		if err == nil {
			data, err = cmd.Wait()
			return err
		}
		if _, waited := cmd.Wait(); refusal(waited) != nil {
			return waited // the server said why it does not take it
		}
		return err
	})
	return data, err
}

// withID finds a message of a folder by its Message-ID; an empty Ref means that
// there is none. A folder that is missing is made: go-imap loses the connection
// where a server says so only in its answer to APPEND.
func (s *Session) withID(ctx context.Context, folder, messageID string) (mailbox.Ref, error) {
	if messageID = strings.Trim(messageID, "<>"); !searchable(messageID) {
		return mailbox.Ref{}, s.a.about("putting a message into", folder, errors.New("its Message-ID can't be searched for, so a repeat would not be seen"))
	}
	if err := s.selectFolder(ctx, folder, true); err != nil {
		if missing, err := s.isMissing(ctx, folder, err); !missing {
			return mailbox.Ref{}, err
		}
		return mailbox.Ref{}, s.create(ctx, folder)
	}
	uids, err := s.searchIDs(ctx, []wanted{{messageID: messageID}})
	if err != nil || len(uids) == 0 {
		return mailbox.Ref{}, err
	}
	return mailbox.Ref{Folder: folder, UIDValidity: s.box.UIDValidity, UID: uids[len(uids)-1]}, nil
}
