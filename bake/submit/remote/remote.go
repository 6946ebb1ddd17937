package remote

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"bake/bake"
	"bake/bake/submit/credential"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/input"
	"bake/bake/submit/node"
	"bake/bake/submit/progress"
	"bake/bake/submit/retry"
	"bake/bake/submit/source"

	"github.com/docker/buildx/builder"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/archiveutil"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// archiveName is what BuildKit calls the file behind a URL.
const archiveName = "context"

// maxDefinitionSize is the largest definition file that is fetched, in bytes.
const maxDefinitionSize = 32 << 20

// Fetched is a definition from elsewhere.
type Fetched struct {
	bake.Remote
	Files []bake.File

	fetcher *fetcher
}

// Options is what fetching a definition needs besides its URL.
type Options struct {
	host.Caller
	Progress func(*client.SolveStatus) // receives progress, one call at a time; nil drops it
	Retries  int                       // how often is tried again what the network failed
}

// FetchError says that a definition could not be had from a URL: it is not
// there, it may not be read, or, if it is Unreachable, nobody answers.
type FetchError struct {
	URL string // without credentials
	Err error
}

func (e *FetchError) Error() string { return "definition from " + e.URL + ": " + e.Err.Error() }
func (e *FetchError) Unwrap() error { return e.Err }

