package diagnostics

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/output"
	"bake/bake/submit/release"
	"bake/cmd/exit"
	"bake/cmd/recovery"
	"bake/cmd/terminal"

	"github.com/hashicorp/hcl/v2"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/sourcepolicy/policysession"
)

// NewFailure describes the failure of a target: what failed, the lines of the
// Dockerfile or else of the definition, the end of the log and what to do. The
// sources are the definition files by name.
func NewFailure(err error, target *failure.TargetError, plan *bake.Plan, sources map[string][]byte) Finding {
	f := Finding{
		Severity: "error",
		Id:       buildFailed,
		Summary:  "target " + target.Target + ": " + HideCredentials(failure.Text(target.Err)),
		Hint:     FailureHint(err, exit.CodeOf(err)),
	}
	if target.Range.Filename != "" {
		place := target.Range
		f.Subject = &place
		f.Snippet = newSnippet(splitLines(sources[place.Filename]), place, nil)
	}
	f.ShowDockerfile(target.Source, plan.Target(target.Target))
	for _, m := range policysession.DenyMessages(target.Err) {
		f.notes = append(f.notes, "Policy: "+m.GetMessage())
	}
	var logged *terminal.LoggedError
	if errors.As(err, &logged) && !logged.Shown {
		f.notes = append(f.notes, fmt.Sprintf("the last lines of %s:", logged.Step))
		f.log = logged.Log
	}
	return f
}

// ShowDockerfile adds the lines of a target's Dockerfile in question, if they
// are known; the subject, which until then is the definition, becomes a note. A
// Dockerfile within the definition has no file of its own to point to.
func (f *Finding) ShowDockerfile(source *errdefs.Source, t *bake.Target) {
	found := dockerfilePlace(source)
	if found == nil {
		return
	}
	inline := t != nil && t.DockerfileInline != nil
	if inline {
		found.subject.Filename = "dockerfile-inline of " + t.Name
	} else {
		found.subject.Filename = dockerfileName(t, found.subject.Filename)
	}
	f.Snippet = newSnippet(splitLines(found.data), found.subject, found.context())
	if f.Subject != nil && t != nil {
		f.notes = append(f.notes, fmt.Sprintf("target %s is defined at %s:%d:%d", t.Name, f.Subject.Filename, f.Subject.Start.Line, f.Subject.Start.Column))
	}
	if !inline || f.Subject == nil {
		f.Subject = &found.subject
	}
}

// place is a range of a Dockerfile and the file's text.
type place struct {
	data    []byte
	subject hcl.Range
}

// dockerfilePlace translates BuildKit's ranges, which are whole lines.
func dockerfilePlace(source *errdefs.Source) *place {
	if source == nil || source.Info == nil || len(source.Ranges) == 0 {
		return nil
	}
	lines := splitLines(source.Info.Data)
	first, last := len(lines)+1, 0
	for _, r := range source.Ranges {
		start, end := int(r.GetStart().GetLine()), int(r.GetEnd().GetLine())
		first = min(first, start)
		last = max(last, start, end)
	}
	if first < 1 || first > len(lines) {
		return nil
	}
	last = min(last, len(lines))
	return &place{data: source.Info.Data, subject: hcl.Range{
		Filename: source.Info.Filename,
		Start:    hcl.Pos{Line: first, Column: 1},
		End:      hcl.Pos{Line: last, Column: len(lines[last-1]) + 1},
	}}
}

// context adds two lines before and after.
func (p *place) context() *hcl.Range {
	r := p.subject
	r.Start.Line = max(1, r.Start.Line-2)
	r.End.Line += 2
	return &r
}

// dockerfileName is the path of a target's Dockerfile from the working
// directory; BuildKit only knows its name within the context.
func dockerfileName(t *bake.Target, name string) string {
	if t == nil || path.Base(t.Dockerfile) != path.Base(name) {
		return name
	}
	if rest, ok := strings.CutPrefix(t.Dockerfile, "cwd://"); ok {
		return rest
	}
	if path.IsAbs(t.Dockerfile) {
		return t.Dockerfile
	}
	if strings.Contains(t.Context, "://") || strings.HasPrefix(t.Context, "git@") {
		return name
	}
	return path.Join(t.Context, t.Dockerfile)
}

// FailureHint is what to do about an error, where bake knows.
func FailureHint(err error, code int) string {
	text := err.Error()
	var logged *terminal.LoggedError
	if errors.As(err, &logged) {
		text += "\n" + strings.Join(logged.Log, "\n")
	}
	var conflict *release.ConflictError
	switch hint := failure.Hint(err); {
	case hint != "":
		return hint
	case errors.As(err, &conflict):
		return conflictHint(conflict)
	case code == exit.Unreachable:
		return unreachableHint(err)
	case output.Full(err):
		return "The disk that holds the output is full."
	case strings.Contains(strings.ToLower(text), "no space left on device"):
		return "The disk is full. `bake engine prune` frees the cache of the embedded engine."
	case foreignProgram.MatchString(text):
		return emulationHint(err)
	case strings.Contains(text, " is listed and cannot be sent: "):
		return "Make it readable, or leave it out of the context with a rule of the ignore file."
	case failure.FileMissing(err):
		return "COPY and ADD read from the context, or from what --from names, and see nothing that .dockerignore excludes."
	case strings.Contains(text, "too old for named contexts"):
		return "A newer frontend has them. Begin the Dockerfile with this line, or use a newer builder such as --builder embedded:\n\n  # syntax=docker/dockerfile:1"
	case strings.Contains(text, "failed to read dockerfile: open"):
		return "The dockerfile of a target is looked up in its context. `bake --print` shows both."
	case fetchHint(text) != "":
		return fetchHint(text)
	case strings.Contains(text, "failed to verify certificate"):
		return "The certificate of a registry is not trusted. The embedded engine trusts that of the authority in ca.crt below certs.d/HOST in /etc/bake, /etc/docker or /etc/containerd, and for users in the same places of ~/.config. Other builders have settings of their own."
	case strings.Contains(text, "413 Request Entity Too Large"):
		return "The registry, or a proxy before it, does not take blobs of this size: its limit has to be raised, or the layer made smaller."
	case strings.Contains(text, "access denied") || strings.Contains(text, "access to the resource is denied") || strings.Contains(text, "authorization failed") || strings.Contains(text, "401 Unauthorized"):
		return "The registry refused the credentials, or there are none. They come from the Docker configuration file, as written by a login."
	case strings.Contains(text, "denied: "):
		return "The registry refused it: the login may lack the right, the tag may be protected, or a quota used up. Logins come from the Docker configuration file."
	}
	return ""
}

// conflictHint is what to do about another release of the same tags.
func conflictHint(e *release.ConflictError) string {
	if e.Other.Running {
		return "Wait until it has ended."
	}
	return recovery.Sentence(recovery.Unfinished(e.Other.Record)) + " Then build again. If the tags are as they should be already, `bake --forget=" + e.Other.ID + "` ends that release."
}
