// Receives webhooks on $PORT and prints those that the platform has signed (Standard Webhooks).
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance    = 5 * time.Minute
	bodyBytesMax = 1 << 20
)

func isSigned(key []byte, header http.Header, body []byte) bool {
	id, moment := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(moment, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, moment)
	mac.Write(body)
	wanted := mac.Sum(nil)
	// While one key replaces another there are two signatures.
	for _, each := range strings.Fields(header.Get("webhook-signature")) {
		given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(each, "v1,"))
		if strings.HasPrefix(each, "v1,") && err == nil && hmac.Equal(given, wanted) {
			return true
		}
	}
	return false
}

// Ids, until they are too old anyway: the same event may come twice.
type ids struct {
	mutex sync.Mutex
	seen  map[string]time.Time
}

func (known *ids) isNew(id string) bool {
	known.mutex.Lock()
	defer known.mutex.Unlock()
	for each, at := range known.seen {
		if time.Since(at) > 2*tolerance {
			delete(known.seen, each)
		}
	}
	_, isSeen := known.seen[id]
	known.seen[id] = time.Now()
	return !isSeen
}

func main() {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_"))
	if err != nil {
		log.Fatal("WEBHOOK_SECRET is not as the webhook's page showed it")
	}
	known := ids{seen: map[string]time.Time{}}
	http.HandleFunc("POST /", func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, bodyBytesMax))
		if err != nil || !isSigned(key, request.Header, body) {
			writer.WriteHeader(http.StatusBadRequest)
			return
		}
		if known.isNew(request.Header.Get("webhook-id")) {
			fmt.Println(string(body))
		}
		writer.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
