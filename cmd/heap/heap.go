// Package heap sets how eagerly the garbage collector works. Most runs of bake
// read a definition, print something and end, and are done before a collection
// would have paid for itself; a build keeps running, so it should stay small.
//
// The package depends on nearly nothing and its path sorts before those of the
// modules that bake is made of, so it is initialised before them: their
// initialisation is a good part of a short run.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// percents are how far the heap may grow, in percent of what lives, before each
// collection; the last holds on. The first lets it grow to 88 MB, the runtime's
// least goal of 4 MB times 22. Nothing but large definitions sees the others.
var percents = []int{2200, 300, 150}

// chosen is set if the user says in the environment how to collect.
var chosen = os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != ""

var (
	mu    sync.Mutex
	left  = percents
	turns int // how often the percentages were begun anew
)

func init() {
	mu.Lock()
	defer mu.Unlock()
	if !chosen {
		next()
	}
}

// next sets the percentage that is due, and itself to be called after the next
// collection: a finalizer runs then. The caller holds mu.
func next() {
	if len(left) == 0 {
		return
	}
	if len(left) < len(percents) {
		dropProgram() // a run that comes here is a long one
	}
	debug.SetGCPercent(left[0])
	left = left[1:]
	turn := turns
	runtime.SetFinalizer(new([16]byte), func(*[16]byte) {
		mu.Lock()
		defer mu.Unlock()
		if turn == turns {
			next()
		}
	})
}

// What a definition needs of memory per byte of it, and from which size on it
// pays to prepare for it.
const (
	perByte   = 100
	large     = 128 << 10
	mostBytes = 2 << 20 // that are prepared for
)

// Expect prepares the heap for a definition of a size in bytes: for a large one,
// memory that the heap is going to use is made one of large pages. With the small
// ones, that the system gives to who does not ask, a fourth of what planning
// thousands of targets takes is spent on getting them one by one.
func Expect(size int) {
	if size < large || chosen {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	debug.SetGCPercent(-1)
	largePages(make([]byte, min(size, mostBytes)*perByte)) // untouched, they take no memory
	runtime.GC()                                           // leaves them to everybody
	left = percents
	turns++
	next()
}

// LongRun ends the lenience of a short run: from now on the heap may grow by
// percent before it is collected, the meaning of $GOGC. What only the start
// needed of the program is given back, now or, as that takes a few ms, when the
// run has turned out to be long.
func LongRun(percent int, now bool) {
	if now {
		dropProgram()
	} else {
		time.AfterFunc(time.Second, dropProgram)
	}
	mu.Lock()
	defer mu.Unlock()
	left = nil
	if !chosen {
		debug.SetGCPercent(percent)
	}
}
