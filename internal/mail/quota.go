package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// quotaEvery is how often the server is asked how full the mailbox is.
const quotaEvery = time.Minute

// lookAtQuota asks how much of the mailbox's quota is used (RFC 9208 4.3.2), if
// the rules look at that. A server without quotas leaves it 0, and is said to
// have none once.
func (s *Session) lookAtQuota(ctx context.Context, needs rules.Needs) error {
	if !needs.Quota || time.Since(s.quotaAt) < quotaEvery {
		return nil
	}
	s.quotaAt = time.Now()
	if !s.caps.Has(imap.CapQuota) {
		s.a.sayOnce("the server tells no quota; rules that look at quotaPercent see 0")
		return nil
	}
	return s.run(ctx, s.a.pace.answer, func() error {
		roots, err := s.client.GetQuotaRoot(mailbox.Inbox).Wait()
		if refusal(err) != nil {
			s.a.sayOnce("the server refuses to tell its quota; rules that look at quotaPercent see 0")
			return nil
		}
		if err != nil {
			return fmt.Errorf("asking for the quota: %w", err)
		}
		s.quota = 0
		for _, root := range roots {
			for _, r := range root.Resources {
				if r.Limit > 0 {
					s.quota = max(s.quota, 100*float64(r.Usage)/float64(r.Limit))
				}
			}
		}
		return nil
	})
}
