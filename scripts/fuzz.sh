#!/bin/sh
# Input by chance for each reader of what comes from outside, led by the code that it reaches. Run by `make fuzz`.
#
#   sh scripts/fuzz.sh [TARGET…]    all of them, which are the folders of server/fuzz/seeds, when none is named
#
# FUZZ_SECONDS (60) is how long each runs; as many run at once as there are processors. What reached something new is kept
# in the target folder, where the next run begins. So is an input that fails, with the line that tries it again.
set -eu
cd "$(dirname "$0")/.."
. ./scripts/with-toolchain.sh

seconds=${FUZZ_SECONDS:-60}
folder=$(mkdir -p "${CARGO_TARGET_DIR:-target}/fuzz" && cd "${CARGO_TARGET_DIR:-target}/fuzz" && pwd)
host=$(rustc -vV | sed -n 's/^host: //p')

# What LLVM needs to tell libFuzzer which code an input reaches and what is compared there. All of it works on the stable
# compiler; what would not (the address sanitizer) looks for what safe Rust rules out. Because of `--target` build scripts,
# which could not be linked with it, are built without. The first is .cargo/config.toml's, which this takes the place of.
coverage="--cfg=erase_components -Cpasses=sancov-module"
for what in level=4 inline-8bit-counters pc-table trace-compares; do coverage="$coverage -Cllvm-args=-sanitizer-coverage-$what"; done
RUSTFLAGS=$coverage cargo build -p fuzz --profile fuzz --target "$host" --target-dir "$folder/build"
program=$folder/build/$host/fuzz/fuzz

# `fuzz TARGET`: no input may take 5 s or 2 GiB, which is far more than the slowest does.
fuzz() {
    kept=$folder/corpus/$1
    failed=$folder/failed/$1
    log=$folder/$1.log
    mkdir -p "$kept" "$failed"
    if FUZZ_TARGET=$1 "$program" "$kept" "server/fuzz/seeds/$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 \
        -max_len=8192 -artifact_prefix="$failed/" -print_final_stats=1 -verbosity=0 >"$log" 2>&1; then
        tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "fuzz: $1: $tried inputs, $(find "$kept" -type f | wc -l) kept"
        return
    fi
    grep -v '^stat::' "$log" | tail -n 30
    echo "fuzz: $1 failed; to try it again: FUZZ_TARGET=$1 $program $(sed -n 's/.*Test unit written to //p' "$log")"
    return 1
}

passed=0
not=0
running=
wait_for_all() {
    for one in $running; do
        if wait "$one"; then passed=$((passed + 1)); else not=$((not + 1)); fi
    done
    running=
}

[ $# != 0 ] || set -- $(ls server/fuzz/seeds)
places=$(getconf _NPROCESSORS_ONLN)
free=$places
for target in "$@"; do
    fuzz "$target" &
    running="$running $!"
    free=$((free - 1))
    if [ "$free" = 0 ]; then
        wait_for_all
        free=$places
    fi
done
wait_for_all
echo "fuzz: $passed passed, $not failed"
[ "$not" = 0 ]
