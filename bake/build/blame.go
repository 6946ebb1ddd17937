package build

import (
	"strings"

	"github.com/moby/buildkit/client"
)

// blameOutput finds the output or the cache export whose failure was that of
// a job. The engine says so only in the names of what it was doing.
func (r *run) blameOutput(q *request, err error) error {
	if canceled(err) {
		return err
	}
	err = q.blameDisk(err)
	switch doing := r.progress.failedExport(q); {
	case strings.HasPrefix(doing, "exporting cache"):
		return in("cache-to", "", err)
	case doing != "":
		return in("output", q.exportKey(doing), err)
	}
	return err
}

// failedExport is the name of the export of q that failed, empty if none has.
func (p *progress) failedExport(q *request) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for d := range q.reported {
		v := p.vertices[d]
		if strings.HasPrefix(v.Name, "exporting") && v.Error != "" && !strings.HasSuffix(v.Error, "context canceled") {
			return v.Name
		}
	}
	return ""
}

// exporting are the names of the engine's exporters as it shows them.
var exporting = map[string]string{
	"exporting to image":               client.ExporterImage,
	"exporting to oci image format":    client.ExporterOCI,
	"exporting to docker image format": client.ExporterDocker,
	"exporting to client directory":    client.ExporterLocal,
	"exporting to client tarball":      client.ExporterTar,
}

// exportKey is the key of the output behind an exporter, empty if several could
// be meant.
func (q *request) exportKey(doing string) string {
	key, n := "", 0
	for _, e := range q.exports {
		if e.Type == exporting[doing] {
			key, n = e.key, n+1
		}
	}
	if n > 1 {
		return ""
	}
	return key
}
