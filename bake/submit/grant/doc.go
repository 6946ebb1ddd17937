// Package grant finds what a plan needs that somebody has to grant, entitlements
// of the engine and files outside the working directory, and compares it with
// what was granted.
//
// It does not ask the user: it returns what is missing.
package grant
