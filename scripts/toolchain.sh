# Finds, or makes, one Rust compiler that builds for this machine and for the browser. Sourced by setup.sh.
#
# Nearly everyone has it, or gets it with `rustup target add`. Where rustup can't fetch the browser's
# standard library, Debian's own compiler does: its sources are a package, and it builds its library here.

BROWSER=wasm32-unknown-unknown
SYSROOT_LIB=/usr/lib/rustlib/$BROWSER/lib
OLDEST_RUST=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

# True if `$1 …` (a rustc) is new enough and links an empty program for the browser with `$LINKER` (empty: its own).
builds_for_browser() {
    version=$("$@" --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p')
    [ -n "$version" ] && at_least "$version" "$OLDEST_RUST" || return 1
    for LINKER in "" wasm-ld wasm-ld-19; do
        [ -z "$LINKER" ] || has "$LINKER" || continue
        "$@" --target "$BROWSER" --crate-type cdylib --crate-name probe ${LINKER:+-Clinker="$LINKER"} \
            -o "$TARGET/probe.wasm" - </dev/null >"$LOG" 2>&1 && rm -f "$TARGET/probe.wasm" && return 0
        grep -q 'linker .* not found' "$LOG" || return 1
    done
    return 1
}

# `at_least 1.96.0 1.94`
at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

use_linker() {
    [ -z "$LINKER" ] || found CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER "$LINKER"
}

use_distribution() {
    if has rustup; then found RUSTUP_TOOLCHAIN distro; fi
    use_linker
}

find_toolchain() {
    # A toolchain that rustup would have to fetch first is an answer of "no", not a reason to wait.
    export RUSTUP_AUTO_INSTALL=0

    if has rustc && builds_for_browser rustc; then
        say "Rust $version builds for this machine and for the browser"
        [ -z "${RUSTUP_TOOLCHAIN:-}" ] || found RUSTUP_TOOLCHAIN "$RUSTUP_TOOLCHAIN"
        use_linker
        return
    fi
    if distribution_is_ready && builds_for_browser /usr/bin/rustc; then
        say "the distribution's Rust $version builds for this machine and for the browser"
        use_distribution
        return
    fi
    if has rustup && add_target && builds_for_browser rustc; then
        say "Rust $version builds for this machine and for the browser"
        use_linker
        return
    fi
    install_distribution
    build_browser_std
    builds_for_browser /usr/bin/rustc || fail "the distribution's Rust does not build for the browser." "$(head -n 3 "$LOG")"
    say "the distribution's Rust $version builds for this machine and for the browser"
    use_distribution
}

# True if an earlier run made the distribution's compiler ready.
distribution_is_ready() {
    [ -x /usr/bin/rustc ] && [ -d "$SYSROOT_LIB" ] || return 1
    ! has rustup || distribution_is_linked_to_rustup
}

distribution_is_linked_to_rustup() {
    [ "$(RUSTUP_TOOLCHAIN=distro rustup which rustc 2>/dev/null)" -ef /usr/bin/rustc ]
}

add_target() {
    now=$(rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p')
    if [ -z "$now" ] || ! at_least "$now" "$OLDEST_RUST"; then
        say "the active Rust is ${now:-missing}, this project needs $OLDEST_RUST: 'rustup update stable' brings a newer one"
        return 1
    fi
    say "adding the browser's standard library, for the dashboard: rustup target add $BROWSER"
    limit "${SETUP_RUSTUP_SECONDS:-60}" env RUSTUP_MAX_RETRIES=1 rustup target add "$BROWSER" >"$LOG" 2>&1 && return 0
    say "rustup could not fetch it: $(grep -m 1 -iE 'error' "$LOG" || echo "no answer in ${SETUP_RUSTUP_SECONDS:-60} s")"
    return 1
}

install_distribution() {
    help="With rustup: 'rustup update stable && rustup target add $BROWSER'; then run this again."
    has apt-get || fail "no Rust here builds for the browser." "$help"
    if [ "$(id -u)" = 0 ]; then apt_refresh; fi
    candidate=$(apt-cache policy rustc-web 2>/dev/null | sed -n 's/ *Candidate: \([0-9.]*\).*/\1/p')
    if [ -z "$candidate" ] || ! at_least "$candidate" "$OLDEST_RUST"; then
        fail "no Rust here builds for the browser, and this distribution has none of $OLDEST_RUST or newer." "$help"
    fi
    set -- rustc-web cargo-web rust-web-src lld-19 rustfmt-web rust-web-clippy
    # shellcheck disable=SC2086
    dpkg -s "$@" >/dev/null 2>&1 || apt_install "the distribution's Rust $candidate, which can build the browser's standard library" "$@"
    if has rustup && ! distribution_is_linked_to_rustup; then
        rustup toolchain link distro /usr >"$LOG" 2>&1 || fail "rustup could not link /usr as 'distro'." "$(tail -n 2 "$LOG")"
    fi
}

# Always into a fresh folder and over nothing: two copies of a library, and rustc finds neither.
build_browser_std() {
    builds_for_browser /usr/bin/rustc && return
    say "building the browser's standard library once, about a minute"
    fresh=$(mktemp -d)
    # The compiler's own cargo and rustc: no rustup in between, no settings of the caller.
    if ! (cd /usr/lib/rustlib/src/rust/library && env -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_DIR="$fresh" RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" \
        /usr/bin/cargo build --release --locked -p std -p panic_abort -p proc_macro \
        --features compiler-builtins-mem --target "$BROWSER") >"$LOG" 2>&1; then
        rm -rf "$fresh"
        fail "the browser's standard library did not build." "$(grep -m 3 -E '^error' "$LOG" || tail -n 3 "$LOG")"
    fi
    built=$fresh/$BROWSER/release/deps
    if [ ! -w /usr/lib/rustlib ]; then
        fail "the browser's standard library is built, but $SYSROOT_LIB is not yours to write." \
            "Run: sudo sh -c 'rm -rf $SYSROOT_LIB && mkdir -p $SYSROOT_LIB && cp $built/*.rlib $SYSROOT_LIB/'"
    fi
    rm -rf "$SYSROOT_LIB.new" && mkdir -p "$SYSROOT_LIB.new"
    cp "$built"/*.rlib "$SYSROOT_LIB.new/"
    rm -rf "$SYSROOT_LIB" && mv "$SYSROOT_LIB.new" "$SYSROOT_LIB"
    rm -rf "$fresh"
}

has cc || apt_install "a C compiler" gcc libc6-dev
has make || apt_install "make" make
find_toolchain
has cargo || fail "cargo is missing." "Install Rust with rustup, then run this again."
