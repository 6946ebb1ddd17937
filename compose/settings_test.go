package compose

import (
	"reflect"
	"testing"
)

// The variables of Compose that say which files are read.
func TestSettings(t *testing.T) {
	type vars = map[string]string
	for name, c := range map[string]struct {
		env   vars
		files vars
		flags []string
		want  Settings
	}{
		"nothing":           {want: Settings{}},
		"files":             {env: vars{"COMPOSE_FILE": "a.yaml:sub/b.yaml"}, want: Settings{Files: []string{"a.yaml", "sub/b.yaml"}}},
		"separator":         {env: vars{"COMPOSE_FILE": "a.yaml, b:c.yaml ,", "COMPOSE_PATH_SEPARATOR": ","}, want: Settings{Files: []string{"a.yaml", "b:c.yaml"}}},
		"first directory":   {env: vars{"COMPOSE_FILE": "deploy/a.yaml:b.yaml"}, want: Settings{Files: []string{"deploy/a.yaml", "b.yaml"}, Dir: "deploy"}},
		"after stdin":       {env: vars{"COMPOSE_FILE": "-:deploy/a.yaml"}, want: Settings{Files: []string{"-", "deploy/a.yaml"}, Dir: "deploy"}},
		"dotted directory":  {env: vars{"COMPOSE_FILE": "./a.yaml:sub/b.yaml"}, want: Settings{Files: []string{"./a.yaml", "sub/b.yaml"}}},
		"absolute":          {env: vars{"COMPOSE_FILE": "/srv/a.yaml"}, want: Settings{Files: []string{"/srv/a.yaml"}, Dir: "/srv"}},
		".env":              {files: vars{".env": "COMPOSE_FILE=x.yaml\n"}, want: Settings{Files: []string{"x.yaml"}}},
		"separator in .env": {files: vars{".env": "COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=x.yaml;y.yaml\n"}, want: Settings{Files: []string{"x.yaml", "y.yaml"}}},
		"variables in .env": {files: vars{".env": "D=deploy\nCOMPOSE_FILE=$D/x.yaml:$E\n"}, env: vars{"E": "e.yaml"}, want: Settings{Files: []string{"deploy/x.yaml", "e.yaml"}, Dir: "deploy"}},
		"environment wins":  {files: vars{".env": "COMPOSE_FILE=x.yaml\n"}, env: vars{"COMPOSE_FILE": "y.yaml"}, want: Settings{Files: []string{"y.yaml"}}},
		"both":              {files: vars{".env": "COMPOSE_PATH_SEPARATOR=,\n"}, env: vars{"COMPOSE_FILE": "y.yaml,z.yaml"}, want: Settings{Files: []string{"y.yaml", "z.yaml"}}},
		"other trouble":     {files: vars{".env": "A=${B?}\n"}, want: Settings{}},
		"files of variables": {files: vars{".env": "COMPOSE_FILE=x.yaml\n", "e": "COMPOSE_FILE=e.yaml\n", "f": "COMPOSE_FILE=f.yaml\n"},
			flags: []string{"e", "f"}, env: vars{"COMPOSE_ENV_FILES": "g"}, want: Settings{EnvFiles: []string{"e", "f"}, Files: []string{"f.yaml"}}},
		"COMPOSE_ENV_FILES": {files: vars{".env": "COMPOSE_FILE=x.yaml\n", "e": "COMPOSE_FILE=e.yaml\n"},
			env: vars{"COMPOSE_ENV_FILES": "e,,/h", "HOME": "/root"}, want: Settings{EnvFiles: []string{"e", "/h"}, Files: []string{"e.yaml"}}},
		"home":     {env: vars{"COMPOSE_ENV_FILES": "~/e", "HOME": "/root"}, want: Settings{EnvFiles: []string{"/root/e"}}},
		"disabled": {files: vars{".env": "COMPOSE_FILE=x.yaml\n"}, env: vars{"COMPOSE_DISABLE_ENV_FILE": "1"}, want: Settings{NoEnvFile: true}},
		"disabled but asked for": {files: vars{"e": "COMPOSE_FILE=x.yaml\n"}, env: vars{"COMPOSE_DISABLE_ENV_FILE": "true"}, flags: []string{"e"},
			want: Settings{NoEnvFile: true, EnvFiles: []string{"e"}, Files: []string{"x.yaml"}}},
		"not disabled": {files: vars{".env": "COMPOSE_FILE=x.yaml\n"}, env: vars{"COMPOSE_DISABLE_ENV_FILE": "false"}, want: Settings{Files: []string{"x.yaml"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadSettings(c.env, c.flags)
			if err == nil {
				err = got.FindFiles(c.env, mapFS(c.files))
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestBadSettings(t *testing.T) {
	if _, err := ReadSettings(map[string]string{"COMPOSE_DISABLE_ENV_FILE": "maybe"}, nil); err == nil {
		t.Error("maybe is neither true nor false")
	}
	var s Settings
	if err := s.FindFiles(nil, mapFS(map[string]string{".env": "COMPOSE_FILE=${X:?which}\n"})); err == nil {
		t.Error("a file that cannot be read names Compose files")
	}
}
