// A monorepo: one definition for all its images. "bake release" builds them.

variable "TAG" {
  default     = "dev"
  description = "Tag of all images"
}

variable "REGISTRY" {
  default     = ""
  description = "Where images are pushed, such as ghcr.io/me; empty writes archives below out"
}

variable "GO" {
  default     = "target:go"
  description = "An image with Go: the target go, or docker-image://golang:1.26"
}

variable "GOROOT_DIR" {
  default     = "/usr/local/go"
  description = "The Go installation that the target go is made of"
}

variable "BASE" {
  default     = "target:base"
  description = "What all images start from: the target base, or docker-image://gcr.io/distroless/static"
}

function "tags" {
  params = [name]
  result = [REGISTRY == "" ? "monorepo/${name}:${TAG}" : "${REGISTRY}/${name}:${TAG}"]
}

function "output" {
  params = [name]
  result = [REGISTRY == "" ? "type=oci,dest=out/${name}.tar" : "type=registry"]
}

group "default" {
  targets = ["release"]
}

group "release" {
  targets = ["service", "worker", "tools"]
}

// Go itself, from the installation of this machine: nothing is pulled.
target "go" {
  context    = "go"
  contexts   = { installation = GOROOT_DIR }
  dockerfile = "Dockerfile"
}

// The small system that every image of the repository starts from.
target "base" {
  context = "base"
}

// What all Go programs of the repository have in common. The leading
// underscore says that nobody builds it by itself.
target "_program" {
  contexts = {
    go   = GO
    base = BASE
  }
  args = {
    VERSION = TAG
  }
  labels = {
    "org.opencontainers.image.version" = TAG
  }
}

target "service" {
  name     = service
  matrix   = { service = ["api", "web"] }
  inherits   = ["_program"]
  args       = { SERVICE = service }
  tags       = tags(service)
  output     = output(service)
}

// One worker for machines with and one for machines without a GPU: the same
// Dockerfile with other build tags and another environment.
target "worker" {
  name       = "worker-${device.name}"
  matrix     = {
    device = [
      { name = "cpu", devices = "none" },
      { name = "gpu", devices = "all" },
    ]
  }
  inherits   = ["_program"]
  dockerfile = "worker/Dockerfile"
  args = {
    DEVICE  = device.name
    DEVICES = device.devices
  }
  tags   = tags("worker-${device.name}")
  output = output("worker-${device.name}")
}

// Tools for those who run the services: it takes a program out of another image.
target "tools" {
  inherits   = ["_program"]
  dockerfile = "tools/Dockerfile"
  contexts   = { worker = "target:worker-cpu" }
  tags       = tags("tools")
  output     = output("tools")
}
