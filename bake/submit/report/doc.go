// Package report is what became of a run: the result of each target, its steps,
// times, digests and outputs, for people, as JSON and as the metadata file of
// docker buildx.
//
// It is filled by the package submit and not changed later.
package report
