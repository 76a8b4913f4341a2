package agenda

import "time"

// When says a span as a letter in the language does, on the clocks that it carries:
// "Tue 8 Dec, 10:00–11:00", without the date on the day of today.
func (l Language) When(s Span, today time.Time) string { return l.words().span(s, today) }
