// Package graph is the picture of a build: the nodes and edges of a plan's targets
// down to their stages, and its forms, from a tree on a terminal to a page that is
// zoomed and searched.
//
// It is pure: what is drawn was read by the room dockerfile, and where a picture
// goes is up to the command line.
package graph
