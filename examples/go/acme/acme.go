// Package acme calls the platform as a machine.
package acme

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// Account is a service account, whose token is asked for again when four fifths of its life are over.
type Account struct {
	URL, ID, Secret string
	HTTP            *http.Client

	mutex     sync.Mutex
	token     string
	refreshAt time.Time
}

// FromEnvironment has ACME_URL, ACME_CLIENT_ID and ACME_CLIENT_SECRET.
func FromEnvironment() *Account {
	return &Account{
		URL:    strings.TrimRight(os.Getenv("ACME_URL"), "/"),
		ID:     os.Getenv("ACME_CLIENT_ID"),
		Secret: os.Getenv("ACME_CLIENT_SECRET"),
		HTTP:   &http.Client{Timeout: time.Minute},
	}
}

// Token is one that is good now.
func (account *Account) Token() (string, error) {
	account.mutex.Lock()
	defer account.mutex.Unlock()
	if time.Now().Before(account.refreshAt) {
		return account.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {account.ID}, "client_secret": {account.Secret}}
	answer, err := account.HTTP.PostForm(account.URL+"/oauth/token", form)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", Refusal(answer)
	}
	var given struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&given); err != nil {
		return "", err
	}
	share := 0.75 + 0.1*rand.Float64()
	account.token = given.Token
	account.refreshAt = time.Now().Add(time.Duration(share * float64(given.Life) * float64(time.Second)))
	return account.token, nil
}

// Call sends a request; the caller closes the body of the answer.
func (account *Account) Call(method, path string, headers map[string]string, body io.Reader) (*http.Response, error) {
	token, err := account.Token()
	if err != nil {
		return nil, err
	}
	if !strings.Contains(path, "://") {
		path = account.URL + path
	}
	request, err := http.NewRequest(method, path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	return account.HTTP.Do(request)
}

// Refusal says what an answer that is no success says.
func Refusal(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	return fmt.Errorf("%s: %s", answer.Status, text)
}
