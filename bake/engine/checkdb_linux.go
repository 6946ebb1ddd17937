package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	// checkerName is the name under which this executable checks databases.
	checkerName = "bake-engine-check"
	// checkTime bounds a check. It reads all that there is.
	checkTime = 20 * time.Second
)

// sound checks databases, in a process of its own: reading one that is damaged
// can end a process, or not end at all.
func sound(ctx context.Context, paths ...string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = append([]string{checkerName}, paths...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.Output()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("it cannot be read within %s", checkTime)
	case !errors.As(err, &ended):
		return nil // it was not looked at
	case len(out) > 0:
		return errors.New(string(out))
	}
	return errUnreadable
}

var errUnreadable = errors.New("it cannot be read")

// checkMain is the process that checks databases. What it prints is what is wrong
// with the first that is damaged.
func checkMain(paths []string) int {
	for _, path := range paths {
		if err := check(path); err != nil {
			fmt.Fprint(os.Stdout, err)
			return 1
		}
	}
	return 0
}

func check(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errors.New("it is empty")
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: checkTime})
	if err != nil {
		return err
	}
	return db.View(func(tx *bolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("it has %d of %d bytes", info.Size(), tx.Size())
		}
		for range tx.Check() {
			return errUnreadable // in what way means something to few
		}
		return nil
	})
}
