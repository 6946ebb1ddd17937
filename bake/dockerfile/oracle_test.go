package dockerfile

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"bake/bake"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

var (
	amd64 = ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = ocispecs.Platform{OS: "linux", Architecture: "arm64"}
)

// registry answers for every image, with one layer, an environment and the ONBUILD
// instructions of its name.
type registry map[string][]string

func (r registry) config(ref string, p ocispecs.Platform) []byte {
	image := map[string]any{
		"architecture": p.Architecture, "os": p.OS, "variant": p.Variant,
		"config": map[string]any{"Env": []string{"PATH=/bin", "BASE=/from/base"}, "OnBuild": r[ref]},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest.FromString(ref).String()}},
	}
	text, err := json.Marshal(image)
	if err != nil {
		panic(err)
	}
	return text
}

func (r registry) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", r.config(ref, *opt.ImageOpt.Platform), nil
}

// known is the same as the model is told it.
func (r registry) known(image Image) *Config {
	return &Config{Env: []string{"PATH=/bin", "BASE=/from/base"}, OnBuild: r[image.Reference]}
}

// oracle is what BuildKit's own code makes of a Dockerfile: what its definition
// reads, a line each, sorted.
func oracle(ctx context.Context, text []byte, req Request, images registry) ([]string, error) {
	req.Platform = platforms.Normalize(req.Platform) // as the frontend does before
	caps := pb.Caps.CapSet(pb.Caps.All())
	args := map[string]string{}
	for k, v := range req.Args {
		args[k] = v
	}
	opt := dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{BuildArgs: args, Target: req.Stage, BuildPlatforms: []ocispecs.Platform{req.Native}, CacheIDNamespace: ""},
		TargetPlatform: &req.Platform, MetaResolver: images, LLBCaps: &caps,
	}
	if len(req.Contexts) > 0 {
		var err error
		if opt.Client, err = dockerui.NewClient(&frontendClient{registry: images, opts: contextOpts(req.Contexts)}); err != nil {
			return nil, err
		}
	}
	result, err := dockerfile2llb.Dockerfile2LLB(ctx, text, opt)
	if err != nil {
		return nil, err
	}
	def, err := result.State.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	return linesOf(def.ToPB())
}

// linesOf are what a definition reads.
func linesOf(def *pb.Definition) ([]string, error) {
	ops := map[string]*pb.Op{}
	for _, raw := range def.Def {
		op := &pb.Op{}
		if err := op.UnmarshalVT(raw); err != nil {
			return nil, err
		}
		ops[digest.FromBytes(raw).String()] = op
	}
	lines := map[string]bool{}
	for _, op := range ops {
		input := func(i int64) *pb.Op {
			if i < 0 {
				return nil
			}
			return ops[op.Inputs[i].Digest]
		}
		switch o := op.Op.(type) {
		case *pb.Op_Source:
			lines[sourceLine(o.Source, op.Platform)] = true
		case *pb.Op_File:
			for _, a := range o.File.Actions {
				if c := a.GetCopy(); c != nil {
					if line := copyLine(c, input, int64(a.SecondaryInput)); line != "" {
						lines[line] = true
					}
				}
			}
		case *pb.Op_Exec:
			for _, line := range execLines(o.Exec, input) {
				lines[line] = true
			}
		}
	}
	return sorted(lines), nil
}

