#!/bin/sh
# Let a new release, or new settings in .env, take effect while people play. For each node a new one is started and sent
# visitors, then the old one is drained, stopped with grace and removed. One node more than usual runs meanwhile; the
# budget has room for it. So do a changed pooler and a changed gateway, and WEB_NODES decides how many nodes remain.
#
#   docker compose build web pgbouncer && ./rolling.sh
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

# Ready is what the gateway takes for ready. A container that has ended, or ended once, will not get there.
wait_until_ready() {
    deadline=$(($(date +%s) + patience))
    until gateway wait "$(address "$1")" 1 2>/dev/null; do
        case $(inspect "$1" '{{.State.Status}} {{.RestartCount}}') in
            "running 0" | "created 0") ;;
            *) return 1 ;;
        esac
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.3
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
    docker rm --volumes "$1" >/dev/null
}

# The pooler, where its image or its settings have changed: a second one first, then the old one finishes what it has.
exchange_pooler() {
    present=$(docker compose ps --quiet pgbouncer)
    wanted="$(docker compose config --hash pgbouncer | cut -d ' ' -f 2) $(inspect infinity-pgbouncer '{{.Id}}')"
    [ "$(inspect "$present" '{{index .Config.Labels "com.docker.compose.config-hash"}} {{.Image}}')" != "$wanted" ] || return 0
    docker compose up --detach --no-deps --no-recreate --wait --scale pgbouncer=2 pgbouncer
    remove "$present"
    say "the pooler is a new one"
}

old=$(containers | tr '\n' ' ')
count=$(echo "$old" | wc -w)
[ "$count" -gt 0 ] || { say "no node runs; docker compose up -d starts them"; exit 1; }
# A certificate that cannot be read, a mistake in the configuration: told before anything is exchanged.
./gateway.sh check
exchange_pooler

for leaving in $old; do
    before=$(containers | tr '\n' ' ')
    docker compose up --detach --no-deps --no-recreate --scale "$service=$((count + 1))" "$service"
    coming=$(newcomer "$before")
    [ -n "$coming" ] || { say "no new node was started"; exit 1; }
    if ! wait_until_ready "$coming"; then
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
docker compose up --detach --no-deps --no-recreate "$service"
./gateway.sh
