// Package registries knows how the embedded engine reaches registries: by its
// buildkitd.toml, and by the directories in which Docker, containerd and Podman
// keep the certificates of registries, so that what works for them works here.
package registries

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	hostsconfig "github.com/containerd/containerd/v2/core/remotes/docker/config"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/util/resolver/config"
)

// hostsFile is how containerd describes a registry: its mirrors, certificates
// and more.
const hostsFile = "hosts.toml"

// Settings are what is known of registries. For one registry the file counts
// before the directories, and an earlier directory before a later one.
type Settings struct {
	File  map[string]config.RegistryConfig // the section registry of buildkitd.toml
	Roots []string                         // directories that may have one for each registry, such as /etc/docker/certs.d
}

// Roots are the directories that settings are looked for in. own is where the
// settings of bake itself are, such as /etc/bake, and config, which may be
// empty, where those of the user are.
func Roots(own, config string) []string {
	roots := []string{filepath.Join(own, "certs.d")}
	for _, dir := range []string{config, "/etc"} {
		if dir == "" {
			continue
		}
		for _, who := range []string{"docker", "containerd", "containers"} {
			roots = append(roots, filepath.Join(dir, who, "certs.d"))
		}
	}
	return roots
}

// Hosts tells how to reach a registry. Directories are looked at whenever it is
// asked, so that what is put there counts at once.
func (s Settings) Hosts() docker.RegistryHosts {
	known := resolver.NewRegistryConfig(s.File)
	return func(host string) ([]docker.RegistryHost, error) {
		if _, ok := s.File[host]; ok {
			return known(host)
		}
		dir, kind := s.find(host)
		switch kind {
		case described:
			return hostsconfig.ConfigureHosts(context.Background(), hostsconfig.HostOptions{
				HostDir: func(string) (string, error) { return dir, nil },
			})(host)
		case certified:
			plain := false
			return resolver.NewRegistryConfig(map[string]config.RegistryConfig{
				host: {TLSConfigDir: []string{dir}, PlainHTTP: &plain},
			})(host)
		}
		return known(host)
	}
}

// kind is what a directory says of a registry.
type kind int

const (
	silent    kind = iota
	certified      // certificates: ca.crt, client.cert, client.key
	described      // hosts.toml
)

// find returns the directory that has something to say of a host. Those that
// cannot be read are as good as none: they may be somebody else's.
func (s Settings) find(host string) (string, kind) {
	names := []string{host, "_default"} // the latter is for all, with containerd
	if i := strings.LastIndexByte(host, ':'); i > 0 {
		names = []string{host[:i] + "_" + host[i+1:] + "_", host, "_default"}
	}
	for _, root := range s.Roots {
		for _, name := range names {
			dir := filepath.Join(root, name)
			if k := kindOf(dir); k == described || k == certified && name != "_default" {
				return dir, k
			}
		}
	}
	return "", silent
}

func kindOf(dir string) kind {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return silent
	}
	found := silent
	for _, e := range entries {
		switch {
		case e.Name() == hostsFile:
			return described
		case strings.HasSuffix(e.Name(), ".crt"), strings.HasSuffix(e.Name(), ".cert"):
			found = certified
		}
	}
	return found
}

// TLS are the certificates by registry, for who asks the servers that give
// tokens for them.
func (s Settings) TLS() map[string]*authprovider.AuthTLSConfig {
	out := map[string]*authprovider.AuthTLSConfig{}
	for _, root := range slices.Backward(s.Roots) {
		entries, err := os.ReadDir(root)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if dir := filepath.Join(root, e.Name()); kindOf(dir) == certified {
				out[hostOf(e.Name())] = certificates(config.RegistryConfig{TLSConfigDir: []string{dir}})
			}
		}
	}
	for host, c := range s.File {
		if len(c.RootCAs)+len(c.KeyPairs)+len(c.TLSConfigDir) > 0 || c.Insecure != nil {
			out[host] = certificates(c)
		}
	}
	return out
}

// hostOf is the registry that a directory is named after: containerd writes a
// port as "_5000_".
func hostOf(name string) string {
	if rest, ok := strings.CutSuffix(name, "_"); ok {
		if i := strings.LastIndexByte(rest, '_'); i > 0 {
			return rest[:i] + ":" + rest[i+1:]
		}
	}
	return name
}

func certificates(c config.RegistryConfig) *authprovider.AuthTLSConfig {
	out := &authprovider.AuthTLSConfig{RootCAs: slices.Clone(c.RootCAs), Insecure: c.Insecure != nil && *c.Insecure}
	for _, pair := range c.KeyPairs {
		out.KeyPairs = append(out.KeyPairs, authprovider.TLSKeyPair{Key: pair.Key, Certificate: pair.Certificate})
	}
	for _, dir := range c.TLSConfigDir {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			switch filepath.Ext(path) {
			case ".crt":
				out.RootCAs = append(out.RootCAs, path)
			case ".cert":
				out.KeyPairs = append(out.KeyPairs, authprovider.TLSKeyPair{Certificate: path, Key: strings.TrimSuffix(path, ".cert") + ".key"})
			}
		}
	}
	return out
}

// Stamp changes when something in the directories has.
func (s Settings) Stamp() string {
	var b strings.Builder
	for _, root := range s.Roots {
		stamp(&b, root)
		entries, _ := os.ReadDir(root)
		for _, e := range entries {
			stamp(&b, filepath.Join(root, e.Name()))
			stamp(&b, filepath.Join(root, e.Name(), hostsFile))
		}
	}
	return b.String()
}

func stamp(b *strings.Builder, path string) {
	if fi, err := os.Stat(path); err == nil {
		fmt.Fprintf(b, "%s %d\n", path, fi.ModTime().UnixNano())
	}
}
