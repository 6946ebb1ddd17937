// Package dockerfile is the model of what a Dockerfile says and a target reads:
// its stages, what they are made of, and the files, images, arguments, secrets and
// caches that go into them. It knows without a builder what BuildKit's frontend
// would ask for.
//
// Parse reads the text, once for all targets. File.Resolve follows it for one
// target and platform: variables get their values, named contexts take the place of
// images and stages, and what the target needs is told from what it does not.
//
// It is pure. Where texts lie, what a directory holds and what a registry says is
// told to it; what it was not told and would have to know is Unknown, with a reason.
package dockerfile
