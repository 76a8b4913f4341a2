package mail

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// A message is asked for alone where an answer about several failed. If it fails
// again, either the message is to blame, whose answer nobody can read or at which
// the server breaks down, or the line is, which carries no more than so much. A
// message is given up for what it does alone: a line that breaks has to show
// first that it carries more than it did then.

// mostIsolated is after how many messages a connection's server is no longer
// asked for structures, which are what go-imap most often cannot read.
const mostIsolated = 5

func (s *Session) milder(w want) want {
	if s.isolated >= mostIsolated && w.structure {
		s.a.sayOnce("the server describes the parts of messages in a way that cannot be read; rules that look at files see none")
		w.structure = false
	}
	return w
}

// readAlone reads one message: as it was asked for if the connection broke at it,
// then by its raw header, asking for less each time. If even the header cannot be
// read while the message is there, it is poison. There is no answer where it is
// not there.
func (s *Session) readAlone(ctx context.Context, uid uint32, w want, broke bool) ([]*answer, error) {
	ladder := []want{{size: true}, {undated: true}, {bare: true}}
	if broke {
		ladder = append([]want{w}, ladder...)
	}
	var last error
	var shown reach // what the line has carried since
	for i, less := range ladder {
		if !broke && i == 0 || broke && i == 1 {
			s.isolated++
		}
		got, failed, err := s.alone(ctx, uid, less, &shown)
		switch {
		case err != nil:
			return nil, err
		case failed != nil:
			last = failed
		case len(got) == 0:
			return nil, nil
		case got[0].hasHeader:
			got[0].dateFromHeader()
			return got, nil
		}
	}
	there, err := s.present(ctx, []uint32{uid})
	if err != nil || !there[uid] {
		return nil, err
	}
	reason := "the server's answer about it cannot be read"
	if no := refusal(last); no != nil {
		err := s.believe(ctx, uid, no, func(uid uint32) error {
			_, err := s.wait(ctx, s.ask(uidSet([]uint32{uid}), want{bare: true}))
			return err
		})
		if err != nil {
			return nil, err
		}
		reason = "the server refuses to show it: " + no.Text
	}
	s.setAside(uid, shown)
	return []*answer{{uid: uid, hasHeader: true, poison: reason}}, nil
}

// setAside remembers a message that was given up because connections broke at it,
// not because of what it is. Shown is what the line had to show for that.
func (s *Session) setAside(uid uint32, shown reach) {
	if shown.got > 0 {
		s.aside = append(s.aside, mailbox.Ref{Folder: s.folder, UIDValidity: s.box.UIDValidity, UID: uid})
	}
}

// dateFromHeader stands in for an INTERNALDATE that could not be asked for.
func (a *answer) dateFromHeader() {
	if a.date.IsZero() {
		a.date = parseHeader(a.header).receivedAt(time.Unix(0, 0))
	}
}

// alone asks for one message. Failed is why it cannot be had so, on a connection
// that is whole again; err is a trouble of the connection.
func (s *Session) alone(ctx context.Context, uid uint32, w want, shown *reach) (got []*answer, failed, err error) {
	set := imap.UIDSetNum(imap.UID(uid))
	failed, err = s.attempt(ctx, shown, func(last bool) error {
		w.first = w.first || last
		got, err = s.wait(ctx, s.ask(set, w))
		return err
	})
	return got, failed, err
}
