package heap

import "golang.org/x/sys/unix"

// TotalMemory is the memory of this machine in bytes, 0 if unknown.
func TotalMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}
