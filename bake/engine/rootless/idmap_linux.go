package rootless

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// An idRange is count consecutive ids.
type idRange struct{ inside, outside, count int }

func (r idRange) String() string { return fmt.Sprintf("%d %d %d", r.inside, r.outside, r.count) }

// plan says which ids the child gets and who enters them.
type plan struct {
	user       string
	uids, gids []idRange
	uidTool    string // newuidmap, empty to write the map ourselves
	gidTool    string
	note       string // why there is only one id
}

// ranges reports whether there are more ids than one.
func (p plan) ranges() bool { return len(p.uids) > 1 || p.uids[0].count > 1 }

// makePlan looks up what this process may map.
func makePlan() plan {
	p := plan{user: userName(), uids: single(os.Geteuid()), gids: single(os.Getegid())}
	if os.Geteuid() == 0 {
		// Without CAP_SETFCAP the kernel refuses a map of the parent's 0 with others.
		if capable(unix.CAP_SETUID) && capable(unix.CAP_SETGID) && capable(unix.CAP_SETFCAP) {
			p.uids, p.gids = identity("/proc/self/uid_map"), identity("/proc/self/gid_map")
		}
		return p
	}
	if problem, ok := checkSubordinate(); !ok {
		p.note = problem.note()
		return p
	}
	uids, _ := subordinate("/etc/subuid", p.user, os.Geteuid())
	gids, _ := subordinate("/etc/subgid", p.user, os.Geteuid())
	p.uids, p.gids = append(p.uids, uids...), append(p.gids, gids...)
	p.uidTool, _ = exec.LookPath("newuidmap")
	p.gidTool, _ = exec.LookPath("newgidmap")
	return p
}

func single(id int) []idRange { return []idRange{{inside: 0, outside: id, count: 1}} }

// userName is the name by which /etc/subuid may know the user. A user of a
// directory service may be none of /etc/passwd; $USER is a guess then, which
// newuidmap checks. Without any name it is the number.
func userName() string {
	id := strconv.Itoa(os.Geteuid())
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	if name := os.Getenv("USER"); name != "" && name != "root" {
		return name
	}
	return id
}

// identity maps every id that exists here to itself.
func identity(path string) []idRange {
	data, err := os.ReadFile(path)
	if err != nil {
		return single(0)
	}
	var out []idRange
	for line := range strings.Lines(string(data)) {
		var r idRange
		if _, err := fmt.Sscan(line, &r.inside, &r.outside, &r.count); err != nil {
			return single(0)
		}
		out = append(out, idRange{inside: r.inside, outside: r.inside, count: r.count})
	}
	return out
}

// subordinate reads the ranges of a user from /etc/subuid or /etc/subgid. They
// follow each other inside, beginning with 1.
func subordinate(path, name string, uid int) ([]idRange, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []idRange
	next := 1
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		fields := strings.Split(strings.TrimSpace(lines.Text()), ":")
		if len(fields) != 3 || fields[0] != name && fields[0] != strconv.Itoa(uid) {
			continue
		}
		first, err1 := strconv.Atoi(fields[1])
		count, err2 := strconv.Atoi(fields[2])
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("%s: the line of %s: %w", path, name, err)
		}
		if count > 0 {
			out = append(out, idRange{inside: next, outside: first, count: count})
			next += count
		}
	}
	return out, nil
}

// apply enters the ids of a process that was just put into a user namespace.
// If the tools refuse, the process gets a single id, and a note says so.
func (p plan) apply(pid int) (note string, err error) {
	if p.uidTool == "" {
		return p.note, writeMaps(pid, p.uids, p.gids)
	}
	err = runTool(p.uidTool, pid, p.uids)
	if err == nil {
		err = runTool(p.gidTool, pid, p.gids)
	}
	if err == nil {
		return "", nil
	}
	if werr := writeMaps(pid, single(os.Geteuid()), single(os.Getegid())); werr != nil {
		return "", errors.Join(err, werr)
	}
	return oneID(err.Error()), nil
}

func runTool(tool string, pid int, ids []idRange) error {
	args := []string{strconv.Itoa(pid)}
	for _, r := range ids {
		args = append(args, strings.Fields(r.String())...)
	}
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(tool), err, bytes.TrimSpace(out))
	}
	return nil
}

// writeMaps enters ids without help. A map that is there already is kept.
func writeMaps(pid int, uids, gids []idRange) error {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if len(gids) == 1 && gids[0].count == 1 {
		// The kernel's condition for entering a group without privilege.
		if err := os.WriteFile(filepath.Join(dir, "setgroups"), []byte("deny"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot set up the groups of the user namespace: %w", err)
		}
	}
	for file, ids := range map[string][]idRange{"uid_map": uids, "gid_map": gids} {
		path := filepath.Join(dir, file)
		if data, err := os.ReadFile(path); err == nil && len(data) > 0 {
			continue
		}
		var text []string
		for _, r := range ids {
			text = append(text, r.String())
		}
		if err := os.WriteFile(path, []byte(strings.Join(text, "\n")+"\n"), 0); err != nil {
			return fmt.Errorf("cannot enter the ids of the user namespace: %w", err)
		}
	}
	return nil
}

// oneID is the note about a namespace with a single id.
func oneID(why string) string {
	return "running with a single user id, so files cannot belong to others: " + why
}
