// One measurement of River: river MODE COUNT [CALLERS], as main.mjs beside it says for the others.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const (
	batch      = 10_000
	maxWorkers = 2_000 // what River's own benchmark runs with
)

type args struct {
	N int `json:"n"`
}

func (args) Kind() string { return "noop" }

type worker struct {
	river.WorkerDefaults[args]
	run func(n int)
}

func (w *worker) Work(_ context.Context, job *river.Job[args]) error {
	w.run(job.Args.N)
	return nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type bench struct {
	ctx   context.Context
	pool  *pgxpool.Pool
	count int
}

// client is one that works if run is given.
func (b *bench) client(run func(n int)) *river.Client[pgx.Tx] {
	config := &river.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if run != nil {
		workers := river.NewWorkers()
		river.AddWorker(workers, &worker{run: run})
		config.Workers = workers
		config.FetchCooldown = 2 * time.Millisecond
		config.FetchPollInterval = 20 * time.Millisecond
		config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxWorkers}}
	}
	client, err := river.NewClient(riverpgxv5.New(b.pool), config)
	must(err)
	return client
}

func (b *bench) addMany(dueAt time.Time) map[string]any {
	client := b.client(nil)
	began := time.Now()
	for n := 0; n < b.count; n += batch {
		params := make([]river.InsertManyParams, min(batch, b.count-n))
		for i := range params {
			params[i] = river.InsertManyParams{Args: args{N: n + i}, InsertOpts: &river.InsertOpts{ScheduledAt: dueAt}}
		}
		_, err := client.InsertManyFast(b.ctx, params)
		must(err)
	}
	return map[string]any{"seconds": time.Since(began).Seconds()}
}

func (b *bench) left() int {
	var left int
	must(b.pool.QueryRow(b.ctx, "SELECT count(*) FROM (SELECT FROM river_job WHERE state IN ('available', 'running') LIMIT 1) AS one").Scan(&left))
	return left
}

func (b *bench) drain() map[string]any {
	seen := make([]atomic.Bool, b.count)
	var ran, twice atomic.Int64
	done := make(chan struct{})
	began := time.Now()
	client := b.client(func(n int) {
		if seen[n].Swap(true) {
			twice.Add(1)
		} else if ran.Add(1) == int64(b.count) {
			close(done)
		}
	})
	must(client.Start(b.ctx))
	<-done
	for b.left() > 0 {
		time.Sleep(10 * time.Millisecond)
	}
	seconds := time.Since(began).Seconds()
	must(client.Stop(b.ctx))
	return map[string]any{"seconds": seconds, "ran": ran.Load(), "twice": twice.Load()}
}

func (b *bench) single(callers int) map[string]any {
	client := b.client(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	for range callers {
		group.Go(func() {
			for n := next.Add(1) - 1; n < int64(b.count); n = next.Add(1) - 1 {
				_, err := client.Insert(b.ctx, args{N: int(n)}, nil)
				must(err)
			}
		})
	}
	group.Wait()
	return map[string]any{"seconds": time.Since(began).Seconds()}
}

func (b *bench) latency() map[string]any {
	started := make(chan time.Time, 1)
	client := b.client(func(int) { started <- time.Now() })
	must(client.Start(b.ctx))
	time.Sleep(time.Second)
	ms := make([]float64, 0, b.count)
	for n := range b.count {
		asked := time.Now()
		_, err := client.Insert(b.ctx, args{N: n}, nil)
		must(err)
		ms = append(ms, float64((<-started).Sub(asked).Microseconds())/1000)
		time.Sleep(5 * time.Millisecond)
	}
	must(client.Stop(b.ctx))
	return map[string]any{"ms": ms}
}

func main() {
	ctx := context.Background()
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	must(err)
	config.MaxConns = 64
	pool, err := pgxpool.NewWithConfig(ctx, config)
	must(err)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	must(err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	must(err)
	count, err := strconv.Atoi(os.Args[2])
	must(err)
	b := &bench{ctx: ctx, pool: pool, count: count}
	var found map[string]any
	switch os.Args[1] {
	case "bulk":
		found = b.addMany(time.Time{})
	case "later":
		found = b.addMany(time.Now().Add(24 * time.Hour))
	case "drain":
		found = b.drain()
	case "single":
		callers, err := strconv.Atoi(os.Args[3])
		must(err)
		found = b.single(callers)
	case "latency":
		found = b.latency()
	}
	must(json.NewEncoder(os.Stdout).Encode(found))
}
