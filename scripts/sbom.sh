#!/bin/sh
# What this project is made of, as CycloneDX has it: the gateway with all its crates, and what its browser tests use.
# Run by `make sbom`; the files go to target/sbom.
set -eu
cd "$(dirname "$0")/.."
. ./scripts/with-toolchain.sh
. ./scripts/say.sh
. ./scripts/cargo-tools.sh

OUT=target/sbom
NAME=openclaw-webhooks.sbom
mkdir -p "$OUT"
cyclonedx=$(tool cargo-cyclonedx "$CARGO_CYCLONEDX")

# It writes one beside each member's Cargo.toml; the gateway's holds what the others have.
"$cyclonedx" cyclonedx --quiet --format json --spec-version 1.5 --target all --override-filename "$NAME"
mv "server/$NAME.json" "$OUT/gateway.cdx.json"
rm -f "app/$NAME.json" "server/wire/$NAME.json" "server/fuzz/$NAME.json"

# It is whole only if every crate that is built into the gateway stands in it.
crates=0
for crate in $(cargo tree --locked -p server -e normal,build --prefix none --no-dedupe --format '{p}' | awk '!/\(\//{print $1 "@" substr($2, 2)}' | sort -u); do
    grep -q "\"pkg:cargo/$crate" "$OUT/gateway.cdx.json" || fail "$crate is not in $OUT/gateway.cdx.json."
    crates=$((crates + 1))
done
[ "$crates" -gt 100 ] || fail "only $crates crates were looked for in $OUT/gateway.cdx.json."
echo "sbom: $OUT/gateway.cdx.json has all $crates crates"

# The plugin has no dependency.
if has npm; then
    (cd end2end && npm sbom --package-lock-only --sbom-format cyclonedx) >"$OUT/end2end.cdx.json"
    echo "sbom: $OUT/end2end.cdx.json has $(grep -c '"purl"' "$OUT/end2end.cdx.json") packages"
else
    echo "sbom: npm is not here, the browser tests' packages were left out"
fi
