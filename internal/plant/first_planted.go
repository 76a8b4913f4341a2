//go:build plant_actfirst

package plant

// ActFirst is planted: see first.go.
const ActFirst = true
