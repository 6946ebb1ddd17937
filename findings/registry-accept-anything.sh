#!/bin/sh
# Asked for anything at all, a registry says that it has no such manifest; asked for it by its digest, too.
#
# Versions: docker-registry 2.8.2+ds1-1 of Debian 12 (github.com/distribution/distribution)
#
# Behaviour: "Accept: */*" and no Accept at all allow every answer in HTTP. This registry looks for the very name
# of the type instead: without it an OCI index or image is 404 MANIFEST_UNKNOWN, the same answer as for a tag that
# is not there, where 406 would be due. The digest in the path, which leaves nothing to negotiate, does not change
# that, and HEAD says 404 as well. A client that takes 404 for "not pushed yet" pushes again, each time. The bytes
# of a blob need no such name.
#
# Seen:
#   index, its own type: 200
#   index, */*: 404 MANIFEST_UNKNOWN
#   index, no Accept: 404 MANIFEST_UNKNOWN
#   index by digest, */*: 404 MANIFEST_UNKNOWN
#   index by digest, HEAD, */*: 404
#   image, */*: 404 MANIFEST_UNKNOWN
#   blob, application/vnd.nosuch: 200
#   no such tag, */*: 404 MANIFEST_UNKNOWN
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
put $image child image >status
put $index parent index >>status
{
	echo "index, its own type: $(ask GET manifests/index -H "Accept: $index")"
	echo "index, */*: $(ask GET manifests/index -H 'Accept: */*')"
	echo "index, no Accept: $(ask GET manifests/index -H Accept:)"
	echo "index by digest, */*: $(ask GET "manifests/$(digest parent)" -H 'Accept: */*')"
	echo "index by digest, HEAD, */*: $(curl -s -o body -I -w '%{http_code}' -H 'Accept: */*' "$api/manifests/$(digest parent)")"
	echo "image, */*: $(ask GET manifests/image -H 'Accept: */*')"
	echo "blob, application/vnd.nosuch: $(ask GET "blobs/$(digest config)" -H 'Accept: application/vnd.nosuch')"
	echo "no such tag, */*: $(ask GET manifests/nosuch -H 'Accept: */*')"
} >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
