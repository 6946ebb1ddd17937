package parity

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// archive is one case: files, and runs of bake on them. Its comment holds
// free text in lines that begin with #, and these lines:
//
//	env NAME=VALUE   set a variable for the runs that follow
//	stdin FILE       the file that the runs that follow read as "-"
//	cd DIR           the working directory of the runs that follow
//	unordered        members of a matrix group come in any order from the peer
//	random           the peer answers differently from time to time
//	bake ARGS        a run that both sides resolve to the same plan
//	! bake ARGS      a run that fails on both sides
//
// Files below hcl/ and json/ are twins: the same definition in both
// syntaxes, run each in its own directory, with the other files beside.
// A file named "differs" holds the id of a row in differences.md; then "want"
// holds what bake prints, or "want-error" what its diagnostics must contain,
// and the peer must really say something else.
type archive struct {
	name      string
	runs      []archiveRun
	files     []txtar.File
	unordered bool
	random    bool
	differs   string
	want      string
	wantError string
}

type archiveRun struct {
	run   run
	cd    string
	stdin string
	fails bool
}

func readArchive(path string) (*archive, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	parsed := txtar.Parse(data)
	a := &archive{name: strings.TrimSuffix(filepath.Base(path), ".txtar")}
	if err := a.readComment(string(parsed.Comment)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, f := range parsed.Files {
		switch f.Name {
		case "differs":
			a.differs, _, _ = strings.Cut(strings.TrimSpace(string(f.Data)), "\n")
		case "want":
			a.want = string(f.Data)
		case "want-error":
			a.wantError = strings.TrimSpace(string(f.Data))
		default:
			a.files = append(a.files, f)
		}
	}
	return a, a.check()
}

func (a *archive) readComment(text string) error {
	env := map[string]string{}
	var cd, stdin string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		words, err := splitWords(line)
		if err != nil {
			return err
		}
		if line == "" || line[0] == '#' {
			continue
		}
		fails := words[0] == "!"
		if fails {
			words = words[1:]
		}
		switch verb := words[0]; verb {
		case "env":
			name, value, _ := strings.Cut(strings.Join(words[1:], " "), "=")
			env[name] = value
		case "cd":
			cd = words[1]
		case "stdin":
			stdin = words[1]
		case "unordered":
			a.unordered = true
		case "random":
			a.random = true
		case "bake":
			r := run{Env: maps.Clone(env), Args: words[1:]}
			a.runs = append(a.runs, archiveRun{run: r, cd: cd, stdin: stdin, fails: fails})
		default:
			return fmt.Errorf("unknown line %q", line)
		}
	}
	return nil
}

func (a *archive) check() error {
	switch {
	case len(a.runs) == 0:
		return fmt.Errorf("%s: no bake line", a.name)
	case a.differs == "" && (a.want != "" || a.wantError != ""):
		return fmt.Errorf("%s: want without differs", a.name)
	case a.differs != "" && a.want != "" && a.wantError != "", a.lacksWant() && !updating:
		return fmt.Errorf("%s: differs needs want or want-error", a.name)
	case a.differs != "" && len(a.runs) != 1:
		return fmt.Errorf("%s: differs needs exactly one bake line", a.name)
	}
	return nil
}

// lacksWant reports whether a listed difference does not say what bake does.
func (a *archive) lacksWant() bool { return a.differs != "" && a.want == "" && a.wantError == "" }

// splitWords splits a line as a shell does, with single and double quotes and
// no escapes.
func splitWords(line string) ([]string, error) {
	if strings.HasPrefix(line, "#") {
		return nil, nil
	}
	var words []string
	var word strings.Builder
	var quote rune
	inWord := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("quote without end: " + line)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// twin is one syntax of an archive.
type twin struct {
	name  string // hcl, json, or "" when the archive has no twins
	files []txtar.File
}

func (a *archive) twins() []twin {
	var common []txtar.File
	byName := map[string][]txtar.File{}
	for _, f := range a.files {
		dir, rest, ok := strings.Cut(f.Name, "/")
		if ok && (dir == "hcl" || dir == "json") {
			byName[dir] = append(byName[dir], txtar.File{Name: rest, Data: f.Data})
		} else {
			common = append(common, f)
		}
	}
	if len(byName) == 0 {
		return []twin{{files: common}}
	}
	var twins []twin
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		twins = append(twins, twin{name: name, files: slices.Concat(common, byName[name])})
	}
	return twins
}

// emptyFile is the data of a file that has no bytes.
const emptyFile = "<empty>\n"

// write puts the files of a twin below dir.
func (t twin) write(dir string) error {
	for _, f := range t.files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		data := f.Data
		if string(data) == emptyFile {
			data = nil
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes a run of the archive ready for the twin written below dir.
// Definition files of the JSON twin that are named on the command line or in
// the environment go by their JSON names.
func (t twin) prepare(r archiveRun, dir string) run {
	out := r.run
	out.Dir = filepath.Join(dir, r.cd)
	for _, f := range t.files {
		if f.Name == r.stdin && string(f.Data) != emptyFile {
			out.Stdin = f.Data
		}
	}
	if t.name != "json" {
		return out
	}
	names := map[string]bool{}
	for _, f := range t.files {
		names[f.Name] = true
	}
	rename := func(name string) string {
		other := strings.TrimSuffix(name, ".hcl") + ".json"
		if strings.HasSuffix(name, ".hcl") && !names[name] && names[filepath.Join(r.cd, other)] {
			return other
		}
		return name
	}
	out.Args = slices.Clone(out.Args)
	for i := range out.Args {
		if i > 0 && (out.Args[i-1] == "-f" || out.Args[i-1] == "--file") {
			out.Args[i] = rename(out.Args[i])
		}
	}
	if names := out.Env["BUILDX_BAKE_FILE"]; names != "" {
		out.Env = maps.Clone(out.Env)
		parts := strings.Split(names, ":")
		for i := range parts {
			parts[i] = rename(parts[i])
		}
		out.Env["BUILDX_BAKE_FILE"] = strings.Join(parts, ":")
	}
	return out
}
