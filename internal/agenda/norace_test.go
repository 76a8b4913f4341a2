//go:build !race

package agenda

const raced = false
