//go:build !linux

package heap

func dropProgram() {}

func largePages([]byte) {}
