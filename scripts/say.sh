# How the set-up scripts speak, and how they install what a machine lacks. Sourced, never run.

# What a machine lacks and no package of its system is: kept for every clone of the project.
TOOLS=${OPENCLAW_WEBHOOKS_TOOLS:-${XDG_CACHE_HOME:-${HOME:-$PWD/target}/.cache}/openclaw-webhooks/tools}
# Where a home can't be written, kept for this clone.
[ -d "$TOOLS" ] || mkdir -p "$TOOLS" 2>/dev/null || TOOLS=$PWD/target/tools

say() { printf 'setup: %s\n' "$*" >&2; }

# Ends the run with what is wrong and, on the lines after it, what helps.
fail() {
    printf 'setup: cannot go on: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# `limit SECONDS COMMAND…`: ends a command that hangs, where the system has a tool for it.
limit() {
    seconds=$1
    shift
    if has timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# `apt_install WHY PACKAGE…`: installs, or says which line would.
# Lists are refreshed at most once a run, and a source that does not answer spoils nothing.
apt_install() {
    why=$1
    shift
    has apt-get || fail "$why is missing." "Install it with your system's package manager (on Debian: $*)."
    [ "$(id -u)" = 0 ] || fail "$why is missing." "Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    say "installing $why: apt-get install $*"
    apt_refresh
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq -y \
        --no-install-recommends install "$@" >"$LOG" 2>&1 \
        || fail "apt-get could not install $why." "$(grep -E '^E:' "$LOG" || tail -n 3 "$LOG")"
}

apt_refresh() {
    [ -n "${apt_refreshed:-}" ] && return
    apt-get -o DPkg::Lock::Timeout=300 -qq update >"$LOG" 2>&1 || say "apt-get update had trouble, going on: $(tail -n 1 "$LOG")"
    apt_refreshed=yes
}
