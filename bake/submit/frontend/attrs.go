package frontend

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/platform"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Attrs returns the attributes that tell the Dockerfile frontend how
// to build t. Where the build comes from (contexts, Dockerfile) is not in it.
func Attrs(t *bake.Target, proxy map[string]string, env bake.Env, pp []ocispecs.Platform) (map[string]string, error) {
	attrs := map[string]string{}
	for k, v := range t.Args {
		attrs["build-arg:"+k] = v
	}
	if epoch := env["SOURCE_DATE_EPOCH"]; epoch != "" && !HasArg(t.Args, "SOURCE_DATE_EPOCH") {
		attrs["build-arg:SOURCE_DATE_EPOCH"] = epoch
	}
	for k, v := range proxy {
		if !HasArg(t.Args, k) {
			attrs["build-arg:"+k] = v
		}
	}
	for k, v := range t.Labels {
		attrs["label:"+k] = v
	}
	if t.Stage != nil && *t.Stage != "" {
		attrs["target"] = *t.Stage
	}
	if len(pp) > 0 {
		attrs["platform"] = platform.Format(pp)
	}
	if b, _ := strconv.ParseBool(t.Args["BUILDKIT_MULTI_PLATFORM"]); b {
		attrs["multi-platform"] = "true"
	}
	cacheAttrs(t, attrs)
	if err := networkAttrs(t, attrs); err != nil {
		return nil, err
	}
	if err := limitAttrs(t, attrs); err != nil {
		return nil, err
	}
	return attrs, nil
}

// HasArg reports whether args holds key in any spelling, as proxy variables
// are written in both cases.
func HasArg(args map[string]string, key string) bool {
	for k := range args {
		if strings.EqualFold(k, key) {
			return true
		}
	}
	return false
}

func cacheAttrs(t *bake.Target, attrs map[string]string) {
	if len(t.NoCacheFilter) > 0 {
		attrs["no-cache"] = strings.Join(t.NoCacheFilter, ",")
	}
	if t.NoCache != nil && *t.NoCache {
		attrs["no-cache"] = "" // every stage
	}
	if t.Pull != nil && *t.Pull {
		attrs["image-resolve-mode"] = "pull"
	}
}

// AttestAttrs adds the attestations that t asks for and, if it says nothing
// about provenance, the default: minimal provenance in images, none as a file
// beside other outputs.
func AttestAttrs(t *bake.Target, env bake.Env, attrs map[string]string) error {
	said := map[string]bool{}
	for _, a := range t.Attest {
		if said[a.Type] {
			continue
		}
		said[a.Type] = true
		if a.Disabled() {
			continue
		}
		text, err := attestText(a)
		if err != nil {
			return failure.In("attest", "", err)
		}
		attrs["attest:"+a.Type] = text
	}
	if said["provenance"] {
		return nil
	}
	if text, set := env["BUILDX_NO_DEFAULT_ATTESTATIONS"]; set {
		off, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("invalid BUILDX_NO_DEFAULT_ATTESTATIONS: %w", err)
		}
		if off {
			return nil
		}
	}
	attrs["attest:provenance"] = "mode=min,inline-only=true"
	return nil
}

func attestText(a bake.Entry) (string, error) {
	fields := []string{"type=" + a.Type}
	for _, k := range slices.Sorted(maps.Keys(a.Attrs)) {
		if k != "disabled" {
			fields = append(fields, k+"="+a.Attrs[k])
		}
	}
	return csvText(fields)
}

// csvText writes fields as one CSV record.
func csvText(fields []string) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(fields); err != nil {
		return "", err
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n"), w.Error()
}
