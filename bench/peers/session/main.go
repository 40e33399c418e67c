// The peer of a request in a session: net/http, pgx with its pool and go-redis, as they come, without
// log, metrics and traces. One round trip to Redis fetches the session and counts the request in the
// minute at hand, which is less than a window that slides. Arguments: address, database URL, Redis URL.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

const limit = 1_000_000

type row struct {
	ID     int64     `json:"id"`
	Title  string    `json:"title"`
	MadeAt time.Time `json:"made_at"`
}

type session struct {
	User      string    `json:"user"`
	Org       string    `json:"org"`
	Role      string    `json:"role"`
	ExpiresAt time.Time `json:"expires_at"`
}

type server struct {
	pool  *pgxpool.Pool
	redis *redis.Client
}

// admit answers for who may not pass.
func (s server) admit(w http.ResponseWriter, r *http.Request) bool {
	cookie, err := r.Cookie("acme_session")
	if err != nil {
		http.Error(w, "Sign in first.", http.StatusUnauthorized)
		return false
	}
	hash := sha256.Sum256([]byte(cookie.Value))
	key := hex.EncodeToString(hash[:])
	minute := fmt.Sprintf("peer:limit:%s:%d", key, time.Now().Unix()/60)
	pipe := s.redis.Pipeline()
	stored := pipe.Get(r.Context(), "peer:session:"+key)
	count := pipe.Incr(r.Context(), minute)
	pipe.Expire(r.Context(), minute, 2*time.Minute)
	if _, err := pipe.Exec(r.Context()); err != nil && err != redis.Nil {
		http.Error(w, "Something broke.", http.StatusInternalServerError)
		return false
	}
	var found session
	if json.Unmarshal([]byte(stored.Val()), &found) != nil || found.ExpiresAt.Before(time.Now()) {
		http.Error(w, "Sign in first.", http.StatusUnauthorized)
		return false
	}
	left := limit - count.Val()
	w.Header().Set("RateLimit", fmt.Sprintf(`"user";r=%d;t=%d`, left, 60-time.Now().Unix()%60))
	if left < 0 {
		http.Error(w, "Too many requests.", http.StatusTooManyRequests)
		return false
	}
	return true
}

func (s server) find(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.Error(w, "This is no number.", http.StatusUnprocessableEntity)
		return
	}
	var found row
	err = s.pool.QueryRow(r.Context(), "SELECT id, title, made_at FROM bench_rows WHERE id = $1", id).
		Scan(&found.ID, &found.Title, &found.MadeAt)
	if err != nil {
		http.Error(w, "There is no such row.", http.StatusNotFound)
		return
	}
	body, err := json.Marshal(found)
	if err != nil {
		http.Error(w, "Something broke.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func main() {
	pool, err := pgxpool.New(context.Background(), os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	options, err := redis.ParseURL(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	s := server{pool, redis.NewClient(options)}
	http.HandleFunc("GET /my/rows/{id}", s.find)
	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
