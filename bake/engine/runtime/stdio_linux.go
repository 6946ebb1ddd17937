//go:build cgo

package runtime

import (
	"io"
	"os"
	"sync"

	"github.com/opencontainers/runc/libcontainer"
	"golang.org/x/sys/unix"
)

// A connection joins a process's standard streams with the caller's.
type connection interface {
	started() error // once the process exists
	resize()        // after the caller's terminal changed its size
	close()         // after the process ended, or did not start; waits for its last output
}

// connect decides how a process is joined with the caller.
func (s *supervised) connect(p *libcontainer.Process, terminal bool) (connection, error) {
	switch {
	case terminal && s.detach:
		return handConsole(p, s.consoleSocket)
	case terminal:
		return openConsole(p)
	case s.detach:
		p.Stdin, p.Stdout, p.Stderr = os.Stdin, os.Stdout, os.Stderr
		return &streams{}, nil
	}
	config := s.container.Config()
	uid, err := config.HostRootUID()
	if err != nil {
		return nil, err
	}
	gid, err := config.HostRootGID()
	if err != nil {
		return nil, err
	}
	return joinStreams(p, uid, gid)
}

// streams joins the three streams without a terminal.
//
// What is a pipe or the null device already, as an engine passes it, goes to
// the process as it is. Anything else (a terminal, a file, a socket) could be
// misused or would change its owner, so it is copied through a pipe.
type streams struct {
	uid, gid int
	theirs   []*os.File // the process's ends, closed when it has them
	ours     []*os.File
	copies   sync.WaitGroup
}

func joinStreams(p *libcontainer.Process, uid, gid int) (_ *streams, err error) {
	s := &streams{uid: uid, gid: gid}
	defer func() {
		if err != nil {
			s.abandon()
		}
	}()
	if p.Stdin, err = s.input(os.Stdin); err != nil {
		return nil, err
	}
	if p.Stdout, err = s.output(os.Stdout); err != nil {
		return nil, err
	}
	if p.Stderr, err = s.output(os.Stderr); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *streams) input(from *os.File) (io.Reader, error) {
	if inheritable(from) {
		return from, nil
	}
	r, w, err := s.pipe()
	if err != nil {
		return nil, err
	}
	s.theirs = append(s.theirs, r)
	s.ours = append(s.ours, w)
	go func() {
		io.Copy(w, from)
		w.Close()
	}()
	return r, nil
}

func (s *streams) output(to *os.File) (io.Writer, error) {
	if inheritable(to) {
		return to, nil
	}
	r, w, err := s.pipe()
	if err != nil {
		return nil, err
	}
	s.theirs = append(s.theirs, w)
	s.ours = append(s.ours, r)
	s.copies.Go(func() { io.Copy(to, r) })
	return w, nil
}

// pipe makes a pipe that the container's root may reopen by /dev/stdout.
func (s *streams) pipe() (r, w *os.File, err error) {
	if r, w, err = os.Pipe(); err != nil {
		return nil, nil, err
	}
	for _, f := range []*os.File{r, w} {
		if err := f.Chown(s.uid, s.gid); err != nil {
			r.Close()
			w.Close()
			return nil, nil, err
		}
	}
	return r, w, nil
}

func inheritable(f *os.File) bool {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return false
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		return true
	case unix.S_IFCHR:
		return st.Rdev == unix.Mkdev(1, 3)
	}
	return false
}

func (s *streams) started() error {
	closeAll(s.theirs)
	return nil
}

func (s *streams) resize() {}

func (s *streams) close() {
	closeAll(s.theirs)
	s.copies.Wait()
	closeAll(s.ours)
}

func (s *streams) abandon() {
	closeAll(s.theirs)
	closeAll(s.ours)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
