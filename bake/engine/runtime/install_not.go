//go:build !linux

package runtime

func executable(string) bool { return false }
