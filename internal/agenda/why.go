package agenda

// Reason says where one line of a letter comes from.
type Reason struct {
	ID string
	// Section is where the line stands: notices needs changed timeline prep mail
	// deadlines owed waiting ahead goals done, and in the other letters also meeting
	// threads promises figures handled rules ideas.
	Section string
	Line    string // what stands there, in words; nothing of what is confidential
	Source  Source
	Counted Counted // of a figure: where it was counted, if it is not of one Source
	Shown   bool    // false: it was left out
}

// Counted is where a figure was counted.
type Counted string

// Where figures are counted.
const (
	InCalendar Counted = "calendar"
	InMail     Counted = "mail"
	InJournal  Counted = "journal" // what foredesk did
)

// Why lists every line of an agenda in the order in which Render shows them, those
// among them that were left out. Gaps on the timeline, counts of the subject and
// the clocks' changes follow from the lines and are not listed.
func (d *Day) Why() ([]Reason, error) { return reasons(render(d.compose, levels)) }

// Why lists every line of a digest, as that of a Day does.
func (d *Digest) Why() ([]Reason, error) { return reasons(render(d.compose, digestLevels)) }

// Why lists every line and figure of a review, as that of a Day does. The sum of what
// was handled follows from its lines.
func (r *Review) Why() ([]Reason, error) { return reasons(render(r.compose, reviewLevels)) }

// Why lists every line of a brief, as that of a Day does.
func (b *CheckIn) Why() ([]Reason, error) { return reasons(render(b.compose, reviewLevels)) }

func reasons(_ Letter, p *page, err error) ([]Reason, error) {
	if err != nil {
		return nil, err
	}
	return p.reasons, nil
}
