package enginecmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/verb"
)

// engineLogsOptions are the flags of `bake engine logs`.
type engineLogsOptions struct {
	engineOptions
	follow bool
	tail   int
}

func newEngineLogs(a *app.App, runF func(*app.App, *engineLogsOptions) error) *cobra.Command {
	o := &engineLogsOptions{}
	c := &cobra.Command{
		Use:                   "logs [OPTIONS]",
		Short:                 "Print the engine's log",
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.engineOptions.addFlags(c.Flags())
	c.Flags().BoolVar(&o.follow, "follow", false, "Print what is added to the log, until interrupted")
	c.Flags().IntVarP(&o.tail, "tail", "n", -1, "Begin with the last `N` lines; -1 is all")
	return c
}

func runEngineLogs(a *app.App, o *engineLogsOptions) error {
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	name := engine.LogFile(cfg)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return exit.Usagef("there is no log at %s", name).WithHint("The engine has never run there.")
	}
	if err != nil {
		return fmt.Errorf("read the engine's log: %w", err)
	}
	defer f.Close()
	if err := seekTail(f, o.tail); err != nil {
		return fmt.Errorf("read the engine's log: %w", err)
	}
	if _, err := io.Copy(a.Out, f); err != nil {
		return fmt.Errorf("read the engine's log: %w", err)
	}
	if !o.follow {
		return nil
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	return follow(ctx, a.Out, f)
}

// seekTail moves to the start of the last n lines. A negative n means all.
func seekTail(f io.ReadSeeker, n int) error {
	if n < 0 {
		return nil
	}
	const block = 16 << 10
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || n == 0 {
		return err
	}
	buf := make([]byte, block)
	found := 0
	for end := size; end > 0; {
		start := max(0, end-block)
		part := buf[:end-start]
		if _, err := f.Seek(start, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.ReadFull(f, part); err != nil {
			return err
		}
		for i := bytes.LastIndexByte(part, '\n'); i >= 0; i = bytes.LastIndexByte(part[:i], '\n') {
			next := start + int64(i) + 1
			if next == size {
				continue // it ends the last line and starts none
			}
			if found++; found == n {
				_, err := f.Seek(next, io.SeekStart)
				return err
			}
		}
		end = start
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// follow copies what is added to a file until the context ends, which is how
// it is meant to end.
func follow(ctx context.Context, w io.Writer, f *os.File) error {
	for {
		if _, err := io.Copy(w, f); err != nil {
			return fmt.Errorf("follow the engine's log: %w", err)
		}
		if st, err := f.Stat(); err == nil {
			if at, err := f.Seek(0, io.SeekCurrent); err == nil && at > st.Size() {
				_, _ = f.Seek(0, io.SeekStart) // the engine has begun a new log
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}
