#!/bin/sh
# Make sure that what tests and benches run against is here: PostgreSQL, Redis, HAProxy, PgBouncer, Chromium, wrk, a font, lintian.
# Installs only what is missing, from the system's packages, where that is possible without asking (root, or sudo without
# a password, on Debian and its kin). Elsewhere says what is missing. The tests start every server themselves, in
# temporary folders on free ports; nothing that the system runs is touched.
set -eu
PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin"

missing=""
need() {
    package=$1
    shift
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 && return
    done
    missing="$missing $package"
}

find /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need postgresql initdb
need redis-server redis-server
need haproxy haproxy
need pgbouncer pgbouncer
need wrk wrk
command -v dpkg-deb >/dev/null 2>&1 && need lintian lintian
need openssl openssl
need chromium chromium chromium-browser google-chrome
if [ "$(uname)" = Linux ] && ! find /usr/share/fonts /usr/local/share/fonts -name '*.[to]tf' 2>/dev/null | grep -q .; then
    missing="$missing fonts-dejavu-core"
fi
[ -n "$missing" ] || exit 0

root=""
if [ "$(id -u)" -ne 0 ]; then
    root="sudo -n"
    sudo -n true 2>/dev/null || root="none"
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$root" = none ]; then
    {
        echo "The tests need, and this machine lacks:$missing"
        echo "On Debian or Ubuntu:  sudo apt-get install$missing"
    } >&2
    exit 1
fi

echo "Installing from the system's packages:$missing" >&2
# Runlevel 1 keeps the packages from starting services of their own: the tests bring up theirs.
apt() { $root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o Dpkg::Use-Pty=0 "$@" </dev/null; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt update && apt install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "The packages above could not be installed:$missing" >&2
    exit 1
fi
