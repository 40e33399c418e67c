// Runs the jobs of a queue, one after the other, until SIGTERM or the platform says that it is enough. What has begun is
// ended first, and what has not goes back: nothing is lost.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/acme-examples/acme"
)

const leaseMS = 15_000

type job struct {
	ID, Kind string
	Attempt  int
	Payload  struct {
		Seconds float64
		Steps   int
	}
}

type pulled struct {
	Lease, State string
	Jobs         []job
}

type object = map[string]any

var errLeaseEnded = errors.New("the lease has ended: what ran under it runs elsewhere")

type worker struct {
	account *acme.Account
	queue   string
	lease   string
}

func (w *worker) call(path string, body any, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	headers := map[string]string{"Content-Type": "application/json"}
	if body == nil {
		text, headers = nil, nil
	}
	said, err := w.account.Call(http.MethodPost, path, headers, bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer said.Body.Close()
	switch {
	case said.StatusCode == http.StatusConflict:
		return errLeaseEnded
	case said.StatusCode >= http.StatusBadRequest:
		return acme.Refusal(said)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(said.Body).Decode(answer)
}

func (w *worker) fetch() (*pulled, error) {
	host, _ := os.Hostname()
	wanted := object{"worker": fmt.Sprintf("%s-%d", host, os.Getpid()), "queues": []string{w.queue}, "max": 1,
		"wait_ms": 20_000, "lease_ms": leaseMS, "holding": []string{}}
	if w.lease != "" {
		wanted["lease"] = w.lease
	}
	answer := new(pulled)
	return answer, w.call("/v1/pull", wanted, answer)
}

// work is what your program does. Another worker may have begun it before: do it so that twice is as good as once.
func work(one job, report func(percent float64, note string)) (any, error) {
	if one.Kind != "sleep" {
		return nil, fmt.Errorf("nobody here does %s", one.Kind)
	}
	steps := max(one.Payload.Steps, 1)
	for step := 1; step <= steps; step++ {
		time.Sleep(time.Duration(one.Payload.Seconds / float64(steps) * float64(time.Second)))
		report(100*float64(step)/float64(steps), fmt.Sprintf("step %d of %d", step, steps))
	}
	return object{"steps": steps}, nil
}

func (w *worker) run(one job) {
	fmt.Println("running", one.ID, one.Kind, "attempt", one.Attempt)
	lease := "/v1/leases/" + w.lease
	over := make(chan struct{})
	go func() { // while a job runs, the lease must not end
		for {
			select {
			case <-over:
				return
			case <-time.After(leaseMS / 3 * time.Millisecond):
				w.call(lease+":extend", object{"lease_ms": leaseMS}, nil) // there is time for two more tries
			}
		}
	}()
	output, err := work(one, func(percent float64, note string) {
		progress := object{"id": one.ID, "attempt": one.Attempt, "percent": percent, "note": note}
		w.call(lease+":ack", object{"progress": []any{progress}}, nil) // for who watches; the work goes on without
	})
	close(over)
	result := object{"done": []any{object{"id": one.ID, "attempt": one.Attempt, "output": output}}}
	if err != nil {
		failed := object{"id": one.ID, "attempt": one.Attempt, "error_type": "Error", "message": err.Error()}
		result = object{"failed": []any{failed}}
	}
	for range 5 {
		if err := w.call(lease+":ack", result, nil); err == nil || errors.Is(err, errLeaseEnded) {
			break
		}
		time.Sleep(time.Second)
	}
	fmt.Println("ended", one.ID)
}

func main() {
	queue := os.Getenv("ACME_QUEUE")
	if queue == "" {
		queue = "default"
	}
	w := &worker{account: acme.FromEnvironment(), queue: queue}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	type heard struct {
		answer *pulled
		err    error
	}
	for stopping := false; !stopping; {
		fetched := make(chan heard, 1)
		go func() {
			answer, err := w.fetch()
			fetched <- heard{answer, err}
		}()
		select {
		case <-told: // a job that is on its way goes back with the lease
			stopping = true
		case one := <-fetched:
			if errors.Is(one.err, errLeaseEnded) {
				w.lease = ""
			} else if one.err != nil {
				log.Print(one.err)
				time.Sleep(time.Second) // a node that drains, or none: another one answers the next call
			} else {
				w.lease = one.answer.Lease
				for _, each := range one.answer.Jobs {
					w.run(each)
				}
				stopping = one.answer.State != "run"
			}
		}
		select {
		case <-told:
			stopping = true
		default:
		}
	}
	if w.lease != "" {
		if err := w.call("/v1/leases/"+w.lease+":close", nil, nil); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("drained")
}
