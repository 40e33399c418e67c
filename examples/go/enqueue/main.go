// Adds a job and prints its id: enqueue KIND [JSON]. A repeat after a lost answer adds none.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"example.com/acme-examples/acme"
)

func main() {
	queue := os.Getenv("ACME_QUEUE")
	if queue == "" {
		queue = "default"
	}
	payload := json.RawMessage("{}")
	if len(os.Args) > 2 {
		payload = json.RawMessage(os.Args[2])
	}
	body, err := json.Marshal(map[string]any{"queue": queue, "kind": os.Args[1], "payload": payload})
	if err != nil {
		log.Fatal(err)
	}
	key := make([]byte, 16)
	rand.Read(key)
	headers := map[string]string{"Content-Type": "application/json", "Idempotency-Key": fmt.Sprintf("%x", key)}
	answer, err := acme.FromEnvironment().Call(http.MethodPost, "/v1/jobs", headers, bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		log.Fatal(acme.Refusal(answer))
	}
	var added struct{ ID string }
	if err := json.NewDecoder(answer.Body).Decode(&added); err != nil {
		log.Fatal(err)
	}
	fmt.Println(added.ID)
}
