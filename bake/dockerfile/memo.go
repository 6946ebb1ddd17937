package dockerfile

import "sync"

// Memo parses each text once, however many targets have it. The zero Memo is
// ready, and may be shared.
type Memo struct{ files sync.Map }

type parsed struct {
	once sync.Once
	file *File
	err  error
}

// Parse is the function of that name, for a text that it may have seen.
func (m *Memo) Parse(text []byte) (*File, error) {
	entry, _ := m.files.LoadOrStore(string(text), &parsed{})
	p := entry.(*parsed)
	p.once.Do(func() { p.file, p.err = Parse(text) })
	return p.file, p.err
}
