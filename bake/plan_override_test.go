package bake

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// setCases say for each row that --set reaches what a target without the
// attribute has after KEY=value, or KEY.name=value where the row takes names.
var setCases = map[string]struct{ name, value, want string }{
	"annotations":     {"", "c=3", `["c=3"]`},
	"attest":          {"", "type=sbom", `[{"type":"sbom"}]`},
	"context":         {"", "dir", `"dir"`},
	"contexts":        {"a.b", "dir", `{"a.b":"dir"}`},
	"dockerfile":      {"", "other", `"other"`},
	"args":            {"A.B", "1", `{"A.B":"1"}`},
	"labels":          {"a.b", "1", `{"a.b":"1"}`},
	"tags":            {"", "x:1", `["x:1"]`},
	"cache-from":      {"", "x", `[{"ref":"x","type":"registry"}]`},
	"cache-to":        {"", "type=inline", `[{"type":"inline"}]`},
	"target":          {"", "stage", `"stage"`},
	"secret":          {"", "id=x", `[{"id":"x"}]`},
	"ssh":             {"", "key", `[{"id":"key"}]`},
	"platforms":       {"", "linux/386", `["linux/386"]`},
	"output":          {"", "type=image", `[{"type":"image"}]`},
	"pull":            {"", "true", `true`},
	"no-cache":        {"", "true", `true`},
	"network":         {"", "none", `"none"`},
	"no-cache-filter": {"", "x", `["x"]`},
	"shm-size":        {"", "9m", `"9m"`},
	"ulimits":         {"", "nproc=2", `["nproc=2"]`},
	"resources":       {"memory", "9m", `{"memory":"9m"}`},
	"call":            {"", "outline", `"outline"`},
	"entitlements":    {"", "device", `["device"]`},
	"extra-hosts":     {"a.b", "1.2.3.4", `{"a.b":"1.2.3.4"}`},
	"policy":          {"", "reset=true", `[{"reset":true}]`},
}

// eachKey runs a test for every key of every row that --set reaches.
func eachKey(t *testing.T, test func(t *testing.T, i int, key string)) {
	for i := range table {
		row := &table[i]
		if row.set == setNone {
			continue
		}
		for _, key := range row.keys() {
			t.Run(key, func(t *testing.T) {
				if _, ok := setCases[row.name]; !ok {
					t.Fatal("this row of the table has no case")
				}
				test(t, i, key)
			})
		}
	}
}

// TestSetKeys sets every attribute by every key that it has.
func TestSetKeys(t *testing.T) {
	eachKey(t, func(t *testing.T, i int, key string) {
		c := setCases[table[i].name]
		left := strings.TrimSuffix(key+"."+c.name, ".")
		expect(t, i, "target \"app\" {}\n", []string{left + "=" + c.value}, c.want)
		if i == attrResources {
			return // the only one that refuses to append
		}
		expect(t, i, "target \"app\" {}\n", []string{left + "+=" + c.value}, c.want)
	})
}

// TestSetMixesKeys replaces by one key and appends by another.
func TestSetMixesKeys(t *testing.T) {
	eachKey(t, func(t *testing.T, i int, key string) {
		row, c := &table[i], setCases[table[i].name]
		if row.set != setList && row.set != setAppend {
			return
		}
		for _, last := range row.keys() {
			want := planned(t, i, "target \"app\" {}\n", []string{key + "=" + c.value, key + "+=" + second(i)})
			expect(t, i, "target \"app\" {}\n", []string{key + "=" + c.value, last + "+=" + second(i)}, want)
		}
	})
}

// second is another value for a list.
func second(i int) string {
	other := map[int]string{
		attrAnnotations: "d=4", attrAttest: "type=provenance", attrCacheTo: "type=gha", attrSecret: "id=y", attrPlatforms: "linux/arm64",
		attrOutput: "type=docker", attrUlimits: "core=0", attrPolicy: "strict=true",
	}
	if v := other[i]; v != "" {
		return v
	}
	return "second"
}

// TestSetClears clears every list by every key, by name and by pattern, and
// what was given before with it.
func TestSetClears(t *testing.T) {
	eachKey(t, func(t *testing.T, i int, key string) {
		row, c := &table[i], setCases[table[i].name]
		if row.set != setList && row.set != setAppend {
			return
		}
		block := "target \"app\" {\n" + row.name + " = " + rowCases[row.name].first + "\n}\n"
		for _, sets := range [][]string{
			{key + "="}, {"*." + key + "="}, {"a?p." + key + "="},
			{key + "=" + c.value, key + "="}, {"*." + key + "+=" + c.value, key + "="}, {key + "=", key + "="},
		} {
			expect(t, i, block, sets, "")
		}
		for _, sets := range [][]string{
			{key + "=", key + "=" + c.value}, {key + "=", key + "+=" + c.value}, {"*." + key + "=", key + "+=" + c.value},
			{key + "+=" + second(i), key + "=", key + "+=" + c.value},
		} {
			expect(t, i, block, sets, c.want)
		}
	})
}

