# Counterfoil. `make` lists what there is.
SHELL := /usr/bin/env bash
TEMPL := go tool -modfile=.ci/tools/templ.mod templ
LINT := go tool -modfile=.ci/tools/lint.mod golangci-lint
export CGO_ENABLED ?= 1

.PHONY: help run build gen check generated vet lint test test-deps fuzz fuzz-api bench budgets race screens

help: ## list what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## start the demo: everything on this machine, SQLite in ./data
	@exec ./bin/counterfoil demo

build: ## build ./bin/counterfoil, one static file
	@CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/counterfoil ./cmd/counterfoil

gen: ## write the Go code of the templates
	@$(TEMPL) generate -path views

generated: ## fail when the templates' Go code is stale
	@.ci/generated

vet: ## format and vet
	@test -z "$$(gofmt -l $$(git ls-files '*.go' | grep -v _templ.go))" || { gofmt -l $$(git ls-files '*.go' | grep -v _templ.go); exit 1; }
	@go vet ./...

lint: ## hold the house rules that a linter can hold
	@$(LINT) run ./...

check: generated vet lint ## the quick checks

test: test-deps check ## install what the tests need and run everything
	@.ci/with-postgres $(MAKE) --no-print-directory tests

# What keeps memory that goroutines share is tried in the race detector, and the record with it, which most of these use. The rest would
# take twice as long in it, and so would these two tests; `make race` has everything.
RACED := $(addprefix ./internal/,accesstoken callback doctor issuance oid4vci signin staff typemeta)
LONG := ^(TestDeliverer_clears_its_backlog_after_an_hour_of_outage|TestService_every_action_in_every_status)$$

# What waits more than it works runs at once. The promises about time are tested on the running program, and nothing else may run beside that.
.PHONY: tests tests-raced tests-plain
tests:
	@$(MAKE) --no-print-directory --output-sync=target -j2 tests-raced tests-plain
	@go test -timeout 15m ./e2e

tests-raced:
	@go test -race -timeout 15m -skip '$(LONG)' $(RACED)

tests-plain:
	@go test -timeout 15m -run '$(LONG)' ./internal/callback ./internal/issuance
	@go test -timeout 15m $$(go list ./... | grep -vE '/e2e|/internal/($(subst $() ,|,$(notdir $(RACED))))$$')

race: test-deps ## run everything in the race detector, doors and browser too; takes twice as long
	@.ci/with-postgres go test -race -timeout 60m ./...

test-deps: ## npm packages, Chromium, PostgreSQL
	@.ci/test-deps

FUZZTIME ?= 60s
fuzz: ## run every fuzz target for FUZZTIME
	@.ci/fuzz $(FUZZTIME)

EXAMPLES ?= 300
fuzz-api: test-deps ## send the management door EXAMPLES generated requests an operation, new ones each time
	@COUNTERFOIL_FUZZ_EXAMPLES=$(EXAMPLES) .ci/with-postgres go test -count=1 -v -timeout 2h -run answers_what_its_document ./e2e

bench: ## measure what is promised about speed, on PostgreSQL; see e2e/bench
	@.ci/with-postgres go test -count=1 -v -tags bench -timeout 30m -run '^TestBench' ./e2e/bench

budgets: test-deps ## measure what is promised about pages (sizes, answers, Lighthouse, axe) and print it as one table
	@cmp -s e2e/lighthouse/package-lock.json e2e/lighthouse/node_modules/.installed || { npm ci --prefix e2e/lighthouse --no-audit --no-fund && cp e2e/lighthouse/package-lock.json e2e/lighthouse/node_modules/.installed; }
	@go test -count=1 -v -tags budgets -timeout 60m -run '^TestBudgets_of_pages' ./e2e
	@COUNTERFOIL_EVERY_WAY=1 go test -count=1 -v -timeout 60m -run '^TestScreens|accessible' ./e2e | grep -E '^(---|ok|FAIL)'

screens: test-deps ## keep a picture of every page, wide and narrow, light and dark, in build/screens
	@mkdir -p build/screens
	@COUNTERFOIL_SCREENS_DIR=$(CURDIR)/build/screens go test -count=1 -timeout 20m -run '^TestScreens|^TestForm_is_accessible' ./e2e

.PHONY: help-pictures
help-pictures: test-deps ## make the pictures of the guides and of the README again, from the screens as they are now
	@COUNTERFOIL_PICTURES_DIR=$(CURDIR) go test -count=1 -run '^TestGuide_has_pictures' ./e2e
