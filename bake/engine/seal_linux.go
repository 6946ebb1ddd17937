package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// sealName is the file by which an engine that ended in order says how it left its
// databases. It is not there while one runs, nor after one was killed.
const sealName = "databases.json"

// seal is what the databases of a state directory looked like, by their names in it.
type seal map[string]sealed

type sealed struct {
	Size    int64 `json:"size"`
	ModTime int64 `json:"mtime"` // nanoseconds since 1970
}

// takeSeal reads the seal of dir and removes it. It is nil if there is none.
func takeSeal(dir string) seal {
	name := filepath.Join(dir, sealName)
	data, err := os.ReadFile(name)
	if err != nil || os.Remove(name) != nil {
		return nil
	}
	var s seal
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	return s
}

// writeSeal notes what the databases of dir look like now, after they were closed.
func writeSeal(dir string) error {
	s := seal{}
	for _, name := range databases(dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			s[name] = sealed{info.Size(), info.ModTime().UnixNano()}
		}
	}
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("cannot note the state of the databases: %w", err)
	}
	name := filepath.Join(dir, sealName)
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		return fmt.Errorf("cannot note the state of the databases: %w", err)
	}
	return os.Rename(name+".new", name)
}

// holds tells whether a database is as it was left.
func (s seal) holds(dir, name string) bool {
	was, ok := s[name]
	info, err := os.Stat(filepath.Join(dir, name))
	return ok && err == nil && info.Size() == was.Size && info.ModTime().UnixNano() == was.ModTime
}
