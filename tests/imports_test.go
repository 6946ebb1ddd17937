// Package tests has what crosses rooms: the rules of the house, the pages and
// examples that are executed, and in its folders CLI scripts, builds on a real
// BuildKit, the comparison with docker buildx bake, and benchmarks.
package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the top of the checkout, seen from this package.
const root = ".."

// top is what may lie at the top level, and all of it must.
var top = []string{
	".ci", ".dockerignore", ".github", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md",
	"bake", "cmd", "compose", "docker-bake.hcl", "examples", "findings", "go.mod", "go.sum", "hclfuncs", "tests",
}

// Limits of size. Longer things hold more than one idea.
const (
	maxFileLines     = 400
	maxFunctionLines = 80
)

// room is a folder with the packages below it, up to the next room.
type room struct {
	dir string
	may []string // packages it may import, with those below; the standard library is free
	not []string // what it may not import all the same
}

// What several rooms build on.
var (
	language = []string{"github.com/hashicorp/hcl/v2", "github.com/zclconf/go-cty/cty"}
	buildx   = []string{
		"github.com/docker/buildx/builder", "github.com/docker/buildx/driver",
		"github.com/docker/buildx/localstate", // what is known here about the records of an engine
		"github.com/docker/buildx/store", "github.com/docker/buildx/util",
	}
	buildkitClient = []string{
		"github.com/moby/buildkit/client", "github.com/moby/buildkit/session", "github.com/moby/buildkit/identity",
		"github.com/moby/buildkit/solver/pb", "github.com/moby/buildkit/solver/errdefs",
		"github.com/moby/buildkit/exporter/containerimage/exptypes", "github.com/moby/buildkit/exporter/exptypes",
		"github.com/moby/buildkit/frontend/gateway/client", "github.com/moby/buildkit/frontend/dockerfile",
		"github.com/moby/buildkit/frontend/dockerui", // how the frontend reads the URL of a context
		"github.com/moby/buildkit/frontend/subrequests", "github.com/moby/buildkit/sourcepolicy",
		"github.com/moby/buildkit/api", "github.com/moby/buildkit/solver/llbsolver/provenance/types",
		"github.com/moby/buildkit/util",
	}
	// The words that BuildKit's interfaces speak in.
	containers = []string{
		"github.com/containerd/containerd/v2", "github.com/containerd/errdefs", "github.com/containerd/platforms",
		"github.com/distribution/reference", "github.com/opencontainers/go-digest", "github.com/opencontainers/image-spec",
		"github.com/tonistiigi/fsutil", "github.com/moby/patternmatcher", "google.golang.org/grpc",
		"google.golang.org/protobuf", "github.com/docker/go-units", "golang.org/x/sync", "golang.org/x/sys",
	}
	system = []string{"os", "net", "syscall", "runtime", "log", "plugin"}
)

// submission is what the rooms below bake/submit may import besides each other.
var submission = concat(language, buildx, buildkitClient, containers, []string{
	"bake/bake", "bake/bake/dockerfile", "github.com/docker/cli/cli/config",
	"github.com/docker/cli/cli/command",                                               // the type that buildx's look-up of logins asks for the config file
	"github.com/aws/aws-sdk-go-v2",                                                    // credentials of the s3 cache, as the environment gives them
	"github.com/gofrs/flock",                                                          // a journal of a release has one owner
	"github.com/moby/moby/client",                                                     // Docker pushes what the BuildKit inside it built
	"github.com/docker/buildx/policy", "github.com/moby/buildkit/frontend/gateway/pb", // policies in Rego, what they are asked,
	"github.com/sirupsen/logrus", // and the levels of what they tell
})

// submitRooms are the rooms below bake/submit, each with those that it may import:
// only ones above it in this list.
var submitRooms = []below{
	{"host", "", nil},
	{"failure", "", nil},
	{"release", "", nil},
	{"platform", "failure", nil},
	{"source", "failure host", nil},
	{"progress", "failure", nil},
	{"vcs", "host", nil},
	{"vertex", "source", nil},
	{"retry", "failure progress", nil},
	{"report", "failure host progress release", nil},
	{"dockerfile", "failure host source vcs", nil},
	{"frontend", "dockerfile failure host platform", nil},
	{"grant", "dockerfile failure host source", nil},
	{"credential", "failure host source", nil},
	{"input", "dockerfile failure frontend host source", nil},
	{"node", "failure progress vertex", nil},
	{"output", "failure host node platform", nil},
	{"transfer", "host output", nil},
	{"policy", "dockerfile failure host input node progress vertex", nil},
	{"publish", "credential progress release retry", nil},
	{"remote", "credential failure host input node progress retry source", nil},
}

