//go:build unix

package google

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// private refuses a file that its group or everybody can get at, or that is of
// another user than ours and root.
func private(path string, st fs.FileInfo) error {
	owner := uint32(0)
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		owner = sys.Uid
	}
	switch {
	case st.Mode().Perm()&0o177 != 0:
		return fmt.Errorf("other people can get at it (mode %#o); run: chmod 600 %s", st.Mode().Perm(), path)
	case owner != 0 && owner != uint32(os.Geteuid()):
		return fmt.Errorf("other people can get at it (it is owned by uid %d); run: chown %d %s", owner, os.Geteuid(), path)
	}
	return nil
}

// syncFolder makes a rename last over a loss of power.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
