#!/bin/sh
# What has to be clean before a commit. Run by `make check`, which sets the machine up first.
set -eu
cd "$(dirname "$0")/.."
. ./scripts/with-toolchain.sh

cargo fmt --all --check
# Twice: the server's half with the machine's own target, the browser's half with the browser's.
cargo clippy -p wire -p server -p app --features app/ssr --all-targets -- -D warnings
cargo clippy -p app --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings
if cargo deny --version >/dev/null 2>&1; then cargo deny check; else echo "check: cargo-deny is not here, licences and advisories were not looked at"; fi
echo "check: clean"
