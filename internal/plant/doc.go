// Package plant holds three violations of what foredesk promises, planted on purpose:
// a build with the tag plant_nolook, plant_nokey or plant_actfirst has one of them.
// Its test runs the tests of the engine with each, and they fail; what they would let
// pass here, they would let pass elsewhere.
//
// In every other build all of this is constants, and nothing of it is left.
package plant