// graphRooms are the rooms below bake/graph, as submitRooms: where things stand,
// how they look, and a room for each form.
var graphRooms = []below{
	{"layout", "", nil},
	{"look", "", nil},
	{"tree", "look", []string{"golang.org/x/text/width"}},
	{"dot", "look", nil},
	{"mermaid", "look", nil},
	{"data", "look", nil},
	{"font", "", []string{"golang.org/x/image"}},
	{"draw", "font layout look", nil},
	{"svg", "draw font look", nil},
	{"raster", "draw font layout look", []string{"golang.org/x/image"}},
	{"pdf", "draw font look", []string{"codeberg.org/go-pdf/fpdf"}},
	{"html", "data draw look svg", nil},
	{"form", "look tree dot mermaid data svg raster pdf html", nil},
}

// commandLine is what the rooms below cmd may import besides each other.
var commandLine = concat(language, buildx, buildkitClient, containers, []string{
	"bake/bake", "bake/hclfuncs", "bake/compose",
	"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/docker/cli/cli", "github.com/moby/moby/client",
	"github.com/tonistiigi/go-csvvalue", "github.com/agext/levenshtein", "github.com/apparentlymart/go-textseg",
	"github.com/sirupsen/logrus", "golang.org/x/term", "golang.org/x/text",
})

// notServer is what the command line does without: it only starts the engine.
var notServer = []string{"bake/bake/engine/server", "bake/bake/engine/runtime"}

// cmdRooms are the rooms below cmd, as submitRooms.
var cmdRooms = []below{
	{"exit", "", nil},
	{"heap", "", nil},
	{"terminal", "", nil},
	{"verb", "exit", nil},
	{"tally", "terminal", nil},
	{"github", "tally terminal", nil},
	{"files", "exit heap", nil},
	{"app", "exit files github terminal", nil},
	{"recovery", "app exit terminal", nil},
	{"diagnostics", "exit github recovery terminal", nil},
	{"enginecmd", "app exit heap terminal verb", nil},
	{"builders", "app enginecmd exit terminal verb", nil},
	{"display", "app builders diagnostics exit files github tally terminal", nil},
	{"inspect", "app builders diagnostics enginecmd exit terminal verb", nil},
}

// below is a room below another, with those beside it that it may import: only
// ones above it in its list.
type below struct {
	name, may string
	outside   []string // other packages, for this room alone
}

// roomsBelow makes the rooms of a list below dir.
func roomsBelow(dir string, list []below, may, not []string) []room {
	var out []room
	for i, r := range list {
		one := room{dir: dir + "/" + r.name, may: concat(may, r.outside), not: append(slices.Clone(not), "bake/"+dir)}
		for other := range strings.FieldsSeq(r.may) {
			if !slices.ContainsFunc(list[:i], func(above below) bool { return above.name == other }) {
				panic(r.name + " may not import " + other + ", which does not stand above it")
			}
			one.may = append(one.may, "bake/"+dir+"/"+other)
		}
		out = append(out, one)
	}
	return out
}

