package agenda

import (
	"fmt"
	"time"
)

// mostSteps is how many steps of a story are shown; what lies between the first and
// the last is left out.
const mostSteps = 5

// storyteller is a story on its way: a day is named where it differs from that of the
// word before, and else from today.
type storyteller struct {
	*composer
	day    time.Time
	opened time.Time // when what is not resolved began; zero: no word says so
}

// story is what was told of one thing in several mails, in a line: "opened 08:02 · 3
// updates, last 09:40 · resolved 10:40 (2 h 38)". What was opened and is not resolved
// is said to be so, which is what the reader wants to know first.
func (c *composer) story(moments []Moment) (text string, over bool) {
	s, steps := storyteller{composer: c, day: c.today}, []string(nil)
	for i := 0; i < len(moments); {
		// What is said several times in a row is counted.
		n := 1
		for i+n < len(moments) && moments[i+n].Word == moments[i].Word {
			n++
		}
		steps = append(steps, s.step(moments[i:i+n]))
		i += n
	}
	if len(steps) > mostSteps {
		steps = append([]string{steps[0], ellipsis}, steps[len(steps)-mostSteps+1:]...)
	}
	if over = s.opened.IsZero(); !over {
		steps = append(steps, c.unresolved)
	}
	return joined(" · ", steps...), over
}

// step is one word of a story, said once or several times.
func (s *storyteller) step(said []Moment) string {
	first, last := said[0], said[len(said)-1]
	switch first.Word {
	case Opened:
		s.opened = first.At
		return fmt.Sprintf(s.storyOpened, s.at(first.At))
	case Resolved:
		at := s.at(first.At)
		if took := first.At.Sub(s.opened); !s.opened.IsZero() && took > 0 {
			at += " (" + s.length(took) + ")"
		}
		s.opened = time.Time{}
		return fmt.Sprintf(s.storyResolved, at)
	case Update:
		if len(said) > 1 {
			return s.count(s.storyUpdates, len(said)) + ", " + fmt.Sprintf(s.storyLast, s.at(last.At))
		}
		return fmt.Sprintf(s.storyUpdate, s.at(last.At))
	}
	return joined(" ", clean(first.Word, s.caps.title/2), s.at(last.At))
}

func (s *storyteller) at(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	at = s.local(at)
	text := s.span(Span{Start: at}, s.day)
	s.day = at
	return text
}
