package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bake/bake"
)

// grants are the entitlements that --allow knows, and what they permit.
var grants = []struct{ name, permits string }{
	{"network.host", "use the network of the host"},
	{"security.insecure", "run containers without a sandbox"},
	{"device", "use devices of the host"},
	{"ssh", "use the SSH agent"},
	{"buildx.local.delete", "delete files of output directories that a build did not write (mode=delete)"},
	{"fs", "read and write files"},
	{"fs.read", "read files"},
	{"fs.write", "write files"},
	{"image", "load and push images"},
	{"image.push", "push images"},
	{"image.load", "load images"},
}

// valueless are entitlements that take no value, and needy those that must
// have one.
var (
	valueless = []string{"network.host", "security.insecure", "ssh", "buildx.local.delete"}
	needy     = []string{"fs", "fs.read", "fs.write", "image", "image.push", "image.load"}
)

// checkAllow finds what is wrong with the --allow flags.
func checkAllow(list []string) error {
	for _, text := range list {
		name, _, hasValue := strings.Cut(text, "=")
		if grantOf(name) == "" {
			var names []string
			for _, g := range grants {
				names = append(names, g.name)
			}
			return usageErrorf("--allow %s: unknown entitlement key %q", text, name).
				withHint("%s", suggestOr(similar(name, names), "Known are "+strings.Join(names, ", ")+"."))
		}
		if hasValue && slices.Contains(valueless, name) {
			return usageErrorf("--allow %s: %s takes no value", text, name)
		}
		if !hasValue && slices.Contains(needy, name) {
			return usageErrorf("--allow %s: %s needs a value, as in --allow %s=PATH", text, name, name)
		}
	}
	return nil
}

func grantOf(name string) string {
	for _, g := range grants {
		if g.name == name {
			return g.permits
		}
	}
	return ""
}

// engineGrants are those entitlements that a builder, too, has to grant; the
// others are a matter between bake and its user.
func engineGrants(allow []string) []string {
	var list []string
	for _, text := range allow {
		name, _, _ := strings.Cut(text, "=")
		if (name == "network.host" || name == "security.insecure" || name == "device") && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// refused is the error that ends a run for want of entitlements. It says what
// they permit and how to grant them.
func (a *app) refused(missing []bake.Entitlement) *exitError {
	var needs, flags []string
	for _, m := range missing {
		name, value, hasValue := strings.Cut(m.Name, "=")
		permits := grantOf(name)
		if permits == "" {
			permits = m.Name
		}
		if hasValue {
			permits += ": " + value
		}
		needs = append(needs, fmt.Sprintf("  - %s (%s)", permits, strings.Join(m.Targets, ", ")))
		flags = append(flags, "--allow "+shellQuote(m.Name))
	}
	line := "bake " + strings.Join(flags, " ")
	for _, arg := range a.args {
		line += " " + shellQuote(arg)
	}
	err := &exitError{code: ExitEntitlement, err: errors.New("the build asks for privileges that were not granted")}
	return err.withHint("It wants to\n\n%s\n\nTo grant that:\n\n  %s", strings.Join(needs, "\n"), line)
}

// askEntitlements asks the user at the terminal to grant what is missing. No
// terminal, no question: a script must not hang.
func (a *app) askEntitlements(ctx context.Context, missing []bake.Entitlement) (granted []string) {
	if !a.interactive {
		return nil
	}
	a.fail(a.refused(missing))
	fmt.Fprint(a.err, "\nDo you want to grant requested privileges and continue? [y/N] ")
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.in).ReadString('\n') // none is an answer, too
		answers <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return nil
	case answer := <-answers:
		if !strings.EqualFold(answer, "y") {
			return nil
		}
	}
	for _, m := range missing {
		granted = append(granted, m.Name)
	}
	return granted
}

// shellQuote writes an argument so that a shell reads it back as it was.
func shellQuote(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,@+%", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
