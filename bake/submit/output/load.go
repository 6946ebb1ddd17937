package output

import "io"

// LoadWriter is the stream into Docker. That of buildx waits in Close for an
// import which only the first byte starts: a cancelled build may send none.
type LoadWriter struct {
	io.WriteCloser
	begun bool
}

func (w *LoadWriter) Write(data []byte) (int, error) {
	w.begun = true
	return w.WriteCloser.Write(data)
}

func (w *LoadWriter) Close() error {
	if !w.begun {
		return nil
	}
	return w.WriteCloser.Close()
}
