# What only the tests need: a browser, Node for the tests that drive it, PostgreSQL. Sourced by `setup.sh --test`.

# The first browser of the Chromium family, or nothing.
chromium_here() {
    for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$candidate" ] && has "$candidate"; then command -v "$candidate" && return; fi
    done
    return 1
}

find_chromium() {
    chromium_here >/dev/null || apt_install "a browser for the tests" chromium fonts-dejavu-core
    chromium=$(chromium_here) || fail "no Chromium is on the path." "Install one, or set CHROMIUM to its program."
    say "the tests' browser is $chromium"
    found CHROMIUM "$chromium"
}

# Without a typeface that has it, Korean is drawn as boxes, and the pictures of the dashboard are others.
find_korean() {
    if has fc-list && [ -n "$(fc-list :lang=ko family)" ]; then return; fi
    apt_install "a Korean typeface for the tests' pictures" fonts-nanum fontconfig
}

# Playwright needs 20. Where the system's Node is older, one is taken from the npm registry.
NODE_NEEDED=20

node_is_new_enough() {
    has node && has npm && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$NODE_NEEDED" ]
}

find_node() {
    if ! node_is_new_enough; then
        own=$TOOLS/node/node_modules/node/bin
        has npm || apt_install "Node.js for the browser tests" nodejs npm
        if ! [ -x "$own/node" ]; then
            say "installing Node.js 22 for the browser tests, as this system's is older than $NODE_NEEDED"
            npm install --silent --prefix "$TOOLS/node" node@22 >"$LOG" 2>&1 || fail "npm could not install Node.js 22." "$(tail -n 3 "$LOG")"
        fi
        # shellcheck disable=SC2016
        printf 'export PATH="%s:$PATH"\n' "$own" >>"$FOUND"
        PATH=$own:$PATH
        node_is_new_enough || fail "Node.js $NODE_NEEDED or newer is missing." "Install it, then run this again."
    fi
    say "the browser tests run on Node.js $(node -p process.versions.node)"
    if [ end2end/node_modules/.package-lock.json -nt end2end/package-lock.json ]; then return; fi
    say "installing Playwright: npm ci"
    # The browser is the system's: nothing to download.
    (cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund) >"$LOG" 2>&1 || fail "npm could not install Playwright." "$(tail -n 3 "$LOG")"
    touch end2end/node_modules/.package-lock.json
}

# The newest server's programs: on Debian they are not on the path.
postgres_here() {
    if has initdb; then dirname "$(command -v initdb)"; return; fi
    newest=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$newest" ] && [ -x "$newest/initdb" ] && echo "$newest"
}

find_postgres() {
    postgres_here >/dev/null || apt_install "PostgreSQL, for the tests of that database" postgresql
    postgres=$(postgres_here) || fail "PostgreSQL's server programs (initdb, pg_ctl) are missing." "Install them, then run this again."
    say "the tests' PostgreSQL is in $postgres"
    has initdb || printf 'export PATH="$PATH:%s"\n' "$postgres" >>"$FOUND"
    # PostgreSQL refuses to run as root: the tests then start it as this user.
    if [ "$(id -u)" = 0 ] && ! id postgres >/dev/null 2>&1; then
        useradd --system --no-create-home --shell /bin/sh postgres || fail "there is no user to run PostgreSQL as." "Run: useradd --system postgres"
    fi
}

# What tests hold the gateway against, or run it in: each is on most machines, and small.
find_small_tools() {
    has curl || apt_install "curl, as README.md uses it" curl
    has openssl || apt_install "openssl, to verify signatures independently" openssl
    has python3 || apt_install "Python, for the verification that the documents show" python3
    has ip || apt_install "ip, for a network without a way out" iproute2
    has unshare || apt_install "unshare, for a network without a way out" util-linux
}
find_chromium
find_korean
find_node
find_postgres
find_small_tools