// rooms is the plan of the house: who may import whom. It is not changed to make
// a build pass; it is changed when the plan changes.
var rooms = slices.Concat([]room{
	// Values and functions over them. Its tests compare it with buildx.
	{dir: "hclfuncs", may: concat(language, []string{
		"github.com/hashicorp/go-cty-funcs", "github.com/Masterminds/semver/v3", "github.com/apparentlymart/go-cidr",
		"golang.org/x/crypto/bcrypt", // the function bcrypt
	}), not: []string{"net", "os/exec"}},
	// YAML with positions becomes an hcl.Body; bake is not known here.
	{dir: "compose", may: concat(language, []string{
		"github.com/compose-spec/compose-go/v2", "go.yaml.in/yaml",
	})},
	// The pure core: the same input gives the same result, wherever it runs.
	{dir: "bake", may: concat(language, []string{
		"net/url", "net/netip", // text about text: the query of a git URL, addresses of hosts; nothing is asked
		"bake/hclfuncs", "bake/compose",
		"github.com/tonistiigi/go-csvvalue", "github.com/agext/levenshtein",
		"github.com/containerd/platforms", "github.com/docker/go-units", // how platforms and sizes are written
		"github.com/distribution/reference", // and names of images
	}), not: system},
	// What a Dockerfile says and a target reads: bytes and plan in, values out.
	{dir: "bake/dockerfile", may: []string{
		"bake/bake", "github.com/moby/buildkit/frontend/dockerfile", "github.com/containerd/platforms",
		"github.com/moby/buildkit/util/system", // how paths of Windows are written
		"github.com/distribution/reference", "github.com/moby/patternmatcher", "github.com/opencontainers/image-spec",
		"github.com/tonistiigi/go-csvvalue",
	}, not: concat(system, []string{"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"})},
	// The picture of a build. What is drawn is told to it.
	{dir: "bake/graph", may: []string{
		"bake/bake", "bake/bake/graph", "bake/bake/dockerfile", "github.com/opencontainers/image-spec",
	}, not: concat(system, []string{"bake/bake/submit"})},
	// The client of BuildKit: the story of a run, and below it a room for each thing
	// that the story needs. What a room may import of the others is in submitRooms.
	{dir: "bake/submit", may: concat(submission, []string{"bake/bake/submit"}), not: []string{"bake/bake/engine"}},
	// The server side of BuildKit, in a process of its own.
	{dir: "bake/engine", may: concat(buildx, containers, []string{
		"bake/bake/engine", "github.com/moby/buildkit", "github.com/moby/moby/client", "github.com/moby/sys",
		"github.com/gofrs/flock", "go.etcd.io/bbolt", "github.com/sirupsen/logrus",
		"github.com/containerd/fuse-overlayfs-snapshotter/v2", "tags.cncf.io/container-device-interface",
	})},
	{dir: "bake/engine/runtime", may: concat(containers, []string{
		"github.com/opencontainers", "github.com/containerd/console", "github.com/moby/sys", "github.com/sirupsen/logrus",
	})},
	{dir: "bake/engine/rootless", may: []string{"golang.org/x/sys", "github.com/moby/sys"}},
	{dir: "cmd", may: concat(commandLine, []string{"bake/cmd"}), not: notServer},
	{dir: "cmd/bake", may: []string{"bake/cmd", "bake/bake/engine"}},
	{dir: "examples", may: []string{"example.com/monorepo"}}, // a module of its own
	// Tests may import whatever they compare with.
	{dir: "tests", may: []string{"bake", "github.com", "golang.org", "go.yaml.in", "google.golang.org"}},
},
	roomsBelow("bake/graph", graphRooms, []string{"bake/bake/graph"}, system),
	roomsBelow("bake/submit", submitRooms, submission, []string{"bake/bake/engine"}),
	roomsBelow("cmd", cmdRooms, commandLine, notServer),
)

// onlyTests is what no program may be linked with.
var onlyTests = []string{
	"github.com/docker/buildx/bake", "github.com/docker/buildx/build", "bake/tests", "testing",
	"github.com/rogpeppe/go-internal", "github.com/google/go-containerregistry",
}

