// Command worker adds up the squares of the first numbers on its device. It is
// built with the tag cpu or gpu.
package main

import (
	"flag"
	"fmt"
	"log"
)

var version = "unknown"

func main() {
	n := flag.Int("n", 1000, "how many numbers")
	flag.Parse()
	d, err := open()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("worker %s on %s: %d\n", version, d.name, d.squares(*n))
}

// device is what the sums are computed on.
type device struct {
	name    string
	squares func(n int) int
}
