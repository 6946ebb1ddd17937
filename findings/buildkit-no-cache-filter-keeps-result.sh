#!/bin/sh
# A stage that is built again by no-cache=STAGE leaves no trace in the image that copies from it.
#
# Versions: github.com/moby/buildkit v0.34.2 (buildkitd, buildctl, its Dockerfile frontend); runc and busybox of Debian 12
#
# Behaviour: the frontend's option no-cache=fetch (--no-cache-filter of clients) makes the steps of the stage
# "fetch" run again, and the COPY that reads from it. What they make this time differs, but the step after that
# COPY is still found in the cache by the definition of what comes before it, and with it the content of the
# first build. So the stage runs, its result is thrown away, and the image is built, without a warning, as old
# as it was. Only where the stages that use it are named as well does the new content get there.
#
# Seen:
#   first: fetch ran, app ran; the result is new
#   no-cache=fetch: fetch ran, app cached; the result is that of the first build
#   no-cache=fetch,app,out: fetch ran, app ran; the result is new
#
# Needs root, runc and a static busybox.
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
engine=
stop() {
	[ -z "$engine" ] || { kill "$engine" && wait "$engine" 2>/dev/null || true; }
	rm -rf "$dir"
}
trap stop EXIT
cd "$dir"

cat >go.mod <<'EOF'
module example.com/finding

go 1.26

require github.com/moby/buildkit v0.34.2
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go build -trimpath -o . github.com/moby/buildkit/cmd/buildkitd github.com/moby/buildkit/cmd/buildctl
./buildkitd --root "$dir/state" --addr "unix://$dir/socket" --oci-worker=true --containerd-worker=false >engine.log 2>&1 &
engine=$!
for _ in $(seq 100); do
	[ ! -S socket ] || break
	sleep 0.2
done

mkdir context
cp "$(command -v busybox)" context/busybox
cat >context/Dockerfile <<'EOF'
FROM scratch AS base
COPY busybox /bin/sh

FROM base AS fetch
RUN cat /proc/sys/kernel/random/uuid > /fetched

FROM base AS app
COPY --from=fetch /fetched /input
RUN cat /input > /made

FROM scratch AS out
COPY --from=app /input /made /
EOF

# build NAME [OPTION...] prints which of the two RUN steps ran, and whether the result is one that was there before.
build() {
	name=$1
	shift
	./buildctl --addr "unix://$dir/socket" build --progress=plain --frontend dockerfile.v0 \
		--local context=context --local dockerfile=context --output type=local,dest=result "$@" >log 2>&1
	printf '%s:' "$name"
	for stage in fetch app; do
		if grep -A1 -E "^#[0-9]+ \[$stage [0-9]+/[0-9]+\] RUN" log | grep -q CACHED; then
			printf ' %s cached' $stage
		else
			printf ' %s ran' $stage
		fi
		[ $stage = app ] || printf ,
	done
	if [ -e first ] && cmp -s first/made result/made && cmp -s first/input result/input; then
		echo '; the result is that of the first build'
	else
		echo '; the result is new'
	fi
	[ -e first ] || cp -r result first
}
{
	build first
	build no-cache=fetch --opt no-cache=fetch
	build no-cache=fetch,app,out --opt no-cache=fetch,app,out
} >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
