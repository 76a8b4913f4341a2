// Package importtest holds no code, only a test: imports between the packages
// of this project run one way, as its table says. A new package gets a line in
// that table; a line that has to grow is a reason to stop and think first.
package importtest
