//go:build kubernetes

package builders

// The Kubernetes driver costs every start of bake some 2 ms and 10 MB, so it is
// only in builds that ask for it with `-tags kubernetes`. Releases do.
import _ "github.com/docker/buildx/driver/kubernetes" // registers the driver
