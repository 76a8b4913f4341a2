//go:build !plant_actfirst

package plant

// ActFirst: that a step is begun is not written down before it is done.
const ActFirst = false
