#!/bin/sh
# Holds the API against its own description, as each role, with requests by chance: no 5xx, no status, header or shape
# that is not described, nothing accepted that should not be. The gateway, its receiver and its database are this run's own.
#
#   OPENCLAW_WEBHOOKS_BIN=… sh scripts/schemathesis.sh [ROLE…]    local admin viewer ingest wrong nobody; all when none is named
#
# SCHEMATHESIS_SECONDS (40) bounds each role, SCHEMATHESIS_SEED repeats a run. Needs python3 with venv; the first run installs
# the pinned version from PyPI, beside the other tools.
set -eu
VERSION=4.32.5

cd "$(dirname "$0")/.."
. ./scripts/say.sh
here=$PWD
target=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
program=${OPENCLAW_WEBHOOKS_BIN:-$target/debug/openclaw-webhooks}
seconds=${SCHEMATHESIS_SECONDS:-40}
seed=${SCHEMATHESIS_SEED:-$(date +%s)}
venv=${SCHEMATHESIS_VENV:-$TOOLS/schemathesis-$VERSION}
LOG=$target/setup.log

[ -x "$program" ] || { echo "schemathesis: $program is not there; make run builds it" >&2; exit 1; }
if [ "$("$venv/bin/schemathesis" --version 2>/dev/null)" != "schemathesis, version $VERSION" ]; then
    has python3 || fail "python3 is missing, for schemathesis." "make setup-test installs it."
    python3 -c 'import ensurepip' 2>/dev/null || apt_install "Python's venv, for schemathesis" python3-venv
    say "installing schemathesis $VERSION: half a minute, once"
    # A folder that was here before is somebody's, whatever is in it.
    made=
    [ -e "$venv" ] || made=$venv
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check "schemathesis==$VERSION"; } >"$LOG" 2>&1; then
        why=$(grep '^ERROR' "$LOG" | tail -n 1)
        [ -n "$why" ] || why=$(tail -n 1 "$LOG")
        [ -z "$made" ] || rm -rf "$made"
        fail "schemathesis $VERSION did not install from PyPI, and nothing was held against the API." "$why" \
            "Make PyPI reachable (PIP_INDEX_URL names a mirror), or name a folder where it is in SCHEMATHESIS_VENV."
    fi
fi

# Endpoints with made-up URLs are dialled: in a network without a way out, where the system can make one.
if [ -z "${SCHEMATHESIS_CLOSED:-}" ] && unshare --map-root-user --net true 2>/dev/null; then
    export SCHEMATHESIS_CLOSED=1
    exec unshare --map-root-user --net sh -c 'ip link set lo up && exec sh "$0" "$@"' "$here/scripts/schemathesis.sh" "$@"
fi
[ -n "${SCHEMATHESIS_CLOSED:-}" ] || echo "schemathesis: no closed network here; made-up names are looked up" >&2

work=$(mktemp -d)
pids=
end() {
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    pids=
}
trap 'end; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# `first_address FILE`: where the program says it listens.
first_address() {
    for _ in $(seq 100); do
        address=$(sed -n 's/^Listening on \(http[^ ]*\)$/\1/p' "$1" 2>/dev/null | head -n 1)
        [ -z "$address" ] || { echo "${address%/}"; return; }
        sleep 0.1
    done
    echo "schemathesis: nothing listens:" >&2
    cat "$1" >&2
    return 1
}

