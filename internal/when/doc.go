// Package when finds dates, deadlines and spans in prose, in English, German and
// French. It is pure: it imports nothing of ours, and the present moment, the
// zone, the working hours and the holidays come in as a Calendar.
//
// The way of a text:
//
//   - token.go cuts it into words, numbers and marks;
//   - parser.go makes atoms of them: lexicon.go gives each word its senses (a month, a weekday, a unit, ...) from
//     the word tables: words_en.go, words_de.go, words_fr.go and words_zone.go;
//   - moment.go puts pieces together: a date (named.go, numeric.go, period.go,
//     relative.go), a time of day (clock.go) and a zone (zone.go), each at most once;
//   - parse.go joins two moments to a span, and looks for the words of a deadline;
//   - days.go and resolve.go give it a place in time and say how sure that is.
//
// A further language needs a word table: copy words_en.go, replace the words, give the
// language a name and add the table to words (both in lexicon.go). The productions ask
// for senses, not for words; the few that hold for one language alone ask for lean, the
// language that most of the words of a text belong to. Words that also mean
// something else ("may", "sun", French "mon") are listed in the table as shy: they
// count only beside a number or after a preposition. Words that mean something else
// in another language ("hier") are listed as home: they count only in a text that
// is written in theirs.
package when
