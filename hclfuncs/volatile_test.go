package hclfuncs

import (
	"errors"
	"maps"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/buildx/bake/hclparser"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/crypto/bcrypt"
)

func TestVolatile(t *testing.T) {
	var names []string
	for _, f := range All() {
		if f.Volatile {
			names = append(names, f.Name)
		}
	}
	if want := []string{"bcrypt", "homedir", "timestamp", "uuidv4"}; !slices.Equal(names, want) {
		t.Errorf("volatile are %v, want %v", names, want)
	}
}

func TestTimestampIsNow(t *testing.T) {
	before := time.Now().Truncate(time.Second)
	text := result(t, "timestamp").AsString()
	got, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	if got.Before(before) || got.After(time.Now()) || !strings.HasSuffix(text, "Z") {
		t.Errorf("timestamp() = %s, now is %s", text, before)
	}
}

func TestUUIDv4IsRandom(t *testing.T) {
	if a, b := result(t, "uuidv4"), result(t, "uuidv4"); a.RawEquals(b) {
		t.Errorf("twice %#v", a)
	}
}

func TestBcrypt(t *testing.T) {
	hash := result(t, "bcrypt", cty.StringVal("secret"), cty.NumberIntVal(5)).AsString()
	if err := bcrypt.CompareHashAndPassword([]byte(hash), []byte("secret")); err != nil {
		t.Error(err)
	}
	if cost, err := bcrypt.Cost([]byte(hash)); err != nil || cost != 5 {
		t.Errorf("cost %d, %v", cost, err)
	}
	theirs := hclparser.Stdlib()["bcrypt"]
	f, _ := Lookup("bcrypt")
	for _, args := range [][]cty.Value{
		{}, {cty.StringVal("a"), cty.NumberIntVal(32)}, {cty.StringVal("a"), cty.NumberFloatVal(4.5)},
		{cty.StringVal(strings.Repeat("a", 73)), cty.NumberIntVal(4)}, {cty.StringVal("a"), cty.NumberIntVal(4), cty.NumberIntVal(4)},
		{cty.NullVal(cty.String)}, {cty.True},
	} {
		_, got := f.Func.Call(args)
		_, want := theirs.Call(args)
		if got == nil || errorText(got) != errorText(want) {
			t.Errorf("bcrypt%#v: got %v, want %v", args, got, want)
		}
	}
}

func TestHomeDirIsThatOfBuildx(t *testing.T) {
	theirs := hclparser.Stdlib()["homedir"]
	for name, env := range map[string]map[string]string{
		"set":   {"HOME": "/somewhere/else"},
		"empty": {"HOME": "", "DOCKER_CONFIG": "/etc/docker-client"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range slices.Sorted(maps.Keys(env)) {
				t.Setenv(key, env[key])
			}
			want, err := theirs.Call(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := result(t, "homedir"); !got.RawEquals(want) {
				t.Errorf("got %#v, want %#v", got, want)
			}
		})
	}
}

func TestHomeDirOfAnUnknownUser(t *testing.T) {
	nobody := func() (*user.User, error) { return nil, errors.New("no such user") }
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	for config, want := range map[string]string{"/etc/docker-client": "/etc", "": "."} {
		t.Setenv("DOCKER_CONFIG", config)
		if got := findHomeDir(nobody); got != filepath.FromSlash(want) {
			t.Errorf("beside %q: got %q, want %q", config, got, want)
		}
	}
}

func result(t *testing.T, name string, args ...cty.Value) cty.Value {
	t.Helper()
	f, ok := Lookup(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	v, err := f.Func.Call(args)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
