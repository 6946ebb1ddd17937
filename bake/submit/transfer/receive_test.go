package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"testing"

	"bake/bake/submit/output"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil/types"
)

// brokenStream sends the names of many files, and breaks when the first are asked
// for.
type brokenStream struct {
	filesync.FileSend_DiffCopyServer
	ctx   context.Context
	sent  int
	asked atomic.Int32
}

var errBroken = errors.New("the builder is gone")

func (s *brokenStream) Context() context.Context { return s.ctx }

func (s *brokenStream) SendMsg(any) error {
	s.asked.Add(1)
	return nil
}

func (s *brokenStream) RecvMsg(m any) error {
	p := m.(*types.Packet)
	p.Type = types.PACKET_STAT
	dir := fmt.Sprintf("d%03d", s.sent/20)
	switch {
	case s.sent >= 400 || s.asked.Load() > 20:
		return errBroken
	case s.sent%20 == 0:
		p.Stat = &types.Stat{Path: dir, Mode: uint32(fs.ModeDir | 0o755)}
	default:
		p.Stat = &types.Stat{Path: filepath.Join(dir, fmt.Sprintf("f%02d", s.sent%20)), Mode: 0o644, Size: 3}
	}
	s.sent++
	return nil
}

// A builder that goes away while it sends files is an error, whatever of the
// transfer is still under way.
func TestReceiveCutShort(t *testing.T) {
	for range 50 {
		s := &brokenStream{ctx: t.Context()}
		err := receive(s, &output.Export{ExportEntry: client.ExportEntry{OutputDir: filepath.Join(t.TempDir(), "out")}})
		if !errors.Is(err, errBroken) {
			t.Fatalf("error %v", err)
		}
	}
}
