# Plain commands with short names. CI does not use this file: see .ci/run.

GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME = 30s
SOAK = 1h

.DEFAULT_GOAL := help
.PHONY: help check test quality bench compare faults soak fuzz demo screenshots cover lint

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## what to run before a commit: vet, format, staticcheck, tests
	go vet ./...
	@files=$$(go tool gofumpt -l .); test -z "$$files" || { echo "run: go tool gofumpt -w ."; echo "$$files"; exit 1; }
	go tool staticcheck ./...
	go test ./...

test: ## run all tests; those that need a server that is not installed are skipped
	go test ./...

quality: ## scores: new text of replies, asks, summaries beside two baselines, dates
	go test -count=1 -run Quality -v ./internal/summary ./internal/when

bench: ## measure beside bare clients and imapfilter: FOREDESK_BENCH_MESSAGES=100000 make bench
	go test -timeout 60m -run '^$$' -bench . ./rules ./internal/agenda ./internal/gather
	go test -timeout 60m -run '^$$' -bench . -benchtime 1x ./internal/bench

compare: ## the benchmarks on another commit and here, side by side: make compare BEFORE=HEAD~1
	.ci/compare $(BEFORE)

faults: ## let every fault of doc/guarantees.md happen, and print what held
	go run ./internal/faults/run

soak: ## an hour against Dovecot with steady mail and faults: make soak SOAK=10m
	FOREDESK_SOAK=$(SOAK) go test -count=1 -v -timeout 48h -run Soak ./internal/soak

fuzz: ## run every fuzz target for a while: make fuzz FUZZTIME=5m
	.ci/fuzz $(FUZZTIME)

demo: ## watch foredesk at work on a mailbox inside the program
	go run ./cmd/daemon demo

screenshots: ## write doc/pictures: the letters at three widths, light and dark (needs Chromium)
	go test -count=1 -run Screenshots ./internal/agenda -screenshots ../../doc/pictures

cover: ## write coverage.html, the lines that the tests run
	go test -coverprofile=coverage.out -coverpkg=./... ./...
	go tool cover -html=coverage.out -o coverage.html
	@go tool cover -func=coverage.out | tail -n 1

lint: ## run golangci-lint (builds it the first time, which takes minutes)
	go run $(GOLANGCI) run