// unfinished is what no finished file says.
var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b|not implemented`)

func concat(lists ...[]string) []string { return slices.Concat(lists...) }

// covers reports whether one of the import paths is pkg or above it.
func covers(paths []string, pkg string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") })
}

// roomOf is the room a file lies in: the longest that fits.
func roomOf(file string) *room {
	var found *room
	for i, r := range rooms {
		if strings.HasPrefix(file, r.dir+"/") && (found == nil || len(r.dir) > len(found.dir)) {
			found = &rooms[i]
		}
	}
	return found
}

// breaks says why a room may not import a package, or "".
func (r room) breaks(pkg string, test bool) string {
	standard := !strings.Contains(strings.SplitN(pkg, "/", 2)[0], ".") && !covers([]string{"bake"}, pkg)
	switch {
	case test:
		return ""
	case r.dir != "tests" && covers(onlyTests, pkg):
		return "only tests may import it"
	case covers(r.not, pkg) && !slices.Contains(r.may, pkg):
		return r.dir + " does without it"
	case standard || covers(r.may, pkg):
		return ""
	}
	return "not among what " + r.dir + " may import"
}

func TestImportsOfRooms(t *testing.T) {
	for _, file := range goFiles(t) {
		r := roomOf(file)
		if r == nil {
			t.Errorf("%s: lies in no room", file)
			continue
		}
		test := strings.HasSuffix(file, "_test.go")
		for _, spec := range parse(t, file, parser.ImportsOnly).Imports {
			pkg, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := r.breaks(pkg, test); why != "" {
				t.Errorf("%s imports %s: %s", file, pkg, why)
			}
		}
	}
}

// TestImportRulesHold checks the checker: a rule that nothing can break is none.
func TestImportRulesHold(t *testing.T) {
	for _, tc := range []struct {
		file, pkg string
		want      bool
	}{
		{"bake/plan.go", "github.com/hashicorp/hcl/v2/hclsyntax", true},
		{"bake/plan.go", "os", false},
		{"bake/plan.go", "os/exec", false},
		{"bake/plan.go", "net/http", false},
		{"bake/plan.go", "net/url", true},
		{"bake/plan.go", "github.com/moby/buildkit/client", false},
		{"bake/plan.go", "bake/cmd", false},
		{"bake/plan_test.go", "os", true},
		{"bake/submit/run.go", "os", true},
		{"bake/submit/run.go", "github.com/docker/buildx/build", false},
		{"bake/submit/run.go", "github.com/docker/buildx/builder", true},
		{"bake/submit/run.go", "github.com/moby/buildkit/control", false},
		{"bake/submit/run.go", "github.com/spf13/cobra", false},
		{"bake/submit/run.go", "bake/bake/submit/output", true},
		{"bake/submit/output/file.go", "bake/bake/submit/node", true},
		{"bake/submit/node/node.go", "bake/bake/submit/output", false},
		{"bake/submit/host/host.go", "bake/bake/submit", false},
		{"bake/engine/server/a.go", "github.com/moby/buildkit/control", true},
		{"cmd/bake.go", "github.com/spf13/cobra", true},
		{"cmd/display/display.go", "bake/cmd/builders", true},
		{"cmd/builders/select.go", "bake/cmd/display", false},
		{"cmd/bake.go", "github.com/docker/buildx/bake", false},
		{"cmd/bake/main.go", "github.com/spf13/cobra", false},
		{"tests/parity/oracle_test.go", "github.com/docker/buildx/bake", true},
	} {
		test := strings.HasSuffix(tc.file, "_test.go")
		if why := roomOf(tc.file).breaks(tc.pkg, test); (why == "") != tc.want {
			t.Errorf("%s imports %s: %q", tc.file, tc.pkg, why)
		}
	}
}

func TestTopLevel(t *testing.T) {
	var have []string
	for _, file := range files(t) {
		have = append(have, strings.SplitN(file, "/", 2)[0])
	}
	slices.Sort(have)
	have = slices.Compact(have)
	if !slices.Equal(have, top) {
		t.Errorf("the top level is\n%q, not\n%q", have, top)
	}
}

func TestSizes(t *testing.T) {
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, filepath.Join(root, file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if n := set.Position(f.FileEnd).Line; n > maxFileLines {
			t.Errorf("%s has %d lines, %d at most", file, n, maxFileLines)
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			start := set.Position(fn.Pos())
			if n := set.Position(fn.End()).Line - start.Line + 1; n > maxFunctionLines {
				t.Errorf("%s:%d: %s has %d lines, %d at most", file, start.Line, fn.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

// TestPackagesAreExplained wants a comment on every package, and on what a
// package exports at its top level.
func TestPackagesAreExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "examples/") {
			continue
		}
		f := parse(t, file, parser.ParseComments|parser.SkipObjectResolution)
		dir := path.Dir(file)
		explained[dir] = explained[dir] || f.Doc != nil
		for _, decl := range f.Decls {
			for _, name := range unexplained(decl) {
				t.Errorf("%s: %s has no comment", file, name)
			}
		}
	}
	for dir, ok := range explained {
		if !ok {
			t.Errorf("%s: no file has a package comment", dir)
		}
	}
}

// unexplained is what a declaration exports without a comment. Methods are left
// to their interfaces.
func unexplained(decl ast.Decl) []string {
	var names []string
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.IsExported() && d.Doc == nil {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
				names = append(names, s.Name.Name)
			}
		}
	}
	return names
}

func TestNothingUnfinished(t *testing.T) {
	for _, file := range goFiles(t) {
		if file == "tests/imports_test.go" {
			continue
		}
		for _, group := range parse(t, file, parser.ParseComments|parser.SkipObjectResolution).Comments {
			if word := unfinished.FindString(group.Text()); word != "" {
				t.Errorf("%s: a comment says %q", file, word)
			}
		}
	}
}

func parse(t *testing.T, file string, mode parser.Mode) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, mode)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// files are the files of the repository, as slash-separated paths.
func files(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--deduplicate").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}

func goFiles(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, file := range files(t) {
		if strings.HasSuffix(file, ".go") && !strings.Contains(file, "/testdata/") {
			found = append(found, file)
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %d Go files", len(found))
	}
	return found
}
