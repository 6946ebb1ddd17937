package parity

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/docker/buildx/bake"
	"github.com/docker/buildx/bake/hclparser"
	"github.com/docker/buildx/util/buildflags"
)

// localPlatform is what BAKE_LOCAL_PLATFORM says on both sides.
var localPlatform = platforms.Format(platforms.DefaultSpec())

var errNoDefinition = errors.New("couldn't find a bake definition")

// askOracle does what `docker buildx bake --print` does with its local files
// between reading them and printing. It must run in the directory and with
// the environment of the run: the peer reads both itself.
func askOracle(r run, socket string) answer {
	f, err := parseFlags(r.Args)
	if err != nil {
		return answer{Err: err.Error()}
	}
	if f.list != "" {
		return listOracle(r, f)
	}
	targets, groups, err := resolveOracle(r, f)
	if err != nil {
		return answer{Err: err.Error()}
	}
	strict, err := convertOracle(targets, socket)
	if err != nil {
		return answer{Err: err.Error(), Strict: strict}
	}
	text, err := json.MarshalIndent(struct {
		Group  map[string]*bake.Group  `json:"group,omitempty"`
		Target map[string]*bake.Target `json:"target"`
	}{groups, targets}, "", "  ")
	if err != nil {
		return answer{Err: err.Error()}
	}
	return answer{JSON: string(text) + "\n", Strict: strict}
}

func resolveOracle(r run, f *flags) (map[string]*bake.Target, map[string]*bake.Group, error) {
	extra, noPolicy, err := f.overrides()
	if err != nil {
		return nil, nil, err
	}
	set := slices.Clone(f.set)
	for _, o := range extra {
		set = append(set, o.text)
	}
	files, err := readOracleFiles(r, f)
	if err != nil {
		return nil, nil, err
	}
	vars, err := f.variables()
	if err != nil {
		return nil, nil, err
	}
	relative, err := fileRelative(r.Env)
	if err != nil {
		return nil, nil, err
	}
	names := slices.Clone(f.targets)
	if len(names) == 0 {
		names = []string{"default"}
	}
	targets, groups, err := bake.ReadTargets(context.Background(), files, names, set, oracleBuiltins(), vars,
		&bake.EntitlementConf{}, bake.ParseOpt{FileRelativePaths: relative})
	if err != nil {
		return nil, nil, err
	}
	for _, t := range targets {
		if noPolicy {
			t.Policy = buildflags.PolicyConfigs{{Disabled: true}}
		}
		setEpoch(t, r.Env["SOURCE_DATE_EPOCH"])
	}
	return targets, groups, nil
}

func oracleBuiltins() map[string]string {
	return map[string]string{"BAKE_CMD_CONTEXT": "cwd://", "BAKE_LOCAL_PLATFORM": localPlatform}
}

func readOracleFiles(r run, f *flags) ([]bake.File, error) {
	names, err := f.fileNames(r.Env, func(name string) error {
		_, err := os.Stat(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "cwd://")
	}
	files, err := bake.ReadLocalFiles(names, bytes.NewReader(r.Stdin), nil)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errNoDefinition
	}
	return files, nil
}

func setEpoch(t *bake.Target, epoch string) {
	const name = "SOURCE_DATE_EPOCH"
	if _, ok := t.Args[name]; ok || epoch == "" {
		return
	}
	if t.Args == nil {
		t.Args = map[string]*string{}
	}
	t.Args[name] = &epoch
}

// convertOracle runs the peer's conversion to build options, which completes
// contexts and output destinations before they are printed. Secrets, agents
// and caches are left out, as their credentials must not be needed to print;
// strict is the error that the conversion gives with secrets and agents.
func convertOracle(targets map[string]*bake.Target, socket string) (strict string, err error) {
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		t := targets[name]
		whole := *t
		whole.CacheFrom, whole.CacheTo = nil, nil
		if strict == "" {
			strict = convertStrictly(name, whole)
		}
		part := whole
		part.Context = t.Context
		part.Secrets, part.SSH = nil, nil
		if err := convertWithAgent(name, &part, socket); err != nil {
			return strict, fmt.Errorf("target %s: %w", name, err)
		}
		t.Context = part.Context
	}
	return strict, nil
}

// convertStrictly tries the conversion with secrets and agents, where there
// are any, and returns its error.
func convertStrictly(name string, t bake.Target) string {
	if len(t.Secrets) == 0 && len(t.SSH) == 0 && !buildflags.IsGitSSH(*t.Context) {
		return ""
	}
	if _, err := bake.TargetsToBuildOpt(map[string]*bake.Target{name: &t}, nil); err != nil {
		return err.Error()
	}
	return ""
}

// convertWithAgent gives the conversion an agent to find: a context read over
// SSH asks for one even when the target names none.
func convertWithAgent(name string, t *bake.Target, socket string) error {
	const key = "SSH_AUTH_SOCK"
	old, had := os.LookupEnv(key)
	if err := os.Setenv(key, socket); err != nil {
		return err
	}
	_, err := bake.TargetsToBuildOpt(map[string]*bake.Target{name: t}, nil)
	if had {
		return errors.Join(err, os.Setenv(key, old))
	}
	return errors.Join(err, os.Unsetenv(key))
}

// parseOracle only parses the files of a run.
func parseOracle(r run, f *flags) (*bake.Config, *hclparser.ParseMeta, error) {
	files, err := readOracleFiles(r, f)
	if err != nil {
		return nil, nil, err
	}
	vars, err := f.variables()
	if err != nil {
		return nil, nil, err
	}
	return bake.ParseFiles(files, oracleBuiltins(), vars)
}

// oracleMatrix lists the groups that the definition's matrix blocks make.
func oracleMatrix(r run) []string {
	f, err := parseFlags(r.Args)
	if err != nil {
		return nil
	}
	_, meta, err := parseOracle(r, f)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(meta.Renamed["target"]))
}

// listOracle is what --list prints as JSON: targets and groups by name without
// the private ones, or variables by name.
func listOracle(r run, f *flags) answer {
	config, meta, err := parseOracle(r, f)
	if err != nil {
		return answer{Err: err.Error()}
	}
	if f.list == "variables" {
		slices.SortStableFunc(meta.AllVariables, func(a, b *hclparser.Variable) int { return cmp.Compare(a.Name, b.Name) })
		return listing(meta.AllVariables)
	}
	var list []listed
	for _, t := range config.Targets {
		list = append(list, listed{Name: t.Name, Description: t.Description})
	}
	for _, g := range config.Groups {
		members := strings.Join(slices.Sorted(slices.Values(g.Targets)), ", ")
		switch {
		case members == "":
			members = g.Description
		case g.Description != "":
			members = g.Description + " (" + members + ")"
		}
		list = append(list, listed{Name: g.Name, Description: members, Group: true})
	}
	list = slices.DeleteFunc(list, func(l listed) bool { return strings.HasPrefix(l.Name, "_") })
	slices.SortStableFunc(list, func(a, b listed) int { return cmp.Compare(a.Name, b.Name) })
	return listing(list)
}

// listed is a target or group as --list=type=targets,format=json has it.
type listed struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Group       bool   `json:"group,omitempty"`
}

func listing[T any](list []T) answer {
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return answer{Err: err.Error()}
	}
	return answer{JSON: string(text) + "\n"}
}
