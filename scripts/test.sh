#!/bin/sh
# Every test of the project, with as few builds as it takes. Run by `make test`, which sets the machine up first.
set -eu
cd "$(dirname "$0")/.."
. ./scripts/with-toolchain.sh

sh scripts/bundle.sh wasm-dev

# One call for all crates: one set of features, so each library is built once. The program is built along.
cargo test -p wire -p server -p app --features app/ssr

# What the API reads and writes with a SQL of its own, once more on PostgreSQL.
OPENCLAW_WEBHOOKS_TEST_POSTGRES=1 cargo test -p wire -p server -p app --features app/ssr --test gateway -- \
    audit:: delivery:: inbound:: ingest:: managing:: metrics:: reading:: redelivery:: runs:: stream::

OPENCLAW_WEBHOOKS_BIN=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/openclaw-webhooks
export OPENCLAW_WEBHOOKS_BIN
(cd plugin && node --test)
sh docs/verify/test.sh
node scripts/docs.mjs
node scripts/readme.mjs
cd end2end
npx tsc --noEmit
npx playwright test "$@"
