#!/bin/sh
# Holds the four programs that verify a signature against signatures made by openssl. Node.js and Python are needed; Go
# and Rust are tried where they are.
set -eu
cd "$(dirname "$0")"

for needed in node python3 openssl; do
    command -v "$needed" >/dev/null 2>&1 || { echo "verify: $needed is missing" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
secret=whsec_b3duLXNlY3JldC1nb2VzLWhlcmUh
now=$(date +%s)
failed=0

# `sign SECRET TIMESTAMP FILE`
sign() {
    printf 'sha256=%s' "$({ printf '%s.' "$2"; cat "$3"; } | openssl dgst -sha256 -hmac "$1" | sed 's/^.*= *//')"
}

# `expect STATUS WHAT SECRET TIMESTAMP SIGNATURE FILE`, of the program in $program
expect() {
    status=0
    # shellcheck disable=SC2086
    $program "$3" "$4" "$5" <"$6" >"$work/out" 2>&1 || status=$?
    if [ "$status" != "$1" ] || [ -s "$work/out" ]; then
        echo "verify: $name: $2: ended with $status, not $1" >&2
        cat "$work/out" >&2
        failed=1
    fi
}

printf '{"type":"message.sent","data":{"message":{"content":"Grüße 👋"}}}\n' >"$work/json"
printf 'a\000b\r\n\377' >"$work/bytes"
: >"$work/empty"
printf '{"type":"message.sent","data":{"message":{"content":"Grüße 👋"}}} ' >"$work/other"

try() {
    name=$1
    program=$2
    for body in json bytes empty; do
        expect 0 "right, $body" "$secret" "$now" "$(sign "$secret" "$now" "$work/$body")" "$work/$body"
    done
    good=$(sign "$secret" "$now" "$work/json")
    old=$((now - 400)) near=$((now - 200)) ahead=$((now + 400))
    expect 0 "200 s old" "$secret" "$near" "$(sign "$secret" "$near" "$work/json")" "$work/json"
    expect 1 "400 s old" "$secret" "$old" "$(sign "$secret" "$old" "$work/json")" "$work/json"
    expect 1 "400 s ahead" "$secret" "$ahead" "$(sign "$secret" "$ahead" "$work/json")" "$work/json"
    expect 1 "the time of another signature" "$secret" "$near" "$good" "$work/json"
    expect 1 "another secret" "$secret" "$now" "$(sign whsec_other "$now" "$work/json")" "$work/json"
    expect 1 "another body" "$secret" "$now" "$good" "$work/other"
    expect 1 "no prefix" "$secret" "$now" "${good#sha256=}" "$work/json"
    expect 1 "cut short" "$secret" "$now" "$(printf '%s' "$good" | cut -c 1-40)" "$work/json"
    expect 1 "one digit wrong" "$secret" "$now" "$(printf '%s' "$good" | sed 's/0$/x/; s/[1-9a-f]$/0/; s/x$/1/')" "$work/json"
    expect 1 "none" "$secret" "$now" "" "$work/json"
    expect 1 "no time" "$secret" "" "$(sign "$secret" "" "$work/json")" "$work/json"
    expect 1 "a time in words" "$secret" "now" "$(sign "$secret" now "$work/json")" "$work/json"
    echo "verify: $name: tried" >&2
}

try Node.js "node node.mjs"
try Python "python3 python.py"
if command -v go >/dev/null 2>&1; then
    (cd go && GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -o "$work/verify-go" .)
    try Go "$work/verify-go"
else
    echo "verify: Go is not here, its program was not tried" >&2
fi
if command -v cargo >/dev/null 2>&1; then
    # Beside the gateway's own things, so that it is built once.
    built=$(cd ../.. && mkdir -p "${CARGO_TARGET_DIR:-target}/verify" && cd "${CARGO_TARGET_DIR:-target}/verify" && pwd)
    cargo build -q --locked --manifest-path rust/Cargo.toml --target-dir "$built"
    try Rust "$built/debug/verify"
else
    echo "verify: Rust is not here, its program was not tried" >&2
fi
exit $failed
