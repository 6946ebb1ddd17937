package submit

import (
	"slices"
	"strings"
	"testing"

	"bake/bake"
	located "bake/bake/submit/dockerfile"
	"bake/bake/submit/input"
	"bake/bake/submit/node"
	"bake/bake/submit/platform"

	"github.com/containerd/platforms"
)

// What is built again is all that uses what is to be built again, in the way in
// which the frontend of BuildKit finds stages.
func TestRenewal(t *testing.T) {
	for name, c := range map[string]struct {
		dockerfile string
		filter     string // names with commas
		contexts   string // named contexts that are made again
		attrs      map[string]string
		target     string
		want       string // the attribute
		kept       bool   // the result of the target is not made again
	}{
		"copied":        {dockerfile: "FROM a AS fetch\nRUN x\nFROM a AS other\nRUN x\nFROM a AS app\nCOPY --from=fetch / /", filter: "fetch", want: "fetch,app"},
		"by number":     {dockerfile: "FROM a\nRUN x\nFROM a AS fetch\nFROM a AS app\nCOPY --from=1 / /", filter: "fetch", want: "fetch,app"},
		"stands on":     {dockerfile: "FROM a AS fetch\nFROM fetch AS app\nRUN x", filter: "fetch", want: "fetch,app"},
		"mounted":       {dockerfile: "FROM a AS fetch\nFROM a AS app\nRUN --mount=from=fetch,target=/m x", filter: "fetch", want: "fetch,app"},
		"mount number":  {dockerfile: "FROM a AS fetch\nFROM a AS app\nRUN --mount=from=0,target=/m x", filter: "fetch", want: "fetch", kept: true},
		"through":       {dockerfile: "FROM a AS fetch\nFROM a AS mid\nCOPY --from=fetch / /\nFROM mid AS app", filter: "fetch", want: "fetch,mid,app"},
		"no name":       {dockerfile: "FROM a AS fetch\nFROM a\nCOPY --from=fetch / /", filter: "fetch", want: "fetch,"},
		"not used":      {dockerfile: "FROM a AS fetch\nFROM a AS side\nCOPY --from=fetch / /\nFROM a AS app", filter: "fetch", want: "fetch", kept: true},
		"earlier only":  {dockerfile: "FROM a AS fetch\nFROM a AS mid\nCOPY --from=fetch / /\nFROM a AS app\nCOPY --from=fetch / /", filter: "fetch", target: "MID", want: "fetch,mid"},
		"any case":      {dockerfile: "FROM a AS Fetch\nFROM a AS App\nCOPY --from=FETCH / /", filter: "fetCH", want: "fetCH,fetch,app"},
		"case of FROM":  {dockerfile: "FROM a AS Fetch\nFROM Fetch AS app", filter: "fetch"},
		"later":         {dockerfile: "FROM a AS app\nCOPY --from=fetch / /\nFROM a AS fetch\nFROM app AS last", filter: "fetch"},
		"two of a name": {dockerfile: "FROM a AS x\nFROM x AS one\nFROM b AS x\nFROM a AS two\nCOPY --from=x / /", filter: "one", want: "one", kept: true},
		"argument":      {dockerfile: "ARG BASE=other\nFROM a AS fetch\nFROM a AS other\nFROM ${BASE} AS app", filter: "fetch", attrs: map[string]string{"build-arg:BASE": "fetch"}, want: "fetch,app"},
		"its default":   {dockerfile: "ARG A=fet\nARG BASE=${A}ch\nFROM a AS fetch\nFROM ${BASE} AS app", filter: "fetch", want: "fetch,app"},
		"platform":      {dockerfile: "FROM a AS fetch-arm64\nFROM a AS fetch-amd64\nFROM fetch-$TARGETARCH AS app", filter: "fetch-arm64", want: "fetch-arm64,app"},
		"ONBUILD":       {dockerfile: "FROM a AS fetch\nFROM a AS base\nONBUILD COPY --from=fetch / /\nFROM base AS app", filter: "fetch", want: "fetch,app"},
		"ONBUILD twice": {dockerfile: "FROM a AS fetch\nFROM a AS base\nONBUILD COPY --from=fetch / /\nFROM base AS mid\nFROM mid AS app", filter: "fetch", want: "fetch,mid,app"},
		"itself":        {dockerfile: "FROM a AS app\nCOPY --from=app / /", filter: "app"},
		"replaced":      {dockerfile: "FROM a AS fetch\nFROM fetch AS mid\nFROM mid AS app", filter: "fetch", attrs: map[string]string{"context:mid": "local:x"}, want: "fetch", kept: true},
		"replaced here": {dockerfile: "FROM a AS fetch\nFROM fetch AS mid\nFROM mid AS app", filter: "fetch", attrs: map[string]string{"context:mid::linux/arm64": "local:x"}, want: "fetch", kept: true},
		"but not there": {dockerfile: "FROM a AS fetch\nFROM fetch AS mid\nFROM mid AS app", filter: "fetch", attrs: map[string]string{"context:mid::linux/amd64": "local:x"}, want: "fetch,mid,app"},
		"heredoc":       {dockerfile: "FROM a AS fetch\nFROM a AS app\nRUN <<EOF\nFROM fetch\nEOF", filter: "fetch", want: "fetch", kept: true},
		"escape":        {dockerfile: "# escape=`\nFROM a AS fetch\nFROM a AS app\nCOPY `\n --from=fetch / /", filter: "fetch", want: "fetch,app"},

		"link below":      {dockerfile: "FROM base AS app\nRUN x", contexts: "base", want: "app"},
		"link copied":     {dockerfile: "FROM a\nRUN x\nFROM a\nCOPY --from=docker.io/library/base:latest / /", contexts: "base", want: ","},
		"link instead":    {dockerfile: "FROM a AS base\nFROM base AS app", contexts: "base::linux/arm64", attrs: map[string]string{"context:base::linux/arm64": "input:x"}, want: "base,app"},
		"link unused":     {dockerfile: "FROM a AS app", contexts: "base", kept: true},
		"link and filter": {dockerfile: "FROM a AS one\nFROM base AS two\nFROM a AS app\nCOPY --from=two / /\nFROM app", contexts: "base", filter: "one", want: "one,two,app,"},
	} {
		t.Run(name, func(t *testing.T) {
			q := &request{node: &node.Node{Native: platforms.MustParse("linux/amd64")}, inputs: &input.Inputs{Dockerfile: &located.File{Data: []byte(c.dockerfile)}}}
			q.platforms, _ = platform.Parse([]string{"linux/arm64"})
			q.target = &bake.Target{Stage: &c.target, NoCacheFilter: list(c.filter)}
			for _, name := range list(c.contexts) {
				producer := &request{}
				producer.renewed.Store(true)
				q.links = append(q.links, link{name, producer})
			}
			attrs := map[string]string{noCacheAttr: c.filter}
			for k, v := range c.attrs {
				attrs[k] = v
			}
			q.extendNoCache(t.Context(), nil, attrs)
			if attrs[noCacheAttr] != c.want || q.renewed.Load() == c.kept {
				t.Errorf("no-cache is %q, want %q; the result is made again: %t", attrs[noCacheAttr], c.want, q.renewed.Load())
			}
		})
	}
}