# `start tokens|open`: a gateway of this run, with something of everything in it. Sets $url and $token.
start() {
    folder=$work/$1
    mkdir "$folder"
    "$program" listen --port 0 --secret whsec_b3duLXNlY3JldC1nb2VzLWhlcmUh >"$folder/receiver" 2>&1 &
    pids="$pids $!"
    receiver=$(first_address "$folder/receiver")
    tokens=
    token=
    if [ "$1" = tokens ]; then
        token=the-admin-token
        tokens='adminToken: "the-admin-token", viewerToken: "the-viewer-token", ingestToken: "the-ingest-token",'
    fi
    cat >"$folder/openclaw.json5" <<CONFIG
{ webhooks: {
    endpoints: [
      { name: "main-webhook", url: "$receiver/in", secret: "whsec_b3duLXNlY3JldC1nb2VzLWhlcmUh", events: ["*"],
        signing: "both", retry: { maxAttempts: 3, backoffMs: 100 } },
      { name: "down", url: "http://127.0.0.1:9/", events: ["message.sent"], retry: { maxAttempts: 2, backoffMs: 100 },
        transform: { text: "{{data.message.content}}" } },
      { name: "elsewhere", url: "http://10.1.2.3/", events: ["error.occurred"], retry: { maxAttempts: 1 } },
    ],
    inbound: { endpoints: {
      deploy: { agentId: "ops", template: "{{body.repo}}" },
      signed: { agentId: "ops", template: "{{body}}", verify: { scheme: "github", secret: "s3cret" } },
    } },
    server: { listen: "127.0.0.1:0", trustedProxies: ["127.0.0.1"], $tokens },
    agent: { url: "http://127.0.0.1:9", token: "t" },
    network: { allow: ["127.0.0.1"] },
} }
CONFIG
    (cd "$folder" && exec "$program" serve) >"$folder/gateway" 2>"$folder/log" &
    pids="$pids $!"
    url=$(first_address "$folder/gateway")
    for type in message.sent error.occurred tool.called; do
        printf '{"type":"%s","data":{"agentId":"support-bot","message":{"content":"Hello"}}}\n' "$type"
    done >"$folder/events"
    "$program" send --url "$url" ${token:+--token "$token"} "$folder/events" >/dev/null
    for name in deploy signed nobody; do
        curl -s -o /dev/null "$url/webhooks/inbound/$name" -H 'Content-Type: application/json' -d '{"repo":"shop"}'
    done
    curl -s -f -o "$folder/openapi.json" "$url/api/v1/openapi.json" ${token:+-H "Authorization: Bearer $token"}
}

# `try ROLE ARGUMENT…`
try() {
    role=$1
    shift
    echo "schemathesis: as $role, for $seconds s, seed $seed" >&2
    status=0
    # It leaves files where it runs.
    (cd "$folder" && "$venv/bin/schemathesis" --config-file "$here/scripts/schemathesis.toml" run openapi.json --url "$url" \
        --checks all --max-time "$seconds" --seed "$seed" --continue-on-failure --request-timeout 30 --no-color \
        --generation-database none "$@") >"$work/out" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        cat "$work/out"
        failed="$failed $role"
    else
        grep -E 'generated|Tested' "$work/out" >&2
    fi
    if ! curl -s -f -o /dev/null "$url/readyz"; then
        echo "schemathesis: the gateway is not ready any more:" >&2
        tail -n 20 "$folder/log" >&2
        failed="$failed $role"
    fi
}

failed=
[ $# != 0 ] || set -- local admin viewer ingest wrong nobody
for role in "$@"; do
    case $role in
        # Everything is open to this machine, also to a wrong token.
        local) start open && try local --exclude-checks ignored_auth ;;
        admin | viewer | ingest)
            start tokens
            SCHEMATHESIS_HOOKS=$here/scripts/schemathesis.py try "$role" -H "Authorization: Bearer the-$role-token"
            ;;
        # Both from one address: what is wrong is soon told to wait.
        wrong) start tokens && try wrong -H "Authorization: Bearer the-wrong-token" ;;
        nobody) start tokens && try nobody ;;
        *) echo "schemathesis: there is no role $role" >&2; exit 2 ;;
    esac
    end
    rm -rf "$folder"
done
if [ -n "$failed" ]; then
    echo "schemathesis: findings as$failed" >&2
    exit 1
fi
echo "schemathesis: nothing found" >&2
