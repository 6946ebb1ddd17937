// Command bake-runc is the OCI runtime of bake as a program of its own. A
// release embeds it in bake (see the parent package's generate directive).
package main

import "bake/bake/engine/runtime"

func main() { runtime.Main() }
