package rules

import (
	"fmt"
	"strings"
	"time"
)

// WantOf reads which free time an effect of the schedule group wants: length,
// after, before, between, days, margin and besides of its With. A length that is
// missing is half an hour.
func WantOf(with map[string]string) (w Want, err error) {
	length := with["length"]
	if length == "" {
		length = "30m"
	}
	if w.Length, err = ParseDuration(length); err != nil {
		return w, fmt.Errorf("its length: %w", err)
	}
	w.From, w.To, w.Besides = instantOf(with["after"]), instantOf(with["before"]), with["besides"]
	if between := with["between"]; between != "" {
		if w.Between[0], w.Between[1], err = parseSpan(between); err != nil {
			return w, err
		}
	}
	if days := with["days"]; days != "" {
		var hours workHours
		for day := range strings.SplitSeq(days, ",") {
			if err := hours.addDays(day); err != nil {
				return w, err
			}
		}
		w.Days = &hours.days
	}
	if margin := with["margin"]; margin != "" {
		w.Margin, err = ParseDuration(margin)
	}
	return w, err
}

// instantOf reads an instant of an effect, zero where there is none.
func instantOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
