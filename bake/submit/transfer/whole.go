package transfer

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// wholeStream sends files whole or fails. fsutil ends a file that it cannot open,
// or that became shorter than it was listed, as if it were complete.
type wholeStream struct {
	filesync.FileSync_DiffCopyServer
	mu     sync.Mutex
	next   uint32             // the number of the file that is listed next
	listed map[uint32]*listed // those that have bytes, until they are sent
}

type listed struct {
	path       string
	size, left int64
}

// SendMsg implements grpc.ServerStream.
func (s *wholeStream) SendMsg(m any) error {
	s.mu.Lock()
	err := s.note(m)
	if err == nil {
		err = s.FileSync_DiffCopyServer.SendMsg(m)
		s.mu.Unlock()
		return err
	}
	s.mu.Unlock()
	return s.fail(err)
}

// fail tells the engine why no more comes, without which it would wait for ever,
// and returns err.
func (s *wholeStream) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.FileSync_DiffCopyServer.SendMsg(&types.Packet{Type: types.PACKET_ERR, Data: []byte(err.Error())})
	return err
}

// note looks at a packet that is to be sent.
func (s *wholeStream) note(m any) error {
	p, ok := m.(*types.Packet)
	switch {
	case !ok:
	case p.Type == types.PACKET_STAT && p.Stat != nil:
		if os.FileMode(p.Stat.Mode).IsRegular() && p.Stat.Size > 0 {
			s.listed[s.next] = &listed{p.Stat.Path, p.Stat.Size, p.Stat.Size}
		}
		s.next++
	case p.Type == types.PACKET_DATA:
		return s.sent(p.ID, len(p.Data))
	}
	return nil
}

// sent notes bytes of a file, none of which is its end.
func (s *wholeStream) sent(id uint32, n int) error {
	f := s.listed[id]
	switch {
	case f == nil:
	case n > 0:
		f.left -= int64(n)
	case f.left > 0:
		return fmt.Errorf("%s was listed with %d bytes and only %d could be read: it changed while it was sent", f.path, f.size, f.size-f.left)
	default:
		delete(s.listed, id)
	}
	return nil
}

// wholeDirs are directories whose files are read for a stream.
type wholeDirs struct {
	filesync.DirSource
	stream *wholeStream
}

// LookupDir implements filesync.DirSource.
func (d wholeDirs) LookupDir(name string) (fsutil.FS, bool) {
	dir, ok := d.DirSource.LookupDir(name)
	return wholeFS{dir, d.stream}, ok
}

// wholeFS is a directory of which no file is left out for want of being opened
// or read.
type wholeFS struct {
	fsutil.FS
	stream *wholeStream
}

// Open implements fsutil.FS.
func (w wholeFS) Open(name string) (io.ReadCloser, error) {
	f, err := w.FS.Open(name)
	if err != nil {
		return unreadable{w.stream.fail(err)}, nil
	}
	return readFile{f, name, w.stream}, nil
}

// unreadable is what could not be opened: an error of opening means nothing to
// fsutil, one of reading does.
type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }
func (u unreadable) Close() error             { return nil }

// readFile tells of errors of reading.
type readFile struct {
	io.ReadCloser
	name   string
	stream *wholeStream
}

func (r readFile) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = r.stream.fail(fmt.Errorf("%s cannot be sent: %w", r.name, err))
	}
	return n, err
}
