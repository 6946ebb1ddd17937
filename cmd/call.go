package cmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/subrequests"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/moby/client/pkg/versions"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/cmd/display"
	"bake/cmd/exit"
)

// answer is what a frontend said about a target.
type answer struct {
	target *bake.Target
	method string // as the frontend knows it
	values map[string]string
	lint   *lintAnswer // of the method lint
}

// showAnswers prints on standard output what frontends were asked, as buildx
// does, and what they want people to read. The error is the verdict: a check
// that found something, or a Dockerfile that cannot be read.
func showAnswers(a *app.App, o *bakeOptions, plan *bake.Plan, outcome *report.Report, r *diagnostics.Reporter) error {
	call, err := parseCall(o.call)
	if err != nil {
		return err
	}
	list := answersOf(plan, outcome)
	if call.Format == "json" {
		err = writeAnswersJSON(a.JSON(), plan, list)
	} else {
		err = writeAnswers(a.Out, list)
	}
	if err != nil {
		return fmt.Errorf("print the answers: %w", err)
	}
	for _, t := range byName(outcome) {
		if t.Message != "" {
			fmt.Fprintf(a.Out, "\n# %s\n%s\n", t.Name, t.Message)
		}
	}
	var found []diagnostics.Finding
	for _, one := range list {
		for _, f := range one.warnings() {
			found = display.AddNew(found, f)
		}
		r.Pending = append(r.Pending, one.failures()...)
	}
	r.Advise(found)
	r.Flush()
	if code := verdict(list, call.IgnoreStatus); code != exit.OK {
		return exit.Reported(code)
	}
	return nil
}

func byName(outcome *report.Report) []report.Target {
	list := slices.Clone(outcome.Targets)
	slices.SortFunc(list, func(a, b report.Target) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// answersOf are the answers of a run, in the order of the names.
func answersOf(plan *bake.Plan, outcome *report.Report) []*answer {
	var list []*answer
	for _, t := range byName(outcome) {
		if t.Result != report.Answered {
			continue
		}
		one := &answer{target: plan.Target(t.Name), method: t.Call, values: t.Exporter}
		if t.Call == "lint" {
			one.lint = readLint(one.target, t.Exporter["result.json"])
		}
		list = append(list, one)
	}
	return list
}

// verdict is the exit code that the answers stand for: of a Dockerfile that is
// broken, else the first that is not zero.
func verdict(list []*answer, ignoreStatus bool) int {
	code := exit.OK
	for _, one := range list {
		switch own := one.lint.failure(); {
		case own == exit.Check:
			code = cmp.Or(code, own)
		case own != exit.OK:
			return own
		}
		status, err := strconv.Atoi(one.values["result.statuscode"])
		switch {
		case ignoreStatus || err != nil || status == 0 || code != exit.OK:
		case one.lint != nil:
			code = exit.Check
		default:
			code = status // what it means is up to the frontend
		}
	}
	return code
}

// callCode is the exit code of a target's failure: if its frontend was only
// asked, no build failed, but what it was asked about is wrong.
func callCode(plan *bake.Plan, failure *failure.TargetError, code int) int {
	if t := plan.Target(failure.Target); t != nil && code == exit.Build {
		if method, err := t.Asks(); err != nil || method != "" {
			return exit.Usage
		}
	}
	return code
}

// writeAnswers prints the answers as text.
func writeAnswers(w io.Writer, list []*answer) error {
	var b bytes.Buffer
	for i, one := range list {
		if i > 0 {
			fmt.Fprintln(&b)
		}
		fmt.Fprintln(&b, one.target.Name)
		if one.target.Description != "" {
			fmt.Fprintln(&b, one.target.Description)
		}
		fmt.Fprintln(&b)
		if err := one.write(&b); err != nil {
			fmt.Fprintf(&b, "error: %v\n", err)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// write prints one answer as text, by BuildKit's own printers where bake knows
// what was asked.
func (one *answer) write(w io.Writer) error {
	data := []byte(one.values["result.json"])
	if text := one.values["result.txt"]; text != "" && one.tooNew() {
		_, err := io.WriteString(w, text)
		return err
	}
	switch one.method {
	case "lint":
		return one.lint.write(w)
	case "outline":
		return outline.PrintOutline(data, w)
	case "targets":
		return targets.PrintTargets(data, w)
	case "subrequests.describe":
		return subrequests.PrintDescribe(data, w)
	}
	text, ok := one.values["result.txt"]
	if !ok {
		text = strings.TrimRight(string(data), "\n") + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// printed are the versions of the answers that BuildKit's printers know.
var printed = map[string]string{
	"lint": lint.SubrequestLintDefinition.Version, "outline": outline.SubrequestsOutlineDefinition.Version,
	"targets": targets.SubrequestsTargetsDefinition.Version, "subrequests.describe": subrequests.SubrequestsDescribeDefinition.Version,
}

// tooNew reports whether the frontend's own text has to do.
func (one *answer) tooNew() bool {
	version := one.values["version"]
	return version != "" && printed[one.method] != "" && versions.LessThan(printed[one.method], version)
}

// writeAnswersJSON prints the answers together with the plan, as one object.
func writeAnswersJSON(w io.Writer, plan *bake.Plan, list []*answer) error {
	text, err := plan.JSON()
	if err != nil {
		return err
	}
	var doc struct {
		Group  json.RawMessage            `json:"group,omitempty"`
		Target map[string]json.RawMessage `json:"target"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	out := struct {
		Group  json.RawMessage           `json:"group,omitempty"`
		Target map[string]map[string]any `json:"target"`
	}{doc.Group, map[string]map[string]any{}}
	for name, definition := range doc.Target {
		out.Target[name] = map[string]any{"build": definition}
	}
	for _, one := range list {
		out.Target[one.target.Name][bake.CallName(one.method)] = one.json()
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// json is the answer as an object: what the frontend said, and an error if that
// is one.
func (one *answer) json() map[string]any {
	text, ok := one.values["result.json"]
	out, fields := map[string]any{}, map[string]json.RawMessage{}
	switch {
	case !ok && one.values["result.txt"] == "":
	case !ok:
		out[one.method] = one.values["result.txt"]
	case !json.Valid([]byte(text)):
		out["error"] = "the frontend's answer is no JSON"
	case json.Unmarshal([]byte(text), &fields) != nil:
		out[one.method] = json.RawMessage(text) // no object
	}
	for k, v := range fields {
		out[k] = v
	}
	if one.lint != nil && one.lint.broken() {
		out["error"] = one.lint.errorText()
	}
	return out
}
