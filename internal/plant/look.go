//go:build !plant_nolook

package plant

// NoLook: what was begun before a crash is done again without looking whether it was
// done already.
const NoLook = false
