# Finds, or installs, wasm-split at the version that the dashboard is built with. Sourced by setup.sh.
#
# It takes what an overview needs not at once out of the browser's half, into a file of its own (app/src/rest.rs).

WASM_SPLIT_VERSION=0.2.4

find_wasm_split() {
    # It tells no version, so that only its own place says which it is.
    own=$TOOLS/wasm-split-$WASM_SPLIT_VERSION
    if [ -x "$own/bin/wasm-split-cli" ]; then
        say "wasm-split $WASM_SPLIT_VERSION is here"
    else
        say "installing wasm-split $WASM_SPLIT_VERSION, which divides the dashboard for the browser: a minute or two, once"
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
            cargo install --quiet --locked wasm_split_cli_support --version "$WASM_SPLIT_VERSION" --features build-binary \
            --root "$own" --no-track >"$LOG" 2>&1 \
            || fail "wasm-split did not install." "$(grep -m 3 -E '^error' "$LOG" || tail -n 3 "$LOG")"
    fi
    found WASM_SPLIT "$own/bin/wasm-split-cli"
}

find_wasm_split