func sorted(lines map[string]bool) []string {
	var out []string
	for l := range lines {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

func sourceLine(s *pb.SourceOp, p *pb.Platform) string {
	switch scheme, _, _ := strings.Cut(s.Identifier, "://"); scheme {
	case "docker-image":
		return fmt.Sprintf("%s for %s", s.Identifier, platforms.FormatAll(ocispecs.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}))
	case "local":
		return fmt.Sprintf("%s follows %s", s.Identifier, s.Attrs[pb.AttrFollowPaths])
	default:
		delete(s.Attrs, pb.AttrFullRemoteURL)
		delete(s.Attrs, pb.AttrHTTPFilename)
		attrs := []string{}
		for k, v := range s.Attrs {
			attrs = append(attrs, k+"="+v)
		}
		slices.Sort(attrs)
		return s.Identifier + " " + strings.Join(attrs, " ")
	}
}

// kindOf tells the context of a target from all else that files come from.
func kindOf(op *pb.Op) string {
	if s := op.GetSource(); s != nil && s.Identifier == "local://context" {
		return s.Identifier
	}
	return "other"
}

func copyLine(c *pb.FileActionCopy, input func(int64) *pb.Op, from int64) string {
	// The inputs of an operation come first, then its actions.
	source := input(from)
	if source != nil {
		if s := source.GetSource(); s != nil && !strings.HasPrefix(s.Identifier, "local://") && !strings.HasPrefix(s.Identifier, "docker-image://") {
			return "" // fetched by ADD
		}
		if f := source.GetFile(); f != nil && len(f.Actions) == 1 && f.Actions[0].GetMkfile() != nil {
			return "" // the text of a heredoc
		}
	}
	return fmt.Sprintf("copy %s %s include %q exclude %q required %q unpack %v", kindOf(source), c.Src, c.IncludePatterns, c.ExcludePatterns, c.RequiredPaths, c.AttemptUnpackDockerCompatibility)
}

func execLines(e *pb.ExecOp, input func(int64) *pb.Op) []string {
	var out []string
	for _, s := range e.Secretenv {
		out = append(out, fmt.Sprintf("secret %s env %s required %v", s.ID, s.Name, !s.Optional))
	}
	for _, m := range e.Mounts {
		switch {
		case m.Dest == "/" || m.Dest == "/dev/pipes/":
		case m.MountType == pb.MountType_BIND:
			out = append(out, fmt.Sprintf("bind %s %s readonly %v", kindOf(input(m.Input)), path.Join("/", m.Selector), m.Readonly))
		case m.MountType == pb.MountType_CACHE:
			out = append(out, fmt.Sprintf("cache %s sharing %s readonly %v", m.CacheOpt.ID, strings.ToLower(m.CacheOpt.Sharing.String()), m.Readonly))
		case m.MountType == pb.MountType_SECRET:
			out = append(out, fmt.Sprintf("secret %s required %v", m.SecretOpt.ID, !m.SecretOpt.Optional))
		case m.MountType == pb.MountType_SSH:
			out = append(out, fmt.Sprintf("ssh %s required %v", cmp.Or(m.SSHOpt.ID, "default"), !m.SSHOpt.Optional))
		case m.MountType == pb.MountType_TMPFS:
			out = append(out, "tmpfs")
		}
	}
	return out
}

// modelLines are the same lines as the model has them.
func modelLines(b *Build) []string {
	lines := map[string]bool{}
	built := func(n int) bool { return n >= 0 && b.Nodes[n].Built }
	from := func(n int) string {
		if n == Context {
			return "local://context"
		}
		return "other"
	}
	usesContext := false
	for _, n := range b.Nodes {
		if n.Image != "" && n.Built {
			lines[fmt.Sprintf("docker-image://%s for %s", n.Image, platforms.FormatAll(n.Platform))] = true
		}
		for _, sent := range n.Transfer {
			lines[fmt.Sprintf("local://%s follows %s", bake.ContextName(n.Name), followed(sent))] = true
		}
	}
	for _, r := range b.Reads {
		if !built(r.Node) {
			continue
		}
		usesContext = usesContext || r.From == Context
		if r.Kind == Copied {
			lines[fmt.Sprintf("copy %s %s include %q exclude %q required %q unpack %v", from(r.From), r.Path, r.Include, r.Exclude, r.Required, r.Unpack)] = true
		}
	}
	for _, m := range b.Mounts {
		if !built(m.Node) {
			continue
		}
		if m.Env != "" {
			lines[fmt.Sprintf("secret %s env %s required %v", m.ID, m.Env, m.Required)] = true
		}
		if m.Env == "" || m.Target != "" {
			lines[mountLine(m, from)] = true
		}
	}
	for _, f := range b.Fetches {
		if built(f.Node) {
			lines[fetchLine(f)] = true
		}
	}
	if usesContext {
		lines["local://context follows "+followed(b.Transfer)] = true
	}
	delete(lines, "")
	return sorted(lines)
}

// followed are the paths of a transfer as BuildKit writes them.
func followed(t Transfer) string {
	if t.All || len(t.Paths) == 0 {
		return ""
	}
	text, err := json.Marshal(t.Paths)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func mountLine(m Mount, from func(int) string) string {
	switch m.Kind {
	case BindMount:
		return fmt.Sprintf("bind %s %s readonly %v", from(m.From), m.Source, m.ReadOnly)
	case CacheMount:
		return fmt.Sprintf("cache /%s sharing %s readonly %v", m.ID, m.Sharing, m.ReadOnly)
	case SecretMount:
		return fmt.Sprintf("secret %s required %v", m.ID, m.Required)
	case SSHMount:
		id := m.ID
		return fmt.Sprintf("ssh %s required %v", id, m.Required)
	}
	return "tmpfs"
}

// fetchLine is what BuildKit's own constructors make of a fetch.
func fetchLine(f Fetch) string {
	var st llb.State
	if f.Git {
		opts := []llb.GitOption{llb.GitRef(f.Ref)}
		if f.GitDir {
			opts = append(opts, llb.KeepGitDir())
		}
		if f.Checksum != "" {
			opts = append(opts, llb.GitChecksum(f.Checksum))
		}
		if f.Subdir != "" {
			opts = append(opts, llb.GitSubDir(f.Subdir))
		}
		st = llb.Git(f.URL, "", opts...)
	} else {
		st = llb.HTTP(f.URL, llb.Checksum(digest.Digest(f.Checksum)))
	}
	def, err := st.Marshal(context.Background())
	if err != nil {
		return err.Error()
	}
	lines, err := linesOf(def.ToPB())
	if err != nil || len(lines) != 1 {
		return fmt.Sprint(lines, err)
	}
	return lines[0]
}

// compare resolves a file both ways and reports a difference.
func compare(t testing.TB, text string, req Request, images registry) (failed bool) {
	t.Helper()
	want, wantErr := oracle(t.Context(), []byte(text), req, images)
	var got []string
	f, err := Parse([]byte(text))
	if err == nil {
		req.Config = images.known
		var b *Build
		if b, err = f.Resolve(req); err == nil {
			got = modelLines(b)
			for _, u := range b.Unknown {
				t.Errorf("unknown although all is known: %s", u.Why)
			}
		}
	}
	switch {
	case (err == nil) != (wantErr == nil):
		t.Errorf("error %v, BuildKit's is %v", err, wantErr)
	case err != nil:
		return true
	case !slices.Equal(got, want):
		t.Errorf("differs from BuildKit:%s", difference(got, want))
	}
	return false
}

func difference(got, want []string) string {
	var b strings.Builder
	for _, l := range got {
		if !slices.Contains(want, l) {
			b.WriteString("\n  model only:    " + l)
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			b.WriteString("\n  buildkit only: " + l)
		}
	}
	return b.String()
}
