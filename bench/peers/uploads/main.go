// The peer of the uploads: net/http streams each body into the AWS SDK, either through its upload
// manager (parts of 5 MiB, five at a time: how it comes) or as one PutObject with an unsigned
// payload. Arguments: address, S3 endpoint, bucket, "manager" or "put"; keys from the environment.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func main() {
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(os.Args[2]),
		Region:       "us-east-1",
		UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		// A body that cannot be read twice has no checksum ahead of it but over TLS.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
	uploader := manager.NewUploader(client)
	unsigned := s3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	store := func(ctx context.Context, input *s3.PutObjectInput) error {
		if os.Args[4] == "put" {
			_, err := client.PutObject(ctx, input, unsigned)
			return err
		}
		_, err := uploader.Upload(ctx, input)
		return err
	}
	var count atomic.Int64
	http.HandleFunc("POST /v1/files", func(w http.ResponseWriter, r *http.Request) {
		input := &s3.PutObjectInput{
			Bucket: aws.String(os.Args[3]),
			Key:    aws.String(fmt.Sprintf("go/%d", count.Add(1))),
			Body:   r.Body,
		}
		if os.Args[4] == "put" {
			input.ContentLength = aws.Int64(r.ContentLength)
		}
		if err := store(r.Context(), input); err != nil {
			log.Print(err)
			http.Error(w, "The storage of files is out of reach.", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
