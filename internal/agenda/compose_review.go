package agenda

import (
	"fmt"
	"strings"
	"time"
)

// compose puts the week first and what to do about it after.
func (r *Review) compose(limits caps) *page {
	// What is due is told as on the last day of the week, on which this is read.
	c := newComposer(r.Language, r.To.Add(-time.Nanosecond), r.Zone, limits)
	p := c.begin(c.yourWeek, c.weekCounts(r))
	p.Subject = strings.Join(append([]string{c.yourWeek}, p.Counts...), " · ")
	p.add(c.figuresOf(r))
	p.add(c.goalTimes(r.Goals))
	p.add(c.week(c.perDay, r.Days, c.taken))
	p.add(c.promises(r.Ours, r.Theirs))
	p.add(c.deadlines(r.Deadlines))
	p.add(c.handledFor(r.Handled))
	p.add(c.list("rules", c.ruleHealth, r.Rules, c.undated))
	p.add(c.list("ideas", c.ideas, r.Ideas, c.undated))
	if len(p.Blocks) == 0 {
		p.Lead = c.nothingThisWeek
	}
	return c.finish(p, r.Made, "--review")
}

func (c *composer) weekCounts(r *Review) []string {
	from := r.From.In(c.today.Location())
	days := c.date(from)
	if !sameDay(from, c.today) {
		days += "–" + c.date(c.today)
	}
	counts := []string{days}
	if r.Meetings.Known {
		counts = append(counts, c.count(c.meetings, int(r.Meetings.Value)))
	}
	if n := len(r.Ours) + len(r.Theirs); n > 0 {
		counts = append(counts, c.count(c.promisesOpen, n))
	}
	if n := len(r.Deadlines); n > 0 {
		counts = append(counts, c.count(c.deadlinesAhead, n))
	}
	return counts
}

// figureOf is one of the figures of a review by its name, which is its ID, too.
type figureOf struct {
	*Figure
	name, title string
	minutes     bool
	counted     Counted
}

func (r *Review) figures(w *wording) []figureOf {
	return []figureOf{
		{&r.Meetings, "meetings", w.numMeetings, false, InCalendar},
		{&r.MeetingTime, "meeting-time", w.meetingTime, true, InCalendar},
		{&r.Outside, "outside", w.numOutside, false, InCalendar},
		{&r.FocusTime, "focus-time", w.focusTime, true, InCalendar},
		{&r.Answered, "answered", w.numAnswered, false, InMail},
		{&r.AnswerTime, "answer-time", w.answerTime, true, InMail},
		{&r.TheirTime, "their-time", w.theirTime, true, InMail},
	}
}

// figuresOf shows each figure as two bars, this week's and last week's: they compare
// with each other, since what is much and what is little nobody has said.
func (c *composer) figuresOf(r *Review) block {
	b := block{Key: "figures", Title: c.wording.figures}
	for _, f := range r.figures(c.wording) {
		if !f.Known {
			continue
		}
		largest := max(f.Value, f.Before, 1)
		line := bar{Name: f.title, Figure: c.figure(f, f.Value), Percent: percentOf(f.Value / largest), Tone: "accent"}
		if !f.NoBefore {
			line.Text, line.Both, line.Before = fmt.Sprintf(c.beforeWas, c.figure(f, f.Before)), true, percentOf(f.Before/largest)
		}
		b.Bars = append(b.Bars, line)
		c.traceCount(b.Key, f.ID, f.Source, f.counted, line.words(), true)
	}
	return b
}

func (c *composer) figure(f figureOf, value float64) string {
	if !f.minutes {
		return c.number(int(value + 0.5))
	}
	const days = 48 // hours: from then on nobody thinks in hours
	length := time.Duration(value * float64(time.Minute))
	if length >= days*time.Hour {
		return c.count(c.daysLong, int((length+12*time.Hour)/(24*time.Hour)))
	}
	return c.length(max(length, 0))
}

// taken is how long the meetings of a day were.
func (c *composer) taken(a *Ahead) string {
	if a.Time <= 0 {
		return ""
	}
	return c.length(a.Time)
}

// promises are those that are open, on either side, as two groups.
func (c *composer) promises(ours, theirs []Line) block {
	b := block{Key: "promises", Title: c.wording.promises}
	for _, side := range []struct {
		title string
		lines []Line
	}{{c.ours, ours}, {c.theirs, theirs}} {
		part := c.list(b.Key, "", side.lines, c.promiseDue)
		if len(part.Rows) == 0 {
			continue
		}
		part.Rows[0].Group, part.Rows[len(part.Rows)-1].More = side.title, part.More
		b.Rows = append(b.Rows, part.Rows...)
	}
	return b
}

// promiseDue is the time by which, where the sentence does not say it or it is late.
func (c *composer) promiseDue(line *Line) (text, tone string) {
	if text, tone = c.due(line); tone == "" && c.isSaid(line, c.title(line.Title)) {
		return "", ""
	}
	return text, tone
}

// handledFor says what was done and what that saved, with the sum worked out before
// the reader's eyes.
func (c *composer) handledFor(all []Worth) block {
	b := block{Key: "handled", Title: c.handled}
	total := 0
	for i := range all {
		w := &all[i]
		took := max(w.Count, 0) * max(w.Seconds, 0)
		total += took
		r := row{Mark: fmt.Sprintf(c.times, c.number(w.Count)), Title: c.title(w.Title)}
		if took > 0 {
			r.Aside = fmt.Sprintf(c.eachTakes, c.lasting(w.Seconds), c.lasting(took))
		}
		if shown := i < c.caps.done; shown {
			b.Rows = append(b.Rows, r)
		}
		c.traceCount(b.Key, w.ID, w.Source, InJournal, r.words(), i < c.caps.done)
	}
	if total > 0 {
		b.Lead = fmt.Sprintf(c.saved, c.lasting(total))
	}
	b.More = c.leftOut(len(all) - c.caps.done)
	return b
}

// lasting is a length that may be shorter than a minute. Short ones are exact, so that
// the reader who multiplies gets what is written beside them.
func (c *composer) lasting(seconds int) string {
	if seconds < 60 || seconds < 300 && seconds%60 != 0 {
		return fmt.Sprintf(c.seconds, seconds)
	}
	return c.length(time.Duration(seconds) * time.Second)
}

// undated leaves the place at the right empty.
func (c *composer) undated(*Line) (text, tone string) { return "", "" }
