package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropStart gives back those pages of the program's code that only its start has
// used: libraries that prepare themselves touch most of it, and it would count as
// memory for as long as the program runs. What is needed again comes back from the
// file. Code is never written to, so nothing can be lost; where it can't be done,
// more memory is used and no more happens.
func dropStart() {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	lines := bufio.NewScanner(maps)
	for lines.Scan() { // proc(5): "start-end perms offset device inode path"
		fields := strings.Fields(lines.Text())
		if len(fields) != 6 || fields[1] != "r-xp" || fields[5] != program {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil && end > start {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(start), uintptr(end-start), syscall.MADV_DONTNEED) // a refusal costs memory alone
		}
	}
}
