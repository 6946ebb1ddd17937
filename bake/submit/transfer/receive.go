package transfer

import (
	"errors"
	"os"
	"slices"

	"bake/bake/submit/host"
	"bake/bake/submit/output"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc/metadata"
)

// wholeTransfer is the header of an engine that sends the files of all platforms
// in one go. One that does not would have each platform remove those of others.
const wholeTransfer = "buildkit-exporter-multi-platform"

// receive writes the files of an output into its directory. The directory is
// opened once, without following a link that was not there when it was checked,
// and what is written stays below it whatever links are in it.
func receive(stream filesync.FileSend_DiffCopyServer, e *output.Export) error {
	opt := fsutil.ReceiveOpt{Merge: true, Filter: ownedByUser()}
	if output.Mirrors(e.Attrs) {
		md, _ := metadata.FromIncomingContext(stream.Context())
		if !slices.Contains(md.Get(wholeTransfer), "1") {
			return errors.New("mode=delete needs a newer builder: this one sends the files of each platform apart")
		}
		opt.Merge, opt.Differ = false, fsutil.DiffNone // the files there need not be what their size and time say
	}
	dir, err := host.MakeDir(e.OutputDir, 0o700)
	if err != nil {
		return err
	}
	// Where the stream breaks, fsutil returns before all that it began has ended, which
	// then meets a closed directory. The Close of its own Root would leave it none.
	defer dir.Close()
	return fsutil.ReceiveRoot(stream.Context(), stream, fsutil.NewRoot(dir), opt)
}

// ownedByUser gives all files to the user, who may not be able to give them away.
func ownedByUser() fsutil.FilterFunc {
	uid, gid := uint32(max(os.Getuid(), 0)), uint32(max(os.Getgid(), 0))
	return func(_ string, st *types.Stat) bool {
		st.Uid, st.Gid = uid, gid
		return true
	}
}
