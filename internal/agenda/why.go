package agenda

import "strconv"

// Reason says where one line of an agenda comes from.
type Reason struct {
	ID      string
	Section string // notices needs changed timeline prep mail deadlines owed waiting ahead goals done
	Line    string // what stands there, in words; nothing of what is confidential
	Source  Source
	Shown   bool // false: it was left out
}

// Why lists every line of an agenda in the order in which Render shows them, those
// among them that were left out. Gaps on the timeline, counts of the subject and
// the clocks' changes follow from the lines and are not listed.
func (d *Day) Why() ([]Reason, error) {
	_, p, err := render(d)
	if err != nil {
		return nil, err
	}
	return p.reasons, nil
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
	for i := range d.Week {
		number(&d.Week[i].ID, "ahead", i)
	}
	for i := range d.Goals {
		number(&d.Goals[i].ID, "goal", i)
	}
	numberLines("done", d.Done)
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
