package credential

import (
	"context"
	"errors"
	"fmt"
	"os"

	"bake/bake"
	"bake/bake/submit/host"

	"github.com/moby/buildkit/session/secrets"
)

// maxSecretSize is the largest secret that BuildKit takes, in bytes.
const maxSecretSize = 500 * 1024

// Secret is where a secret comes from: a file or an environment variable, with
// the value that it has when it is not set.
type Secret struct {
	File, Env string
	Value     *string
}

// findSecret applies the default rule: without a source, a secret is the
// environment variable named like it, if set, else the file so named.
func findSecret(s bake.Secret, at *host.Caller) (Secret, error) {
	if s.ID == "" {
		return Secret{}, errors.New("secret missing ID")
	}
	out := Secret{File: s.Src, Env: s.Env, Value: s.Value}
	if out.File == "" && out.Env == "" {
		if _, ok := at.Env[s.ID]; ok {
			out.Env = s.ID
		} else {
			out.File = s.ID
		}
	}
	if out.File == "" {
		return out, nil
	}
	name := out.File
	out.File = at.Place(name)
	fi, err := os.Stat(out.File)
	if err != nil {
		return out, fmt.Errorf("failed to stat %s: %w", name, err)
	}
	if fi.Size() > maxSecretSize {
		return out, fmt.Errorf("secret %s is too big: %d bytes, at most %d are allowed", s.ID, fi.Size(), maxSecretSize)
	}
	return out, nil
}

// secretStore reads secrets when a build asks for them.
type secretStore struct {
	sources map[string]Secret
	written map[string]string
	at      *host.Caller
}

// GetSecret implements secrets.SecretStore.
func (s *secretStore) GetSecret(_ context.Context, id string) ([]byte, error) {
	src, ok := s.sources[id]
	switch {
	case !ok:
		return nil, fmt.Errorf("secret %s: %w", id, secrets.ErrNotFound)
	case src.Env != "":
		value, set := s.at.Env[src.Env]
		if !set && src.Value != nil {
			value = *src.Value
		}
		return []byte(value), nil
	}
	f, err := s.open(src.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return host.ReadAtMost(f, src.File, maxSecretSize)
}

// open opens the file of a secret. Such files are replaced while builds run, by
// way of links: where what was found is gone, the links are followed anew, to
// where may be read.
func (s *secretStore) open(file string) (*os.File, error) {
	f, err := host.Open(file)
	if err == nil || s.written[file] == "" {
		return f, err
	}
	now := s.at.Place(s.written[file])
	if now == file || !s.at.May(now, false) {
		return nil, err
	}
	return host.Open(now)
}
