package build

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// parsePlatforms reads the attribute "platforms": an item may hold several
// platforms separated by commas, and "local" is the platform of this machine.
// Each platform is in the result once, however often and in whatever spelling it
// was named.
func parsePlatforms(items []string) ([]ocispecs.Platform, error) {
	var out []ocispecs.Platform
	for _, item := range items {
		for s := range strings.SplitSeq(item, ",") {
			p := platforms.DefaultSpec()
			if !isLocalPlatform(s) {
				var err error
				if p, err = platforms.Parse(s); err != nil {
					return nil, in("platforms", "", err)
				}
			}
			if p = platforms.Normalize(p); !hasPlatform(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

func isLocalPlatform(s string) bool { return strings.EqualFold(s, "local") }

// hasPlatform reports whether a platform, in its one spelling, is in a list.
func hasPlatform(list []ocispecs.Platform, p ocispecs.Platform) bool {
	name := platforms.FormatAll(p)
	return slices.ContainsFunc(list, func(other ocispecs.Platform) bool { return platforms.FormatAll(other) == name })
}

func formatPlatforms(pp []ocispecs.Platform) string {
	var names []string
	for _, p := range pp {
		names = append(names, platforms.FormatAll(p))
	}
	return strings.Join(names, ",")
}
