package engine

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"sync"
)

// buildID identifies the running executable: it differs between two builds of
// bake even when they bear the same version, as they do while one works on it.
// It is empty when the executable was linked without an id.
var buildID = sync.OnceValue(func() string {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		return ""
	}
	defer f.Close()
	note := f.Section(".note.go.buildid")
	if note == nil {
		return ""
	}
	data, err := note.Data()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
})
