package output

import "testing"

// stuck is the writer of buildx before its first byte.
type stuck struct{ t *testing.T }

func (s stuck) Write(data []byte) (int, error) { return len(data), nil }

func (s stuck) Close() error {
	s.t.Error("it is closed, which would wait for ever")
	return nil
}

func TestLoadOfNothingEnds(t *testing.T) {
	if err := (&LoadWriter{WriteCloser: stuck{t}}).Close(); err != nil {
		t.Error(err)
	}
}
