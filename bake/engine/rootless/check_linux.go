package rootless

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Check names what the host lacks for an ordinary user's containers: first
// what can be known without trying; if that is enough, it tries. It takes some
// 20 ms. Nothing is said where no user namespace is needed.
func Check() []Problem {
	if !Needed() {
		return nil
	}
	problems := checkHost()
	for _, p := range problems {
		if p.Fatal {
			return problems
		}
	}
	err := probe()
	if err == nil {
		return problems
	}
	var p Problem
	if !errors.As(err, &p) {
		p = Problem{What: "a user namespace cannot be set up", Fix: err.Error(), Fatal: true}
	}
	return append(problems, p)
}

// probe goes all the way to a namespace, and ends there.
func probe() error {
	cmd := exec.Command("/proc/self/exe")
	if _, err := start(cmd, stage{Probe: true}); err != nil {
		return err
	}
	return cmd.Wait()
}

// checkHost looks at settings, files and programs.
func checkHost() []Problem {
	var out []Problem
	for _, check := range []func() (Problem, bool){
		checkNamespaces, checkClone, checkSubordinate, checkOverlay,
	} {
		if p, ok := check(); !ok {
			out = append(out, p)
		}
	}
	return out
}

func checkNamespaces() (Problem, bool) {
	for _, kind := range []string{"user", "mnt", "pid"} {
		name := "user.max_" + kind + "_namespaces"
		if data, err := os.ReadFile("/proc/sys/" + strings.Replace(name, ".", "/", 1)); err == nil && string(bytes.TrimSpace(data)) == "0" {
			return Problem{
				What:  "user namespaces are switched off (" + name + " is 0)",
				Fix:   "as root, run: sysctl -w " + name + "=10000",
				Fatal: true,
			}, false
		}
	}
	if _, err := os.Stat("/proc/self/ns/user"); errors.Is(err, os.ErrNotExist) {
		return Problem{
			What:  "this kernel has no user namespaces",
			Fix:   "use a kernel with CONFIG_USER_NS, or run as root",
			Fatal: true,
		}, false
	}
	return Problem{}, true
}

func checkClone() (Problem, bool) {
	data, err := os.ReadFile("/proc/sys/kernel/unprivileged_userns_clone")
	if err != nil || string(bytes.TrimSpace(data)) != "0" || capable(unix.CAP_SYS_ADMIN) {
		return Problem{}, true
	}
	return Problem{
		What:  "ordinary users may not make user namespaces (kernel.unprivileged_userns_clone is 0)",
		Fix:   "as root, run: sysctl -w kernel.unprivileged_userns_clone=1",
		Fatal: true,
	}, false
}

// appArmorSwitch is Ubuntu's, from 23.10 on. A profile of the program lifts it,
// so only trying shows whether it is in the way.
const appArmorSwitch = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"

func restricted(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && string(bytes.TrimSpace(data)) == "1"
}

func appArmorProblem() Problem {
	program, err := os.Executable()
	if err != nil {
		program = "/path/to/bake"
	}
	return Problem{
		What: "AppArmor keeps ordinary users' namespaces from being used (kernel.apparmor_restrict_unprivileged_userns is 1)",
		Fix: fmt.Sprintf("as root, write the profile `abi <abi/4.0>, include <tunables/global> profile bake %s flags=(unconfined) { userns, }` "+
			"to /etc/apparmor.d/bake and run: apparmor_parser -r /etc/apparmor.d/bake", program),
		Fatal: true,
	}
}

func maskedProblem() Problem {
	return Problem{
		What: "parts of /proc are covered, as containers have it, so no /proc can be mounted in a user namespace",
		Fix: "start the outer container with --security-opt systempaths=unconfined (Kubernetes: procMount: Unmasked), " +
			"seccomp=unconfined and apparmor=unconfined",
		Fatal: true,
	}
}

// maskedProc reports whether something is mounted below /proc that would show
// through a fresh mount, which the kernel refuses then. What it permits are
// empty directories that are meant to be mounted on.
func maskedProc() bool {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) > 4 && strings.HasPrefix(fields[4], "/proc/") && fields[4] != "/proc/sys/fs/binfmt_misc" && fields[4] != "/proc/fs/nfsd" {
			return true
		}
	}
	return false
}

// checkSubordinate looks for what it takes to have more than one id.
func checkSubordinate() (Problem, bool) {
	if os.Geteuid() == 0 {
		return Problem{}, true
	}
	const effect = "only one user id is available"
	if nnp, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && nnp == 1 {
		return Problem{
			What: effect + ", since no_new_privs keeps newuidmap from working",
			Fix:  "start bake without no_new_privs (systemd: NoNewPrivileges=no)",
		}, false
	}
	for _, tool := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(tool); err != nil {
			return Problem{
				What: effect + ", since " + tool + " is missing",
				Fix:  "install uidmap (Debian, Ubuntu), shadow-utils (Fedora), shadow (Arch, openSUSE) or shadow-uidmap (Alpine)",
			}, false
		}
	}
	name := userName()
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		if ids, err := subordinate(file, name, os.Geteuid()); err != nil && !errors.Is(err, os.ErrNotExist) || len(ids) == 0 {
			return Problem{
				What: effect + ", since " + file + " grants none to user " + name,
				Fix:  grant(name),
			}, false
		}
	}
	return Problem{}, true
}

// grant says how a user gets subordinate ids.
func grant(name string) string {
	if _, err := strconv.Atoi(name); err == nil {
		return "newuidmap needs a user with a name, so as root, run useradd for one, and run bake as that"
	}
	return "as root, run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + name
}

// note is the line for the user of a namespace with a single id.
func (p Problem) note() string {
	_, why, _ := strings.Cut(p.What, ", since ")
	return oneID(why + "; " + p.Fix)
}

func checkOverlay() (Problem, bool) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return Problem{}, true
	}
	release := unix.ByteSliceToString(u.Release[:])
	if atLeast(release, 5, 11) {
		return Problem{}, true
	}
	return Problem{
		What: "kernel " + release + " cannot mount overlayfs in a user namespace, so layers are copied, which is slow and takes space",
		Fix:  "use kernel 5.11 or newer",
	}, false
}

// atLeast compares the beginning of a kernel release such as 6.1.0-13-amd64.
func atLeast(release string, major, minor int) bool {
	a, rest, _ := strings.Cut(release, ".")
	b, _, _ := strings.Cut(rest, ".")
	b, _, _ = strings.Cut(b, "-")
	x, err := strconv.Atoi(a)
	if err != nil {
		return true
	}
	y, err := strconv.Atoi(b)
	if err != nil {
		return true
	}
	return x > major || x == major && y >= minor
}
