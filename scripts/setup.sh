#!/bin/sh
# Brings a machine to where this project builds; `--test` adds what its tests need, `--fuzz` what libFuzzer is built with.
# Safe to run at any time: what is there is left alone. Its findings go to `target/toolchain.env`, which
# the Makefile reads, so that every cargo call of the project uses the same compiler.
set -eu
cd "$(dirname "$0")/.."

TARGET=target
mkdir -p "$TARGET"
LOG=$TARGET/setup.log
FOUND=$TARGET/toolchain.env.new
: >"$FOUND"

# `found NAME VALUE`: used from here on, and by every later build.
found() {
    printf "export %s='%s'\n" "$1" "$2" >>"$FOUND"
    export "$1=$2"
}

. scripts/say.sh
. scripts/toolchain.sh
. scripts/wasm-bindgen.sh
. scripts/wasm-split.sh
[ "${1:-}" != --test ] || . scripts/test-things.sh
[ "${1:-}" != --fuzz ] || has c++ || apt_install "a C++ compiler, for libFuzzer" g++

# Written at the end and only when changed: a set-up that failed leaves no half-truth behind.
if cmp -s "$FOUND" "$TARGET/toolchain.env"; then rm "$FOUND"; else mv "$FOUND" "$TARGET/toolchain.env"; fi
