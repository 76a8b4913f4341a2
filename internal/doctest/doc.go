// Package doctest runs the project's documents as tests. What a page promises is
// read from the page itself, so that the two can't drift apart: each row of
// doc/coming-from.md is a rule that must fire for one mail and not for another,
// each recipe of doc/cookbook.md is a rules file with tests of its own, and so is
// rules.example.yaml.
//
// There is nothing here but tests. Read page_test.go for how a page is read; the
// language itself is in package rules.
package doctest
