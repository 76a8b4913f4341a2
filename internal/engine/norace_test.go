//go:build !race

package engine_test

const every = 1 // see race_test.go
