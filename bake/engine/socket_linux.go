package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxSocketPath is the longest path a unix socket address can hold.
const maxSocketPath = 107

// shortDirPrefix begins the name of a directory made for a socket whose state
// directory is too deep.
const shortDirPrefix = "bake-"

// shortDir matches such names: the prefix, whose it is, and a hash.
var shortDir = regexp.MustCompile("^" + shortDirPrefix + "[a-z0-9]+-[0-9a-f]{16}$")

// errNotRunning means that nobody listens on the socket.
var errNotRunning = errors.New("the engine is not running")

// socketPath is where the engine of cfg listens: what cfg says, else a socket
// in the state directory, else, when that path is too long for the kernel, where
// the engine noted that it listens.
func socketPath(cfg Config) (string, error) {
	path, err := newSocketPath(cfg)
	if err == nil && cfg.Socket == "" && filepath.Dir(path) != cfg.Dir {
		// Which short path was taken depended on the environment of the
		// client that started the engine.
		if noted := notedSocket(cfg.Dir); noted != "" {
			return noted, nil
		}
	}
	return path, err
}

// newSocketPath is where an engine of cfg that is started now is to listen.
func newSocketPath(cfg Config) (string, error) {
	if cfg.Socket != "" {
		if len(cfg.Socket) > maxSocketPath {
			return "", fmt.Errorf("the socket path %s is too long: %d bytes, the kernel allows %d; choose a shorter one with $%s",
				cfg.Socket, len(cfg.Socket), maxSocketPath, EnvSocket)
		}
		return cfg.Socket, nil
	}
	path := filepath.Join(cfg.Dir, "engine.sock")
	if len(path) <= maxSocketPath {
		return path, nil
	}
	sum := sha256.Sum256([]byte(cfg.Dir))
	base := filepath.Join("/tmp", shortDirPrefix+strconv.Itoa(os.Geteuid()))
	if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) && len(run) < 60 && private(run) == nil {
		base = filepath.Join(run, shortDirPrefix+"engine")
	}
	return filepath.Join(base+"-"+hex.EncodeToString(sum[:8]), "engine.sock"), nil
}

// connect dials the engine of cfg. It returns errNotRunning when nobody
// listens, and refuses a socket or a listener of another user.
func connect(ctx context.Context, cfg Config) (net.Conn, error) {
	path, err := socketPath(cfg)
	if err != nil {
		return nil, err
	}
	if err := checkSocket(path); err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil, errNotRunning
	default:
		return nil, fmt.Errorf("cannot connect to the engine: %w", err)
	}
	cred, err := peer(conn)
	if err == nil && int(cred.Uid) != os.Geteuid() {
		err = fmt.Errorf("the engine at %s runs as user %d, not as you (%d): it is not used", path, cred.Uid, os.Geteuid())
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// checkSocket makes sure that what lies at path is a socket that only the
// caller can use. A path where nothing lies is errNotRunning.
func checkSocket(path string) error {
	if err := private(filepath.Dir(path)); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errNotRunning
	}
	if err != nil {
		return fmt.Errorf("cannot look at the engine's socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is not a socket: remove it, or choose another with $%s", path, EnvSocket)
	}
	if uid := owner(info); uid != os.Geteuid() {
		return fmt.Errorf("the socket %s belongs to user %d, not to you (%d): it is not used", path, uid, os.Geteuid())
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("the socket %s is open to other users (mode %04o): it is not used; remove it", path, info.Mode().Perm())
	}
	return nil
}

// private checks that nobody but the caller can change the entries of dir. A
// directory that does not exist is errNotRunning.
func private(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return errNotRunning
	}
	if err != nil {
		return fmt.Errorf("cannot look at the engine's directory: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	if uid := owner(info); uid != os.Geteuid() {
		return fmt.Errorf("the directory %s belongs to user %d, not to you (%d): it is not used; choose another with $%s",
			dir, uid, os.Geteuid(), EnvDir)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("the directory %s can be written by other users (mode %04o): it is not used; run\n    chmod 700 %s",
			dir, info.Mode().Perm(), dir)
	}
	return nil
}

// ensureSocketDir makes the directory of the socket, or checks the one there.
func ensureSocketDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make the directory of the engine's socket: %w", err)
	}
	return private(dir)
}

func owner(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

// peer returns the credentials of the process at the other end: on the
// client's side those of the engine that listens.
func peer(conn net.Conn) (*unix.Ucred, error) {
	uc, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, fmt.Errorf("cannot check the peer of a %T", conn)
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("cannot check the peer: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err := errors.Join(err, credErr); err != nil {
		return nil, fmt.Errorf("cannot check the peer: %w", err)
	}
	return cred, nil
}

// socket is the listening socket of an engine. It hands out connections of the
// engine's own user only.
type socket struct {
	path string

	mu   sync.Mutex
	l    *net.UnixListener
	file fs.FileInfo // what was made at path
	gone bool        // retired or closed, not to be made again
}

// listen makes the socket at path, in place of whatever a dead engine left
// there; the caller holds the lock, so no living one uses it.
func listen(path string) (*socket, error) {
	s := &socket{path: path}
	return s, s.make()
}

func (s *socket) make() error {
	// It gets its name once it is protected: a client that found it before would
	// refuse to use it.
	fresh := filepath.Join(filepath.Dir(s.path), ".new")
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove what is left of a socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: fresh, Net: "unix"})
	if err != nil {
		return fmt.Errorf("cannot make the socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // it could be the file of a successor
	err = os.Chmod(fresh, 0o600)
	if err == nil {
		s.file, err = os.Lstat(fresh)
	}
	if err == nil {
		err = os.Rename(fresh, s.path)
	}
	if err != nil {
		l.Close()
		return fmt.Errorf("cannot protect the socket: %w", err)
	}
	s.l = l
	return nil
}

// renew makes the socket again if it is no longer at its path. Connections stay.
func (s *socket) renew() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.lies() {
		return nil
	}
	old := s.l
	if err := s.make(); err != nil {
		return err
	}
	return old.Close()
}

func (s *socket) lies() bool {
	there, err := os.Lstat(s.path)
	return err == nil && os.SameFile(s.file, there)
}

// Accept implements net.Listener.
func (s *socket) Accept() (net.Conn, error) {
	for {
		s.mu.Lock()
		l := s.l
		s.mu.Unlock()
		conn, err := l.AcceptUnix()
		if err != nil {
			s.mu.Lock()
			renewed := s.l != l
			s.mu.Unlock()
			if renewed {
				continue
			}
			return nil, err
		}
		if cred, err := peer(conn); err == nil && int(cred.Uid) == os.Geteuid() {
			return conn, nil
		}
		conn.Close()
	}
}

// Close implements net.Listener. The socket is removed first, so that nobody
// finds one that does not answer.
func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retire()
	return s.l.Close()
}

// Retire removes the socket, so that nobody new finds it. Those who have go on,
// and connections are accepted until it is closed.
func (s *socket) Retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retire()
}

func (s *socket) retire() {
	if !s.gone && s.lies() {
		_ = os.Remove(s.path)
		if dir := filepath.Dir(s.path); shortDir.MatchString(filepath.Base(dir)) {
			_ = os.Remove(dir) // made for the socket alone, so empty
		}
	}
	s.gone = true
}

// Addr implements net.Listener.
func (s *socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }
