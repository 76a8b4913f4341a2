//go:build plant_nokey

package plant

import "strings"

// StepKey is planted: see key.go.
func StepKey(statement string) string {
	const key = "(item_id, rule, action, undoes)"
	statement = strings.ReplaceAll(statement, "ON CONFLICT "+key+" DO NOTHING", "")
	return strings.ReplaceAll(statement, "UNIQUE "+key, "CHECK (true)")
}