func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}

// A frontend that knows stages by their names only is told to renew all, as are
// those of which the stages cannot be read; another's are its own matter.
func TestRenewalOfOtherFrontends(t *testing.T) {
	const unnamed = "FROM a AS fetch\nFROM a\nCOPY --from=fetch / /"
	for name, c := range map[string]struct {
		dockerfile, want string
		old, renewed     bool
	}{
		"old engine":   {dockerfile: unnamed, old: true, want: "", renewed: true},
		"old image":    {dockerfile: "# syntax=docker/dockerfile:1.4\n" + unnamed, want: "", renewed: true},
		"recent image": {dockerfile: "# syntax=docker/dockerfile:1.10\n" + unnamed, want: "fetch,", renewed: true},
		"broken":       {dockerfile: "FROM a AS fetch\nFROM ${A", want: "", renewed: true},
		"no such":      {dockerfile: "", want: "", renewed: true},
		"another's":    {dockerfile: "# syntax=example.com/mine\n" + unnamed, want: "fetch"},
	} {
		q := &request{
			node: &node.Node{Old: c.old}, target: &bake.Target{NoCacheFilter: []string{"fetch"}},
			inputs: &input.Inputs{Dockerfile: &located.File{Data: []byte(c.dockerfile)}}, frontend: "dockerfile.v0",
		}
		attrs := map[string]string{noCacheAttr: "fetch"}
		q.extendNoCache(t.Context(), nil, attrs)
		if attrs[noCacheAttr] != c.want || q.renewed.Load() != c.renewed {
			t.Errorf("%s: no-cache is %q, want %q; the result is made again: %t", name, attrs[noCacheAttr], c.want, q.renewed.Load())
		}
	}
}
