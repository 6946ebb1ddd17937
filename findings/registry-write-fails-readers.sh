#!/bin/sh
# A registry answers 500 to who reads a tag while somebody puts there the very bytes that it has already.
#
# Versions: docker-registry 2.8.2+ds1-1 of Debian 12 (github.com/distribution/distribution)
#
# Behaviour: what a tag points to, and that a repository has a manifest, are small files with a digest in them. On a
# file system this registry truncates such a file and then writes it, though the digest is the one that stands there.
# A reader who comes between the two finds an empty file: "invalid checksum digest format", 500 UNKNOWN. It need
# not be the tag that is written: a manifest that is put once more under its own digest fails all who read the tag.
# So a push that changes nothing is not without effect, and one that is repeated for safety's sake makes the pulls
# of others fail. Who asks first (HEAD) and then leaves alone what is there harms nobody.
#
# Seen:
#   reading a tag, nobody writes: 200
#   reading a tag, others ask for it: 200
#   reading a tag, the same is put there again: 200 500
#   reading a tag, its manifest is put again by digest: 200 500
#   every put: 201
#
# Needs docker-registry and curl.
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
registry=
stop() {
	[ -z "$registry" ] || { kill "$registry" && wait "$registry" 2>/dev/null || true; }
	rm -rf "$dir"
}
trap stop EXIT
cd "$dir"

cat >registry.yml <<'EOT'
version: 0.1
storage:
  filesystem: {rootdirectory: data}
http: {addr: 127.0.0.1:0}
EOT
docker-registry serve registry.yml >log 2>&1 &
registry=$!
for _ in $(seq 100); do
	! grep -q 'listening on' log || break
	sleep 0.1
done
api=http://$(sed -n 's/.*listening on \(127[0-9.:]*\).*/\1/p' log | head -n1)/v2/test

image=application/vnd.oci.image.manifest.v1+json
digest() { printf 'sha256:%s' "$(sha256sum <"$1" | cut -d' ' -f1)"; }

printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' >config
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},"layers":[]}' \
	$image "$(digest config)" "$(wc -c <config)" >manifest

# many N REFERENCE prints N requests for a manifest, for curl to make over one connection.
many() {
	for _ in $(seq "$1"); do
		printf 'url="%s/manifests/%s"\noutput="/dev/null"\n' "$api" "$2"
	done
}
# reads prints the statuses of many reads of the tag.
reads() { many 2000 v1 | curl -s -w '%{http_code}\n' -H "Accept: $image" -K - | sort -u | paste -sd ' '; }
# meanwhile REFERENCE [OPTION...] prints them while others make requests for a reference.
meanwhile() {
	reference=$1
	shift
	many 200 "$reference" >requests
	rm -f enough
	while [ -e requests ] && [ ! -e enough ]; do
		curl -s -w '%{http_code}\n' "$@" -K requests || true
	done >>answers &
	others=$!
	reads
	touch enough
	wait "$others"
}

upload=$(curl -s -o body -D - -X POST "$api/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
curl -s -o body -X PUT -H 'Content-Type: application/octet-stream' --data-binary @config "$upload&digest=$(digest config)"
curl -s -o body -X PUT -H "Content-Type: $image" --data-binary @manifest "$api/manifests/v1"
{
	echo "reading a tag, nobody writes: $(reads)"
	echo "reading a tag, others ask for it: $(meanwhile v1 -I -H "Accept: $image")"
	: >answers
	echo "reading a tag, the same is put there again: $(meanwhile v1 -X PUT -H "Content-Type: $image" --data-binary @manifest)"
	echo "reading a tag, its manifest is put again by digest: $(meanwhile "$(digest manifest)" -X PUT -H "Content-Type: $image" --data-binary @manifest)"
	echo "every put: $(sort -u answers | paste -sd ' ')"
} >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
