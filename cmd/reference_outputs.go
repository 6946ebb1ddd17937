package cmd

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
