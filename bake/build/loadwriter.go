package build

import "io"

// loadWriter is the stream into Docker. That of buildx waits in Close for an
// import which only the first byte starts: a cancelled build may send none.
type loadWriter struct {
	io.WriteCloser
	begun bool
}

func (w *loadWriter) Write(data []byte) (int, error) {
	w.begun = true
	return w.WriteCloser.Write(data)
}

func (w *loadWriter) Close() error {
	if !w.begun {
		return nil
	}
	return w.WriteCloser.Close()
}
