#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# picoord --room on a machine that has nothing but loopback: it says what is missing, and
# gives nobody a join line that leads elsewhere than to it.
[[ -n ${OWN_NETWORK:-} ]] || ! unshare --net true 2>/dev/null ||
    OWN_NETWORK=yes exec unshare --net bash "$0" "$@"
. "$(dirname "$0")/checks.sh"
needs unshare ip
[[ -n ${OWN_NETWORK:-} ]] || {
    skip 'a machine without a network: only root can make one'
    exit 0
}
ip link set lo up
missing='this machine has no address that others reach: is the network on?'

ask() { # command: what anybody is answered
    local fd
    exec {fd}<>"/dev/tcp/127.0.0.1/31415"
    echo "$1" >&"$fd"
    cat <&"$fd"
    exec {fd}>&-
}
coordinator --room
wait_until 60 said picoord "$missing"
same 'the line for others' 'no line yet: this machine has no address that others reach' "$(ask join)"
worker ada --threads 1 # of this machine
wait_until 60 attached 1
signal TERM picoord
ended picoord 60
destroy ada

if ! has 'the banner, which only a terminal shows' script; then
    :
elif ! why=$(script -qec true /dev/null </dev/null 2>&1); then
    skip "the banner, which only a terminal shows: ${why%%$'\n'*}"
else
    start banner script -qefc "exec '$BIN/picoord' --ephemeral --lan" /dev/null
    banner_shows() { tr -d '\r\n' <"$FLEET/banner.out" | grep -qF "$1"; }
    wait_until 60 banner_shows "attach another machine   not yet: $missing"
fi
