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
	out.File = host.Abs(at.Dir, name)
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
	env     bake.Env
}

// GetSecret implements secrets.SecretStore.
func (s *secretStore) GetSecret(_ context.Context, id string) ([]byte, error) {
	src, ok := s.sources[id]
	switch {
	case !ok:
		return nil, fmt.Errorf("secret %s: %w", id, secrets.ErrNotFound)
	case src.Env != "":
		value, set := s.env[src.Env]
		if !set && src.Value != nil {
			value = *src.Value
		}
		return []byte(value), nil
	}
	return host.ReadBounded(src.File, maxSecretSize)
}
