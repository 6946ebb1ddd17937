#!/bin/sh
# A comma at the end of no-cache=STAGE switches off the cache of the stage that is exported, too.
#
# Versions: github.com/moby/buildkit v0.34.2 (buildkitd, buildctl, its Dockerfile frontend)
#
# Behaviour: the frontend splits the value of its option no-cache at commas and keeps what is empty. A stage
# without AS has the empty text for a name, so the empty entry of "fetch," (or of ",fetch") means all stages
# without a name, the last one of most Dockerfiles among them, and they are built again. An option that is
# empty as a whole means every stage. An entry that names no stage at all is taken without a word.
#
# Seen:
#   no option: fetch cached, tools cached, last cached
#   no-cache=fetch: fetch ran, tools cached, last cached
#   no-cache=fetch,: fetch ran, tools cached, last ran
#   no-cache=,: fetch cached, tools cached, last ran
#   no-cache=nosuch: fetch cached, tools cached, last cached
#   no-cache=: fetch ran, tools ran, last ran
#
# Needs root and runc, which the engine looks for when it starts.
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
echo one >context/one
cat >context/Dockerfile <<'EOF'
FROM scratch AS fetch
COPY one /fetched

FROM scratch AS tools
COPY one /tool

FROM scratch
COPY --from=tools /tool /
COPY --from=fetch /fetched /
EOF

# build NAME [OPTION...] prints which stages ran.
build() {
	name=$1
	shift
	./buildctl --addr "unix://$dir/socket" build --progress=plain --frontend dockerfile.v0 \
		--local context=context --local dockerfile=context "$@" >log 2>&1
	[ -n "$name" ] || return 0
	printf '%s:' "$name"
	for stage in fetch tools last; do
		label=$stage
		[ $stage != last ] || label=stage-2
		what=ran
		! grep -A1 -E "^#[0-9]+ \[$label 1/" log | grep -q CACHED || what=cached
		grep -q -E "^#[0-9]+ \[$label 1/" log || what=missing
		printf ' %s %s' $stage $what
		[ $stage = last ] || printf ,
	done
	echo
}
{
	build ''
	build 'no option'
	for value in fetch fetch, , nosuch ''; do
		build "no-cache=$value" --opt "no-cache=$value"
	done
} >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
