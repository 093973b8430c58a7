# Finds, or installs, wasm-bindgen at the version that Cargo.lock names. Sourced by setup.sh.
#
# It writes the JavaScript around the browser's half and understands its own version's output only.

find_wasm_bindgen() {
    locked=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock)
    [ -n "$locked" ] || fail "Cargo.lock names no version of wasm-bindgen."
    for candidate in "$TOOLS/wasm-bindgen-$locked/bin/wasm-bindgen" wasm-bindgen; do
        if [ "$("$candidate" --version 2>/dev/null)" = "wasm-bindgen $locked" ]; then
            say "wasm-bindgen $locked is here"
            found WASM_BINDGEN "$(command -v "$candidate")"
            return
        fi
    done
    say "installing wasm-bindgen $locked, which prepares the dashboard for the browser: a few minutes, once"
    # Less optimised than usual: it runs for a second or two at each build, and is ready sooner.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --quiet wasm-bindgen-cli --version "$locked" --bin wasm-bindgen \
        --root "$TOOLS/wasm-bindgen-$locked" --no-track >"$LOG" 2>&1 \
        || fail "wasm-bindgen did not install." "$(grep -m 3 -E '^error' "$LOG" || tail -n 3 "$LOG")"
    found WASM_BINDGEN "$TOOLS/wasm-bindgen-$locked/bin/wasm-bindgen"
}

find_wasm_bindgen
