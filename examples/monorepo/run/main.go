// Command run starts an image from an archive that bake wrote, without a
// container engine: it unpacks the layers into a temporary directory and starts
// the image's entrypoint in there, as the image's user, in namespaces of its
// own. The network is the host's. It needs no right that a user does not have.
//
//	run [-e NAME=VALUE]... ARCHIVE [ARG...]
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func main() {
	log.SetFlags(0)
	log.SetPrefix("run: ")
	var env list
	flag.Var(&env, "e", "set an environment variable, NAME=VALUE")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("usage: run [-e NAME=VALUE]... ARCHIVE [ARG...]")
	}
	code, err := run(flag.Arg(0), flag.Args()[1:], env)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// run returns the exit code of the image's program.
func run(archive string, args, env []string) (int, error) {
	root, err := os.MkdirTemp("", "monorepo-run-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(root)
	if err := os.Chmod(root, 0o755); err != nil { // the image's user goes through it
		return 0, err
	}
	config, err := unpack(archive, root)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", archive, err)
	}
	command := append(append([]string{}, config.Entrypoint...), args...)
	if len(args) == 0 {
		command = append(command, config.Cmd...)
	}
	if len(command) == 0 {
		return 0, fmt.Errorf("%s: the image says not what to start", archive)
	}
	cmd := &exec.Cmd{
		Path: command[0], Args: command, Dir: "/" + strings.TrimPrefix(config.WorkingDir, "/"),
		Env: append(config.Env, env...), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		SysProcAttr: contained(root, config.User),
	}
	return wait(cmd)
}

// contained is how the process is kept in: chroot, process and mount namespaces
// and the image's user. Without root, a user namespace gives the right to
// chroot, and the image's user is the caller.
func contained(root, user string) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Chroot: root, Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
	}
	uid, gid := ids(user)
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
		return attr
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: int(uid), HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: int(gid), HostID: os.Getgid(), Size: 1}}
	return attr
}

// ids reads "65532:65532". The images of this repository name no users.
func ids(user string) (uid, gid uint32) {
	name, group, _ := strings.Cut(user, ":")
	u, _ := strconv.ParseUint(name, 10, 32)
	g, _ := strconv.ParseUint(group, 10, 32)
	return uint32(u), uint32(g)
}

// wait starts the process and passes an interrupt on to it.
func wait(cmd *exec.Cmd) (int, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		<-signals
		_ = cmd.Process.Kill() // the first process of a namespace ignores gentler signals
	}()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return max(cmd.ProcessState.ExitCode(), 0), nil
}
