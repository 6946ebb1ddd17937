// Package service is what all services of the monorepo have in common.
package service

import (
	"fmt"
	"net"
	"net/http"
	"os"
)

// Version is the tag of the image, set when the program is linked.
var Version = "unknown"

// Serve answers with handler at $ADDR, by default every address and port 8080.
// It prints where it listens, and returns only with an error.
func Serve(name string, handler http.Handler) error {
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = ":8080"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("%s %s listens on http://%s\n", name, Version, listener.Addr())
	return http.Serve(listener, handler)
}
