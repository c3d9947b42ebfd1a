# fob: what a person runs. `make help` lists it.
# The tests need only Go; the real parts (provider, Secret Service, browser, terminal) are installed by `make setup`.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 60s
BENCHTIME   ?= 1s
SEED        ?= 1
SOAKS       ?= ^(TestKills|TestAnInterruptAtEachMoment|TestTwentyProcesses|TestAFullDisk|TestASignalEndsTheWorkbench)
PACKAGES    := ./...
BIN         ?= fob

.PHONY: help build run test lint unit real setup bench fuzz mutate soak cross windows docs clean

help: ## list what can be made
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build ./fob, linked statically
	CGO_ENABLED=0 go build -trimpath -o $(BIN) ./cmd/fob

run: ## the workbench on the embedded provider
	go run ./cmd/fob demo

test: setup lint cross unit real ## everything: what must hold before a change lands

lint: ## gofmt, go vet, staticcheck
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt-ed:"; echo "$$out"; exit 1; fi
	go vet -tags e2e $(PACKAGES)
	go run $(STATICCHECK) -tags e2e $(PACKAGES)

unit: ## the tests that need only Go, with the race detector
	@if command -v cc >/dev/null; then race=-race; else echo "unit: LEFT OUT the race detector: no C compiler here"; fi; \
	set -x; go test $$race -timeout 8m $(PACKAGES) && { [ -z "$$race" ] || go test -run 'Hostile|100MB' ./tokens/inspect; }

setup: ## install what the real parts need (Debian and npm packages)
	@cmd/fob/e2e/setup.sh

real: setup ## drive the real parts: oidc-provider, Secret Service, Chromium, tmux, openid-client
	go test -tags e2e -count=1 -timeout 8m ./cmd/fob/e2e

bench: ## benchmarks: first frame, key press, tick, decode, verify
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PACKAGES)

fuzz: ## every fuzz target for FUZZTIME (60s)
	@for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	  done; done

mutate: ## break the program in 30 places drawn by SEED, and list what no test notices
	go run cmd/fob/e2e/mutate.go -seed $(SEED) -n 30 'flows/wire/*.go' 'flows/wire/redact/*.go' 'flows/session/*.go' 'flows/id_*.go'

soak: ## the long runs: refreshes killed and interrupted, a full disk, signals, every pair of wrappers of a token
	FOB_SOAK=200 go test -count=1 -v -timeout 60m -run '$(SOAKS)' ./cmd/fob
	FOB_SOAK=1 go test -count=1 -timeout 15m -run WrapperInAWrapper ./tokens/inspect

cross: ## build and vet for the systems that this is not
	@for system in darwin/arm64 windows/amd64 freebsd/amd64 linux/arm64; do echo "go vet for $$system"; \
	  CGO_ENABLED=0 GOOS=$${system%/*} GOARCH=$${system#*/} go vet $(PACKAGES) || exit 1; done

windows: ## run the tests as Windows programs under wine (installs Debian's wine, about 700 MB; not part of test)
	@cmd/fob/e2e/windows.sh

docs: ## write again what the docs derive from declarations
	go test ./cmd/fob -run TestDocsSay -update

clean: ## remove what was built
	rm -rf fob dist cmd/fob/e2e/node/node_modules
