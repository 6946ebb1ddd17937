package bake

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/hashicorp/hcl/v2"
)

// localPlatform stands for the platform of the machine that bake runs on,
// which a definition does not know.
const localPlatform = "local"

// NormalPlatform is the one spelling of a platform that several have, as
// BuildKit understands them: linux/aarch64 and linux/arm64/v8 are linux/arm64,
// linux/arm is linux/arm/v7. It is "local" for the platform of this machine and
// the text itself for what is no platform.
func NormalPlatform(text string) string {
	if strings.EqualFold(text, localPlatform) {
		return localPlatform
	}
	p, err := platforms.Parse(text)
	if err != nil {
		return text
	}
	return platforms.FormatAll(platforms.Normalize(p))
}

// normalPlatforms are the platforms of a target, each in its one spelling and
// once. An item may hold several with commas between them.
func normalPlatforms(items []string) []string {
	var out []string
	for _, item := range items {
		for text := range strings.SplitSeq(item, ",") {
			if p := NormalPlatform(text); !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// lacksPlatform reports whether a target with the platforms have cannot be used
// by one with the platforms need. What "local" is shows only in a build.
func lacksPlatform(need, have []string) bool {
	need, have = normalPlatforms(need), normalPlatforms(have)
	if len(need) < 2 || len(have) < 2 || slices.Contains(have, localPlatform) {
		return false
	}
	return slices.ContainsFunc(need, func(p string) bool { return p != localPlatform && !slices.Contains(have, p) })
}

// checkPlatformNames warns of a platform that a target names more than once, as
// it is built once, and of one that looks like a slip of the pen.
func (p *planner) checkPlatformNames(a *attr) {
	seen := map[string]string{} // spelling by platform
	for i := range a.cells {
		c := &a.cells[i]
		for text := range strings.SplitSeq(c.text(), ",") {
			normal := NormalPlatform(text)
			if meant := misspeltPlatform(normal); meant != "" {
				p.report(unknownPlatform(c, text, meant))
			}
			if first, ok := seen[normal]; ok {
				p.report(samePlatform(c, first, text))
				continue
			}
			seen[normal] = text
		}
	}
}

// What Go and BuildKit call systems and architectures. There may be others.
var (
	systems       = []string{"linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "android", "ios", "illumos", "solaris", "aix", "plan9", "js", "wasip1", "wasi"}
	architectures = []string{"amd64", "arm64", "arm", "386", "ppc64le", "ppc64", "s390x", "riscv64", "loong64", "mips64le", "mips64", "mipsle", "mips", "wasm", "sparc64"}
)

// misspeltPlatform is what a platform in its one spelling was probably meant to
// be, empty if it looks right.
func misspeltPlatform(platform string) string {
	system, rest, several := strings.Cut(platform, "/")
	arch, variant, more := strings.Cut(rest, "/")
	if !several {
		return ""
	}
	meant := platform
	if !slices.Contains(systems, system) {
		if s := suggest(system, systems); s != "" {
			meant = s + "/" + rest
		}
	}
	if !slices.Contains(architectures, arch) {
		if a := suggest(arch, architectures); a != "" {
			meant = strings.TrimSuffix(meant, rest) + a
			if more {
				meant += "/" + variant
			}
		}
	}
	if meant == platform {
		return ""
	}
	return meant
}

func unknownPlatform(c *cell, text, meant string) *hcl.Diagnostic {
	rng := c.rng()
	return warningAt(ofValue("unknown-platform", rng), rng, "Unknown platform",
		"No builder is known to build for %s%s. Did you mean %q?", text, c.from(), meant)
}

func samePlatform(c *cell, first, second string) *hcl.Diagnostic {
	rng := c.rng()
	id := ofValue("same-platform", rng)
	if first == second {
		return warningAt(id, rng, "Platform named twice", "%s%s is named twice, and built once.", second, c.from())
	}
	return warningAt(id, rng, "Two names of one platform",
		"%s%s is the same platform as %s, which the list has already; it is built once. Name it once.", second, c.from(), first)
}
