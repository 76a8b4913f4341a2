//go:build unix

package config

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// private refuses a file that its group or everybody can get at, or that is of
// another user than ours and root: they could change it under us.
func private(path string, st fs.FileInfo) error {
	owner := uint32(0)
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		owner = sys.Uid
	}
	switch {
	case st.Mode().Perm()&0o177 != 0:
		return fmt.Errorf("%w (mode %#o); run: chmod 600 %s", errNotPrivate, st.Mode().Perm(), path)
	case owner != 0 && owner != uint32(os.Geteuid()):
		return fmt.Errorf("%w (it is owned by uid %d); run: chown %d %s && chmod 600 %s",
			errNotPrivate, owner, os.Geteuid(), path, path)
	}
	return nil
}
