module acme/bench/http

go 1.21
