#!/usr/bin/env bash
# Installs what the tests need besides Python, from Debian's packages, or says what to install where that may not be done from here:
# Chromium for the pages, PostgreSQL and Redis for private servers of the tests, Node.js for Mozilla's scanner of headers. The scanner
# comes from npm, as locked in tests/edges/observatory.
set -euo pipefail
packages=""
command -v chromium >/dev/null || packages="$packages chromium fonts-liberation"
command -v redis-server >/dev/null || packages="$packages redis-server"
compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || command -v postgres >/dev/null || packages="$packages postgresql"
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"

install_scanner() {
    cd "$(dirname "$0")/edges/observatory"
    cmp -s package-lock.json node_modules/installed-lock.json && return
    echo "Installing Mozilla's scanner of headers …"
    # No scripts: they would download the list of hosts that browsers know to be https alone. None of it is ours, so it may be empty.
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    echo '{}' > node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json
    cp package-lock.json node_modules/installed-lock.json
}

if [ -z "$packages" ]; then
    install_scanner
    exit 0
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="none"; fi
fi
if ! command -v apt-get >/dev/null || [ "$as_root" = none ]; then
    echo "The tests need more programs. Install them, for example: sudo apt-get install$packages" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $packages
install_scanner
