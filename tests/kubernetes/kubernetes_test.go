// Package kubernetes tests the kubernetes driver of buildx against an API
// server that only remembers what it is told: there is no cluster to be had in
// tests. What runs in the pods is tested with the docker-container driver, which
// starts and calls the same programs.
package kubernetes

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/docker/buildx/driver"
	_ "github.com/docker/buildx/driver/kubernetes" // registers the driver
	"github.com/docker/buildx/driver/kubernetes/kubeclient"
	"github.com/moby/buildkit/client"
)

// cluster is the API server. What is created in it is ready at once.
type cluster struct {
	mu      sync.Mutex
	objects map[string]map[string]any // by path
	pods    []any
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := func(code int, body map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(body)
	}
	switch {
	case r.Method == http.MethodPost:
		var object map[string]any
		if err := decode(r.Body, &object); err != nil {
			answer(http.StatusBadRequest, map[string]any{"kind": "Status", "message": err.Error()})
			return
		}
		name := object["metadata"].(map[string]any)["name"].(string)
		if spec, ok := object["spec"].(map[string]any); ok {
			object["status"] = map[string]any{"readyReplicas": spec["replicas"]}
		}
		c.objects[r.URL.Path+"/"+name] = object
		answer(http.StatusCreated, object)
	case r.Method == http.MethodDelete:
		delete(c.objects, r.URL.Path)
		answer(http.StatusOK, map[string]any{"kind": "Status", "status": "Success"})
	case strings.HasSuffix(r.URL.Path, "/pods"):
		answer(http.StatusOK, map[string]any{"kind": "PodList", "apiVersion": "v1", "items": c.pods})
	case c.objects[r.URL.Path] != nil:
		answer(http.StatusOK, c.objects[r.URL.Path])
	default:
		answer(http.StatusNotFound, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})
	}
}

// decode reads an object, which the driver sends in a binary form, as JSON.
func decode(r io.Reader, object any) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	typed, kind, err := kubeclient.Codecs().UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		return err
	}
	typed.GetObjectKind().SetGroupVersionKind(*kind)
	if data, err = json.Marshal(typed); err != nil {
		return err
	}
	return json.Unmarshal(data, object)
}

// at is what lies in nested objects and lists.
func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, key := range path {
		switch key := key.(type) {
		case string:
			value = value.(map[string]any)[key]
		case int:
			list, ok := value.([]any)
			if !ok || key >= len(list) {
				t.Fatalf("nothing at %v", path)
			}
			value = list[key]
		}
		if value == nil {
			t.Fatalf("nothing at %v", path)
		}
	}
	return value
}

// newDriver makes the driver of a builder, as bake does, with the cluster in a
// kubeconfig.
func newDriver(t *testing.T, c *cluster, options map[string]string) driver.Driver {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	config := `{"apiVersion":"v1","kind":"Config","current-context":"one",
"clusters":[{"name":"one","cluster":{"server":"` + server.URL + `"}}],
"contexts":[{"name":"one","context":{"cluster":"one","user":"me","namespace":"builds"}}],
"users":[{"name":"me","user":{}}]}`
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	options["timeout"] = "10s"
	factory, err := driver.GetFactory("kubernetes", true)
	if err != nil {
		t.Fatal(err)
	}
	d, err := factory.New(t.Context(), driver.InitConfig{
		Name:            driver.BuilderName("far0"),
		EndpointAddr:    "kubernetes:///far?deployment=far0&kubeconfig=" + file,
		BuildkitdFlags:  []string{"--allow-insecure-entitlement=network.host"},
		Files:           map[string][]byte{"buildkitd.toml": []byte("debug = true\n")},
		DriverOpts:      options,
		ContextPathHash: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Starting a builder makes a deployment with as many pods as it was asked for,
// rootless or privileged, with its flags and files; the pods that run are its
// nodes, and removing it removes all.
func TestDeployment(t *testing.T) {
	for _, tc := range []struct {
		name       string
		options    map[string]string
		replicas   float64
		privileged bool
		image      string
		uncached   bool
	}{
		{"plain", map[string]string{"image": "example.com/bake-engine:1"}, 1, true, "example.com/bake-engine:1", false},
		{"replicas", map[string]string{"replicas": "3", "loadbalance": "random", "image": "i"}, 3, true, "i", true},
		{"rootless", map[string]string{"rootless": "true", "loadbalance": "sticky"}, 1, false, "moby/buildkit:buildx-stable-1-rootless", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &cluster{objects: map[string]map[string]any{}, pods: []any{
				map[string]any{"metadata": map[string]any{"name": "far0-b"}, "status": map[string]any{"phase": "Running"}},
				map[string]any{"metadata": map[string]any{"name": "far0-a", "annotations": map[string]any{"buildx.docker.com/platform": "linux/arm64"}}, "status": map[string]any{"phase": "Running"}},
				map[string]any{"metadata": map[string]any{"name": "far0-c"}, "status": map[string]any{"phase": "Pending"}},
			}}
			d := newDriver(t, c, tc.options)
			if err := d.Bootstrap(t.Context(), func(*client.SolveStatus) {}); err != nil {
				t.Fatal(err)
			}
			const path = "/apis/apps/v1/namespaces/builds/deployments/far0"
			deployment := c.objects[path]
			if deployment == nil {
				t.Fatalf("there are only %v", c.objects)
			}
			if got := at(t, deployment, "spec", "replicas"); got != tc.replicas {
				t.Errorf("%v replicas, want %v", got, tc.replicas)
			}
			pod := at(t, deployment, "spec", "template", "spec", "containers", 0)
			if got := at(t, pod, "image"); got != tc.image {
				t.Errorf("the image is %v, want %s", got, tc.image)
			}
			if args, _ := json.Marshal(at(t, pod, "args")); !strings.Contains(string(args), "--allow-insecure-entitlement=network.host") {
				t.Errorf("the arguments are %s", args)
			}
			if probe, _ := json.Marshal(at(t, pod, "readinessProbe", "exec", "command")); string(probe) != `["buildctl","debug","workers"]` {
				t.Errorf("the probe is %s", probe)
			}
			security, _ := json.Marshal(at(t, pod, "securityContext"))
			if strings.Contains(string(security), `"privileged":true`) != tc.privileged {
				t.Errorf("the security context is %s", security)
			}
			if data, _ := json.Marshal(c.objects["/api/v1/namespaces/builds/configmaps/far0-config"]); !strings.Contains(string(data), `"debug = true\n"`) {
				t.Errorf("the configuration is %s", data)
			}
			if mounts, _ := json.Marshal(at(t, pod, "volumeMounts")); !strings.Contains(string(mounts), `"/etc/buildkit`) {
				t.Errorf("the configuration is not mounted: %s", mounts)
			}
			if r, ok := d.(driver.UncachedClientDriver); !ok || r.RequiresUncachedClient() != tc.uncached {
				t.Error("the balance of loads is not what was asked for")
			}
			info, err := d.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n := info.DynamicNodes; info.Status != driver.Running || len(n) != 2 || n[0].Name != "far0-a" || len(n[0].Platforms) != 1 {
				t.Errorf("the builder is %s with %v", info.Status, n)
			}
			if err := d.Rm(t.Context(), true, true, true); err != nil {
				t.Fatal(err)
			}
			if len(c.objects) > 0 {
				t.Errorf("left in the cluster: %v", c.objects)
			}
		})
	}
}