// Fetch reads the definition at a URL through the first node that works: from
// a git repository or an archive the named files, or the default ones that
// exist if none is named; else the file that the URL is. An error is a *FetchError, says that it was
// cancelled or that the builder is Unreachable.
func Fetch(ctx context.Context, nodes []builder.Node, url string, names []string, opt Options) (*Fetched, error) {
	p := progress.New(opt.Progress, nil, false)
	c, err := node.NewCluster(nodes, p)
	if err != nil {
		return nil, err
	}
	shares, err := c.Place(ctx, [][]ocispecs.Platform{nil})
	if err != nil {
		return nil, err
	}
	f := &fetcher{node: shares[0][0].Node, opt: opt, progress: p, url: url}
	out := &Fetched{Remote: bake.Remote{URL: url}, fetcher: f}
	again := &retry.Retrier{Retries: opt.Retries, Show: p}
	err = again.Do(ctx, "", "fetching the definition", func(ctx context.Context) error {
		return f.do(ctx, func(ctx context.Context, c gateway.Client) error { return f.fetch(ctx, c, names, out) })
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ReadFile reads one more file from where the definition comes from. The error
// is fs.ErrNotExist if it is not there.
func (f *Fetched) ReadFile(ctx context.Context, name string) (data []byte, err error) {
	if f.Tree == "" {
		return nil, &FetchError{bake.Redact(f.URL), errors.New("a single file has no others beside it")}
	}
	err = f.fetcher.do(ctx, func(ctx context.Context, c gateway.Client) error {
		ref, err := f.fetcher.open(ctx, c, f.Tree)
		if err == nil {
			data, err = readFile(ctx, ref, name)
		}
		return err
	})
	if err != nil && isMissing(err) {
		err = fs.ErrNotExist
	}
	return data, err
}

// fetcher reads files of one URL on one node.
type fetcher struct {
	node     *node.Node
	opt      Options
	progress *progress.Tracker
	url      string
}

// do runs one solve that reads files.
func (f *fetcher) do(ctx context.Context, read func(context.Context, gateway.Client) error) error {
	failed := func(err error) error { return &FetchError{bake.Redact(f.url), err} }
	credentials, err := credential.ForURL(f.url, &f.opt.Caller)
	if err != nil {
		return failed(err)
	}
	attachables, err := credentials.Attachables(&f.opt.Caller)
	if err != nil {
		return failed(err)
	}
	status, wait := f.progress.Plain()
	_, err = f.node.Client.Build(ctx, client.SolveOpt{Session: attachables, Internal: true}, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		return nil, read(ctx, c)
	}, status)
	wait()
	if err = f.node.Recognise(err); err == nil || failure.OfBuilder(err) || ctx.Err() != nil {
		return err
	}
	return failed(err)
}

// fetch reads the files into out and finds out what kind of thing the URL is.
func (f *fetcher) fetch(ctx context.Context, c gateway.Client, names []string, out *Fetched) error {
	archive, sub := source.SplitArchive(f.url)
	if source.IsGit(f.url) || sub != "" {
		ref, err := f.open(ctx, c, f.url)
		if err != nil {
			return err
		}
		out.Tree = f.url
		out.Files, err = readFiles(ctx, ref, names, &out.Remote)
		return err
	}
	state, name, _ := dockerui.DetectHTTPContext(archive)
	ref, err := solve(ctx, c, *state)
	if err != nil {
		return err
	}
	head, err := ref.ReadFile(ctx, gateway.ReadRequest{Filename: name, Range: &gateway.FileRange{Length: 1024}})
	if err != nil {
		return err
	}
	if !archiveutil.IsArchive(head) {
		data, err := readFile(ctx, ref, name)
		out.Files = nonEmpty([]bake.File{{Name: bake.Redact(f.url), Data: data}})
		return err
	}
	if ref, err = f.open(ctx, c, f.url); err != nil {
		return err
	}
	out.Tree = f.url
	if out.Files, err = readFiles(ctx, ref, names, &out.Remote); err == nil && len(out.Files) > 0 {
		return nil
	}
	return f.descend(ctx, c, ref, names, out, err)
}

// descend looks into the only directory of an archive, as those that hosts of
// repositories offer have one. first is why the root of it would not do.
func (f *fetcher) descend(ctx context.Context, c gateway.Client, root gateway.Reference, names []string, out *Fetched, first error) error {
	entries, err := root.ReadDir(ctx, gateway.ReadDirRequest{Path: "/"})
	switch {
	case err != nil || len(entries) != 1:
		return errors.Join(first, err)
	case entries[0].Path == archiveName && !entries[0].IsDir():
		return errors.New("the builder cannot unpack this archive: it may lack the program for its kind of compression, as xz")
	case !entries[0].IsDir():
		return first
	}
	inner := bake.Remote{URL: f.url}
	inner.Tree, _ = out.Path(entries[0].Path)
	ref, err := f.open(ctx, c, inner.Tree)
	if err != nil {
		return err
	}
	out.Remote = inner
	out.Files, err = readFiles(ctx, ref, names, &out.Remote)
	return err
}

// open returns the directory at the URL of a tree.
func (f *fetcher) open(ctx context.Context, c gateway.Client, tree string) (gateway.Reference, error) {
	state, err := source.TreeState(tree, input.AdviceOnDefinition(&f.opt.Caller))
	if err != nil {
		return nil, err
	}
	ref, err := solve(ctx, c, *state)
	return ref, source.MissingDirectory(source.OpenStep, err)
}

func solve(ctx context.Context, c gateway.Client, state llb.State) (gateway.Reference, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	res, err := c.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

// readFiles reads the named files, which must exist, or those of the default
// ones that do.
func readFiles(ctx context.Context, ref gateway.Reference, names []string, from *bake.Remote) ([]bake.File, error) {
	optional := len(names) == 0
	if optional {
		names = bake.DefaultFiles()
	}
	var files []bake.File
	for _, name := range names {
		if _, err := ref.StatFile(ctx, gateway.StatRequest{Path: name}); err != nil {
			if !isMissing(err) {
				return nil, err
			}
			if optional {
				continue
			}
			return nil, fmt.Errorf("there is no file %s", name)
		}
		data, err := readFile(ctx, ref, name)
		if err != nil {
			return nil, err
		}
		files = append(files, bake.File{Name: from.File(name), Data: data})
	}
	return nonEmpty(files), nil
}

// isMissing reports whether an engine, which passes errors on as text, means
// that there is no such file.
func isMissing(err error) bool { return strings.Contains(err.Error(), "no such file or directory") }

// nonEmpty drops empty files, which count as absent.
func nonEmpty(files []bake.File) []bake.File {
	var out []bake.File
	for _, f := range files {
		if len(f.Data) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// readFile reads all of a file, in pieces that fit a message.
func readFile(ctx context.Context, ref gateway.Reference, name string) ([]byte, error) {
	const piece = 1 << 20
	var out []byte
	for {
		data, err := ref.ReadFile(ctx, gateway.ReadRequest{Filename: name, Range: &gateway.FileRange{Offset: len(out), Length: piece}})
		if err != nil {
			return nil, err
		}
		out = append(out, data...)
		if len(data) < piece {
			return out, nil
		}
		if len(out) > maxDefinitionSize {
			return nil, fmt.Errorf("%s is bigger than %d MiB", name, maxDefinitionSize>>20)
		}
	}
}
