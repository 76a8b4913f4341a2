// Package agenda is the morning email: what stands in it, and how it looks.
//
// A Day (model.go) is plain: every line that an agenda shows, in the order in which
// it is shown, each with what it comes from. Render turns it into a subject, a page
// of HTML and the same in plain text; Why lists the lines with their sources. Nothing
// here reads a clock, a file or the network, and the same Day makes the same bytes.
//
// The way of a Day: compose.go and its neighbours put it into words, in the
// language of words_en.go, words_de.go or words_fr.go and the formats of format.go,
// and leave out what is too much, saying so. Text of strangers goes through clean.go
// first. What comes of that, a page, is what both html.go (with page.html and
// style.css) and text.go write, so that the two say the same.
//
// Mail programs show a small part of HTML and CSS. testdata/programs.txt says which,
// and a test holds every page against it.
//
// Go next to render.go, then to model.go.
package agenda
