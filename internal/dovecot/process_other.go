//go:build !unix

package dovecot

import "syscall"

// Dovecot runs on Unix alone; elsewhere the tests that want it compile and are
// skipped before any of these is called.

func ownGroup() *syscall.SysProcAttr { return nil }
func terminate(int)                  {}
func killGroup(int)                  {}
