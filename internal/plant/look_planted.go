//go:build plant_nolook

package plant

// NoLook is planted: see look.go.
const NoLook = true
