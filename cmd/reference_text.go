package cmd

// aboutGrants is what is promised of the entitlements to files.
const aboutGrants = `
## Grants for files

What a build reads and writes outside the working directory needs an --allow: contexts,
Dockerfiles, OCI layouts, local caches, secrets and SSH keys are read (fs.read=PATH), outputs
and local caches are written (fs.write=PATH). fs=PATH grants both, and a grant covers the
path and what lies below it. What is typed after --set is granted by that, contexts and
Dockerfiles excepted.

- A path means what it means to the kernel: it goes through links, and up from where a link
  has led, also where the working directory itself was reached through one. cwd:// only says
  that a path counts from the working directory. A link needs a grant for what it leads to.
  Only of a context and a Dockerfile, as with buildx, a/../b is b whatever a is.
- What was checked is what is opened. An output, context, cache or layout is not followed
  through a link that somebody, such as another target of the run, has put there since. A
  secret that is replaced by way of links is read anew, from where a grant covers it.
- What an output writes stays below its directory, whatever links are in that.
- Links within an OCI layout or a local cache need a grant for what they lead to.
- A Dockerfile is granted with the ignore file and the policy that lie beside it; where these
  are links, what they lead to needs its own.
- The links of other contexts are sent as links, and followed by nobody on this machine.

Files named on the command line for bake itself need no grant: --file, --env-file,
--metadata-file. The local caches of a run are opened by the client library of BuildKit, by
their path, right after they were checked.
`

// aboutOutputs is what is promised of when outputs are written, and of memory.
const aboutOutputs = `
## When outputs are written

All targets are loaded before any is built, so that what their caches know is used. Then
each target is built after those it links to, and its outputs are written, or its image
pushed, as soon as it and all its platforms are built, while others still build.

- What others use of a target stays in the engine until they are built: they get what was
  written, also of a step that never comes from the cache.
- --jobs=N counts a target until its outputs are written. At most 16 targets write at once.
- With --jobs=defer-output or --atomic nothing is written before every target is built.
- A file has its name only when it is whole; one that is there stays until then.
- A run that fails or is interrupted ends what is being written. What is built by then is
  told as built, with the outputs that are missing (unwritten in the report), and belongs to
  what --rerun-failed builds again.
- Of more than 128 targets with outputs (fewer with --jobs), not all are submitted at once,
  unless caches are imported or outputs are held back: memory is bounded by what is in
  flight. Of a chain of more than three links, provenance does not tell the requests that
  the targets at its far end were made by.
`

// aboutPictures is what is promised of the forms of bake graph.
const aboutPictures = `
## Pictures

bake graph writes the same bytes for the same definition, Dockerfiles and flags, so a
picture can be committed and compared: --check FILE. It reads files of this machine only.

- A node is a stage, or what a stage is made of from elsewhere: an image, a named context, the
  result of a target, the empty image. What no target of its box needs is faint. Variables have
  the values that a build gives them, and named contexts take the place of images and stages.
- A target has no stages in it where its Dockerfile is fetched when it is built, cannot be
  read or built from, or is for another frontend than docker/dockerfile: the node says which.
- json has a version, which grows when a field changes its meaning or goes away: readers
  ignore fields that they do not know. boxes have targets, groups, nodes and edges; a node an
  id, a kind (stage, image, named, target, scratch, opaque), a name, its place and who uses it
  (usedBy); an edge from, to, a kind (base, copy, mount, trigger), its instruction and place;
  links lead from box to box, counted from 0.
- GitHub draws mermaid up to 500 edges and 50,000 characters; svg has no such limit.
`

// talkText is what the reference says of the limits of what bake says and reads.
const talkText = `
## Diagnostics

What is wrong with a definition is told with its place and the lines there, as text
or, with ` + "`--diagnostics json`" + `, as one array; on GitHub Actions also as annotations.
However wrong or large a definition is, bake does not say more than a person or a
program can use:

* Of a line longer than 160 characters the part around the marked place is shown. In
  JSON, ` + "`offset`" + ` is then how many bytes of the line are before ` + "`text`" + `, ` + "`cut`" + ` tells that
  there are more behind it, and ` + "`from`" + ` and ` + "`to`" + ` count within ` + "`text`" + `. Of a sentence
  that quotes more than 4,000 bytes, the middle is left out.
* Text and annotations stop after 20 errors, as the first ones are often the cause of
  the others, and say how many are left; so do annotations after 20 warnings. As text,
  warnings beyond five of a kind take a line each, at most a hundred.
* JSON is for programs, which filter by themselves: it has up to 500 errors and 500
  warnings. If there are more, the last elements have the id ` + "`more-errors`" + ` or
  ` + "`more-warnings`" + ` and a ` + "`count`" + `.
* Failures of targets are never left out.

Brackets, blocks, templates, conditionals, prefixes and JSON may be nested 500 levels
deep, and an expression may apply 5,000 operators and indexes one after the other. What
goes beyond is refused with its place, before it is parsed.

Diagnostics of a definition do not tell secrets: the values of variables with a word
such as TOKEN, PASSWORD, SECRET, KEY, CREDENTIALS or AUTH in their names, or which a
target has as a secret (` + "`env=`" + `), and these values within others, if they have six
characters or more. Credentials in URLs are shown as xxxxx, in excerpts, too. What bake
remembers of a run, for ` + "`--rerun-failed`" + `, holds names and no values.

## Failures

A remote builder where nobody listens is an error within a second, with its address;
one that does not answer in another way is waited for, as it may be about to start. Advice
to try again is given only where that may help: the network, a busy server, a builder
that did not answer in time. An engine that goes away as a build starts or while it runs
ends it with 5. What a run that was killed left beside an output, as
` + "`.NAME.PID-N.tmp`" + `, is removed by the next run that writes that output.

## Workflow commands

On GitHub Actions (` + "`GITHUB_ACTIONS=true`" + `) a runner obeys lines that begin with
` + "`::`" + ` and those with ` + "`##[`" + `, wherever they come from. Nothing that bake prints is one,
whatever a definition, a build or a frontend says: neither the talk on standard error,
apart from bake's own annotations and groups, nor the data on standard output. As bake
cannot know whether a program reads its standard output or the runner does, data
stays what it is for a program:

* In JSON the bracket is written as ` + "`\\u005b`" + `, which is the same text to any parser.
* In text, such as tables and what ` + "`explain`" + ` and ` + "`--call`" + ` print, a space of no width
  (U+200B) comes between the two colons, or before the bracket, of what would be a
  command. All other lines stay as they are. A program that has to read values which
  may look like commands reads JSON.
* A file that standard output goes to, ` + "`inspect --raw`" + `, completions, and images written
  to standard output (` + "`dest=-`" + `) are as they are, byte for byte. ` + "`BAKE_GITHUB=false`" + `
  turns all of this off.
`
