package ical

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Rule is a recurrence rule (RFC 5545, 3.3.10).
type Rule struct {
	// Text is the rule as it stands in the file, such as "FREQ=WEEKLY;BYDAY=MO".
	Text string

	option   rrule.ROption
	start    moment
	until    time.Time // zero if the rule has no end
	untilDay bool      // until is a day, and included
}

const (
	maxRules = 20 // of one event
	maxCount = 100_000
)

// ruleKeys are the parts of a rule that are understood, all of which stand once.
var ruleKeys = []string{
	"FREQ", "UNTIL", "COUNT", "INTERVAL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY",
	"BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST", "RSCALE", "SKIP",
}

// readRule reads the value of an RRULE or EXRULE of an event that starts at start.
// What is not understood whole is an error: half a rule gives wrong days.
func readRule(text string, start moment) (Rule, error) {
	rule := Rule{Text: strings.TrimSpace(text), start: start}
	if len(rule.Text) > 2000 {
		return rule, fmt.Errorf("the rule %q is longer than 2000 letters", clip(rule.Text))
	}
	seen := map[string]string{}
	// UNTIL is taken out: rrule-go would read a time without a zone as UTC.
	var rest []string
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.ToUpper(rule.Text), ";"), ";") {
		key, value, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), "=")
		if _, twice := seen[key]; twice || !slices.Contains(ruleKeys, key) {
			return rule, fmt.Errorf("the rule %q has a part %q that is not known or stands twice", clip(rule.Text), clip(key))
		}
		seen[key] = value
		if key != "UNTIL" && key != "RSCALE" && key != "SKIP" {
			rest = append(rest, key+"="+value)
		}
	}
	option, err := rrule.StrToROption(strings.Join(rest, ";"))
	if err == nil {
		// Building it checks what lies beyond the bounds of the RFC.
		option.Dtstart = start.at
		_, err = rrule.NewRRule(*option)
	}
	if err == nil {
		rule.option = *option
		err = errors.Join(rule.refuse(seen), rule.readUntil(seen))
	}
	if err != nil {
		return rule, fmt.Errorf("the rule %q can't be followed: %w", clip(rule.Text), err)
	}
	rule.fill()
	return rule, nil
}

// refuse finds what the RFC forbids and what would be misread.
func (r *Rule) refuse(seen map[string]string) error {
	o, freq := &r.option, r.option.Freq
	numbered := slices.ContainsFunc(o.Byweekday, func(w rrule.Weekday) bool { return w.N() != 0 })
	switch {
	case seen["RSCALE"] != "" && seen["RSCALE"] != "GREGORIAN" || seen["SKIP"] != "" && seen["SKIP"] != "OMIT":
		return errors.New("only RSCALE=GREGORIAN with SKIP=OMIT is known")
	case freq == rrule.SECONDLY:
		return errors.New("nothing takes place every second")
	case seen["INTERVAL"] != "" && o.Interval < 1 || o.Interval > 100_000:
		return errors.New("INTERVAL must be 1 or more")
	case seen["COUNT"] != "" && o.Count < 1 || o.Count > maxCount:
		return fmt.Errorf("COUNT must be from 1 to %d", maxCount)
	case numbered && (freq > rrule.MONTHLY || len(o.Byweekno) > 0):
		return errors.New("BYDAY counts weekdays, and there is no month or year to count them in")
	case len(o.Byweekno) > 0 && freq != rrule.YEARLY:
		return errors.New("BYWEEKNO is for FREQ=YEARLY alone")
	case len(o.Byyearday) > 0 && (freq == rrule.MONTHLY || freq == rrule.WEEKLY || freq == rrule.DAILY):
		return errors.New("BYYEARDAY is for FREQ=YEARLY")
	case len(o.Bymonthday) > 0 && freq == rrule.WEEKLY:
		return errors.New("BYMONTHDAY is not for FREQ=WEEKLY")
	case len(o.Bysetpos) > 0 && freq > rrule.DAILY:
		return errors.New("BYSETPOS below a day is not supported")
	case r.start.day && (freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0):
		return errors.New("the event lasts whole days, and the rule gives times")
	case len(o.Byhour)*len(o.Byminute)*max(1, len(o.Bysecond)) > 24*60:
		return errors.New("it gives more than 1440 times a day")
	case slices.Contains(o.Bymonthday, 0) || slices.Contains(o.Byyearday, 0) || slices.Contains(o.Byweekno, 0):
		return errors.New("there is no day or week 0")
	}
	return nil
}

// readUntil reads the end of the rule. A time without a zone is in that of the
// event.
func (r *Rule) readUntil(seen map[string]string) error {
	value, ok := seen["UNTIL"]
	if !ok {
		return nil
	}
	if dateForm.MatchString(value) || r.start.day && timeForm.MatchString(value) {
		day, err := time.Parse("20060102", value[:8])
		r.until, r.untilDay = day, true
		return err
	}
	if !timeForm.MatchString(value) {
		return fmt.Errorf("UNTIL is %q, neither a date nor a time", clip(value))
	}
	digits, utc := strings.CutSuffix(value, "Z")
	w, err := time.Parse("20060102T150405", digits)
	if r.until = w; !utc {
		r.until = place(w, r.start.at.Location())
	}
	return err
}

// fill takes from the start what the rule leaves open (RFC 5545, 3.3.10: "information
// missing from the rule").
func (r *Rule) fill() {
	o, first := &r.option, wall(r.start.at)
	o.Interval = max(1, o.Interval)
	weekday := []rrule.Weekday{weekdays[(int(first.Weekday())+6)%7]}
	switch days := len(o.Bymonthday) + len(o.Byyearday) + len(o.Byweekday); {
	case days > 0:
	case o.Freq == rrule.WEEKLY || len(o.Byweekno) > 0:
		o.Byweekday = weekday
	case o.Freq == rrule.YEARLY || o.Freq == rrule.MONTHLY:
		o.Bymonthday = []int{first.Day()}
		if o.Freq == rrule.YEARLY && len(o.Bymonth) == 0 {
			o.Bymonth = []int{int(first.Month())}
		}
	}
	if len(o.Byhour) == 0 && o.Freq < rrule.HOURLY {
		o.Byhour = []int{first.Hour()}
	}
	if len(o.Byminute) == 0 && o.Freq < rrule.MINUTELY {
		o.Byminute = []int{first.Minute()}
	}
	if len(o.Bysecond) == 0 {
		o.Bysecond = []int{first.Second()}
	}
	for _, list := range [][]int{o.Byhour, o.Byminute, o.Bysecond} {
		slices.Sort(list)
	}
	o.Byhour, o.Byminute, o.Bysecond = slices.Compact(o.Byhour), slices.Compact(o.Byminute), slices.Compact(o.Bysecond)
}

// weekdays are numbered as rrule does it, from Monday.
var weekdays = [7]rrule.Weekday{rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU}
