// Package credential collects the secrets, SSH agents and logins that a target
// may use, and serves them to the engine over a session.
//
// Whether a target may use them is decided before, in the room grant.
package credential
