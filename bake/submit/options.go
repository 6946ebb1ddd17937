package submit

import (
	"io"
	"time"

	"bake/bake/submit/credential"
	"bake/bake/submit/frontend"
	"bake/bake/submit/host"
	"bake/bake/submit/progress"
	"bake/bake/submit/release"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/docker/buildx/localstate"
	"github.com/docker/buildx/util/dockerutil"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
)

// Options is what a run needs besides the plan and the nodes.
type Options struct {
	host.Caller
	Progress   func(*client.SolveStatus) // receives progress, one call at a time; nil drops it
	Follow     *progress.Follow          // is told which target the progress is about; nil is not
	Auth       session.Attachable        // registry credentials; nil reads the docker config file
	Stdout     io.Writer                 // where outputs with dest "-" go; nil refuses them
	Docker     *dockerutil.Client        // loads images into Docker for docker outputs without dest; nil refuses them
	Allow      []string                  // granted entitlements
	Jobs       int                       // how many targets are built and written at once; 0 is no limit
	InFlight   int                       // how many targets with outputs the engine has at once, loaded or waiting too; 0 is what memory bears
	Apart      bool                      // a target that is the same as another is built too, when its turn comes
	Timeout    time.Duration             // how long a target may take, without what it waits for others; 0 is no limit
	Retries    int                       // how often is tried again what the network or a registry failed
	KeepGoing  bool                      // a target that fails does not stop the others
	HoldOutput bool                      // nothing is exported unless every target is built, and tags are moved last, all or none
	Atomic     bool                      // as HoldOutput, and what cannot be held back is an error
	Journals   release.Journals          // of releases, which HoldOutput and Atomic make
	Journal    release.Record            // what the journal is to say besides: the request, the builder
	Resumed    []*release.Tag            // of the release that is built again, with what it has pushed
	OnRelease  func(*release.Journal)    // called when a journal begins; may be nil
	Frontend   frontend.Choice           // what to do with "# syntax=" lines; empty is auto
	Registries docker.RegistryHosts      // how registries are reached when tags are moved; nil is what the nodes know about them
	TokenTLS   credential.TokenTLS       // certificates for the servers that give tokens for registries; nil is the system's
	Version    string                    // of bake, for the report
	Metadata   bool                      // collect what Report.Metadata needs: a build record and provenance per target
	History    *localstate.LocalState    // where docker buildx looks up the names of the builder's records; nil writes nothing
	Asked      []string                  // the targets and groups that the user named, for the history
}
