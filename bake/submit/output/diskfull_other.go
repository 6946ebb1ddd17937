//go:build !linux && !darwin

package output

// diskFull is not known on this system.
func diskFull(string) bool { return false }
