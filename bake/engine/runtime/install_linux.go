package runtime

import "golang.org/x/sys/unix"

// executable reports whether programs in dir may be executed.
func executable(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Flags&unix.ST_NOEXEC == 0
}
