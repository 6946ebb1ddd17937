package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/protobuf/proto"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/cmd/diagnostics"
	"bake/cmd/display"
	"bake/cmd/exit"
)

// lintAnswer is what the check of a Dockerfile found.
type lintAnswer struct {
	lint.LintResults
	target *bake.Target
	err    error // the answer cannot be read
}

// readLint reads the answer of a frontend. What it says about places is made
// safe for printing: the frontend may be anybody's.
func readLint(t *bake.Target, text string) *lintAnswer {
	l := &lintAnswer{target: t}
	if text == "" {
		return l
	}
	if err := json.Unmarshal([]byte(text), &l.LintResults); err != nil {
		l.err = fmt.Errorf("the frontend's answer cannot be read: %w", err)
	}
	for i := range l.Warnings {
		w := &l.Warnings[i]
		if w.Location == nil || l.source(w.Location) == nil {
			w.Location = &pb.Location{SourceIndex: -1}
		}
	}
	return l
}

// source is the file that a location is in, nil if it is in none.
func (l *lintAnswer) source(at *pb.Location) *pb.SourceInfo {
	if n := int(at.SourceIndex); n >= 0 && n < len(l.Sources) {
		return l.Sources[n]
	}
	return nil
}

// broken reports whether the Dockerfile could not be checked to its end.
func (l *lintAnswer) broken() bool { return l != nil && (l.err != nil || l.Error != nil) }

// violations is how the error begins of a Dockerfile that wants its findings to
// be errors.
const violations = "lint violation found for rules: "

// violated reports whether the error only says that something was found.
func (l *lintAnswer) violated() bool {
	return l.err == nil && l.Error != nil && strings.HasPrefix(l.Error.Message, violations)
}

// failure is the exit code of a broken Dockerfile, or ExitOK.
func (l *lintAnswer) failure() int {
	switch {
	case !l.broken():
		return exit.OK
	case l.violated():
		return exit.Check
	case l.Error != nil && failure.Unreachable(errors.New(l.Error.Message)):
		return exit.Unreachable
	}
	return exit.Usage
}

// write prints the findings as buildx does.
func (l *lintAnswer) write(w io.Writer) error {
	switch n := len(l.Warnings); {
	case n == 1:
		fmt.Fprintln(w, "Check complete, 1 warning has been found!")
	case n > 1:
		fmt.Fprintf(w, "Check complete, %d warnings have been found!\n", n)
	case !l.broken():
		fmt.Fprintln(w, "Check complete, no warnings found.")
	}
	if err := l.PrintTo(w, l.named); err != nil {
		return err
	}
	if !l.broken() {
		return nil
	}
	if len(l.Warnings) > 0 {
		fmt.Fprintln(w)
	}
	return errors.New(l.errorText())
}

// errorText is why the Dockerfile could not be checked, with its lines.
func (l *lintAnswer) errorText() string {
	if l.err != nil {
		return l.err.Error()
	}
	if l.source(&l.Error.Location) == nil {
		return l.Error.Message + "\n"
	}
	var b bytes.Buffer
	l.PrintErrorTo(&b, l.named)
	return b.String()
}

// named is a source under the name that buildx shows: where the definition says
// that the Dockerfile is.
func (l *lintAnswer) named(info *pb.SourceInfo) *pb.SourceInfo {
	if info == nil {
		return nil
	}
	out := proto.Clone(info).(*pb.SourceInfo)
	t := l.target
	switch rest, local := strings.CutPrefix(t.Dockerfile, "cwd://"); {
	case t.DockerfileInline != nil && *t.DockerfileInline != "":
		out.Filename = "inline"
	case local:
		out.Filename = rest
		if full, err := filepath.Abs(rest); err == nil {
			out.Filename = full
		}
	case path.IsAbs(t.Dockerfile) || strings.Contains(t.Context, "://") && !strings.HasPrefix(t.Context, "cwd://"):
		out.Filename = path.Clean(t.Dockerfile)
	default:
		out.Filename = path.Join(strings.TrimPrefix(t.Context, "cwd://"), t.Dockerfile)
	}
	return out
}

// warnings are the findings for programs and for annotations.
func (one *answer) warnings() []diagnostics.Finding {
	if one.lint == nil {
		return nil
	}
	var list []diagnostics.Finding
	for _, w := range one.lint.Warnings {
		list = append(list, display.DockerfileFinding(one.target, client.VertexWarning{
			Short: []byte(w.RuleName + ": " + w.Detail), Detail: [][]byte{[]byte(w.Description)}, URL: w.URL,
			SourceInfo: one.lint.source(w.Location), Range: w.Location.Ranges,
		}))
	}
	return list
}

// failures are the reasons why a Dockerfile could not be checked.
func (one *answer) failures() []diagnostics.Finding {
	if !one.lint.broken() || one.lint.violated() {
		return nil
	}
	f := diagnostics.Finding{Severity: "error", Id: "dockerfile", Summary: fmt.Sprintf("target %s: ", one.target.Name)}
	if one.target.Range.Filename != "" {
		f.Subject = &one.target.Range
	}
	if err := one.lint.err; err != nil {
		f.Summary += err.Error()
		return []diagnostics.Finding{f}
	}
	problem := one.lint.Error
	f.Summary += problem.Message
	f.ShowDockerfile(&errdefs.Source{Info: one.lint.source(&problem.Location), Ranges: problem.Location.Ranges}, one.target)
	return []diagnostics.Finding{f}
}
