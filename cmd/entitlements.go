package cmd

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"

	"bake/bake"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/cmd/verb"
)

// grants are the entitlements that --allow knows, and what each permits, in the
// words that scripts look for; %s is the value.
var grants = []struct{ name, permits string }{
	{"network.host", "Running build containers that can access host network"},
	{"security.insecure", "Running privileged containers that can make system changes"},
	{"device", "Access to device %s"},
	{"ssh", "Forwarding default SSH agent socket"},
	{"buildx.local.delete", "Deleting stale files from local output destinations"},
	{"fs", "Read and write access to path %s"},
	{"fs.read", "Read access to path %s"},
	{"fs.write", "Write access to path %s"},
	{"image", "Loading and pushing of image %s"},
	{"image.push", "Pushing of image %s"},
	{"image.load", "Loading of image %s"},
}

// valueless are entitlements that take no value, and needy those that must
// have one.
var (
	valueless = []string{"network.host", "security.insecure", "ssh", "buildx.local.delete"}
	needy     = []string{"fs", "fs.read", "fs.write", "image", "image.push", "image.load"}
)

// checkAllow finds what is wrong with the --allow flags.
func checkAllow(list []string) error {
	var names []string
	for _, g := range grants {
		names = append(names, g.name)
	}
	for _, text := range list {
		name, _, hasValue := strings.Cut(text, "=")
		if !slices.Contains(names, name) {
			return exit.Usagef("--allow %s: unknown entitlement key %q", text, name).
				WithHint("%s", suggestOr(verb.Similar(name, names), "Known are "+strings.Join(names, ", ")+"."))
		}
		if hasValue && slices.Contains(valueless, name) {
			return exit.Usagef("--allow %s: %s does not accept a value", text, name)
		}
		if !hasValue && slices.Contains(needy, name) {
			return exit.Usagef("--allow %s: %s needs a value, as in --allow %s=PATH", text, name, name)
		}
	}
	return nil
}

// permits says what an entitlement permits: its name if it is none that --allow
// knows.
func permits(entitlement string) string {
	if entitlement == "device" {
		return "Access to CDI devices"
	}
	name, value, hasValue := strings.Cut(entitlement, "=")
	for _, g := range grants {
		if g.name == name && hasValue == strings.Contains(g.permits, "%s") {
			return strings.Replace(g.permits, "%s", value, 1)
		}
	}
	return entitlement
}

// asksFor stands before the list of what is asked for.
const asksFor = "Your build is requesting privileges for following possibly insecure capabilities"

// refusedEntitlements is the error that ends a run for want of entitlements. It says what
// they permit, to which targets, and how to grant them. What the definition has
// a say in cannot change what is shown around it.
func refusedEntitlements(a *app.App, missing []bake.Entitlement) *exit.Error {
	var needs, flags []string
	for _, m := range missing {
		needs = append(needs, fmt.Sprintf("  - %s (%s)", terminal.Printable(permits(m.Name)), terminal.Printable(strings.Join(m.Targets, ", "))))
		flags = append(flags, terminal.ShellQuote("--allow="+terminal.Printable(m.Name)))
	}
	line := "bake " + strings.Join(flags, " ")
	for _, arg := range a.Args {
		line += " " + terminal.ShellQuote(terminal.Printable(arg))
	}
	// Not in the hint, which is wrapped: scripts look for whole sentences.
	err := fmt.Errorf("additional privileges requested\n\n%s:\n\n%s", asksFor, strings.Join(needs, "\n"))
	return (&exit.Error{Code: exit.Entitlement, Label: "ERROR", Err: err}).WithHint("To grant them:\n\n  %s", line)
}

// askEntitlements asks the user at the terminal to grant what is missing. No
// terminal, no question: a script must not hang.
func askEntitlements(ctx context.Context, a *app.App, missing []bake.Entitlement) (granted []string) {
	if !a.Interactive {
		return nil
	}
	a.Fail(refusedEntitlements(a, missing))
	fmt.Fprint(a.Err, "\nDo you want to grant requested privileges and continue? [y/N] ")
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.In).ReadString('\n') // none is an answer, too
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
