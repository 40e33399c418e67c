// The peer of the SELECT: net/http and pgx with its pool, as both come, without log, metrics and
// traces. Arguments: address, database URL.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

type row struct {
	ID     int64     `json:"id"`
	Title  string    `json:"title"`
	MadeAt time.Time `json:"made_at"`
}

func main() {
	pool, err := pgxpool.New(context.Background(), os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /rows/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			http.Error(w, "This is no number.", http.StatusUnprocessableEntity)
			return
		}
		var found row
		err = pool.QueryRow(r.Context(), "SELECT id, title, made_at FROM bench_rows WHERE id = $1", id).
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
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
