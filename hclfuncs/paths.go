package hclfuncs

import (
	"os"
	"os/user"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func pathFunctions() []Function {
	return []Function{
		{
			Name: "basename", Category: Paths, Func: stringFunction("path", path.Base),
			Doc: "The last element of a path with slashes. An empty path gives `.`.",
			Examples: []Example{
				{`basename("services/api/Dockerfile")`, `"Dockerfile"`},
				{`basename("services/api/")`, `"api"`},
			},
		},
		{
			Name: "dirname", Category: Paths, Func: stringFunction("path", path.Dir),
			Doc: "A path with slashes without its last element. Without a slash it gives `.`.",
			Examples: []Example{
				{`dirname("services/api/Dockerfile")`, `"services/api"`},
				{`dirname("Dockerfile")`, `"."`},
			},
		},
		{
			Name: "homedir", Category: Paths, Func: homeDir(), Volatile: true,
			Doc:      "The home directory of the user who runs bake. It differs from machine to machine.",
			Examples: []Example{{`"${homedir()}/.netrc" != "/.netrc"`, `true`}},
		},
		{
			Name: "sanitize", Category: Paths, Func: stringFunction("name", sanitize),
			Doc: "Turns a string into a target name: every character but letters, digits, `_` and `-` becomes `_`. Meant for " +
				"the `name` of a matrix.",
			Examples: []Example{{`sanitize("go-1.26/alpine")`, `"go-1_26_alpine"`}},
		},
	}
}

// stringFunction makes a function of one string parameter.
func stringFunction(param string, f func(string) string) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: param, Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.StringVal(f(args[0].AsString())), nil
		},
	})
}

func sanitize(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-':
			return r
		}
		return '_'
	}, name)
}

func homeDir() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{},
		Type:   function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.StringVal(findHomeDir(user.Current)), nil
		},
	})
}

// findHomeDir asks the environment, then the user database, and at last takes
// the directory beside the Docker configuration, as Docker's clients do.
func findHomeDir(current func() (*user.User, error)) string {
	if home, err := os.UserHomeDir(); err == nil {
		return home
	}
	if runtime.GOOS != "windows" {
		if u, err := current(); err == nil {
			return u.HomeDir
		}
	}
	return filepath.Dir(os.Getenv("DOCKER_CONFIG"))
}
