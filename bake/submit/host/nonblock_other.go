//go:build !unix

package host

// nonblock is not needed where no file waits for a writer.
const nonblock = 0
