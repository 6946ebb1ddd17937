package bake

import "sync"

// shape is the form of an attribute's value after conversion.
type shape int

const (
	shapeString  shape = iota // one string
	shapeBool                 // true or false
	shapeList                 // list of strings
	shapeMap                  // map of strings
	shapeEntries              // list of objects, each also written as a CSV string
	shapeFields               // one object with fixed fields
)

// mergeRule says what happens when a later block, file, or the target itself
// sets an attribute that an earlier one or a base target has set.
type mergeRule int

const (
	mergeReplace  mergeRule = iota // the later value stands, even an empty one
	mergeNonEmpty                  // the later value stands unless it is empty
	mergeKeys                      // key by key, the later one wins
	mergeAppend                    // appended; repeated elements are dropped
	mergeKeyed                     // appended; an element with the same key takes the earlier one's place
	mergeAll                       // appended, repetitions kept
)

var mergeText = map[mergeRule]string{
	mergeReplace:  "the later value replaces the earlier one",
	mergeNonEmpty: "the later value replaces the earlier one unless it is empty",
	mergeKeys:     "merged key by key, the later value wins",
	mergeAppend:   "appended, repeated elements dropped",
	mergeKeyed:    "appended, an element of the same key replaces the earlier one in its place",
	mergeAll:      "appended",
}

// setForm says how --set addresses an attribute.
type setForm int

const (
	setNone   setForm = iota // cannot be set
	setValue                 // KEY=VALUE
	setList                  // KEY=VALUE replaces, KEY+=VALUE appends, KEY= clears, repeatable
	setAppend                // KEY=VALUE appends, KEY= clears, repeatable
	setKey                   // KEY.NAME=VALUE
)

// attribute is one row of the table: everything there is to know about a
// target attribute.
type attribute struct {
	name    string
	shape   shape
	merge   mergeRule
	notNull bool       // null is an error instead of "not set"
	entry   *entryKind // for shapeEntries
	fields  []field    // for shapeFields
	set     setForm
	setKeys []string // what --set calls it, the key to recommend first; nil is its name alone
	setID   bool     // KEY.ID=VALUE by the first key changes where a declared entry comes from
	escape  bool     // "${" is escaped when printed
	deflt   string
	doc     string
	decode  func(*Target, *attr)
}

// Positions in the table that the code refers to by name.
const (
	attrDescription = iota
	attrInherits
	attrAnnotations
	attrAttest
	attrContext
	attrContexts
	attrDockerfile
	attrDockerfileInline
	attrArgs
	attrLabels
	attrTags
	attrCacheFrom
	attrCacheTo
	attrTarget
	attrSecret
	attrSSH
	attrPlatforms
	attrOutput
	attrPull
	attrNoCache
	attrNetwork
	attrNoCacheFilter
	attrShmSize
	attrUlimits
	attrResources
	attrCall
	attrEntitlements
	attrExtraHosts
	attrPolicy
)

