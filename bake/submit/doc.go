// Package submit submits a plan to BuildKit and reports what happened.
//
// # Sessions
//
// BuildKit reads local directories, credentials, secrets and SSH agents from
// the client through a session. One session per node serves all targets of a
// plan: it is what makes the submission of many targets cheap, and it lets the
// engine see that two targets read the same directory. A local directory is
// named after what it is, its path, its ignore rules and the part of it that is
// read, never after the target that reads it. So a directory that many targets
// use in one way is one source to the engine, which walks and transfers it once
// per run and, because the name is the same in the next run, only transfers what
// changed. Two sets of ignore rules make two names, so their copies in the
// engine never mix.
//
// A Dockerfile, with the ignore rules that apply, travels inside the definition
// where the frontend looks for it there. The engine then keeps it like a cached
// step, and two of the three transfers that a small target needs are gone.
//
// There are three reasons to open a further session, always for one part only:
// local directories stay with the shared one.
//
//   - Secrets and SSH agents are looked up in the session by their id alone.
//     Targets with different sets of them get one session per set: otherwise
//     an id would mean the wrong source, or a target would see a secret that
//     only another target declares.
//   - Outputs that stream back to the client (local, tar, oci, docker archive)
//     are addressed by their position in the list of outputs, so those of two
//     targets would collide in one session.
//   - A Dockerfile that names a frontend of its own may know nothing of named
//     sources and ask its session for "context" and "dockerfile".
//
// # Steps
//
// A run loads all targets before it evaluates any, because a vertex that is
// already being evaluated ignores the remote caches of a target that arrives
// later (moby/buildkit#4674). Then each target is evaluated, after the targets it
// links to, and exported as soon as it is built, unless outputs are held back
// until all are. A limit on concurrency counts a target until its outputs are
// written; a few write at once in any case.
//
// A linked target is passed to its consumers inside BuildKit, as the lazy
// definition of its result together with its image configuration. Its job, which
// may end before they are evaluated, hands what it has made to one that lasts.
package submit
