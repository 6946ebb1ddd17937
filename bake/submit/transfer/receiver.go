package transfer

import (
	"fmt"
	"hash/maphash"
	"io/fs"
	"strconv"

	"bake/bake/submit/output"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// exporterID is the header by which the engine says which output of a job a
// stream of files belongs to.
const exporterID = "buildkit-attachable-exporter-id"

// Receiver takes the files of outputs, as the client of BuildKit does, but it
// asks for few at a time, and notes those that come to a shared directory.
type Receiver struct {
	*filesync.SyncTarget
	Outputs   []output.OfTarget // of the job, by their number in it
	Conflicts *output.Conflicts // where the files are noted
}

// Register implements session.Attachable.
func (w *Receiver) Register(server *grpc.Server) { filesync.RegisterFileSendServer(server, w) }

// DiffCopy implements filesync.FileSendServer.
func (w *Receiver) DiffCopy(stream filesync.FileSend_DiffCopyServer) error {
	id := 0
	if md, ok := metadata.FromIncomingContext(stream.Context()); ok && len(md[exporterID]) > 0 {
		id, _ = strconv.Atoi(md[exporterID][0])
	}
	if id < 0 || id >= len(w.Outputs) || w.Outputs[id].Type != client.ExporterLocal {
		return w.SyncTarget.DiffCopy(stream)
	}
	out := w.Outputs[id]
	stream = &throttledStream{FileSend_DiffCopyServer: stream}
	if w.Conflicts.Shared[out.Export] {
		stream = &watchedStream{
			FileSend_DiffCopyServer: stream, seed: w.Conflicts.Seed, open: map[uint32]*maphash.Hash{},
			complete: func(files []output.Received) { w.Conflicts.Note(out, files) },
		}
	}
	return receive(stream, out.Export)
}

// watchedStream looks at the packets of a transfer of files. Each file is
// described before its content comes, under the number of its description.
type watchedStream struct {
	filesync.FileSend_DiffCopyServer
	seed     maphash.Seed
	found    []output.Received // by number
	open     map[uint32]*maphash.Hash
	complete func([]output.Received)
}

// RecvMsg implements grpc.ServerStream.
func (s *watchedStream) RecvMsg(m any) error {
	err := s.FileSend_DiffCopyServer.RecvMsg(m)
	p, ok := m.(*types.Packet)
	switch {
	case err != nil || !ok:
	case p.Type == types.PACKET_STAT && p.Stat != nil:
		s.describe(p.Stat)
	case p.Type == types.PACKET_DATA:
		s.hash(p.ID, p.Data)
	}
	return err
}

// SendMsg implements grpc.ServerStream. The last that the receiver says is that
// it has all. How the transfer ends after that tells nothing: the engine hangs up.
func (s *watchedStream) SendMsg(m any) error {
	if p, ok := m.(*types.Packet); ok && p.Type == types.PACKET_FIN {
		s.complete(s.files())
	}
	return s.FileSend_DiffCopyServer.SendMsg(m)
}

// describe notes a file, of which a link, a device or nothing at all is
// described by that alone.
func (s *watchedStream) describe(st *types.Stat) {
	f := output.Received{Path: st.Path, Dir: fs.FileMode(st.Mode).IsDir()}
	switch kind := fs.FileMode(st.Mode).Type(); {
	case kind != 0:
		f.Sum = maphash.String(s.seed, fmt.Sprint(kind, st.Linkname, st.Devmajor, st.Devminor))
	case st.Linkname != "":
		f.Link = st.Linkname
	}
	s.found = append(s.found, f)
}

// hash takes a piece of the content of a file, the last of which is empty.
func (s *watchedStream) hash(id uint32, data []byte) {
	h := s.open[id]
	if h == nil {
		h = &maphash.Hash{}
		h.SetSeed(s.seed)
		s.open[id] = h
	}
	_, _ = h.Write(data)
	if len(data) == 0 {
		delete(s.open, id)
		if int(id) < len(s.found) {
			s.found[id].Sum = h.Sum64()
		}
	}
}

// files are all that was received but directories, which outputs may share.
func (s *watchedStream) files() []output.Received {
	sums := map[string]uint64{}
	for _, f := range s.found {
		sums[f.Path] = f.Sum
	}
	out := s.found[:0]
	for _, f := range s.found {
		if f.Dir {
			continue
		}
		if f.Link != "" {
			f.Sum = sums[f.Link]
		}
		out = append(out, f)
	}
	return out
}