// table declares every target attribute once, in the order of --print.
// Parsing, merging, overriding, decoding, printing and the reference page
// read it.
var table = []attribute{
	attrDescription: {name: "description", shape: shapeString, merge: mergeNonEmpty, notNull: true,
		doc:    "What the target is, shown by --list.",
		decode: func(t *Target, a *attr) { t.Description = a.text() }},
	attrInherits: {name: "inherits", shape: shapeList, merge: mergeAll,
		doc:    "Base targets whose attributes this target takes over, later ones over earlier ones, its own over all.",
		decode: func(*Target, *attr) {}},
	attrAnnotations: {name: "annotations", shape: shapeList, merge: mergeAppend, set: setAppend, setKeys: []string{"annotation", "annotations"}, escape: true,
		doc:    "Annotations of the image, as KEY=VALUE with an optional level before it: manifest (the default), index, manifest-descriptor or index-descriptor, and a platform in brackets.",
		decode: func(t *Target, a *attr) { t.Annotations = a.list() }},
	attrAttest: {name: "attest", shape: shapeEntries, merge: mergeKeyed, notNull: true, entry: &attestEntry, set: setAppend,
		doc:    "Attestations to attach: type=provenance or type=sbom with their parameters; disabled=true switches one off.",
		decode: func(t *Target, a *attr) { t.Attest = a.entries(false) }},
	attrContext: {name: "context", shape: shapeString, set: setValue, deflt: ".",
		doc:    "The build context: a directory relative to the working directory, a URL, or cwd://PATH.",
		decode: func(t *Target, a *attr) { t.Context = a.text() }},
	attrContexts: {name: "contexts", shape: shapeMap, merge: mergeKeys, notNull: false, set: setKey,
		doc:    "Named contexts: a directory, a URL, docker-image://REF, oci-layout://PATH, or target:NAME for the result of another target. An empty value removes an inherited one.",
		decode: func(t *Target, a *attr) { t.Contexts = a.texts() }},
	attrDockerfile: {name: "dockerfile", shape: shapeString, set: setValue, deflt: "Dockerfile",
		doc:    "The Dockerfile, relative to the context, or cwd://PATH.",
		decode: func(t *Target, a *attr) { t.Dockerfile = a.text() }},
	attrDockerfileInline: {name: "dockerfile-inline", shape: shapeString, escape: true,
		doc:    "The content of the Dockerfile itself; it wins over dockerfile.",
		decode: func(t *Target, a *attr) { t.DockerfileInline = a.textPtr() }},
	attrArgs: {name: "args", shape: shapeMap, merge: mergeKeys, set: setKey, setKeys: []string{"arg", "args"}, escape: true,
		doc:    "Build arguments, for ARG in the Dockerfile. A null value does not set the argument.",
		decode: func(t *Target, a *attr) { t.Args = a.texts() }},
	attrLabels: {name: "labels", shape: shapeMap, merge: mergeKeys, set: setKey, setKeys: []string{"label", "labels"}, escape: true,
		doc:    "Labels of the image configuration.",
		decode: func(t *Target, a *attr) { t.Labels = a.texts() }},
	attrTags: {name: "tags", shape: shapeList, set: setList, setKeys: []string{"tag", "tags"},
		doc:    "Names of the image.",
		decode: func(t *Target, a *attr) { t.Tags = a.list() }},
	attrCacheFrom: {name: "cache-from", shape: shapeEntries, merge: mergeAppend, notNull: true, entry: &cacheEntry, set: setList,
		doc:    "Caches to import: type=registry,ref=REF, type=local,src=DIR, type=gha, type=s3, type=azblob, or just REF.",
		decode: func(t *Target, a *attr) { t.CacheFrom = a.entries(false) }},
	attrCacheTo: {name: "cache-to", shape: shapeEntries, notNull: true, entry: &cacheEntry, set: setList,
		doc:    "Caches to export to, written like cache-from; also type=inline.",
		decode: func(t *Target, a *attr) { t.CacheTo = a.entries(false) }},
	attrTarget: {name: "target", shape: shapeString, set: setValue,
		doc:    "The stage of the Dockerfile to build; the last one when not set.",
		decode: func(t *Target, a *attr) { t.Stage = a.textPtr() }},
	attrSecret: {name: "secret", shape: shapeEntries, merge: mergeKeyed, notNull: true, entry: &secretEntry, set: setList, setKeys: []string{"secret", "secrets"}, setID: true,
		doc:    "Secrets for RUN --mount=type=secret: id with src=FILE or env=NAME; with neither, the environment variable or file named like the id.",
		decode: func(t *Target, a *attr) { t.Secrets = a.secrets() }},
	attrSSH: {name: "ssh", shape: shapeEntries, merge: mergeKeyed, notNull: true, entry: &sshEntry, set: setList,
		doc:    "SSH agents or keys for RUN --mount=type=ssh: ID, or ID=PATH[,PATH].",
		decode: func(t *Target, a *attr) { t.SSH = a.sshKeys() }},
	attrPlatforms: {name: "platforms", shape: shapeList, set: setList, setKeys: []string{"platform", "platforms"},
		doc:    "Platforms to build for, such as linux/arm64, or local.",
		decode: func(t *Target, a *attr) { t.Platforms = a.list() }},
	attrOutput: {name: "output", shape: shapeEntries, notNull: true, entry: &outputEntry, set: setList,
		doc:    "Where results go: type=image, registry, local, tar, oci, docker or cacheonly with their parameters; a bare path is a local directory, \"-\" a tar on standard output.",
		decode: func(t *Target, a *attr) { t.Outputs = a.entries(true) }},
	attrPull: {name: "pull", shape: shapeBool, set: setValue,
		doc:    "Always look for newer versions of referenced images.",
		decode: func(t *Target, a *attr) { t.Pull = a.boolPtr() }},
	attrNoCache: {name: "no-cache", shape: shapeBool, set: setValue,
		doc:    "Run every step anew, and in targets that link to this one the stages that use its result.",
		decode: func(t *Target, a *attr) { t.NoCache = a.boolPtr() }},
	attrNetwork: {name: "network", shape: shapeString, set: setValue,
		doc:    "Network of RUN: default, none or host. host needs the entitlement network.host and asks for it.",
		decode: func(t *Target, a *attr) { t.Network = a.textPtr() }},
	attrNoCacheFilter: {name: "no-cache-filter", shape: shapeList, merge: mergeAppend, set: setList,
		doc:    "Stages of the Dockerfile to run anew, with all that use their results.",
		decode: func(t *Target, a *attr) { t.NoCacheFilter = a.list() }},
	attrShmSize: {name: "shm-size", shape: shapeString, set: setValue,
		doc:    "Size of /dev/shm in RUN, such as 128m.",
		decode: func(t *Target, a *attr) { t.ShmSize = a.textPtr() }},
	attrUlimits: {name: "ulimits", shape: shapeList, merge: mergeAppend, set: setList, setKeys: []string{"ulimit", "ulimits"},
		doc:    "Resource limits of RUN, as NAME=SOFT[:HARD].",
		decode: func(t *Target, a *attr) { t.Ulimits = a.list() }},
	attrResources: {name: "resources", shape: shapeFields, merge: mergeKeys, notNull: true, fields: resourceFields, set: setKey, setKeys: []string{"resource", "resources"},
		doc:    "Limits for the containers of RUN: memory, memory-swap, cpu-shares, cpu-period, cpu-quota, cpuset-cpus, cpuset-mems.",
		decode: func(t *Target, a *attr) { t.Resources = a.resources() }},
	attrCall: {name: "call", shape: shapeString, set: setValue,
		doc:    "What to ask of the frontend instead of a build: check, outline or targets.",
		decode: func(t *Target, a *attr) { t.Call = a.textPtr() }},
	attrEntitlements: {name: "entitlements", shape: shapeList, merge: mergeAppend, set: setAppend, setKeys: []string{"entitlement", "entitlements"},
		doc:    "Privileges the build needs: network.host, security.insecure, device[=NAME].",
		decode: func(t *Target, a *attr) { t.Entitlements = a.list() }},
	attrExtraHosts: {name: "extra-hosts", shape: shapeMap, merge: mergeKeys, set: setKey, setKeys: []string{"extra-host", "extra-hosts"}, escape: true,
		doc:    "Additional lines of /etc/hosts in RUN: host name to address.",
		decode: func(t *Target, a *attr) { t.ExtraHosts = a.texts() }},
	attrPolicy: {name: "policy", shape: shapeEntries, merge: mergeAll, notNull: true, entry: &policyEntry, set: setList,
		doc:    "Source policies: filename, reset, disabled, strict, log-level.",
		decode: func(t *Target, a *attr) { t.Policy = a.policies() }},
}

// attributeNames are the names of the table in order, then those that shape
// the block itself.
var attributeNames = sync.OnceValue(func() []string {
	names := make([]string, 0, len(table)+2)
	for i := range table {
		names = append(names, table[i].name)
	}
	return append(names, "matrix", "name")
})

// rowOf returns the position of the attribute of that name, or -1.
func rowOf(name string) int {
	for i := range table {
		if table[i].name == name {
			return i
		}
	}
	return -1
}
