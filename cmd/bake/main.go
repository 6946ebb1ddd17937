// Command bake builds images from a definition.
package main

import (
	"os"

	"bake/bake/engine"
	"bake/cmd"
	_ "bake/cmd/heap" // before all else
)

func main() {
	engine.Main() // takes over when this process is a part of the engine
	os.Exit(cmd.Main())
}
