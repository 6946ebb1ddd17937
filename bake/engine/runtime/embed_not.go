//go:build !embed_runtime || !linux

package runtime

// Without the tag embed_runtime this executable itself is the runtime.
var embedded []byte
