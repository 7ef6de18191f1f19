#!/usr/bin/env bash
# Installs Debian's Chromium for the browser tests, or says what to install where that may not be done from here.
set -euo pipefail
packages="chromium fonts-liberation"
as_root=""
if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="none"; fi
fi
if ! command -v apt-get >/dev/null || [ "$as_root" = none ]; then
    echo "The browser tests need Chromium. Install it, for example: sudo apt-get install $packages" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
$as_root apt-get install -y -qq --no-install-recommends $packages
