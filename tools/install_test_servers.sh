#!/bin/sh
# Make sure that what tests and benches run against is here: PostgreSQL, Redis, HAProxy, PgBouncer, Chromium, wrk, a font,
# Prometheus with its companions; where there is dpkg, lintian, aptly, gpg and cloud-init; where INFINITY_SLOW_TIERS asks
# for it, what takes packages in and out and what the lab of deploy/lab needs; where INFINITY_CONTAINERS does, an engine.
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
if command -v dpkg-deb >/dev/null 2>&1; then
    need lintian lintian
    need aptly aptly
    need gnupg gpg
    need openssh-client ssh-keygen
    need cloud-init cloud-init
    if [ "${INFINITY_SLOW_TIERS:-}" = 1 ]; then
        need mmdebstrap mmdebstrap
        need piuparts piuparts
        need systemd-container systemd-nspawn
        need iproute2 ip
    fi
    if [ "${INFINITY_CONTAINERS:-}" = 1 ]; then
        need mmdebstrap mmdebstrap
        need iproute2 ip
        need docker.io dockerd
        need iptables iptables
        need zstd zstd
    fi
fi
need openssl openssl
need chromium chromium chromium-browser google-chrome
if [ "$(uname)" = Linux ] && ! find /usr/share/fonts /usr/local/share/fonts -name '*.[to]tf' 2>/dev/null | grep -q .; then
    missing="$missing fonts-dejavu-core"
fi

# Prometheus and its companions are taken out of their packages into build/tools and not installed: an installation makes
# accounts and starts services, and only their programs are wanted. tools/programs.py looks for them there.
taken=$(dirname "$0")/../build/tools
untaken=""
want() {
    package=$1
    shift
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 || [ -x "$taken/$program" ] || { untaken="$untaken $package" && return; }
    done
}
want prometheus prometheus promtool
want prometheus-alertmanager prometheus-alertmanager amtool
[ -n "$missing$untaken" ] || exit 0

root=""
if [ "$(id -u)" -ne 0 ]; then
    root="sudo -n"
    sudo -n true 2>/dev/null || root="none"
fi
if [ -n "$missing" ] && { ! command -v apt-get >/dev/null 2>&1 || [ "$root" = none ]; }; then
    {
        echo "The tests need, and this machine lacks:$missing"
        echo "On Debian or Ubuntu:  sudo apt-get install$missing"
    } >&2
    exit 1
fi

# Runlevel 1 keeps the packages from starting services of their own: the tests bring up theirs.
apt() { $root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o Dpkg::Use-Pty=0 "$@" </dev/null; }
log=$(mktemp)
place=$(mktemp -d)
trap 'rm -rf "$log" "$place"' EXIT
if [ -n "$missing" ]; then
    echo "Installing from the system's packages:$missing" >&2
    # Several words on purpose: a package each.
    # shellcheck disable=SC2086
    if ! { apt update && apt install -y --no-install-recommends $missing; } >"$log" 2>&1; then
        cat "$log" >&2
        echo "The packages above could not be installed:$missing" >&2
        exit 1
    fi
fi

# Without them the tests of the monitor skip, and say so: that is no reason to run no test.
[ -n "$untaken" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Not here, and not to be had from this system's packages:$untaken" >&2
    exit 0
fi
echo "Taking programs out of the system's packages:$untaken" >&2
for package in $untaken; do
    fetch() { (cd "$place" && apt-get -qq download "$package"); }
    if ! { fetch || { [ "$root" != none ] && apt update && fetch; }; } >"$log" 2>&1; then
        cat "$log" >&2
        echo "It could not be fetched: $package" >&2
        continue
    fi
    dpkg-deb -x "$place/$package"_*.deb "$place/$package"
    mkdir -p "$taken/share"
    cp "$place/$package/usr/bin/"* "$taken/"
    # Alertmanager reads its usual words for messages from there.
    cp -R "$place/$package/usr/share/prometheus" "$taken/share/"
done
