module example.com/acme-examples

go 1.23
