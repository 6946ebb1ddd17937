// Package remote fetches the files of a definition that lies in a git repository
// or an archive, through the engine.
package remote
