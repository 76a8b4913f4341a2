package agenda

import (
	"cmp"
	"iter"
	"strconv"
)

// Lines yields the lines that can carry actions, in the order in which they are
// shown, so that links can be set by ID before the letter is rendered.
func (d *Day) Lines() iter.Seq[*Line] {
	parts := [][]Line{d.Needs, d.Changes}
	for i := range d.Mail {
		parts = append(parts, d.Mail[i].Lines)
	}
	return each(append(parts, d.Deadlines, d.Owed, d.Waiting, d.Done)...)
}

// Lines yields the lines of all groups.
func (d *Digest) Lines() iter.Seq[*Line] {
	var parts [][]Line
	for i := range d.Groups {
		parts = append(parts, d.Groups[i].Lines)
	}
	return each(parts...)
}

// Lines yields the lines that can carry actions: rules and ideas among them.
func (r *Review) Lines() iter.Seq[*Line] {
	return each(r.Ours, r.Theirs, r.Deadlines, r.Rules, r.Ideas)
}

// Lines yields the lines that can carry actions.
func (b *CheckIn) Lines() iter.Seq[*Line] {
	return each(b.Threads, b.Ours, b.Theirs, b.Deadlines)
}

func each(parts ...[]Line) iter.Seq[*Line] {
	return func(yield func(*Line) bool) {
		for _, lines := range parts {
			for i := range lines {
				if !yield(&lines[i]) {
					return
				}
			}
		}
	}
}

// Number gives every line without an ID one that is unique in the Day: its section
// and its place in it, from 1.
func (d *Day) Number() {
	for i := range d.Notices {
		number(&d.Notices[i].ID, "notice", i)
	}
	numberLines("need", d.Needs)
	numberLines("change", d.Changes)
	for i := range d.Timeline {
		number(&d.Timeline[i].ID, "event", i)
	}
	for i := range d.Prep {
		b := &d.Prep[i]
		number(&b.ID, "prep", i)
		number(&b.Last.ID, b.ID+"-last", 0)
		numberLines(b.ID+"-ours", b.Ours)
		numberLines(b.ID+"-theirs", b.Theirs)
	}
	for i := range d.Mail {
		numberLines("mail-"+strconv.Itoa(i+1), d.Mail[i].Lines)
	}
	numberLines("deadline", d.Deadlines)
	numberLines("owed", d.Owed)
	numberLines("waiting", d.Waiting)
	numberDays(d.Week)
	numberGoals(d.Goals)
	numberLines("done", d.Done)
}

// Number gives every line without an ID one, as that of a Day does.
func (d *Digest) Number() {
	for i := range d.Groups {
		numberLines("mail-"+strconv.Itoa(i+1), d.Groups[i].Lines)
	}
}

// Number gives everything without an ID one, as that of a Day does.
func (r *Review) Number() {
	for _, f := range r.figures(&english) {
		f.ID = cmp.Or(f.ID, f.name)
	}
	numberDays(r.Days)
	numberGoals(r.Goals)
	numberLines("ours", r.Ours)
	numberLines("theirs", r.Theirs)
	numberLines("deadline", r.Deadlines)
	for i := range r.Handled {
		number(&r.Handled[i].ID, "handled", i)
	}
	numberLines("rule", r.Rules)
	numberLines("idea", r.Ideas)
}

// Number gives every line without an ID one, as that of a Day does.
func (b *CheckIn) Number() {
	numberLines("thread", b.Threads)
	numberLines("ours", b.Ours)
	numberLines("theirs", b.Theirs)
	numberLines("deadline", b.Deadlines)
}

func numberDays(days []Ahead) {
	for i := range days {
		number(&days[i].ID, "ahead", i)
	}
}

func numberGoals(goals []Goal) {
	for i := range goals {
		number(&goals[i].ID, "goal", i)
	}
}

func numberLines(section string, lines []Line) {
	for i := range lines {
		number(&lines[i].ID, section, i)
	}
}

func number(id *string, section string, place int) {
	if *id == "" {
		*id = section + "-" + strconv.Itoa(place+1)
	}
}
