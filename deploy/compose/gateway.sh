#!/bin/sh
# Let the gateway take what was changed: deploy/haproxy, certificates, its settings in .env. It is tried first, by the
# program and the account that will have to read it; if anything is wrong, the gateway that runs goes on as it is.
#
#   ./gateway.sh          try, then take: by a reload, which cuts nobody; changed settings need a new container instead
#   ./gateway.sh check    only try
set -eu
cd "$(dirname "$0")"
configuration=/usr/local/etc/haproxy/haproxy.cfg

say() { echo "$(date -u +%H:%M:%S) $*"; }
inspect() { docker inspect --format "$2" "$1"; }
place() { docker compose exec -T gateway sh /usr/local/etc/haproxy/nodes.sh "$@"; }

if ! docker compose run --rm --no-deps -T gateway haproxy -c -f "$configuration"; then
    say "the gateway cannot work with this, and nothing was changed. Certificates must be readable for its account, 99."
    exit 1
fi
[ "${1:-}" != check ] || exit 0

running=$(docker compose ps --quiet gateway)
wanted=$(docker compose config --hash gateway | cut -d ' ' -f 2)
if [ -n "$running" ] && [ "$(inspect "$running" '{{index .Config.Labels "com.docker.compose.config-hash"}}')" = "$wanted" ]; then
    place keep
    docker kill --signal USR2 "$running" >/dev/null
    say "the gateway reads its files again"
else
    # The door is closed for a second or two meanwhile.
    docker compose up --detach --no-deps --wait gateway
    say "the gateway is a new one"
fi
