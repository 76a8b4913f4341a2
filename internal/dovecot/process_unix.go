//go:build unix

package dovecot

import "syscall"

// ownGroup puts a process and all it starts into one group.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// terminate asks a process to end. That it has ended is no mistake.
func terminate(pid int) { _ = syscall.Kill(pid, syscall.SIGTERM) }

// killGroup ends a process and all of its group.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
