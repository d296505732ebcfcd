# make run    see it work: broker, sample logs and detector on this machine
# make test   all tests
# make help   everything else

SHELL := /bin/bash
BUILD := swift build
RELEASE := .build/release/hubwatch
VENV := .build/venv

# Tests under a sanitizer build everything once more, beside the ordinary build. Nothing is suppressed.
ifdef SANITIZE
SANITIZED := --sanitize $(SANITIZE) --scratch-path .build/$(SANITIZE)
TEST_ENVIRONMENT := SWIFT_DETERMINISTIC_HASHING=1 SWIFT_BACKTRACE=enable=no \
	ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=0:exitcode=66
# Under a sanitizer a crowd of sockets is not served in time.
CROWD := --no-parallel
else
# Seeds of the simulation repeat themselves only if dictionaries do.
TEST_ENVIRONMENT := SWIFT_DETERMINISTIC_HASHING=1
endif
ifeq ($(SANITIZE),thread)
SHOWN_MUTEX := .build/thread/mutex.o
SANITIZED += -Xlinker $(CURDIR)/$(SHOWN_MUTEX)
endif

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: release ## Run hubwatch against a local dev broker with sample Azure logs
	@# Job control puts the demo into a process group of its own: Ctrl-C ends it orderly, and make sees its status 0.
	@set -m; deploy/local/run-demo $(RELEASE); exit $$?

.PHONY: packages
packages:
	@deploy/local/install-packages

.PHONY: build
build: packages ## Debug build
	$(BUILD)

.PHONY: release
release: packages ## Release build
	@echo "Building hubwatch in release (the first time takes 6 to 10 minutes on two cores) ..."
	@$(BUILD) -c release --product hubwatch

# What waits for sockets does not stand in one queue with what computes: a turn there can take a minute.
SOCKET_TESTS := EventHubsClientTests|DevBrokerTests|StatusSiteTests|AMQPChannelTests

# What runs real processes, or crowds of sockets that must be served in time, has the machine for itself.
SERIAL_TESTS := IntegrationTests|KillTests|StatusTests|RedactionTests|DoctorTests|AzureIdentityTests|NetworkSinksTests

.build/thread/mutex.o: Tests/Sanitizers/mutex.c
	@mkdir -p $(@D)
	clang -O1 -fPIC -Wall -Wextra -c $< -o $@

.PHONY: test
test: $(SHOWN_MUTEX) ## Set up what the tests need and run all of them; SANITIZE=address|thread to run them under a sanitizer
	@deploy/local/install-packages --tests
	@Tests/Interop/setup-venv $(VENV)
	$(BUILD) --build-tests $(SANITIZED)
	$(TEST_ENVIRONMENT) swift test --skip-build $(SANITIZED) --skip '$(SERIAL_TESTS)|$(SOCKET_TESTS)'
	$(TEST_ENVIRONMENT) swift test --skip-build $(SANITIZED) --filter '$(SOCKET_TESTS)' $(CROWD)
	$(TEST_ENVIRONMENT) HUBWATCH_TEST_PYTHON=$(CURDIR)/$(VENV)/bin/python \
		swift test --skip-build $(SANITIZED) --filter '$(SERIAL_TESTS)' --no-parallel

KILLS ?= 1000
RECORDS ?= $(shell expr $(KILLS) \* 1000)

.PHONY: kill-test
kill-test: release ## Kill hubwatch 1,000 times and compare its findings (KILLS=30 SEED=7 RECORDS=30000)
	@Tests/Interop/setup-venv $(VENV)
	@$(BUILD) -c release --product KillDrill
	.build/release/KillDrill run --kills $(KILLS) --records $(RECORDS) $(if $(SEED),--seed $(SEED)) --python $(VENV)/bin/python

.PHONY: restart-time
restart-time: release ## Time from a start to the first folded event, 32 partitions and 100,000 groups
	@$(BUILD) -c release --product KillDrill
	.build/release/KillDrill timing

BENCH_BUILD ?= .build/benchmarks

.PHONY: bench
bench: release ## Measure against what people would pick instead: ONLY=decode|read|... ROUNDS=7 (25 minutes)
	@deploy/local/install-packages --bench
	@$(BUILD) -c release --product measure
	@$(BUILD) -c release --product KillDrill
	@echo "Building the benchmark's driver and its C peer ..."
	@$(BUILD) -c release --package-path Benchmarks --scratch-path $(BENCH_BUILD)
	@Benchmarks/Peers/setup-peers $(VENV) || echo "Peers in Python are left out."
	@$(BENCH_BUILD)/release/bench --tools .build/release --peers $(BENCH_BUILD)/release --python $(VENV)/bin/python \
		$(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(OVERLOAD),--overload $(OVERLOAD))

.PHONY: bench-gate
bench-gate: packages ## Instruction and allocation counts of the hot paths against Benchmarks/thresholds.json (UPDATE=1)
	@deploy/local/install-packages --bench
	@$(BUILD) -c release --product measure
	.build/release/measure gate $(if $(UPDATE),--update)

.PHONY: simulate
simulate: packages ## Whole runs under seeds, with faults: SEEDS=10000, or SEED=4711 to look at one
	$(BUILD) -c release --product simulate
	@SWIFT_DETERMINISTIC_HASHING=1 .build/release/simulate $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000) --from $(or $(FROM),1)) --messages $(or $(MESSAGES),24)

.PHONY: mask-test
mask-test: packages ## Take out each mask of secrets, one by one, and demand that a test notices (one hour; MASK="part of a name")
	@Tests/Masks/remove-masks $(if $(MASK),"$(MASK)")

.PHONY: fuzz
fuzz: ## Fuzz what takes bytes from outside: TARGET=name|all SECONDS=60
	@Tests/Fuzz/run "$(TARGET)" "$(SECONDS)"

# A package of its own build has no need of a Swift runtime; BINARY packs one that is there.
BINARY ?= .build/static/release/hubwatch
DEB := .build/deb

.build/static/release/hubwatch: packages
	@$(BUILD) -c release --product hubwatch --static-swift-stdlib --scratch-path .build/static

.PHONY: deb
deb: $(BINARY) ## Debian package of a release build: BINARY=file VERSION=1.2.3
	@deploy/sbom --binary $(BINARY) --output $(DEB)/sbom.cdx.json
	@deploy/debian/build --binary $(BINARY) $(if $(VERSION),--version $(VERSION)) --sbom $(DEB)/sbom.cdx.json --output $(DEB)

.PHONY: deb-test
deb-test: $(BINARY) ## Install, run, upgrade, remove and purge the package in a copy of this system: BINARY=file
	@deploy/sbom --binary $(BINARY) --output $(DEB)/sbom.cdx.json
	@export HUBWATCH_DEB_COMPRESSION="-Zgzip -z1"; \
		old=$$(deploy/debian/build --binary $(BINARY) --version 0.0.1 --sbom $(DEB)/sbom.cdx.json --output $(DEB)/test) && \
		new=$$(deploy/debian/build --binary $(BINARY) --version 0.0.2 --sbom $(DEB)/sbom.cdx.json --output $(DEB)/test) && \
		deploy/debian/test "$$old" "$$new"

.PHONY: sbom
sbom: ## Bill of materials (CycloneDX) of a build: BINARY=file
	@deploy/sbom --binary $(BINARY)

.PHONY: format
format: ## Format all Swift files
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

.PHONY: lint
lint: ## Check format and documentation of all Swift files
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

.PHONY: clean
clean: ## Remove the build and the demo's files
	rm -rf .build run
