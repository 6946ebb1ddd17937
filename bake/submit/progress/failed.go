package progress

import (
	"strings"

	"github.com/opencontainers/go-digest"
)

// FailedExport is the name of the export that failed, among the vertices that
// were reported to a job, empty if none has.
func (p *Tracker) FailedExport(reported map[digest.Digest]bool) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for d := range reported {
		v := p.vertices[d]
		if strings.HasPrefix(v.Name, "exporting") && v.Error != "" && !strings.HasSuffix(v.Error, "context canceled") {
			return v.Name
		}
	}
	return ""
}
