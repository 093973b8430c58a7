# Programs of cargo's that look at this project rather than build it, each at one version. Sourced after say.sh, never run.

CARGO_DENY=0.20.2
CARGO_CYCLONEDX=0.5.9

# `tool_here NAME VERSION`: prints its program, if it is there.
tool_here() {
    own=$TOOLS/$1-$2/bin/$1
    if [ -x "$own" ]; then echo "$own"; return; fi
    # The first word after `cargo` of its own name: `cargo-deny deny --version`.
    if has "$1" && "$1" "${1#cargo-}" --version 2>/dev/null | grep -q "$2"; then command -v "$1"; return; fi
    return 1
}

# `tool NAME VERSION`: prints its program, which is built first where it is missing.
tool() {
    if tool_here "$1" "$2"; then return; fi
    say "installing $1 $2: some minutes, once"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --quiet --locked "$1" --version "$2" --root "$TOOLS/$1-$2" --no-track >&2 \
        || fail "$1 $2 is missing, and did not install: cargo's lines above say why." \
            "Make crates.io reachable (or name a mirror of it in cargo's configuration) and run this again," \
            "or put the program on the path, or at $TOOLS/$1-$2/bin/$1; OPENCLAW_WEBHOOKS_TOOLS names another folder."
    tool_here "$1" "$2"
}
