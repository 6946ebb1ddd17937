// Package rootless lets an ordinary user run what needs root: it starts a
// program, this executable again, in a user namespace where the user is root.
//
// # What the child gets
//
// [Start] and [Run] take a prepared [exec.Cmd], so argv, streams and extra
// descriptors are the caller's (descriptor 3 stays descriptor 3). They add a
// user, a mount and a PID namespace. When the child's main begins, it is user 0
// with all capabilities over these namespaces; its mounts stay its own; /proc
// shows its own processes; and a fresh tmpfs is the directory for run-time
// state, so a killed child leaves neither processes nor mounts nor state. What
// the child creates belongs to the user outside.
//
// # Which ids there are
//
// The user becomes 0. Other ids exist only if the system grants the user some:
// ranges in /etc/subuid and /etc/subgid, which the setuid programs newuidmap
// and newgidmap (package uidmap) enter into the namespace. Without them there
// is only one id. Most builds work then, but nothing can be owned by another
// user; that is told in a note and not as an error. Root without CAP_SYS_ADMIN,
// as in many containers, maps the ids it has by itself if it may.
//
// # Why it is made so
//
// The usual way to gain the capabilities is two starts: one in a namespace
// without ids, which waits for newuidmap, and a second that finds itself root.
// Here the first start gets its capabilities as ambient ones, keeps them, and
// simply goes on once it has ids. It saves a start of a large program, and it
// works under no_new_privs too, where a second start would gain nothing.
//
// The child must not run main before it has its ids. So it waits in this
// package's init function, told by a variable in its environment; a program
// needs no more than to import the package. For the same reason a second
// package that acts in init functions must tolerate running as nobody.
//
// rootlesskit does more (its own network stacks, port forwarding) and costs
// 7 MB and a state directory; an engine that uses the host's network needs none
// of that.
//
// [Check] says beforehand what the host lacks; errors of [Start] say the same.
package rootless
