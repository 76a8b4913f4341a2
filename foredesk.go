// Package foredesk holds the files of the project's root that the binary
// carries with it. The program begins in cmd/daemon; doc/architecture.md is a
// tour of the rest.
package foredesk

import "embed"

// ExampleRules is rules.example.yaml, the teaching file: the demo works with it.
//
//go:embed rules.example.yaml
var ExampleRules []byte

// Templates holds templates/*.txt: the words of the drafts, replies and forwards
// that rules.example.yaml names.
//
//go:embed templates/*.txt
var Templates embed.FS
