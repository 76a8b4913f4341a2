package summary

const (
	maxActsKept = 6   // requests of one message, and promises
	maxActBytes = 300 // of one
)

// actsOf returns what a text asks of its reader and what its writer promises to do:
// each a sentence, in the order of the text, with the one before it where it can't
// be understood alone. Source has the words as they were written, by which a date in
// them can be found.
//
// "We will be in Leeds on Monday", "I'll have to think about it" and "if you agree,
// I will …" promise nothing; what somebody will look into is still to be promised.
func actsOf(units []unit) (asks, promises []Point) {
	for i := range units {
		u := &units[i]
		if u.short == "" || u.polite || u.score <= outScore {
			continue
		}
		switch act := u.act(); {
		case act == asking && len(asks) < maxActsKept:
			asks = appendAct(asks, withBefore(units, i))
		case act == promising && len(promises) < maxActsKept:
			promises = appendAct(promises, u)
		}
	}
	return asks, promises
}

// appendAct adds a sentence, cut where it is long; one that can't be is left out.
func appendAct(points []Point, u *unit) []Point {
	p := u.point()
	if p.Text = cutAtWord(p.Text, maxActBytes); p.Text == "" {
		return points
	}
	return append(points, p)
}
