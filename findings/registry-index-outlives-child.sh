#!/bin/sh
# A registry goes on serving an index whose image is gone, and refuses to give that same index another tag.
#
# Versions: docker-registry 2.8.2+ds1-1 of Debian 12 (github.com/distribution/distribution)
#
# Behaviour: the registry looks at the images of an index when the index is put, and never again. An image that
# an index needs may be deleted by its digest: nothing counts who refers to it, the answer is 202, tags of the
# image itself vanish with it. The index and its tags are served as before, so everything that asks whether
# the tag is there, or compares its digest, finds all in order. To tag is to put the same bytes under another
# name, and that is looked at: what the registry has just served it now refuses, even under the tag it has.
# Putting the image back, by digest and untagged, heals all of it.
#
# Seen:
#   put the index before its image: 400 MANIFEST_BLOB_UNKNOWN
#   put the image as v1-amd64, the index as v1: 201 201
#   delete the image: 202
#   get the image by its tag: 404 MANIFEST_UNKNOWN
#   get the index as v1: 200, the same bytes
#   put the same bytes as v2, as v1: 400 MANIFEST_BLOB_UNKNOWN 400 MANIFEST_BLOB_UNKNOWN
#   put the image by its digest, then the index as v2: 201 201
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

cat >registry.yml <<'EOF'
version: 0.1
storage:
  filesystem: {rootdirectory: data}
  delete: {enabled: true}
http: {addr: 127.0.0.1:0}
EOF
docker-registry serve registry.yml >log 2>&1 &
registry=$!
for _ in $(seq 100); do
	! grep -q 'listening on' log || break
	sleep 0.1
done
api=http://$(sed -n 's/.*listening on \(127[0-9.:]*\).*/\1/p' log | head -n1)/v2/test

image=application/vnd.oci.image.manifest.v1+json
index=application/vnd.oci.image.index.v1+json
digest() { printf 'sha256:%s' "$(sha256sum <"$1" | cut -d' ' -f1)"; }

printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' >config
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},"layers":[]}' \
	$image "$(digest config)" "$(wc -c <config)" >child
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"%s","size":%d,"platform":{"architecture":"amd64","os":"linux"}}]}' \
	$index $image "$(digest child)" "$(wc -c <child)" >parent

# ask METHOD PATH [OPTION...] prints the status and, of an error, its code.
ask() {
	method=$1 path=$2
	shift 2
	status=$(curl -s -o body -w '%{http_code}' -X "$method" "$@" "$api/$path")
	echo "$status $(sed -n 's/.*"code":"\([A-Z_]*\)".*/\1/p' body)" | sed 's/ $//'
}
put() { ask PUT "manifests/$3" -H "Content-Type: $1" --data-binary "@$2"; }

upload=$(curl -s -o body -D - -X POST "$api/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
curl -s -o body -X PUT -H 'Content-Type: application/octet-stream' --data-binary @config "$upload&digest=$(digest config)"
{
	echo "put the index before its image: $(put $index parent v1)"
	echo "put the image as v1-amd64, the index as v1: $(put $image child v1-amd64) $(put $index parent v1)"
	echo "delete the image: $(ask DELETE "manifests/$(digest child)")"
	echo "get the image by its tag: $(ask GET manifests/v1-amd64 -H "Accept: $image")"
	printf 'get the index as v1: %s' "$(ask GET manifests/v1 -H "Accept: $index")"
	! cmp -s body parent || printf ', the same bytes'
	echo
	echo "put the same bytes as v2, as v1: $(put $index parent v2) $(put $index parent v1)"
	echo "put the image by its digest, then the index as v2: $(put $image child "$(digest child)") $(put $index parent v2)"
} >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
