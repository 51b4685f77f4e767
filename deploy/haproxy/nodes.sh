#!/bin/sh
# Who is behind the gateway, and how nodes join and leave while it runs: HAProxy's runtime interface, in words.
#
#   nodes.sh list                    every node: address, state
#   nodes.sh join ADDRESS[:PORT]     give the node a place; it is sent visitors as soon as it is ready
#   nodes.sh wait ADDRESS [SECONDS]  return when visitors are sent there (30 seconds at most)
#   nodes.sh drain ADDRESS           send nobody new there, let what is under way come to its end; says the place's name
#   nodes.sh back ADDRESS|PLACE      take a drain back
#   nodes.sh leave ADDRESS           take the place back, at once: drain first, and let what is under way end
#   nodes.sh regions                 the gateways of the other regions, the nearest first: address, state
#   nodes.sh keep                    write down who sits where, for HAProxy to read at its next start or reload
#
# RUNTIME_SOCKET is HAProxy's; with STATE_FILE set, places outlive a restart of HAProxy. Needs perl or socat.
set -eu
socket=${RUNTIME_SOCKET:-/var/lib/haproxy/runtime.sock}
# "own" has the same nodes once more, for the checks that are patient and the visitors of other regions.
backend=nodes

fail() {
    echo "nodes.sh: $*" >&2
    exit 1
}

ask() {
    if command -v perl >/dev/null 2>&1; then
        perl -MIO::Socket::UNIX -e '
            my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "the gateway does not answer at $ARGV[0]: $!\n";
            print $s "$ARGV[1]\n"; print while <$s>' "$socket" "$1"
    else
        printf '%s\n' "$1" | socat -t 5 "unix-connect:$socket" -
    fi
}

# The interface is silent when it has done as told.
tell() {
    answer=$(ask "$1" | sed '/^$/d')
    case $answer in
        "" | "IP changed from"* | "no need to change"* | "port changed from"*) ;;
        *) fail "$answer" ;;
    esac
}

# PLACE ADDRESS:PORT STATE of every place, empty ones included; one that waits for a name to have an address has "-".
places() {
    ask "show stat $backend 4 -1" | awk -F, '
        NR == 1 { sub(/^# /, ""); for (i = 1; i <= NF; i++) column[$i] = i; next }
        $column["svname"] !~ /^[nr][0-9]+$/ { next }
        { state = $column["status"] }
        state ~ /^UP/ && $column["weight"] == 0 { state = "DRAIN (its own wish)" }
        { address = $column["addr"]; print $column["svname"], (address == "" ? "-" : address), state }'
}

nodes() {
    places | awk '$2 != "-" && $2 !~ /^(0\.0\.0\.0|)(:|$)/'
}

# The place of a node; a port need not be said.
place_of() {
    case $1 in n[0-9]*) echo "$1" && return ;; esac
    found=$(nodes | awk -v wanted="$1" '$2 == wanted || index($2, wanted ":") == 1 { print $1; exit }')
    [ -n "$found" ] || fail "there is no node at $1"
    echo "$found"
}

keep() {
    [ -n "${STATE_FILE:-}" ] || return 0
    ask "show servers state" >"$STATE_FILE.new"
    mv "$STATE_FILE.new" "$STATE_FILE"
}

join() {
    address=${1%:*}
    port=${1#"$address"}
    if nodes | awk -v wanted="$address" '{ sub(/:[0-9]*$/, "", $2) } $2 == wanted { found = 1 } END { exit !found }'; then
        fail "$address has a place already"
    fi
    for backend in own nodes; do
        place=$(places | awk '$2 ~ /^0\.0\.0\.0(:|$)/ { print $1; exit }')
        [ -n "$place" ] || fail "no place is left; haproxy.cfg says how many there are"
        tell "set server $backend/$place addr $address${port:+ port ${port#:}}"
        tell "enable health $backend/$place"
        # Down until it has been seen ready: left to itself, HAProxy begins by taking a new node for a ready one.
        tell "set server $backend/$place state ready; set server $backend/$place health down"
    done
    keep
}

wait_for() {
    place=$(place_of "$1")
    left=$((${2:-30} * 5))
    # "UP 1/2" may be a node that has just got its address and that nobody has asked yet.
    until places | grep -q "^$place .* UP$"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "no visitors are sent to $1: $(places | grep "^$place ")"
        sleep 0.2
    done
}

# Nobody asks about its health any more: a node that closes its door while it finishes must not be taken for dead.
drain() {
    place=$(place_of "$1")
    tell "disable health $backend/$place"
    tell "set server $backend/$place state drain"
    keep
    echo "$place"
}

back() {
    place=$(place_of "$1")
    tell "enable health $backend/$place"
    tell "set server $backend/$place state ready"
    keep
}

leave() {
    address=$(nodes | awk -v place="$(place_of "$1")" '$1 == place { print $2 }')
    for backend in own nodes; do
        place=$(place_of "$address")
        tell "set server $backend/$place state maint"
        tell "set server $backend/$place addr 0.0.0.0"
        tell "enable health $backend/$place"
    done
    keep
}

regions() {
    backend=regions
    if ask "show stat regions 4 -1" | grep -q "No such"; then fail "this gateway knows no other regions"; fi
    places | cut -d ' ' -f 2-
}

case "${1:-} $#" in
    "list 1") nodes | cut -d ' ' -f 2- ;;
    "join 2") join "$2" ;;
    "wait 2" | "wait 3") wait_for "$2" "${3:-30}" ;;
    "drain 2") drain "$2" ;;
    "back 2") back "$2" ;;
    "leave 2") leave "$2" ;;
    "regions 1") regions ;;
    "keep 1") keep ;;
    *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0" >&2; exit 2 ;;
esac
