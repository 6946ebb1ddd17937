package builders

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/util/platformutil"
	"github.com/docker/cli/cli/command/formatter"
)

// listedBuilder is what {{.Builder}} is in a template.
type listedBuilder struct {
	*builder.Builder
	Current bool
}

// builderRow is a line of the list: a builder or, with node, one of its nodes.
// Its methods are the words of a template, the same as in docker buildx.
type builderRow struct {
	formatter.HeaderContext
	Builder *listedBuilder

	node         *builder.Node
	table, short bool
}

// MarshalJSON is the builder as docker buildx writes it.
func (r *builderRow) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(r.Builder.Builder)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	fields["Current"] = r.Builder.Current
	return json.Marshal(fields)
}

// Name is the name, with a star at the current builder.
func (r *builderRow) Name() string {
	switch {
	case r.node != nil:
		return r.below() + r.node.Name
	case r.Builder.Current && r.table:
		return r.Builder.Name + "*"
	}
	return r.Builder.Name
}

// DriverEndpoint is the driver of a builder, the address of a node.
func (r *builderRow) DriverEndpoint() string {
	if r.node != nil {
		return r.below() + r.node.Endpoint
	}
	return r.Builder.Driver
}

// below marks the nodes of a builder in a table.
func (r *builderRow) below() string {
	if r.table {
		return ` \_ `
	}
	return ""
}

// LastActivity is when a builder was last used or changed.
func (r *builderRow) LastActivity() string {
	if r.node != nil || r.Builder.LastActivity.IsZero() {
		return ""
	}
	return r.Builder.LastActivity.UTC().Format(time.RFC3339)
}

// Status is the state of a node, or error.
func (r *builderRow) Status() string {
	switch {
	case r.node == nil && r.Builder.Err() != nil, r.node != nil && r.node.Err != nil:
		return "error"
	case r.node != nil && r.node.DriverInfo != nil:
		return r.node.DriverInfo.Status.String()
	}
	return ""
}

// Buildkit is the version of a node's BuildKit.
func (r *builderRow) Buildkit() string {
	if r.node == nil {
		return ""
	}
	return r.node.Version
}

// Platforms are those of a node, with a star at those that were fixed for it.
func (r *builderRow) Platforms() string {
	if r.node == nil {
		return ""
	}
	names := platformutil.FormatInGroups(r.node.Node.Platforms, r.node.Platforms)
	if r.short && r.table {
		return shortPlatforms(names)
	}
	return strings.Join(names, ", ")
}

// Error is what is wrong with the builder or node.
func (r *builderRow) Error() string {
	if r.node != nil && r.node.Err != nil {
		return r.node.Err.Error()
	}
	if err := r.Builder.Err(); err != nil {
		return err.Error()
	}
	return ""
}

// majorPlatforms come first in a short list; maxPlatforms are in one.
var majorPlatforms = []string{
	"linux/amd64", "linux/arm64", "linux/arm", "linux/ppc64le", "linux/s390x", "linux/riscv64", "linux/mips64",
}

const maxPlatforms = 4

// shortPlatforms lists platforms by system and architecture, with the number of
// their variants, and says how many are left out.
func shortPlatforms(names []string) string {
	variants := map[string][]string{}
	var order []string
	for _, name := range names {
		parts := strings.SplitN(strings.TrimSuffix(name, "*"), "/", 3)
		key := strings.Join(parts[:min(2, len(parts))], "/")
		if variants[key] == nil {
			order = append(order, key)
		}
		variants[key] = append(variants[key], name)
	}
	rank := func(key string) int {
		if i := slices.Index(majorPlatforms, key); i >= 0 {
			return i
		}
		return len(majorPlatforms)
	}
	slices.SortStableFunc(order, func(x, y string) int {
		if rank(x) != rank(y) {
			return rank(x) - rank(y)
		}
		return strings.Compare(x, y)
	})
	var shown []string
	left := len(names)
	for _, key := range order[:min(maxPlatforms, len(order))] {
		group := variants[key]
		left -= len(group)
		if len(group) == 1 {
			shown = append(shown, group[0])
			continue
		}
		if slices.ContainsFunc(group, func(name string) bool { return strings.HasSuffix(name, "*") }) {
			key += "*"
		}
		shown = append(shown, fmt.Sprintf("%s (+%d)", key, len(group)))
	}
	if left > 0 {
		shown = append(shown, fmt.Sprintf("(%d more)", left))
	}
	return strings.Join(shown, ", ")
}
