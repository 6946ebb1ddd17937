package e2e

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"

	"golang.org/x/sys/unix"
)

// ready is a definition whose outputs are written one after the other, while
// others build: archives, a layout and directories, of a chain and of targets of
// their own. ROUND is in all of them.
const ready = `
-- docker-bake.hcl --
variable "BASE" {}
variable "ROUND" { default = "0" }
group "default" { targets = ["first", "chain", "own"] }
target "_all" {
  contexts = { base = BASE }
  args     = { ROUND = ROUND }
}
target "first" {
  inherits = ["_all"]
  output   = ["type=tar,dest=first.tar"]
}
target "chain" {
  name       = "c${n}"
  matrix     = { n = [0, 1, 2] }
  inherits   = ["_all"]
  contexts   = { base = "target:first" }
  args       = { N = n }
  tags       = ["example.com/c:${n}"]
  output     = ["type=oci,dest=c${n}.tar"]
}
target "own" {
  name     = "o${n}"
  matrix   = { n = [0, 1, 2, 3] }
  inherits = ["_all"]
  args     = { N = "own${n}" }
  output   = ["type=tar,dest=o${n}.tar", "type=local,dest=o${n}"]
}
-- Dockerfile --
FROM base
ARG ROUND
ARG N
RUN echo $ROUND $N >/round && dd if=/dev/urandom of=/random bs=64k count=32 2>/dev/null
`

// killRounds is how often the engine and bake are killed.
func killRounds() int {
	if os.Getenv("BAKE_TEST_LONG") != "" {
		return 100
	}
	return 6
}

// Whenever the engine or bake is killed while outputs are written as their
// targets finish, each output is whole, old or new, and the next run makes all.
func TestKilledAtAnyMoment(t *testing.T) {
	fixture.NeedRoot(t)
	for _, who := range []string{"engine", "bake"} {
		t.Run(who, func(t *testing.T) {
			s := newSite(t, ready)
			began := time.Now()
			s.run(0, "-j4")
			took := time.Since(began)
			written, ended := 0, 0
			for round := 1; round <= killRounds(); round++ {
				build := s.start("-j4", "--progress=quiet", "--var", fmt.Sprint("ROUND=", round))
				pid := build.cmd.Process.Pid
				if who == "engine" {
					pid = s.engineState().PID
				}
				time.Sleep(time.Duration(rand.Float64() * float64(took)))
				if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
					t.Fatal(err)
				}
				<-build.done
				switch code := build.cmd.ProcessState.ExitCode(); code {
				case 0:
					ended++
				case 5, -1: // the engine is gone, or bake
				default:
					t.Fatalf("exit code %d\n%s", code, build.text.String())
				}
				written += s.wholeOutputs(round)
				s.run(0, "-j4", "--progress=quiet", "--var", fmt.Sprint("ROUND=", round))
				if n := s.wholeOutputs(round); n != 5 { // those that hold the round itself
					t.Fatalf("%d outputs are of round %d after a whole run", n, round)
				}
				if left, _ := filepath.Glob(s.path(".*.tmp")); len(left) > 0 {
					t.Fatalf("left behind: %v", left)
				}
			}
			t.Logf("%d kills: %d outputs had been written by then, %d runs were done", killRounds(), written, ended)
		})
	}
}

// outputsOfReady are the files that runs of ready write.
var outputsOfReady = []string{"first.tar", "c0.tar", "c1.tar", "c2.tar", "o0.tar", "o1.tar", "o2.tar", "o3.tar"}

// wholeOutputs is how many archives of files are of a round. Each archive that is
// there is whole.
func (s *site) wholeOutputs(round int) int {
	s.t.Helper()
	n := 0
	for _, name := range outputsOfReady {
		f, err := os.Open(s.path(name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := roundIn(f)
		f.Close()
		if err != nil {
			s.t.Fatalf("%s is not whole: %v", name, err)
		}
		if slices.Contains(strings.Fields(text), fmt.Sprint(round)) {
			n++
		}
	}
	return n
}

// roundIn reads an archive to its end, which is two blocks of zeros, and the file
// round if it has that.
func roundIn(r *os.File) (string, error) {
	end := make([]byte, 1024)
	if _, err := r.Seek(-int64(len(end)), io.SeekEnd); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(r, end); err != nil || bytes.ContainsFunc(end, func(c rune) bool { return c != 0 }) {
		return "", errors.Join(io.ErrUnexpectedEOF, err)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	text := ""
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return text, nil
		}
		if err != nil {
			return "", err
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			return "", err
		}
		if int64(len(data)) != header.Size {
			return "", io.ErrUnexpectedEOF
		}
		if header.Name == "round" {
			text = string(data)
		}
	}
}
