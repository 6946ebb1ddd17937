// Package publish pushes what several nodes have built as one image: an index of
// their images under one name, and its tags.
package publish
