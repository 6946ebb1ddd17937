# bake: see README.md. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build demo test bench check lint fuzz docs install clean prepare prepare-test
# With -j, too, a prerequisite such as the preparation comes before the next.
.NOTPARALLEL:

PREFIX ?= $(if $(filter 0,$(shell id -u)),/usr/local,$(HOME)/.local)
T ?= 30s
# For some of the tests: make test PACKAGES=./tests/e2e RUN=TestScripts/all/secret
PACKAGES ?= ./...
RUN ?=
only = $(if $(RUN),-run '$(RUN)')
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# What the C compiler of this machine can do decides what is built:
#   static  gcc and libseccomp's static library: one static binary, seccomp in the engine
#   cgo     gcc alone: the engine runs containers, without a seccomp profile
#   none    no gcc: a client, and an engine that needs a runc on the PATH
LINKS = echo 'int main(void) { return 0; }' | gcc -x c - -o /dev/null
MODE = $(shell if ($(LINKS) -static -lseccomp) 2>/dev/null; then echo static; \
	elif ($(LINKS)) 2>/dev/null; then echo cgo; else echo none; fi)

# More build tags: "make build TAGS=kubernetes" adds that driver of buildx, some
# 2 ms and 10 MB to each start.
comma := ,
GOFLAGS.static := -tags=seccomp,netgo,osusergo$(addprefix $(comma),$(TAGS))
GOFLAGS.cgo := $(addprefix -tags=,$(TAGS))
GOFLAGS.none := $(addprefix -tags=,$(TAGS))
LDFLAGS.static := -linkmode external -extldflags -static
CGO.static := 1
CGO.cgo := 1
CGO.none := 0
# Assigned once, when a recipe first needs it: the probe runs the compiler.
mode = $(eval mode := $(MODE))$(mode)

# One set of flags for the build, the tests and the programs that tests compile:
# with others, a thousand packages would be compiled a second time.
export GOTOOLCHAIN ?= local
go = CGO_ENABLED=$(CGO.$(mode)) GOFLAGS='-trimpath $(GOFLAGS.$(mode))' go
buildkit = $(shell go list -m -f '{{.Version}}' github.com/moby/buildkit)
ldflags = -s -w $(LDFLAGS.$(mode)) -X bake/cmd/app.buildVersion=$(VERSION) \
	-X github.com/moby/buildkit/version.Version=$(buildkit)

# The packages whose tests run under the race detector: those whose values are
# shared between goroutines. bake/submit needs BuildKit compiled a second time for
# it, some minutes on two cores, so only "make check" adds that.
RACED := bake/bake bake/hclfuncs
check: RACED += bake/bake/submit(/.*)?
race = $(if $(filter 1,$(CGO.$(mode))),-race)
# Tests that take many targets to an engine have a long form.
check: export BAKE_TEST_LONG := 1
# As root nothing is missing, so a test that would skip fails instead.
export BAKE_TEST_REQUIRE ?= $(if $(filter 0,$(shell id -u)),1)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' Makefile

build: ## build bin/bake, static and with seccomp where gcc and libseccomp-dev are there
	@$(go) build -ldflags '$(ldflags)' -o bin/bake ./cmd/bake
	@echo "bin/bake: $(mode) build, $$(du -h bin/bake | cut -f1)"

demo: prepare build ## build bake, bake examples/monorepo with it, run two of the images
	@examples/monorepo/demo $(CURDIR)/bin/bake

test: prepare-test ## run every test; say what ran and what was skipped
	@$(go) build -o bin/summary ./tests/summary
	@packages=$$(go list $(PACKAGES)); \
	raced=$$(grep -xE '$(subst $() ,|,$(strip $(RACED)))' <<<"$$packages" || true); \
	rest=$$(grep -vxE '$(subst $() ,|,$(strip $(RACED)))' <<<"$$packages" || true); \
	{ \
	  if [ -n "$$raced" ]; then $(go) test -json -timeout 10m $(race) $(only) $$raced || true; fi; \
	  if [ -n "$$rest" ]; then $(go) test -json -timeout 40m $(only) $$rest || true; fi; \
	} | bin/summary

bench: prepare-test build ## run the Go benchmarks, and the comparison with docker buildx bake
	@$(go) test -run '^$$' -bench . -benchmem ./bake ./bake/submit ./hclfuncs ./compose
	@if [ -d tests/bench ]; then $(go) run ./tests/bench -bake bin/bake; fi

lint: ## go vet, gofmt, staticcheck
	@$(go) vet ./...
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	  [ -z "$$unformatted" ] || { echo "gofmt -w $$unformatted"; exit 1; }
	@if go run $(STATICCHECK) -version >/dev/null 2>&1; then \
	  $(go) run $(STATICCHECK) $(GOFLAGS.$(mode)) ./...; \
	else echo "staticcheck cannot be had here: skipped"; fi

check: lint test docs ## what a change must pass: lint, every test, generated pages up to date
	@git diff --exit-code --stat || { echo "generated pages were out of date: commit them"; exit 1; }

fuzz: ## fuzz every fuzz test for T each (T=30s)
	@$(go) list -f '{{.Dir}}' ./bake ./hclfuncs ./compose | while read -r dir; do \
	  { grep -ho '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go || true; } | sed 's/^func //' | sort | while read -r name; do \
	    echo "$$name in $${dir#$(CURDIR)/}"; \
	    (cd "$$dir" && $(go) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(T) .); \
	  done; \
	done

docs: ## regenerate the reference pages and the golden help texts
	@BAKE_UPDATE=1 $(go) test -count=1 -run 'Docs|Help|Reference' ./bake ./hclfuncs ./cmd/...

install: build ## copy bin/bake to PREFIX/bin
	@install -d $(DESTDIR)$(PREFIX)/bin
	@install -m 755 bin/bake $(DESTDIR)$(PREFIX)/bin/bake
	@echo "installed $(DESTDIR)$(PREFIX)/bin/bake"

clean: ## remove what was built
	@rm -rf bin examples/*/out/*

# A pattern will not do for these: make looks for none where a target is phony.
prepare:
	@.ci/prepare
prepare-test:
	@.ci/prepare test
