// The peer of the tiny route: net/http as it comes, on one thread.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	answer := []byte(`{"status":"alive"}`)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
