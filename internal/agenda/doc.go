// Package agenda is the letters to the executive: what stands in them, and how they
// look. They are the morning agenda (Day), the digest of what rules have collected
// (Digest), the review of the week (Review) and the brief before a meeting of two
// (CheckIn).
//
// Their models (model.go and model_letters.go) are plain: every line that a letter
// shows, in the order in which it is shown, each with what it comes from. Package
// gather fills them. Number gives the lines their IDs, Lines yields those that links
// can be set on, Render turns a letter into a subject, a page of HTML and the same in
// plain text, and Why lists the lines with their sources. Nothing here reads a clock, a
// file or the network, and the same letter makes the same bytes.
//
// The way of a letter: compose.go and its neighbours put it into words, in the language
// of words_en.go, words_de.go or words_fr.go and the formats of format.go, and leave
// out what is too much, saying so. Text of strangers goes through clean.go first. What
// comes of that, a page, is what both html.go (with page.html and style.css) and
// text.go write, so that the two say the same.
//
// Mail programs show a small part of HTML and CSS. testdata/programs.txt says which,
// and a test holds every page against it.
//
// Go next to render.go, then to model.go.
package agenda
