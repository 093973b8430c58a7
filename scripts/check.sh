#!/bin/sh
# What has to be clean before a commit. Run by `make check`, which sets the machine up first.
set -eu
cd "$(dirname "$0")/.."
. ./scripts/with-toolchain.sh
. ./scripts/say.sh
. ./scripts/cargo-tools.sh

cargo fmt --all --check
# Twice: the server's half with the machine's own target, the browser's half with the browser's.
cargo clippy -p wire -p server -p app -p fuzz --features app/ssr --all-targets -- -D warnings
cargo clippy -p app --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings

# What it is made of: licences and sources need nothing from elsewhere, advisories come from the network.
deny=$(tool cargo-deny "$CARGO_DENY")
"$deny" --log-level error check licenses sources bans
if limit 120 "$deny" --log-level error fetch db >/dev/null 2>&1; then
    "$deny" check --disable-fetch advisories
else
    echo "check: the advisories on crates can't be fetched, and were not looked at"
fi
if has npm; then
    # An answer names its version; a registry that gives none is no finding.
    if audit=$(cd end2end && limit 60 npm audit --package-lock-only --json 2>/dev/null); then
        echo "check: npm knows of no weakness in what the browser tests use"
    elif printf '%s' "$audit" | grep -q '"auditReportVersion"'; then
        (cd end2end && npm audit --package-lock-only)
        exit 1
    else
        echo "check: the npm registry answers no audit, advisories on its packages were not looked at"
    fi
fi
echo "check: clean"
