//go:build race

package engine_test

// every is how many of the crashes are tried: one in so many. The race detector
// makes the start of a process slow, and a crash has no need of it.
const every = 8
