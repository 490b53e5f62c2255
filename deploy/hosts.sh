# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Network namespaces as hosts on one switch, for tests and demos; needs root.  Comes after
# fleet_begin of deploy/programs.sh.
#
#   . deploy/hosts.sh
#   hosts_possible                whether this machine can; if not, why: $WHY, $HINT
#   hosts_begin                   the switch; if that cannot be: "skipped: ...", status 1
#   host NAME                     a host of that name; $(address NAME) is 10.77.0.N
#   on NAME COMMAND...            runs it there, also `on lab coordinator --lan`,
#                                 `on ada worker ada`, `on lab pictl status`
#   link NAME down|up             pulls its cable, or plugs it in again
#   loss NAME PERCENT             of the packets that arrive there; 0: none
#   hosts_end                     all hosts are gone; fleet_end does it too
#
# A namespace lives as long as a process that holds it, which is one of the fleet's; so
# there are no names to clash and nothing to clean up.  Hosts share the files, but not
# $XDG_RUNTIME_DIR: a picoord of another host is not found without being told.

HOSTS_AT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Sets WHY and HINT, if not.
hosts_possible() {
    local command said
    PATH=$PATH:/usr/sbin:/sbin # not every user looks there
    HINT='make demo shows a fleet on one host'
    for command in ip nsenter unshare; do
        command -v "$command" >/dev/null || {
            WHY="no $command (package $("$HOSTS_AT/install-deps" --package "$command"))"
            HINT="deploy/install-deps hosts; $HINT"
            return 1
        }
    done
    if (($(id -u) != 0)); then
        WHY='only root may make network namespaces'
        HINT="sudo make demo-hosts; $HINT"
        return 1
    fi
    said=$(unshare --net --uts ip link add name switch type bridge 2>&1) || {
        WHY="no network namespaces here: ${said%%$'\n'*}"
        return 1
    }
}

hosts_begin() {
    declare -gA HOST_NUMBERS=()
    hosts_possible || {
        echo "skipped: several hosts: $WHY"
        return 1
    }
    hosts_hold switch
    in_namespace switch ip link add name switch type bridge
    in_namespace switch ip link set switch up
}

host() {
    local name=$1
    HOST_NUMBERS[$name]=$((${#HOST_NUMBERS[@]} + 1))
    mkdir -m 700 "$FLEET/run-$name"
    hosts_hold "$name"
    in_namespace switch ip link add name "to-$name" type veth \
        peer name eth0 netns "${FLEET_PIDS[host-$name]}"
    in_namespace switch ip link set "to-$name" master switch up
    in_namespace "$name" ip address add "$(address "$name")/24" dev eth0
    in_namespace "$name" ip link set eth0 up
    in_namespace "$name" ip link set lo up
}

address() { echo "10.77.0.${HOST_NUMBERS[$1]}"; }

# AT is what deploy/programs.sh puts before each command that it starts.
on() {
    local name=$1
    local AT=(env XDG_RUNTIME_DIR="$FLEET/run-$name"
        nsenter --target "${FLEET_PIDS[host-$name]}" --net --uts)
    shift
    if declare -F "$1" >/dev/null; then
        "$@"
    else
        "${AT[@]}" "$@"
    fi
}

link() { in_namespace switch ip link set "to-$1" "$2"; }

# Where they arrive: a packet dropped on its way out would be an error to its sender.
loss() {
    in_namespace "$1" nft -f - <<END
table inet loss
delete table inet loss
table inet loss {
    chain arriving {
        type filter hook input priority 0
        iif eth0 numgen random mod 100 < $2 counter drop
    }
}
END
}

hosts_end() {
    local name
    for name in "${!HOST_NUMBERS[@]}"; do
        destroy "host-$name"
    done
    destroy host-switch
    HOST_NUMBERS=()
}

in_namespace() { # host, command
    nsenter --target "${FLEET_PIDS[host-$1]}" --net --uts "${@:2}"
}

# Starts the process that holds the namespace; ready once it has named it.
hosts_hold() {
    local AT=() # here, wherever the caller is
    # shellcheck disable=SC2016 # for the other shell
    start "host-$1" unshare --net --uts sh -c \
        'echo "$1" >/proc/sys/kernel/hostname && echo ready && exec sleep infinity' sh "$1"
    wait_until 30 test -s "$FLEET/host-$1.out"
}
