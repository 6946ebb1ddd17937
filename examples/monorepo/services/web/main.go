// Command web shows the greeting of the api at $API as a page.
package main

import (
	"encoding/json"
	"html/template"
	"log"
	"net/http"
	"os"

	"example.com/monorepo/lib/service"
)

var page = template.Must(template.New("page").Parse(
	`<!doctype html><title>monorepo</title><h1>{{.greeting}}</h1><p>api {{.version}} on {{.platform}}</p>
`))

func main() {
	api := os.Getenv("API")
	if api == "" {
		api = "http://localhost:8080"
	}
	log.Fatal(service.Serve("web", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get(api + "/?" + r.URL.RawQuery)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		var answer map[string]string
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		if err := page.Execute(w, answer); err != nil {
			log.Print(err)
		}
	})))
}
