package engine

// SetFailPoint sets what happens on either side of each write to the journal.
func SetFailPoint(do func()) { failPoint = do }

// What reads foreign bytes, for fuzzing.
var (
	ReadAnswers = readAnswers
	BaseSubject = baseSubject
)
