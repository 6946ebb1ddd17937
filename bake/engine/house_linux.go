package engine

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/moby/buildkit/util/bklog"
	"golang.org/x/sys/unix"
)

// houseTime is how often an engine looks after itself.
const houseTime = 2 * time.Second

// keepHouse looks after what others can take away from a running engine, and
// what others leave with it, until ctx ends: the socket is made again when it
// was removed (cleaners of temporary files do that), the engine stops when its
// state directory was removed, and orphans are reaped.
func keepHouse(ctx context.Context, lock *os.File, l *socket, stop func(why string)) {
	tick := time.NewTicker(houseTime)
	defer tick.Stop()
	zombies := map[int]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !lies(lock) {
			stop("the state directory was removed")
			return
		}
		if err := l.renew(); err != nil {
			bklog.L.Errorf("the socket was removed and cannot be made again: %v", err)
			stop("nobody can connect any more")
			return
		}
		zombies = reap(zombies)
	}
}

// lies tells whether f is still what its name refers to.
func lies(f *os.File) bool {
	here, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(f.Name())
	return err == nil && os.SameFile(here, there)
}

// reap collects the orphans that ended: the engine is process 1 of its
// namespace. Most of its zombies are its own children, about to be waited for;
// only those that were seen before are nobody's. It returns those seen now.
func reap(seen map[int]bool) map[int]bool {
	now := map[int]bool{}
	if os.Getpid() != 1 {
		return now
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return now
	}
	for _, name := range stats {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		// pid (comm) state ppid ...; comm may hold anything.
		_, rest, ok := bytes.Cut(data, []byte(") "))
		if !ok || !bytes.HasPrefix(rest, []byte("Z 1 ")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			continue
		}
		if seen[pid] {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
			continue
		}
		now[pid] = true
	}
	return now
}
