package transfer

import (
	"os"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/filesync"
	"github.com/moby/patternmatcher"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc"
)

// NewProvider lets an engine read directories. Of each it sends what the rules of
// the ignore file leave, and no more, and each file whole.
func NewProvider(dirs filesync.DirSource) session.Attachable { return &provider{dirs: dirs} }

// provider is that of the client of BuildKit, for each stream another.
type provider struct {
	filesync.UnimplementedFileSyncServer
	dirs filesync.DirSource
}

// Register implements session.Attachable.
func (p *provider) Register(server *grpc.Server) { filesync.RegisterFileSyncServer(server, p) }

// DiffCopy implements filesync.FileSyncServer.
func (p *provider) DiffCopy(stream filesync.FileSync_DiffCopyServer) error {
	whole := &wholeStream{FileSync_DiffCopyServer: stream, listed: map[uint32]*listed{}}
	sender := filesync.NewFSSyncProvider(wholeDirs{p.dirs, whole}, leaveOut)
	return sender.(filesync.FileSyncServer).DiffCopy(whole)
}

// leaveOut makes a filter leave out the files whose bytes it would keep back. With
// rules such as "*", "!**/*.go" and "vendor" the filter tells of vendor/x.go, as it
// has forgotten by then that vendor matches the last of them, but when the file is
// to be opened it remembers, and an empty file would arrive. The last that matches
// decides. This can only be where rules let something in again.
func leaveOut(_ string, opt *fsutil.FilterOpt) error {
	rules, err := patternmatcher.New(opt.ExcludePatterns)
	if err != nil || !rules.Exclusions() {
		return nil // a rule that is broken is told by the filter
	}
	before := opt.Map
	opt.Map = func(path string, st *types.Stat) fsutil.MapResult {
		// A directory may hold what is let in again.
		if !os.FileMode(st.Mode).IsDir() {
			if out, err := rules.MatchesOrParentMatches(path); out && err == nil {
				return fsutil.MapResultExclude
			}
		}
		if before != nil {
			return before(path, st)
		}
		return fsutil.MapResultKeep
	}
	return nil
}
