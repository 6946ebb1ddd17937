//go:build !unix

package build

// nonblock is not needed where no file waits for a writer.
const nonblock = 0
