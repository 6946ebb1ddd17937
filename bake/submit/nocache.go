package submit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/dockerfile"
	"bake/bake/submit/frontend"
	"bake/bake/submit/input"
	"bake/bake/submit/source"

	"github.com/moby/buildkit/frontend/dockerui"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/archiveutil"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// noCacheAttr has the names of the stages whose steps run again, with commas
// between them. Without any name it means all stages, and an empty name among
// others all stages that have none.
const noCacheAttr = "no-cache"

// extendNoCache makes the stages run again, too, that use a stage which does, or
// the result of a target of which one does. A frontend only lets the steps of the
// stages run again that it was told of: the result of such a stage would be thrown
// away, as steps that use it are found in the cache by what they are, not by what
// they would read.
//
// It is called when what q links to is loaded.
func (q *request) extendNoCache(ctx context.Context, c gateway.Client, attrs map[string]string) {
	var contexts []string
	for _, l := range q.links {
		if l.producer.renewed.Load() {
			contexts = append(contexts, l.name)
		}
	}
	all := q.target.NoCache != nil && *q.target.NoCache
	q.renewed.Store(all || len(contexts) > 0)
	if all || len(q.target.NoCacheFilter) == 0 && len(contexts) == 0 || !frontend.IsBuildKits(frontend.Of(q.target, q.inputs.Dockerfile)) {
		return
	}
	n := renewal{filter: q.target.NoCacheFilter, contexts: contexts, names: slices.Clone(q.target.NoCacheFilter)}
	if text, err := q.dockerfileText(ctx, c); err != nil || n.addAll(q, attrs, text) != nil {
		// The frontend will say what is wrong. If it does not, too much is better
		// than too little.
		attrs[noCacheAttr] = ""
		q.renewed.Store(true)
		return
	}
	q.renewed.Store(n.result)
	switch {
	case n.unnamed && (q.node.Old || q.foreign()): // such a frontend knows stages by their names only
		attrs[noCacheAttr] = ""
	case n.unnamed:
		attrs[noCacheAttr] = strings.Join(n.names, ",") + ","
	case len(n.names) > 0:
		attrs[noCacheAttr] = strings.Join(n.names, ",")
	}
}

// renewal is what of a target is made again.
type renewal struct {
	filter   []string // the names of stages that are to be, in any case
	contexts []string // the named contexts that are

	names   []string // of all stages that are, the filter first
	unnamed bool     // one of these has no name
	result  bool     // the result of the target is
}

// addAll finds the stages of q for all of its platforms.
func (n *renewal) addAll(q *request, attrs map[string]string, text []byte) error {
	if len(q.platforms) == 0 {
		return n.add(q, attrs, text, q.node.Native)
	}
	for _, p := range q.platforms {
		if err := n.add(q, attrs, text, p); err != nil {
			return err
		}
	}
	return nil
}

// add finds the stages of q for a platform.
func (n *renewal) add(q *request, attrs map[string]string, text []byte, p ocispecs.Platform) error {
	req := dockerfile.Request{Args: map[string]string{}, Native: q.node.Native, Platform: p, Contexts: dockerfile.Contexts{}}
	for key, value := range attrs {
		if name, ok := strings.CutPrefix(key, "build-arg:"); ok {
			req.Args[name] = value
		}
		if name, ok := strings.CutPrefix(key, "context:"); ok {
			req.Contexts[name] = dockerfile.NamedContext{Key: name, Value: value}
		}
	}
	for _, name := range n.contexts {
		name = bake.ContextName(name)
		req.Contexts[name] = dockerfile.NamedContext{Key: name}
	}
	if q.target.Stage != nil {
		req.Stage = *q.target.Stage
	}
	file, err := dockerfile.Parse(text)
	if err != nil {
		return err
	}
	build, err := file.Resolve(req)
	if err != nil {
		return err
	}
	if build.Foreign != "" {
		return fmt.Errorf("only %s knows the stages", build.Foreign)
	}
	known := map[int]bool{}
	n.result = n.renewed(build, build.Target, known) || n.result
	for i, node := range build.Nodes {
		switch {
		case !known[i] || node.Stage == nil: // it is not, or not used
		case node.Stage.Name == "":
			n.unnamed = true
		case !slices.Contains(n.names, node.Stage.Name):
			n.names = append(n.names, node.Stage.Name)
		}
	}
	return nil
}

// renewed reports whether a node is made of what is made again, and notes in known
// what of all that it uses is.
func (n *renewal) renewed(b *dockerfile.Build, i int, known map[int]bool) bool {
	if is, ok := known[i]; ok {
		return is
	}
	is := false
	switch node := b.Nodes[i]; node.Kind {
	case dockerfile.StageNode:
		name := node.Stage.Name
		is = name != "" && slices.ContainsFunc(n.filter, func(f string) bool { return strings.EqualFold(f, name) })
	case dockerfile.NamedNode:
		is = slices.ContainsFunc(n.contexts, func(c string) bool { return bake.ContextName(c) == node.Name })
	}
	for _, u := range b.Uses {
		if u.Node == i {
			is = n.renewed(b, u.From, known) || is
		}
	}
	known[i] = is
	return is
}

// dockerfileText is the Dockerfile of q, read through the engine if it is
// elsewhere, from where the frontend reads it.
func (q *request) dockerfileText(ctx context.Context, c gateway.Client) ([]byte, error) {
	d := q.inputs.Dockerfile
	if d.Data != nil {
		return d.Data, nil
	}
	if def := q.inputs.Definitions["dockerfile"]; def != nil {
		return frontend.ReadDefinition(ctx, c, def, d.Name, frontend.MaxDockerfileSize)
	}
	url := q.target.Context
	if source.IsGit(url) {
		state, _, err := dockerui.DetectGitContext(url, nil)
		if err != nil {
			return nil, err
		}
		return frontend.ReadState(ctx, c, state, d.Name, frontend.MaxDockerfileSize)
	}
	file, name, ok := dockerui.DetectHTTPContext(url)
	if !ok {
		return nil, fmt.Errorf("the Dockerfile of %s cannot be read", q.target.Name)
	}
	head, err := frontend.ReadState(ctx, c, file, name, 1024)
	if err == nil && !archiveutil.IsArchive(head) {
		return frontend.ReadState(ctx, c, file, name, frontend.MaxDockerfileSize) // what is no archive is the Dockerfile itself
	}
	tree, err := source.TreeState(url, input.AdviceOnContexts(q.target))
	if err != nil {
		return nil, err
	}
	return frontend.ReadState(ctx, c, tree, d.Name, frontend.MaxDockerfileSize)
}
