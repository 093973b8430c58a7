# The only commands a person needs. `make run` on a fresh clone opens the gateway; `make test` proves it.

# What cargo builds goes here.
TARGET := $(or $(CARGO_TARGET_DIR),target)
# What `make setup` found out about this machine's compilers; each recipe that needs it reads it anew.
WITH := . ./scripts/with-toolchain.sh;
PROGRAM := openclaw-webhooks

.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-fuzz tools bundle run demo build test api fuzz check sbom fmt bench clean

help: ## show these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

setup: ## install what building needs (quick when it is there)
	@sh scripts/setup.sh

setup-test: ## the same, with what the tests need
	@sh scripts/setup.sh --test

setup-fuzz: ## the same, with what libFuzzer is built with
	@sh scripts/setup.sh --fuzz

bundle: setup ## build the browser's half alone, into target/site, for those who call cargo by hand
	@$(WITH) sh scripts/bundle.sh wasm-dev

run: bundle ## build, then serve ./openclaw.json5, or a demo when there is none (ARGS="…" is passed on)
	@$(WITH) cargo build -p server && \
	if [ -f openclaw.json5 ]; then exec "$(TARGET)/debug/$(PROGRAM)" serve $(ARGS); else exec "$(TARGET)/debug/$(PROGRAM)" demo $(ARGS); fi

demo: bundle ## build, then run the demo whatever configuration is here
	@$(WITH) cargo build -p server && exec "$(TARGET)/debug/$(PROGRAM)" demo $(ARGS)

build: setup ## the release: one file, target/release/openclaw-webhooks
	@$(WITH) sh scripts/bundle.sh wasm-release && cargo build -p server --release
	@ls -l "$(TARGET)/release/$(PROGRAM)"

test: setup-test ## every test: Rust, both databases, the dashboard in a browser
	@$(WITH) sh scripts/test.sh

# The seed is fixed, so that a change fails by what it changed; the script alone takes another each time.
api: setup-test ## the API held against its own description, by requests by chance: 15 s as each role
	@$(WITH) [ -n "$$OPENCLAW_WEBHOOKS_BIN" ] || { sh scripts/bundle.sh wasm-dev && cargo build -p server; }
	@$(WITH) SCHEMATHESIS_SECONDS=$${SCHEMATHESIS_SECONDS:-15} SCHEMATHESIS_SEED=$${SCHEMATHESIS_SEED:-1} sh scripts/schemathesis.sh

tools: setup ## install what `check` and `sbom` use beside the compiler, if they have not yet: cargo-deny and cargo-cyclonedx
	@$(WITH) . ./scripts/say.sh; . ./scripts/cargo-tools.sh; tool cargo-deny "$$CARGO_DENY" && tool cargo-cyclonedx "$$CARGO_CYCLONEDX"

check: setup-fuzz ## formatting and lints, native and browser; licences, sources and advisories
	@$(WITH) sh scripts/check.sh

sbom: setup ## what it is made of, as CycloneDX: target/sbom
	@sh scripts/sbom.sh

fmt: setup ## format the code
	@$(WITH) cargo fmt --all

fuzz: setup-fuzz ## a minute of input by chance for each reader of what comes from outside
	@sh scripts/fuzz.sh

bench: setup ## load: this gateway (its engine, without the dashboard) against the bare client, in one run
	@$(WITH) cargo bench -p server --no-default-features --bench load

clean: ## remove what was built and the tests' traces
	rm -rf target "$(TARGET)" end2end/test-results end2end/playwright-report
