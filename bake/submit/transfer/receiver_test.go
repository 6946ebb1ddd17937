package transfer

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"bake/bake/submit/output"

	_ "github.com/docker/buildx/driver/remote"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// manyFiles is a directory that a slow engine has: it has described all of its
// files before it opens the first.
type manyFiles struct {
	n         int
	described chan struct{}
}

func (m manyFiles) Walk(_ context.Context, _ string, visit fs.WalkDirFunc) error {
	defer close(m.described)
	for i := range m.n {
		s := &types.Stat{Path: fmt.Sprintf("f%06d", i), Mode: 0o644, Size: fileSize}
		if err := visit(s.Path, &fsutil.DirEntryInfo{Stat: s}, nil); err != nil {
			return err
		}
	}
	return nil
}

const fileSize = 4 << 10

func (m manyFiles) Open(string) (io.ReadCloser, error) {
	<-m.described
	time.Sleep(500 * time.Microsecond) // as from a slow disk
	return io.NopCloser(strings.NewReader(strings.Repeat("x", fileSize))), nil
}

// An engine and a client that wait for each other never end: here both speak as
// they do over a session, of more files than the session has room for questions.
func TestManyFilesArrive(t *testing.T) {
	const files = 20000
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	outputs := []output.OfTarget{{Export: &output.Export{ExportEntry: client.ExportEntry{Type: client.ExporterLocal, OutputDir: dir}}}}
	one, err := session.NewSession(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	one.Allow(&Receiver{filesync.NewFSSyncTarget(filesync.WithFSSyncDir(0, dir)), outputs, output.NewConflicts(outputs)})
	engine, err := session.NewManager()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = one.Run(ctx, func(ctx context.Context, _ string, meta map[string][]string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _ = engine.HandleConn(ctx, theirs, meta) }()
			return ours, nil
		})
	}()
	defer one.Close()
	caller, err := engine.Get(ctx, one.ID(), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := filesync.CopyToCaller(ctx, manyFiles{files, make(chan struct{})}, 0, caller, nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != files {
		t.Errorf("%d of %d files arrived, %v", len(entries), files, err)
	}
}
