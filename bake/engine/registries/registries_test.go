package registries

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/buildkit/util/resolver/config"
)

func put(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const mirrored = `server = "https://there.example"
[host."https://mirror.example"]
  capabilities = ["pull"]
`

func TestHosts(t *testing.T) {
	root := t.TempDir()
	put(t, root, map[string]string{
		"docker/certs.d/a.example:5000/ca.crt":           "",
		"containerd/certs.d/b.example_5000_/hosts.toml":  mirrored,
		"docker/certs.d/empty.example/readme":            "",
		"docker/certs.d/127.0.0.1:5000/ca.crt":           "",
		"docker/certs.d/file.example/ca.crt":             "",
		"containerd/certs.d/file.example/hosts.toml":     mirrored,
		"bake/certs.d/first.example/ca.crt":              "",
		"containerd/certs.d/first.example/hosts.toml":    mirrored,
		"containerd/certs.d/_default/unrelated.crt":      "",
		"containerd/certs.d/withdefault.example/nothing": "",
	})
	plain := true
	s := Settings{File: map[string]config.RegistryConfig{"file.example": {PlainHTTP: &plain}}, Roots: Roots(filepath.Join(root, "bake"), root)}
	for host, want := range map[string][]string{
		"a.example:5000":  {"https://a.example:5000"},
		"b.example:5000":  {"https://mirror.example", "https://there.example"},
		"empty.example":   {"https://empty.example"},
		"127.0.0.1:5000":  {"https://127.0.0.1:5000"},
		"127.0.0.1:5001":  {"http://127.0.0.1:5001"},
		"file.example":    {"http://file.example"},
		"first.example":   {"https://first.example"},
		"unheard.example": {"https://unheard.example"},
		"docker.io":       {"https://registry-1.docker.io"},
	} {
		got, err := s.Hosts()(host)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d hosts, want %v", host, len(got), want)
			continue
		}
		for i, h := range got {
			if url := h.Scheme + "://" + h.Host; url != want[i] {
				t.Errorf("%s: %s, want %s", host, url, want[i])
			}
		}
	}
}

func TestDefaultOfContainerd(t *testing.T) {
	root := t.TempDir()
	put(t, root, map[string]string{"containerd/certs.d/_default/hosts.toml": mirrored})
	got, err := Settings{Roots: Roots(filepath.Join(root, "bake"), root)}.Hosts()("any.example")
	if err != nil || len(got) != 2 || got[0].Host != "mirror.example" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTLS(t *testing.T) {
	root := t.TempDir()
	put(t, root, map[string]string{
		"docker/certs.d/a.example:5000/ca.crt":             "",
		"docker/certs.d/a.example:5000/client.cert":        "",
		"docker/certs.d/a.example:5000/client.key":         "",
		"containerd/certs.d/b.example_5000_/authority.crt": "",
	})
	insecure := true
	s := Settings{File: map[string]config.RegistryConfig{"c.example": {Insecure: &insecure}, "d.example": {}}, Roots: Roots(filepath.Join(root, "bake"), root)}
	got := s.TLS()
	if len(got) != 3 || got["a.example:5000"] == nil || got["b.example:5000"] == nil || got["c.example"] == nil {
		t.Fatalf("got %v", got)
	}
	a := got["a.example:5000"]
	dir := filepath.Join(root, "docker/certs.d/a.example:5000")
	if len(a.RootCAs) != 1 || a.RootCAs[0] != filepath.Join(dir, "ca.crt") || len(a.KeyPairs) != 1 || a.KeyPairs[0].Key != filepath.Join(dir, "client.key") {
		t.Errorf("got %+v", a)
	}
	if !got["c.example"].Insecure {
		t.Error("what is insecure is verified")
	}
}

func TestStamp(t *testing.T) {
	root := t.TempDir()
	s := Settings{Roots: Roots(filepath.Join(root, "bake"), root)}
	before := s.Stamp()
	put(t, root, map[string]string{"docker/certs.d/a.example/ca.crt": ""})
	if between := s.Stamp(); between == before || between != s.Stamp() {
		t.Error("the stamp does not tell that a certificate came")
	}
}
