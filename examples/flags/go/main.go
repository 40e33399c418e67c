// Asks for a boolean flag for many users, and counts each second who got which variant.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/open-feature/go-sdk-contrib/providers/ofrep"
	"github.com/open-feature/go-sdk/openfeature"
)

func show(word string, counts map[string]int) {
	line := word
	variants := make([]string, 0, len(counts))
	for variant := range counts {
		variants = append(variants, variant)
	}
	slices.Sort(variants)
	for _, variant := range variants {
		line += fmt.Sprintf(" %s=%d", variant, counts[variant])
	}
	fmt.Println(line)
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("FLAG [SECONDS]")
	}
	flag, seconds := os.Args[1], 10
	if len(os.Args) > 2 {
		var err error
		if seconds, err = strconv.Atoi(os.Args[2]); err != nil {
			log.Fatal(err)
		}
	}
	provider := ofrep.NewProvider(os.Getenv("ACME_URL"), ofrep.WithBearerToken(os.Getenv("ACME_API_KEY")))
	if err := openfeature.SetProviderAndWait(provider); err != nil {
		log.Fatal(err)
	}
	client := openfeature.NewClient("watch")
	more := map[string]any{}
	if org := os.Getenv("ACME_ORG"); org != "" {
		more["org_id"] = org
	}
	all, user := map[string]int{}, 0
	for second := 1; second <= seconds; second++ {
		counts, end := map[string]int{}, time.Now().Add(time.Second)
		for time.Now().Before(end) {
			user = user%1000 + 1
			who := openfeature.NewEvaluationContext(fmt.Sprintf("user-%d", user), more)
			details, err := client.BooleanValueDetails(context.Background(), flag, false, who)
			if err != nil {
				log.Fatal(err)
			}
			variant := details.Variant
			if variant == "" {
				variant = "default"
			}
			counts[variant]++
			all[variant]++
		}
		show(strconv.Itoa(second), counts)
	}
	show("total", all)
}
