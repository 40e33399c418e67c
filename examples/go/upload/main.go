// Uploads a file by tus 1.0, and goes on where it was cut off: go run ./upload FILE
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"example.com/acme-examples/acme"
)

const (
	pieceBytes = 8 << 20
	triesMax   = 10
	unknown    = -1
)

func begin(account *acme.Account, name string, size int64) (string, error) {
	answer, err := account.Call(http.MethodPost, "/v1/uploads", map[string]string{
		"Tus-Resumable":   "1.0.0",
		"Upload-Length":   strconv.FormatInt(size, 10),
		"Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(filepath.Base(name))),
	}, nil)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		return "", acme.Refusal(answer)
	}
	return answer.Header.Get("Location"), nil
}

// How many bytes the platform has for certain; unknown while it does not answer.
func offsetOf(account *acme.Account, upload string) int64 {
	answer, err := account.Call(http.MethodHead, upload, map[string]string{"Tus-Resumable": "1.0.0"}, nil)
	if err != nil {
		return unknown
	}
	defer answer.Body.Close()
	return offsetIn(answer)
}

func offsetIn(answer *http.Response) int64 {
	offset, err := strconv.ParseInt(answer.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		return unknown
	}
	return offset
}

// Sends a piece; the offset behind it, or unknown when it was cut off.
func send(account *acme.Account, upload string, file io.ReaderAt, offset int64) (int64, error) {
	answer, err := account.Call(http.MethodPatch, upload, map[string]string{
		"Tus-Resumable": "1.0.0",
		"Upload-Offset": strconv.FormatInt(offset, 10),
		"Content-Type":  "application/offset+octet-stream",
	}, io.NewSectionReader(file, offset, pieceBytes))
	if err != nil {
		return unknown, nil
	}
	defer answer.Body.Close()
	switch status := answer.StatusCode; {
	case status == http.StatusNoContent:
		return offsetIn(answer), nil
	case status >= 500, status == http.StatusConflict, status == http.StatusLocked, status == http.StatusTooManyRequests:
		return unknown, nil
	}
	return unknown, acme.Refusal(answer)
}

func upload(account *acme.Account, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	facts, err := file.Stat()
	if err != nil {
		return "", err
	}
	address, err := begin(account, path, facts.Size())
	if err != nil {
		return "", err
	}
	tries := 0
	for offset := int64(0); offset != facts.Size(); {
		if offset != unknown {
			next, err := send(account, address, file, offset)
			if err != nil {
				return "", err
			}
			if next != unknown {
				offset, tries = next, 0
				continue
			}
		}
		if tries++; tries > triesMax {
			return "", errors.New("the platform does not answer")
		}
		time.Sleep(min(time.Duration(100<<tries)*time.Millisecond, 10*time.Second))
		offset = offsetOf(account, address)
	}
	return address, nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("upload FILE")
	}
	address, err := upload(acme.FromEnvironment(), os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(address)
}
