// Signs in as a machine and lists its organization's files.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"example.com/acme-examples/acme"
)

func main() {
	answer, err := acme.FromEnvironment().Call(http.MethodGet, "/v1/files?limit=20", nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		log.Fatal(acme.Refusal(answer))
	}
	var page struct {
		Data []struct {
			ID, Name string
			Size     int64
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
		log.Fatal(err)
	}
	for _, file := range page.Data {
		fmt.Println(file.ID, file.Size, file.Name)
	}
}