// TestSetClearsBase clears a list of a base target, which for its heirs is as
// if the base had none.
func TestSetClearsBase(t *testing.T) {
	eachKey(t, func(t *testing.T, i int, key string) {
		row := &table[i]
		if row.set != setList && row.set != setAppend {
			return
		}
		first := rowCases[row.name].first
		block := "target \"one\" {\n" + row.name + " = " + first + "\n}\ntarget \"two\" {\n" + row.name + " = " + rowCases[row.name].second +
			"\n}\ntarget \"app\" {\ninherits = [\"one\", \"two\"]\n}\n"
		want := planned(t, i, "target \"app\" {\n"+row.name+" = "+first+"\n}\n", nil)
		expect(t, i, block, []string{"two." + key + "="}, want)
	})
}

// TestNamesBelowKeys tries a name below every key, and none where one is
// needed.
func TestNamesBelowKeys(t *testing.T) {
	refused := func(t *testing.T, text, want string) {
		t.Helper()
		if _, err := ParseOverride(text); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want ...%s", text, err, want)
		}
	}
	eachKey(t, func(t *testing.T, i int, key string) {
		row := &table[i]
		switch {
		case row.set == setKey:
			refused(t, "app."+key+"=x", key+" needs a name, as in app."+key+".NAME=VALUE")
		case i == attrContext:
			refused(t, "app.context.base=x", `context takes no name below it. Did you mean "contexts.base"?`)
		case key == "secret":
			refused(t, "app.secret.=env=X", "secret needs a name, as in app.secret.NAME=VALUE")
			refused(t, "app.secret.a+=env=X", "secret.a does not support +=")
		case key == "secrets":
			refused(t, "app.secrets.a=env=X", `secrets takes no name below it. Did you mean "secret.a"?`)
		default:
			refused(t, "app."+key+".a.b=x", key+" takes no name below it; write app."+key+"=VALUE")
		}
	})
	for _, key := range pseudo {
		refused(t, "app."+key+".a=true", key+" takes no name below it; write app."+key+"=VALUE")
	}
}

// TestLastValueCounts: of several overrides of one value the last counts, and
// the others need not even be valid.
func TestLastValueCounts(t *testing.T) {
	const plain = "target \"app\" {}\n"
	expect(t, attrOutput, plain, []string{"*.push=true", "push=false"}, "")
	expect(t, attrOutput, plain, []string{"push=maybe", "push=true"}, `[{"push":"true","type":"image"}]`)
	expect(t, attrOutput, plain, []string{"load=true", "load=false"}, "")
	expect(t, attrPull, plain, []string{"pull=", "pull=true"}, "true")
	expect(t, attrResources, plain, []string{"resource.cpu-shares=x", "resources.cpu-shares=2"}, `{"cpu-shares":2}`)
	expect(t, attrSecret, "target \"app\" { secret = [\"id=a\"] }\n", []string{"secret.a=nonsense", "secret.a=env=A"}, `[{"id":"a","env":"A"}]`)
	expect(t, attrArgs, plain, []string{"args.A=1", "arg.A=2"}, `{"A":"2"}`)
}

