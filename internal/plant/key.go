//go:build !plant_nokey

package plant

// StepKey returns a statement as it is. Planted, it takes the unique key of steps out
// of it, so that the journal takes the same step twice.
func StepKey(statement string) string { return statement }
