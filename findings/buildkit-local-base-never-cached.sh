#!/bin/sh
# What runs on a base that is a local directory is never found in the cache; on a copy of that directory it is.
#
# Versions: github.com/moby/buildkit v0.34.2 (buildkitd, buildctl, its Dockerfile frontend); runc and busybox of Debian 12
#
# Behaviour: a named context may be a local directory, and FROM may name it. It then is the root of the steps
# of that stage, which run at every build, though no byte of the directory has changed and no option says so:
# the key of the transfer is a new one each time, and only a step that copies from it is looked up by content.
# FROM scratch and COPY --from=NAME / / make the same files, and everything after it is cached.
#
# Seen:
#   FROM of the directory: first build ran, second ran, third ran
#   COPY of the directory: first build ran, second cached, third cached
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

mkdir -p context files/bin
cp "$(command -v busybox)" files/bin/sh
cat >context/from <<'EOF'
FROM files
RUN echo 1 > /made
EOF
cat >context/copy <<'EOF'
FROM scratch
COPY --from=files / /
RUN echo 1 > /made
EOF
for how in from copy; do
	printf '%s of the directory:' "$(echo $how | tr a-z A-Z)"
	for time in 'first build' second third; do
		./buildctl --addr "unix://$dir/socket" build --progress=plain --frontend dockerfile.v0 --opt filename=$how \
			--local context=context --local dockerfile=context --local files=files --opt context:files=local:files >log 2>&1
		what=ran
		! grep -A1 -E "^#[0-9]+ \[.*\] RUN" log | grep -q CACHED || what=cached
		printf ' %s %s' "$time" $what
		[ "$time" = third ] || printf ,
	done
	echo
done >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