func TestRefusedOverrides(t *testing.T) {
	for text, want := range map[string]string{
		"A=1":              `--set "A=1" does not name an attribute; write TARGET.ATTRIBUTE=VALUE, as in app.args.VERSION=1.0. A variable of the definition is set by --var A=1`,
		"a b=1":            `--set "a b=1" does not name an attribute; write TARGET.ATTRIBUTE=VALUE, as in app.args.VERSION=1.0`,
		"app":              `--set "app" does not name an attribute; write TARGET.ATTRIBUTE=VALUE, as in app.args.VERSION=1.0`,
		"args.A=1":         `--set "args.A=1": there is no attribute "A". An override begins with the name of a target. Did you mean "*.args.A"?`,
		"my.app.tags=x":    `--set "my.app.tags=x": there is no attribute "app". The name of a target has no dots. Did you mean "my_app.tags"?`,
		"my.app.v2.tags=x": `--set "my.app.v2.tags=x": there is no attribute "app". The name of a target has no dots. Did you mean "my_app_v2.tags"?`,
		"app.platfrm=x":    `--set "app.platfrm=x": there is no attribute "platfrm". Did you mean "platform"?`,
		"app.matrix=x":     `--set "app.matrix=x": the attribute "matrix" cannot be set from the command line`,
		"app.no-cache":     `--set "app.no-cache": there is no value; write app.no-cache=true`,
		"app.push":         `--set "app.push": there is no value; write app.push=true`,
		"app.labels.a":     `--set "app.labels.a": there is no value; write app.labels.a=VALUE`,
		"app.tags=a, b":    `--set "app.tags=a, b": the value is one tag, and a tag has no comma. For several tags write --set app.tags=a --set app.tags=b`,
		"*.tag+=a,b":       `--set "*.tag+=a,b": the value is one tag, and a tag has no comma. For several tags write --set *.tag+=a --set *.tag+=b`,
	} {
		if _, err := ParseOverride(text); err == nil || err.Error() != want {
			t.Errorf("%s: got\n%v\nwant\n%s", text, err, want)
		}
	}
}

// TestEmptyCaches: a cache without a reference is refused at its place, in the
// definition and on the command line, wherever it is empty.
func TestEmptyCaches(t *testing.T) {
	empty := []string{`""`, `,`, `a,,b`, `a,`}                                                                                                       // refused as what they are
	nowhere := []string{`","`, `" "`, ` `, `'`, `type=registry`, `type=registry,ref=`, `type=registry,ref= `, `type=local`, `type=local,src=,dest=`} // refused when planned
	for _, name := range []string{"cache-from", "cache-to"} {
		for _, text := range slices.Concat(empty, nowhere) {
			of := func(target string) string {
				return "target \"" + target + "\" {\n  " + name + " = [\"ok\", " + strconv.Quote(text) + "]\n}\n"
			}
			if diags := planApp(t, of("app")); !diags.HasErrors() || diags[0].Subject == nil || diags[0].Subject.Start.Line != 2 {
				t.Errorf("%s = %s: got %v", name, text, diags)
			}
			if diags := planApp(t, of("other")+"target \"app\" {}\n"); diags.HasErrors() != slices.Contains(empty, text) {
				t.Errorf("%s = %s of another target: %v", name, text, diags)
			}
			diags := planApp(t, "target \"app\" {}\n", "app."+name+"="+text)
			if !strings.Contains(diags.Error(), "--set app."+name+"="+text) {
				t.Errorf("--set app.%s=%s: got %v", name, text, diags)
			}
			if hint := strings.Contains(diags.Error(), "--set app."+name+"=, clears"); hint != (strings.Trim(text, `"', `) == "") {
				t.Errorf("--set app.%s=%s: got %v", name, text, diags)
			}
		}
		for _, text := range []string{"", "ref", "a,b", "type=inline", "type=gha", "type=s3", "type=local,src=s,dest=d", "type=registry,ref=x"} {
			if diags := planApp(t, "target \"app\" {\n"+name+" = ["+strconv.Quote(text)+"]\n}\n"); diags.HasErrors() {
				t.Errorf("%s = %s: %v", name, text, diags)
			}
		}
	}
}

// TestQuotesAroundNothing: a list that was to be cleared, with the quotes that
// something has kept.
func TestQuotesAroundNothing(t *testing.T) {
	for _, key := range []string{"cache-from", "cache-to", "output", "attest", "secret", "secrets", "policy"} {
		for _, equals := range []string{"=", "+="} {
			diags := planApp(t, "target \"app\" {}\n", "app."+key+equals+`""`)
			if !strings.Contains(diags.Error(), "an override without a value, --set app."+key+"=, clears the list") {
				t.Errorf("%s%s: %v", key, equals, diags)
			}
		}
	}
}

// planApp plans the target "app" of a definition, and tells what is wrong.
func planApp(t *testing.T, text string, set ...string) hcl.Diagnostics {
	t.Helper()
	_, diags := planSet(t, text, set...)
	return diags
}

// planSet plans the target "app" of a definition with overrides.
func planSet(t *testing.T, text string, set ...string) (*Plan, hcl.Diagnostics) {
	t.Helper()
	def, diags := Parse([]File{{Name: "docker-bake.hcl", Data: []byte(text)}}, nil)
	cfg, more := def.Evaluate(Scope{})
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, diags
	}
	req := Request{Targets: []string{"app"}}
	for _, s := range set {
		o, err := ParseOverride(s)
		if err != nil {
			t.Fatal(err)
		}
		req.Set = append(req.Set, o)
	}
	return cfg.Plan(req)
}
