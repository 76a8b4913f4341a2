//go:build race

package agenda

// raced says that the race detector slows everything down.
const raced = true
