// Package rules is the language an assistant writes: YAML for structure,
// expr-lang for conditions. It is pure. Facts of one item go in, a Plan comes
// out; no network, no clock (now is a value), nothing of our other packages.
//
// Load reads a file and refuses it whole, with every Problem in it, or returns
// a Set. (*Set).Plan says what the set would do to an Item; (*Set).Explain says
// why, condition by condition, by the same code. (*Set).RunTests runs the
// tests that stand in the file. (*Set).Needs says what of a message the set looks
// at. Schema is what editors are told of the language.
//
// Read set.go for the types, load.go for the file, condition.go for how an
// expression becomes a program, and plan.go for what happens to a message; letters.go
// for what the executive's letters are told, ask.go for what a language model is
// asked. An action is added to the table in actions.go, its words to words.go; the
// reference, the schema and a test for each follow from there.
package rules
