package engine

import (
	"context"
	"time"

	"github.com/foredesk/foredesk/internal/store"
)

// failPoint stands on either side of each write to the journal. It does nothing;
// a test lets it end the process there, as a crash or a lost power would, and
// looks whether the next start ends as if nothing had been.
var failPoint = func() {}

// owner is the account's owner with its fail points.
type owner struct{ *store.Owner }

func (o owner) Commit(ctx context.Context, p store.Plan) ([]store.Step, error) {
	failPoint()
	defer failPoint()
	return o.Owner.Commit(ctx, p)
}

func (o owner) Start(ctx context.Context, ids []int64) error {
	failPoint()
	defer failPoint()
	return o.Owner.Start(ctx, ids)
}

func (o owner) Finish(ctx context.Context, now time.Time, endings []store.Ending) error {
	failPoint()
	defer failPoint()
	return o.Owner.Finish(ctx, now, endings)
}

func (o owner) BeginRun(ctx context.Context, r store.Run) (int64, error) {
	failPoint()
	defer failPoint()
	return o.Owner.BeginRun(ctx, r)
}

func (o owner) ResumeRun(ctx context.Context, run int64) error {
	failPoint()
	defer failPoint()
	return o.Owner.ResumeRun(ctx, run)
}

func (o owner) EndRun(ctx context.Context, run int64, state store.RunState, message string, now time.Time) error {
	failPoint()
	defer failPoint()
	return o.Owner.EndRun(ctx, run, state, message, now)
}

func (o owner) Remember(ctx context.Context, messages []store.Message, scan *store.Scan) error {
	failPoint()
	defer failPoint()
	return o.Owner.Remember(ctx, messages, scan)
}

func (o owner) NowSeen(ctx context.Context, keys []string, now time.Time) error {
	failPoint()
	defer failPoint()
	return o.Owner.NowSeen(ctx, keys, now)
}

func (o owner) Mute(ctx context.Context, thread string, on bool) error {
	failPoint()
	defer failPoint()
	return o.Owner.Mute(ctx, thread, on)
}

func (o owner) HasRun(ctx context.Context, rules []string, at time.Time) error {
	failPoint()
	defer failPoint()
	return o.Owner.HasRun(ctx, rules, at)
}

func (o owner) Mailed(ctx context.Context, tokens map[int64]string, at time.Time) error {
	failPoint()
	defer failPoint()
	return o.Owner.Mailed(ctx, tokens, at)
}

func (o owner) Answer(ctx context.Context, id int64, answer, by string, now time.Time) error {
	failPoint()
	defer failPoint()
	return o.Owner.Answer(ctx, id, answer, by, now)
}

func (o owner) WriteLetter(ctx context.Context, step int64, l store.Letter, offers []store.Offer, token func(id int64) string) ([]int64, error) {
	failPoint()
	defer failPoint()
	return o.Owner.WriteLetter(ctx, step, l, offers, token)
}

func (o owner) DropLetter(ctx context.Context, kind, date string) error {
	failPoint()
	defer failPoint()
	return o.Owner.DropLetter(ctx, kind, date)
}

func (o owner) SetGist(ctx context.Context, g store.Gist) error {
	failPoint()
	defer failPoint()
	return o.Owner.SetGist(ctx, g)
}
