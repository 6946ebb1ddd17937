package bake

import (
	"maps"
	"strings"
)

// JSON is the plan as --print shows it: itself a valid definition, with the
// bytes that buildx prints, and a newline at the end.
func (p *Plan) JSON() ([]byte, error) {
	groups := make(map[string]jsonObject, len(p.Groups))
	for _, g := range p.Groups {
		groups[g.Name] = append(members("description", g.Description), jsonMember{"targets", g.Targets})
	}
	targets := make(map[string]jsonObject, len(p.Targets))
	for _, t := range p.Targets {
		targets[t.Name] = t.fields()
	}
	var w jsonWriter
	w.begin('{')
	n := 0
	if len(groups) > 0 {
		w.next(n)
		w.member("group")
		writeMap(&w, groups, w.object)
		n++
	}
	w.next(n)
	w.member("target")
	writeMap(&w, targets, w.object)
	w.end('}', n+1)
	return append(w.buf, '\n'), nil
}

// jsonObject is an object whose members keep their order.
type jsonObject []jsonMember

type jsonMember struct {
	name  string
	value any
}

// fields are the target's attributes that are set, in the order of the table.
func (t *Target) fields() jsonObject {
	var out jsonObject
	for i := range table {
		if v := t.jsonValue(i); v != nil {
			if table[i].escape {
				v = escapeTemplates(v)
			}
			out = append(out, jsonMember{table[i].name, v})
		}
	}
	return out
}

// jsonValue is the value of one attribute for printing, nil when not set. It
// reads the decoded target, so that what is printed is what is built.
func (t *Target) jsonValue(i int) any {
	switch i {
	case attrDescription:
		return orNil(t.Description)
	case attrAnnotations:
		return listOrNil(t.Annotations)
	case attrAttest:
		return entriesJSON(t.Attest, true)
	case attrContext:
		return t.Context
	case attrContexts:
		return mapOrNil(t.Contexts)
	case attrDockerfile:
		return t.Dockerfile
	case attrDockerfileInline:
		return ptrOrNil(t.DockerfileInline)
	case attrArgs:
		return mapOrNil(t.Args)
	case attrLabels:
		return mapOrNil(t.Labels)
	case attrTags:
		return listOrNil(t.Tags)
	case attrCacheFrom:
		return entriesJSON(t.CacheFrom, false)
	case attrCacheTo:
		return entriesJSON(t.CacheTo, false)
	case attrTarget:
		return ptrOrNil(t.Stage)
	case attrSecret:
		return secretsJSON(t.Secrets)
	case attrSSH:
		return sshJSON(t.SSH)
	case attrPlatforms:
		return listOrNil(t.Platforms)
	case attrOutput:
		return entriesJSON(t.Outputs, false)
	}
	return t.jsonValueMore(i)
}

func (t *Target) jsonValueMore(i int) any {
	switch i {
	case attrPull:
		return ptrOrNil(t.Pull)
	case attrNoCache:
		return ptrOrNil(t.NoCache)
	case attrNetwork:
		return ptrOrNil(t.Network)
	case attrNoCacheFilter:
		return listOrNil(t.NoCacheFilter)
	case attrShmSize:
		return ptrOrNil(t.ShmSize)
	case attrUlimits:
		return listOrNil(t.Ulimits)
	case attrResources:
		return resourcesJSON(t.Resources)
	case attrCall:
		return ptrOrNil(t.Call)
	case attrEntitlements:
		return listOrNil(t.Entitlements)
	case attrExtraHosts:
		return mapOrNil(t.ExtraHosts)
	case attrPolicy:
		return policiesJSON(t.Policy)
	}
	return nil
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func listOrNil(l []string) any {
	if len(l) == 0 {
		return nil
	}
	return l
}

func mapOrNil(m map[string]string) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

func ptrOrNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// entriesJSON prints entries as objects; of attestations, disabled is a bool.
func entriesJSON(entries []Entry, attest bool) any {
	if len(entries) == 0 {
		return nil
	}
	out := make([]map[string]any, len(entries))
	for i, e := range entries {
		m := make(map[string]any, len(e.Attrs)+2)
		for k, v := range e.Attrs {
			m[k] = v
		}
		m["type"] = e.Type
		if e.Dest != "" {
			m["dest"] = e.Dest
		}
		if attest && m["disabled"] == "true" {
			m["disabled"] = true
		}
		out[i] = m
	}
	return out
}

func secretsJSON(secrets []Secret) any {
	if len(secrets) == 0 {
		return nil
	}
	out := make([]jsonObject, len(secrets))
	for i, s := range secrets {
		out[i] = members("id", s.ID, "src", s.Src, "env", s.Env)
	}
	return out
}

func sshJSON(keys []SSH) any {
	if len(keys) == 0 {
		return nil
	}
	out := make([]jsonObject, len(keys))
	for i, k := range keys {
		out[i] = members("id", k.ID)
		if len(k.Paths) > 0 {
			out[i] = append(out[i], jsonMember{"paths", k.Paths})
		}
	}
	return out
}

// members makes an object of name, value pairs whose value is not empty.
func members(pairs ...string) jsonObject {
	out := jsonObject{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, jsonMember{pairs[i], pairs[i+1]})
		}
	}
	return out
}

func resourcesJSON(r *Resources) any {
	if r == nil {
		return nil
	}
	out := members("memory", r.Memory, "memory-swap", r.MemorySwap)
	for _, n := range []struct {
		name  string
		value *int64
	}{{"cpu-shares", r.CPUShares}, {"cpu-period", r.CPUPeriod}, {"cpu-quota", r.CPUQuota}} {
		if n.value != nil {
			out = append(out, jsonMember{n.name, *n.value})
		}
	}
	return append(out, members("cpuset-cpus", r.CPUSetCPUs, "cpuset-mems", r.CPUSetMems)...)
}

var templateEscaper = strings.NewReplacer("${", "$${", "%{", "%%{")

// escapeTemplates keeps literal text literal when the output is read back as
// a definition.
func escapeTemplates(v any) any {
	switch v := v.(type) {
	case string:
		return templateEscaper.Replace(v)
	case []string:
		out := make([]string, len(v))
		for i, s := range v {
			out[i] = templateEscaper.Replace(s)
		}
		return out
	case map[string]string:
		out := maps.Clone(v)
		for k, s := range out {
			out[k] = templateEscaper.Replace(s)
		}
		return out
	}
	return v
}
