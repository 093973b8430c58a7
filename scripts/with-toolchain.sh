# Sourced before cargo: the one toolchain that `setup.sh` found, and where the server finds the browser's half.
[ ! -f "${CARGO_TARGET_DIR:-target}/toolchain.env" ] || . "${CARGO_TARGET_DIR:-./target}/toolchain.env"
if [ -n "${CARGO_TARGET_DIR:-}" ]; then
    # The server's own guess, target/site, is wrong then. It wants the whole path.
    mkdir -p "$CARGO_TARGET_DIR"
    OPENCLAW_WEBHOOKS_SITE=$(cd "$CARGO_TARGET_DIR" && pwd)/site
    export OPENCLAW_WEBHOOKS_SITE
fi
