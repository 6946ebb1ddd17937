// Package look is what the forms of a picture share: the options, what of a graph
// is shown under them, and the words for its parts.
package look

// Options say how a graph is shown. Each form heeds those that mean something to
// it. The zero value shows all there is, from left to right.
type Options struct {
	// For all forms.
	Scratch  Scratch  // what becomes of the empty image
	Separate []string // images, with or without their tag, of which each use has a node of its own
	Layers   bool     // the instructions of a stage are shown in it
	MaxLabel int      // characters of a name, at least 4; what is longer is cut; 0 for no limit

	// For the forms that are drawn, here or by another program.
	Legend      bool    // what the styles in use mean
	TopDown     bool    // ranks are rows; else columns, from the left
	NodeSep     float64 // points between nodes of a rank, 0 for what suits
	RankSep     float64 // points between ranks, 0 for what suits
	Concentrate bool    // edges of one node share a part of their way
	Unflatten   int     // leaves of a node stand in up to that many ranks; 0 and 1 for one
	SolidEdges  bool    // no dashes: heads alone tell kinds of edges
	Theme       Theme
	DPI         float64 // of a png, 0 for 96

	// For the tree on a terminal.
	Width int  // columns, 0 for 80
	Color bool // with colours of a terminal; nothing is told by them alone
}

// Scratch is what becomes of the empty image.
type Scratch string

// What can become of the empty image.
const (
	Collapsed Scratch = ""          // one node for all that begin with it
	Separated Scratch = "separated" // a node for each
	Hidden    Scratch = "hidden"
)

// Theme is the light that a picture is made for.
type Theme string

// The themes. A page and an svg follow their reader unless one is named; what
// cannot follow is light.
const (
	Auto  Theme = ""
	Light Theme = "light"
	Dark  Theme = "dark"
)
