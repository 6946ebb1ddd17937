// Command api answers with a greeting as JSON.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"runtime"

	"example.com/monorepo/lib/service"
)

func greet(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if name == "" {
		name = "world"
	}
	w.Header().Set("Content-Type", "application/json")
	err := json.NewEncoder(w).Encode(map[string]string{
		"greeting": "hello, " + name,
		"version":  service.Version,
		"platform": runtime.GOOS + "/" + runtime.GOARCH,
	})
	if err != nil {
		log.Print(err)
	}
}

func main() {
	log.SetOutput(os.Stderr)
	log.Fatal(service.Serve("api", http.HandlerFunc(greet)))
}
