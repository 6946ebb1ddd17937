// Package source has what BuildKit calls sources, as definitions write them: the
// URL of a git repository or an archive, and a local directory under the name by
// which the engine asks for it.
//
// It does not know which sources a target has; that is the room input.
package source
