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
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/diagnostics"
	"bake/cmd/display"
	"bake/cmd/exit"
	"bake/cmd/files"
)

// origin is where a definition comes from, as the first arguments say: a URL,
// and another one for what it knows as BAKE_CMD_CONTEXT.
type origin struct {
	url, context string

	fetched *remote.Fetched // what is at url, once it was read
}

// splitURLs takes the URLs at the beginning of the arguments off.
func splitURLs(args []string) (origin, []string, error) {
	from := origin{context: files.LocalContext}
	for _, at := range []*string{&from.url, &from.context} {
		if len(args) > 0 && bake.IsRemote(args[0]) {
			*at, args = args[0], args[1:]
		}
	}
	if i := slices.IndexFunc(args, bake.IsRemote); i >= 0 {
		return from, args, exit.Usagef("%s: a URL cannot be a target", bake.Redact(args[i])).
			WithHint("The URL of a definition is the first argument; a second URL is its BAKE_CMD_CONTEXT. Names of targets follow.")
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
		if local, ok := strings.CutPrefix(name, files.LocalContext); ok || name == "-" {
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

// fetchDefinition reads the definition at the URL through the builder, and shows the
// progress of it.
func fetchDefinition(a *app.App, o *definitionOptions, by fetchOptions) error {
	names, err := files.NamesTyped(o.files, a.Env)
	if err != nil {
		return err
	}
	if text, set := a.Env["BAKE_ALLOW_REMOTE_FS_ACCESS"]; set {
		if _, err := strconv.ParseBool(text); err != nil {
			return exit.Usagef("invalid BAKE_ALLOW_REMOTE_FS_ACCESS %q, want true or false", text)
		}
	}
	mode, err := display.ModeOf(by.progress, a.Env)
	if err != nil {
		return err
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	chosen, err := builders.Select(ctx, a, by.builder, by.allow)
	if err != nil {
		return err
	}
	display, err := display.New(a, mode, chosen)
	if err != nil {
		return err
	}
	defer display.Close()
	remoteNames, _ := splitNames(names)
	options := remote.Options{Caller: host.Caller{Dir: a.Dir, Env: a.Env}, Progress: display.Update, Retries: by.retries}
	o.fetched, err = remote.Fetch(ctx, chosen.Nodes, o.url, remoteNames, options)
	display.Close()
	if err = app.InterruptedOr(ctx, err); err != nil {
		return fetchError(a, err)
	}
	if len(o.files) > 0 && len(remoteNames) > 0 && o.fetched.Tree == "" {
		a.Warn("--file %s has no effect: %s is one file", strings.Join(remoteNames, ", "), bake.Redact(o.url))
	}
	return nil
}

// fetchError makes the error of a definition that could not be read one with
// an exit code and, where bake knows, an advice.
func fetchError(a *app.App, err error) error {
	var failed *remote.FetchError
	if errors.Is(err, exit.ErrInterrupted) {
		a.Note("interrupted")
		return exit.Reported(exit.Interrupted)
	}
	code := exit.CodeOf(err)
	if errors.As(err, &failed) && code == exit.Build {
		code = exit.Usage
	}
	if failure.Lost(err) {
		return &exit.Error{Code: code, Err: err, Hint: lostHint(a)}
	}
	hint := diagnostics.FailureHint(err, code)
	if failed != nil && code == exit.Unreachable && !failure.OfBuilder(err) {
		hint = strings.TrimSpace("It is the builder that asks there, so it must be able to. " + hint)
	}
	return &exit.Error{Code: code, Err: errors.New(failure.Text(err)), Hint: hint}
}

// readRemote reads the local files that go with a definition from elsewhere,
// which come after its own.
func (o *definitionOptions) readRemote(a *app.App, local fs.FS, stdin io.Reader) ([]bake.File, error) {
	names, err := files.NamesTyped(o.files, a.Env)
	if err != nil {
		return nil, err
	}
	list := o.fetched.Files
	if _, here := splitNames(names); len(here) > 0 {
		more, err := files.Read(here, local, stdin)
		if err != nil {
			return nil, err
		}
		list = append(slices.Clone(list), more...)
	}
	if len(list) == 0 {
		return nil, exit.Usagef("couldn't find a bake definition in %s", bake.Redact(o.url)).
			WithHint("Without --file, bake reads those of these files that are there: %s. Another directory of it is %s#REF:DIR.",
				strings.Join(bake.DefaultFiles(), ", "), strings.SplitN(bake.Redact(o.url), "#", 2)[0])
	}
	return list, nil
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
	_, list := splitNames(o.files)
	return remoteFS{local: local, fetched: o.fetched, here: slices.Concat([]string{".env"}, envFiles, list)}
}
