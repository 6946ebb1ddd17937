// Package runtime is the OCI runtime that an engine starts containers with:
// runc's library behind runc's command line, inside the bake executable.
//
// # How it is reached
//
// BuildKit runs a program for each container and for each thing it does to
// one. That program is this executable under another name: [Is] recognises it
// by argv[0] ([Name]), and the package's init function takes the process over.
// So a program that imports the package is the runtime when called so, tests
// included. The first process of a container is one more start of the same
// executable, with "init" as its argument, whose C part (nsenter) has entered
// the container's namespaces before Go began.
//
// The command line is runc's as far as github.com/containerd/go-runc, BuildKit
// and people who look into a container use it: create, run, start, exec, kill,
// delete, state, list, ps, features; its exit statuses, its JSON log and its
// state directory too. Not here, because nothing in bake asks for it:
// checkpoint and restore, pause and resume, update, events, and the sockets of
// systemd (NOTIFY_SOCKET, LISTEN_FDS).
//
// # What differs from runc
//
//   - A build without the tag "seccomp" drops the profile of a container, where
//     runc would refuse the container; [SeccompEnabled] tells. It lets a plain
//     go build work without libseccomp.
//   - An id that does not exist in this user namespace is dropped from the
//     options of devpts (gid=5, usually). So containers run in a namespace with
//     a single id, that is for an ordinary user without subordinate ids.
//   - Where its cgroup cannot be made, a container runs without limits.
//   - Without a terminal, pipes and /dev/null are handed to the process as they
//     are; runc copies everything through pipes of its own.
//   - SIGINT during a process with a terminal goes to the process; runc leaves
//     the process running and exits.
//
// # Why it starts in an init function
//
// A container takes three starts of this executable (run, init, delete), and
// starting a program that holds a whole engine takes long: its packages
// initialise themselves, of which the runtime needs few. Packages do so in the
// order of their import paths, dependencies first; this one comes before most
// of the engine's. Measured with the packages of an engine and a client (43 MB,
// stripped, static; milliseconds of CPU for one start, the smallest of 10):
//
//	main takes over        20.8
//	init takes over        10.5
//
// The rest of a container's start is what Debian's runc takes as well.
//
// # State
//
// The state directory (--root, $XDG_RUNTIME_DIR/runc or /run/runc) must not be
// below the directory of the executable on the same file system: libcontainer
// protects the executable by a read-only overlay of the two, which the kernel
// refuses for nested directories, and then copies the whole executable into
// memory for every container (33 ms). On a tmpfs it never is.
package runtime
