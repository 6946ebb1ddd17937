package bake

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"bake/compose"
)

// The languages of a definition, as they are called in sentences.
const (
	asHCL     = "HCL"
	asJSON    = "JSON"
	asCompose = "a Compose file (YAML)"
)

// languages is what the files of a definition are written in.
type languages struct {
	project []compose.File
	rest    []File
	guessed map[string]string // names that say no language, and what the file, which is wrong, was read as
}

// tellLanguages tells Compose files from others: by their names, else by what
// they hold. A file that is right in no language is read as the one it looks
// most like, whose diagnostics then make sense.
func tellLanguages(files []File) languages {
	l := languages{guessed: map[string]string{}}
	for _, f := range files {
		is, _ := compose.IsCompose(f.Name, f.Data)
		if !is && !saysLanguage(f.Name) {
			l.guessed[f.Name] = guess(f)
		}
		if is || l.guessed[f.Name] == asCompose {
			l.project = append(l.project, compose.File(f))
			continue
		}
		l.rest = append(l.rest, f)
	}
	return l
}

// saysLanguage reports whether a name says which language its file is in.
func saysLanguage(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".hcl", ".json", ".yml", ".yaml":
		return true
	}
	return false
}

// guess is the language that a file looks most like that is no Compose file. It
// is that of Compose only if the others cannot read it, as they read some texts
// that look like YAML.
func guess(f File) string {
	switch {
	case startsJSON(f.Data):
		return asJSON
	case !looksYAML(f.Data):
		return asHCL
	}
	if _, diags := parseHCL(f); !diags.HasErrors() {
		return asHCL
	}
	return asCompose
}

// startsJSON reports whether a text begins as an object or a list does.
func startsJSON(data []byte) bool {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte(byteOrderMark)))
	return len(data) > 0 && (data[0] == '{' || data[0] == '[')
}

// yamlLine and hclLine are how a line of each language begins that is not
// indented: "services:" and "---", or "TAG =" and `target "app" {`.
var (
	yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:["']?[\w./-]+["']?:(?:\s|$)|---|%YAML|- )`) })
	hclLine  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[\w-]+\s*=|[a-z]+\s+"?[\w./-]+"?\s*\{|\})`) })
)

// looksYAML reports whether more of the lines that are not indented look like
// YAML than like HCL.
func looksYAML(data []byte) bool {
	yaml := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte(byteOrderMark))) {
		switch {
		case yamlLine().Match(line):
			yaml++
		case hclLine().Match(line):
			yaml--
		}
	}
	return yaml > 0
}

// explain adds to the first error of a file whose language was guessed which
// one that is. A file that was read as a Compose file is none if it has no error.
func (l *languages) explain(diags hcl.Diagnostics) hcl.Diagnostics {
	told := map[string]bool{}
	for _, d := range diags {
		name := position(d).Filename
		as, ok := l.guessed[name]
		if !ok || told[name] || d.Severity != hcl.DiagError {
			continue
		}
		told[name] = true
		if d.Extra != diagID("encoding") {
			d.Detail += " " + guessed(name, as)
		}
	}
	for _, f := range l.project {
		if l.guessed[f.Name] == asCompose && !told[f.Name] {
			told[f.Name] = true
			d := notCompose(File(f))
			d.Detail += " " + guessed(f.Name, asCompose)
			diags = append(diags, d)
		}
	}
	return diags
}

func guessed(name, as string) string {
	what := "The name of this file says no language; it"
	if name == "-" {
		what = "Standard input"
	}
	if as == asHCL {
		return "(" + what + " was read as HCL.)" // for want of anything else
	}
	return "(" + what + " was read as " + as + ", which it looks most like.)"
}
