#!/bin/sh
# Builds the browser's half of the dashboard into `target/site/`, where the server's build takes it from.
# `bundle.sh wasm-dev|wasm-release`. Files that come out the same are left alone, so that the server is not built again.
set -eu
cd "$(dirname "$0")/.."

profile=${1:-wasm-dev}
# Always below the checkout, wherever cargo builds: two checkouts may share cargo's folder, but not this.
site=target/site
stamp=target/site.stamp
. ./scripts/with-toolchain.sh

# A bundle for release serves every purpose; one for development does not serve a release.
built=$(cat "$stamp" 2>/dev/null || true)
if [ -s "$site/app.js" ] && [ -s "$site/app_bg.wasm" ] && [ -s "$site/__wasm_split.js" ] && [ -s "$site/split_rest.wasm" ]; then
    case $built in
    "$profile" | wasm-release)
        newer=$(find app server/wire .cargo Cargo.toml Cargo.lock scripts/bundle.sh scripts/wasm-split.sh -type f -newer "$stamp" | head -n 1)
        [ -n "$newer" ] || exit 0
        ;;
    esac
fi

# A folder of this run's own, and its time from before the build: an edit made while it runs counts as newer.
new=target/site.new.$$
trap 'rm -rf "$new" "$new.stamp"' EXIT
mkdir -p "$new" "$site"
echo "$profile" >"$new.stamp"
# As nothing but a program: built as a library too, it would not be optimised as a whole, whatever the profile says.
# (Functions are ordered by their names; by the newer kind of names they compress 1 % better.)
cargo rustc -p app --lib --crate-type cdylib --target wasm32-unknown-unknown --no-default-features --features hydrate \
    --profile "$profile" -- -Csymbol-mangling-version=v0 -Clink-arg=--emit-relocs
# What a page needs at once, and what can come after it: app/src/rest.rs says which is which.
"${WASM_SPLIT:?make setup tells where it is}" --target web --out-name app \
    "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/$profile/app.wasm" "$new"
# (wasm-opt would make the files smaller by a fifth, and what is sent of them larger by a twentieth: they compress worse.)
"${WASM_BINDGEN:-wasm-bindgen}" --target web --no-typescript --keep-lld-exports --out-dir "$new" --out-name app "$new/app.wasm"
rm "$new/app.wasm"

(cd "$new" && find . -type f) | while read -r file; do
    cmp -s "$new/$file" "$site/$file" || { mkdir -p "$(dirname "$site/$file")" && cp "$new/$file" "$site/$file"; }
done
(cd "$site" && find . -type f) | while read -r file; do
    [ -e "$new/$file" ] || rm "$site/$file"
done
mv "$new.stamp" "$stamp"
echo "bundle: $(wc -c <"$site/app_bg.wasm") bytes of WebAssembly in $site ($profile)" >&2
