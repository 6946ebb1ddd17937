package platform

import (
	"slices"
	"strings"

	"bake/bake/submit/failure"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Parse reads the attribute "platforms": an item may hold several
// platforms separated by commas, and "local" is the platform of this machine.
// Each platform is in the result once, however often and in whatever spelling it
// was named.
func Parse(items []string) ([]ocispecs.Platform, error) {
	var out []ocispecs.Platform
	for _, item := range items {
		for s := range strings.SplitSeq(item, ",") {
			p := platforms.DefaultSpec()
			if !IsLocal(s) {
				var err error
				if p, err = platforms.Parse(s); err != nil {
					return nil, failure.In("platforms", "", err)
				}
			}
			if p = platforms.Normalize(p); !Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// IsLocal reports whether s means the platform of this machine.
func IsLocal(s string) bool { return strings.EqualFold(s, "local") }

// Contains reports whether a platform, in its one spelling, is in a list.
func Contains(list []ocispecs.Platform, p ocispecs.Platform) bool {
	name := platforms.FormatAll(p)
	return slices.ContainsFunc(list, func(other ocispecs.Platform) bool { return platforms.FormatAll(other) == name })
}

// Format writes a list as BuildKit reads it, with commas between.
func Format(pp []ocispecs.Platform) string {
	var names []string
	for _, p := range pp {
		names = append(names, platforms.FormatAll(p))
	}
	return strings.Join(names, ",")
}
