// bake builds itself:
//
//   bake                      the programs of all platforms, in bin/release
//   bake binary-linux         those for Linux
//   bake image --push         the image, FROM scratch
//   bake engine-image --push  the image of the engine, for builders of buildx
//
// The engine, with its own OCI runtime and seccomp, is in the programs for Linux;
// those for macOS and Windows are clients.

variable "VERSION" {
  default     = "devel"
  description = "What bake version says"
}

variable "IMAGE" {
  default     = "bake"
  description = "Name of the image, such as ghcr.io/me/bake"
}

variable "GO" {
  default     = "docker-image://golang:1.26-bookworm"
  description = "Where Go comes from: an image of Debian with Go, or the directory of a Go installation"
}

variable "LINUX" {
  default     = "static"
  description = "How the programs for Linux are built: static, with the C libraries of Debian, or plain, without C and so without the OCI runtime"
  validation {
    condition     = contains(["static", "plain"], LINUX)
    error_message = "LINUX is static or plain."
  }
}

variable "GOPROXY" {
  default     = ""
  description = "Where modules come from; empty is Go's own default"
}

variable "MODULES" {
  default     = ""
  description = "A directory with modules, mounted at /modules for GOPROXY=file:///modules"
}

variable "TAGS" {
  default     = "kubernetes"
  description = "Build tags: kubernetes adds the driver of that name"
}

variable "BUILDKIT" {
  default     = "v0.34.2"
  description = "The version of BuildKit in go.mod"
}

group "default" {
  targets = ["binary"]
}

target "_bake" {
  contexts = MODULES == "" ? { go = GO } : { go = GO, modules = MODULES }
  args = {
    LINUX    = LINUX
    VERSION  = VERSION
    BUILDKIT = BUILDKIT
    GOPROXY  = GOPROXY
    TAGS     = TAGS
  }
  dockerfile-inline = <<-EOT
    ARG LINUX=static

    FROM scratch AS modules

    FROM --platform=$BUILDPLATFORM go AS source
    WORKDIR /tmp
    WORKDIR /bake
    ENV HOME=/root GOCACHE=/cache/build GOMODCACHE=/cache/modules GOTOOLCHAIN=local
    ARG GOPROXY VERSION BUILDKIT TAGS
    ENV GOPROXY=$GOPROXY
    COPY . .

    # Without C: the client everywhere, and on Linux an engine that uses the host's runc.
    FROM source AS plain
    ARG TARGETOS TARGETARCH
    ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH
    ENV GOFLAGS="-trimpath -buildvcs=false -tags=$TAGS '-ldflags=-s -w -X bake/cmd/app.buildVersion=$VERSION -X github.com/moby/buildkit/version.Version=$BUILDKIT'"
    RUN --mount=type=cache,target=/cache --mount=type=bind,from=modules,target=/modules \
        ["go", "build", "-o", "/out/", "./cmd/bake"]

    FROM plain AS darwin
    FROM plain AS windows

    # With C: a static program with the OCI runtime and seccomp.
    FROM source AS static
    RUN dpkg --add-architecture amd64 && dpkg --add-architecture arm64 && apt-get update && \
        apt-get install -y --no-install-recommends gcc-x86-64-linux-gnu gcc-aarch64-linux-gnu \
            libc6-dev-amd64-cross libc6-dev-arm64-cross libseccomp-dev:amd64 libseccomp-dev:arm64
    ARG TARGETARCH
    ENV CGO_ENABLED=1 GOARCH=$TARGETARCH
    RUN --mount=type=cache,target=/cache --mount=type=bind,from=modules,target=/modules \
        case $TARGETARCH in amd64) c=x86_64 ;; arm64) c=aarch64 ;; esac; \
        CC=$c-linux-gnu-gcc PKG_CONFIG_LIBDIR=/usr/lib/$c-linux-gnu/pkgconfig \
        go build -trimpath -buildvcs=false -tags "seccomp,netgo,osusergo,$TAGS" -o /out/ -ldflags "-s -w \
            -linkmode external -extldflags -static -X bake/cmd/app.buildVersion=$VERSION \
            -X github.com/moby/buildkit/version.Version=$BUILDKIT" ./cmd/bake

    FROM $LINUX AS linux
    FROM $TARGETOS AS built

    FROM scratch AS binary
    COPY --from=built /out/ /

    FROM scratch AS image
    COPY --from=source /etc/ssl/certs/ca-certificates.cr[t] /etc/ssl/certs/
    COPY --from=built /out/bake /usr/bin/bake
    WORKDIR /work
    ENTRYPOINT ["/usr/bin/bake"]

    FROM source AS names
    RUN mkdir -p /names/usr/bin && cd /names/usr/bin && ln -s bake buildkitd && ln -s bake buildctl

    FROM scratch AS system

    # The engine, under the names that drivers of buildx look for.
    FROM system AS engine
    COPY --from=source /etc/ssl/certs/ca-certificates.cr[t] /etc/ssl/certs/
    COPY --from=names /names/ /
    COPY --from=built /out/bake /usr/bin/bake
    VOLUME /var/lib/buildkit
    ENTRYPOINT ["buildkitd"]
  EOT
}

target "binary" {
  inherits  = ["_bake"]
  target    = "binary"
  platforms = ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"]
  output    = ["type=local,dest=bin/release"]
}

// Those of one system alone.
target "binary-system" {
  name      = "binary-${system.os}"
  matrix    = {
    system = [
      { os = "linux", arch = ["amd64", "arm64"] },
      { os = "darwin", arch = ["amd64", "arm64"] },
      { os = "windows", arch = ["amd64"] },
    ]
  }
  inherits  = ["binary"]
  platforms = [for arch in system.arch : "${system.os}/${arch}"]
}

target "image" {
  inherits  = ["_bake"]
  target    = "image"
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${IMAGE}:${VERSION}"]
  output    = ["type=image"]
  labels = {
    "org.opencontainers.image.title"    = "bake"
    "org.opencontainers.image.version"  = VERSION
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
}

// The engine as an image for docker-container and kubernetes builders:
// bake builders create --driver docker-container --driver-opt image=bake-engine:devel
// Contexts in git need a system with git, as in
// --set engine-image.contexts.system=docker-image://alpine/git
target "engine-image" {
  inherits = ["image"]
  target   = "engine"
  tags     = ["${IMAGE}-engine:${VERSION}"]
  labels = {
    "org.opencontainers.image.title" = "the engine of bake"
  }
}
