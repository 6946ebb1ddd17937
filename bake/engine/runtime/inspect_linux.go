//go:build cgo

package runtime

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/utils"
)

// containerState is what "state" and "list" print. The first fields are the
// specification's, the others are runc's.
type containerState struct {
	Version     string            `json:"ociVersion"`
	ID          string            `json:"id"`
	PID         int               `json:"pid"` // 0 once stopped
	Status      string            `json:"status"`
	Bundle      string            `json:"bundle"`
	Rootfs      string            `json:"rootfs"`
	Created     time.Time         `json:"created"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Owner       string            `json:"owner"`
}

func loadState(root, id string) (*containerState, error) {
	c, err := libcontainer.Load(root, id)
	if err != nil {
		return nil, err
	}
	status, err := c.Status()
	if err != nil {
		return nil, err
	}
	state, err := c.State()
	if err != nil {
		return nil, err
	}
	out := &containerState{
		Version: state.Config.Version,
		ID:      state.ID,
		PID:     state.InitProcessPid,
		Status:  status.String(),
		Rootfs:  state.Config.Rootfs,
		Created: state.Created,
	}
	out.Bundle, out.Annotations = utils.Annotations(state.Config.Labels)
	if status == libcontainer.Stopped {
		out.PID = 0
	}
	return out, nil
}

func defineState(_ *flag.FlagSet, g *globals) action {
	return func(args []string) (int, error) {
		s, err := loadState(g.root, args[0])
		if err != nil {
			return 0, err
		}
		enc := json.NewEncoder(g.stdout)
		enc.SetIndent("", "  ")
		return 0, enc.Encode(s)
	}
}

func defineList(flags *flag.FlagSet, g *globals) action {
	var quiet bool
	format := defineFormat(flags)
	flags.BoolVar(&quiet, "quiet", false, "print only the ids")
	flags.BoolVar(&quiet, "q", false, "short for --quiet")
	return func([]string) (int, error) {
		states, err := loadStates(g.root)
		if err != nil {
			return 0, err
		}
		switch {
		case quiet:
			for _, s := range states {
				fmt.Fprintln(g.stdout, s.ID)
			}
			return 0, nil
		case *format == "json":
			return 0, json.NewEncoder(g.stdout).Encode(states)
		case *format == "table":
			return 0, printStates(g, states)
		}
		return 0, errFormat(*format)
	}
}

func defineFormat(flags *flag.FlagSet) *string {
	format := flags.String("format", "table", "table or json")
	flags.StringVar(format, "f", "table", "short for --format")
	return format
}

func errFormat(format string) error {
	return fmt.Errorf("format %q is neither table nor json", format)
}

func loadStates(root string) ([]containerState, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var states []containerState
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		s, err := loadState(root, e.Name())
		if err != nil {
			fmt.Fprintf(os.Stderr, "container %s: %v\n", e.Name(), err)
			continue
		}
		s.Owner = owner(filepath.Join(root, e.Name()))
		states = append(states, *s)
	}
	return states, nil
}

func owner(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	uid := strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Uid))
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return "#" + uid
}

func printStates(g *globals, states []containerState) error {
	w := tabwriter.NewWriter(g.stdout, 12, 1, 3, ' ', 0)
	fmt.Fprintln(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER")
	for _, s := range states {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n",
			s.ID, s.PID, s.Status, s.Bundle, s.Created.Format(time.RFC3339Nano), s.Owner)
	}
	return w.Flush()
}

func definePs(flags *flag.FlagSet, g *globals) action {
	format := defineFormat(flags)
	return func(args []string) (int, error) {
		c, err := libcontainer.Load(g.root, args[0])
		if err != nil {
			return 0, err
		}
		pids, err := c.Processes()
		if err != nil {
			return 0, err
		}
		switch *format {
		case "json":
			return 0, json.NewEncoder(g.stdout).Encode(pids)
		case "table":
			return 0, printProcesses(g, pids, args[1:])
		}
		return 0, errFormat(*format)
	}
}

// printProcesses prints those lines of the host's ps that are about pids.
func printProcesses(g *globals, pids []int, options []string) error {
	if len(options) == 0 {
		options = []string{"-ef"}
	}
	out, err := exec.Command("ps", options...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ps: %w: %s", err, out)
	}
	header, rest, _ := strings.Cut(string(out), "\n")
	column := slices.Index(strings.Fields(header), "PID")
	if column < 0 {
		return errors.New("ps prints no PID column with these options")
	}
	fmt.Fprintln(g.stdout, header)
	for line := range strings.Lines(rest) {
		fields := strings.Fields(line)
		if len(fields) <= column {
			continue
		}
		if pid, err := strconv.Atoi(fields[column]); err == nil && slices.Contains(pids, pid) {
			fmt.Fprint(g.stdout, line)
		}
	}
	return nil
}
