//go:build kubernetes

package cmd

// The Kubernetes driver costs every start of bake some 4 ms and 8 MB, so it is
// only in builds that ask for it with `-tags kubernetes`.
import _ "github.com/docker/buildx/driver/kubernetes" // registers the driver
