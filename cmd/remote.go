package cmd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/remote"
)

// origin is where a definition comes from, as the first arguments say: a URL,
// and another one for what it knows as BAKE_CMD_CONTEXT.
type origin struct {
	url, context string

	fetched *remote.Fetched // what is at url, once it was read
}

// localContext is what BAKE_CMD_CONTEXT says when the command line says nothing.
const localContext = "cwd://"

// splitURLs takes the URLs at the beginning of the arguments off.
func splitURLs(args []string) (origin, []string, error) {
	from := origin{context: localContext}
	for _, at := range []*string{&from.url, &from.context} {
		if len(args) > 0 && bake.IsRemote(args[0]) {
			*at, args = args[0], args[1:]
		}
	}
	if i := slices.IndexFunc(args, bake.IsRemote); i >= 0 {
		return from, args, usageErrorf("%s: a URL cannot be a target", bake.Redact(args[i])).
			withHint("The URL of a definition is the first argument; a second URL is its BAKE_CMD_CONTEXT. Names of targets follow.")
	}
	return from, args, nil
}

// remote is what planning has to know about the origin, nil if it is local.
func (o *origin) remote() *bake.Remote {
	if o.fetched == nil {
		return nil
	}
	return &o.fetched.Remote
}

// splitNames tells the definition files that are read where the definition
// comes from and those of this machine: cwd://NAME, and standard input.
func splitNames(names []string) (remoteNames, here []string) {
	for _, name := range names {
		if local, ok := strings.CutPrefix(name, localContext); ok || name == "-" {
			here = append(here, local)
			continue
		}
		remoteNames = append(remoteNames, name)
	}
	return remoteNames, here
}

// fetchOptions say how a definition from elsewhere is read: it is the builder that
// does.
type fetchOptions struct {
	builder  string
	allow    []string
	progress string
	retries  int
}

// fetch reads the definition at the URL through the builder, and shows the
// progress of it.
func (a *app) fetch(o *definitionOptions, by fetchOptions) error {
	names, err := namesTyped(o.files, a.env)
	if err != nil {
		return err
	}
	if text, set := a.env["BAKE_ALLOW_REMOTE_FS_ACCESS"]; set {
		if _, err := strconv.ParseBool(text); err != nil {
			return usageErrorf("invalid BAKE_ALLOW_REMOTE_FS_ACCESS %q, want true or false", text)
		}
	}
	mode, err := progressMode(by.progress, a.env)
	if err != nil {
		return err
	}
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	chosen, err := a.selectBuilder(ctx, by.builder, by.allow)
	if err != nil {
		return err
	}
	display, err := a.newDisplay(mode, chosen)
	if err != nil {
		return err
	}
	defer display.close()
	remoteNames, _ := splitNames(names)
	options := remote.Options{Caller: host.Caller{Dir: a.dir, Env: a.env}, Progress: display.update, Retries: by.retries}
	o.fetched, err = remote.Fetch(ctx, chosen.nodes, o.url, remoteNames, options)
	display.close()
	if err = interruptedOr(ctx, err); err != nil {
		return a.fetchError(err)
	}
	if len(o.files) > 0 && len(remoteNames) > 0 && o.fetched.Tree == "" {
		a.warn("--file %s has no effect: %s is one file", strings.Join(remoteNames, ", "), bake.Redact(o.url))
	}
	return nil
}

// fetchError makes the error of a definition that could not be read one with
// an exit code and, where bake knows, an advice.
func (a *app) fetchError(err error) error {
	var failed *remote.FetchError
	if errors.Is(err, errInterrupted) {
		a.note("interrupted")
		return reported(ExitInterrupted)
	}
	code := exitCode(err)
	if errors.As(err, &failed) && code == ExitBuild {
		code = ExitUsage
	}
	if failure.Lost(err) {
		return &exitError{code: code, err: err, hint: a.lostHint()}
	}
	hint := failureHint(err, code)
	if failed != nil && code == ExitUnreachable {
		hint = "It is the builder that asks there, so it must be able to. Trying again may help."
	}
	return &exitError{code: code, err: errors.New(failure.Text(err)), hint: hint}
}

// readRemote reads the local files that go with a definition from elsewhere,
// which come after its own.
func (o *definitionOptions) readRemote(a *app, local fs.FS, stdin io.Reader) ([]bake.File, error) {
	names, err := namesTyped(o.files, a.env)
	if err != nil {
		return nil, err
	}
	files := o.fetched.Files
	if _, here := splitNames(names); len(here) > 0 {
		more, err := readDefinition(here, local, stdin)
		if err != nil {
			return nil, err
		}
		files = append(slices.Clone(files), more...)
	}
	if len(files) == 0 {
		return nil, usageErrorf("couldn't find a bake definition in %s", bake.Redact(o.url)).
			withHint("Without --file, bake reads those of these files that are there: %s. Another directory of it is %s#REF:DIR.",
				strings.Join(bake.DefaultFiles(), ", "), strings.SplitN(bake.Redact(o.url), "#", 2)[0])
	}
	return files, nil
}

// remoteFS opens the files that a Compose file from elsewhere refers to: where
// it comes from itself, but for files with variables, which the user has here.
type remoteFS struct {
	local   fs.FS
	fetched *remote.Fetched
	here    []string
}

// ReadFile reads a file.
func (r remoteFS) ReadFile(name string) ([]byte, error) {
	if slices.Contains(r.here, name) {
		return fs.ReadFile(r.local, name)
	}
	data, err := r.fetched.ReadFile(context.Background(), name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return data, nil
}

// Open is there for the sake of fs.FS: whole files are all that is read.
func (r remoteFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// filesOf is where the Compose files of a definition find other files.
func (o *definitionOptions) filesOf(local fs.FS, envFiles []string) fs.FS {
	if o.fetched == nil || o.fetched.Tree == "" {
		return local
	}
	_, files := splitNames(o.files)
	return remoteFS{local: local, fetched: o.fetched, here: slices.Concat([]string{".env"}, envFiles, files)}
}
