#!/bin/sh
# Exchange all nodes for new ones while people play: for each, a new one is started and sent visitors, then the old one
# is drained, stopped with grace and removed. One node more than usual runs meanwhile; the budget has room for it.
#
#   docker compose build web && ./rolling.sh
#
# Stops at the first new node that does not get ready; the old ones go on serving, and it may be called again.
set -eu
cd "$(dirname "$0")"
service=web
patience=${PATIENCE_SECONDS:-120}
# What is under way when a node is drained takes no longer as a rule; whatever does has the node's 30 seconds.
settle=${SETTLE_SECONDS:-3}
drained=""

say() { echo "$(date -u +%H:%M:%S) $*"; }
containers() { docker compose ps --quiet "$service"; }
inspect() { docker inspect --format "$2" "$1"; }
address() { inspect "$1" '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'; }
gateway() { docker compose exec -T gateway sh /usr/local/etc/haproxy/nodes.sh "$@"; }

# A drain that was not followed by a stop is taken back, whatever happens.
give_back() {
    [ -z "$drained" ] || gateway back "$drained"
    drained=""
}
trap give_back EXIT
trap 'exit 130' INT TERM

wait_until_ready() {
    left=$patience
    while true; do
        case $(inspect "$1" '{{.State.Status}} {{.State.Health.Status}}') in
            "running healthy") return 0 ;;
            "running starting" | "running unhealthy" | "created "*) ;;
            *) return 1 ;;
        esac
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 1
    done
}

# The container of now that was not there before.
newcomer() {
    for container in $(containers); do
        case " $1 " in *" $container "*) ;; *) echo "$container" && return ;; esac
    done
}

remove() {
    docker stop -t 40 "$1" >/dev/null
    docker rm "$1" >/dev/null
}

old=$(containers | tr '\n' ' ')
count=$(echo "$old" | wc -w)
[ "$count" -gt 0 ] || { say "no node runs; docker compose up -d starts them"; exit 1; }

for leaving in $old; do
    before=$(containers | tr '\n' ' ')
    docker compose up --detach --no-deps --no-recreate --scale "$service=$((count + 1))" "$service"
    coming=$(newcomer "$before")
    [ -n "$coming" ] || { say "no new node was started"; exit 1; }
    if ! wait_until_ready "$coming" || ! gateway wait "$(address "$coming")" "$patience"; then
        say "$coming did not get ready; it is removed, and the others go on. Its last words:"
        docker logs --tail 20 "$coming" || true
        remove "$coming"
        exit 1
    fi
    drained=$(gateway drain "$(address "$leaving")")
    sleep "$settle"
    remove "$leaving"
    give_back
    say "$leaving has gone, $coming serves"
done
say "all $count nodes are new"
