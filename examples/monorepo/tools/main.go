// Command probe gets an address and prints the answer; its exit code is 1
// unless the status is 200.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: probe ADDRESS")
	}
	resp, err := http.Get(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(body))
	if resp.StatusCode != http.StatusOK {
		log.Fatal(resp.Status)
	}
}
