package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// slowModel answers each question after a while, unless the caller goes away.
type slowModel struct {
	Model
	takes time.Duration
	asked int
}

func (s *slowModel) Ask(ctx context.Context, _, _ string) (bool, error) {
	s.asked++
	select {
	case <-time.After(s.takes):
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// Mail waits for a model only so long: ten seconds for one message, whatever the
// rules ask, and half a minute for all that came together.
func TestMailWaitsForAModelOnlySoLong(t *testing.T) {
	for name, c := range map[string]struct {
		takes    time.Duration
		messages int
		asks     int // of each message
		within   time.Duration
		asked    int
	}{
		"a quick one is asked all":            {time.Second / 10, 3, 4, 2 * time.Second, 12},
		"one message, many questions":         {4 * time.Second, 1, 10, 10 * time.Second, 3},
		"one that never answers":              {time.Hour, 1, 5, 10 * time.Second, 1},
		"many messages, and it never answers": {time.Hour, 100, 3, 30 * time.Second, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := &slowModel{takes: c.takes}
				w := &work{Account: &Account{Config: Config{Model: slow}}, live: true}
				begun := time.Now()
				for range c.messages {
					m := &mailbox.Message{Item: rules.Item{Text: rules.NewText("Hello")}}
					w.letAsk(t.Context(), m)
					for range c.asks {
						_, _ = m.Item.Ask("Is it urgent?")
					}
				}
				if took := time.Since(begun); took > c.within || slow.asked != c.asked {
					t.Errorf("it took %s, and it was asked %d times", took, slow.asked)
				}
			})
		})
	}
}

func TestAConfidentialMessageCanNotBeAskedAbout(t *testing.T) {
	w := &work{Account: &Account{Config: Config{Model: &slowModel{}}}, live: true}
	m := &mailbox.Message{Item: rules.Item{Encrypted: true}}
	w.letAsk(t.Context(), m)
	if m.Item.Ask != nil {
		t.Error("the model can be asked")
	}
}
