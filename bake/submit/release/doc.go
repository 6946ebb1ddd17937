// Package release moves tags of registries to images that are there already:
// all of them or none.
//
// A release is a list of tags, each with the image that it is to point to and
// the one that it points to now. First every image is pushed by its digest,
// which no tag shows; that is not done here. Then the tags are moved, one PUT
// of a manifest each. If one cannot be moved, those that were are put back.
//
// A journal on disk is written before the first tag moves and after each. It
// outlives the process, so that a release that was cut short can be finished
// (resume) or undone (rollback). What a journal says is where tags are to be;
// where they are is always read from the registry, since a process that dies
// may have done one thing more than it wrote down.
package release
