#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What root has made or runs, met by another user: hints say whose it is, and lead in no
# circle.  In a network of its own, where the usual port is free.
[[ -n ${OWN_NETWORK:-} ]] || ! unshare --net true 2>/dev/null ||
    OWN_NETWORK=yes exec unshare --net bash "$0" "$@"
. "$(dirname "$0")/checks.sh"
needs unshare setpriv ip
if [[ -z ${OWN_NETWORK:-} || $(id -u) != 0 ]]; then
    skip 'what root has made, met by another user: only root can try it'
    exit 0
fi
ip link set lo up
theirs=$(TMPDIR='' mktemp -d) # where the other user gets to
fleet_end_first() {
    local status=$?
    rm -rf "$theirs"
    (exit "$status")
    fleet_end
}
trap fleet_end_first EXIT
mkdir -m 700 "$theirs/run" "$theirs/state"
chown -R 12345:12345 "$theirs"
as_other() {
    setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$theirs/run" \
        XDG_STATE_HOME="$theirs/state" "$@"
}
as_other "$BIN/picoord" --version >/dev/null 2>&1 || {
    skip 'what root has made, met by another user: who may not run these programs'
    exit 0
}

# With sudo once, without it then.
start picoord env XDG_STATE_HOME="$theirs/state" "$BIN/picoord"
wait_until 60 said picoord listening
run as_other "$BIN/picoord"
same "a state of root's" "7 picoord: cannot open $theirs/state/picoord: permission denied
hint: it belongs to root: was picoord run with sudo?" "$STATUS $ERR"

# It runs, but not for this user.
run as_other "$BIN/pictl" status
same "pictl beside root's" "3 pictl: you have no picoord running on this machine
hint: a program of root listens on port 31415: if that is a picoord, set PI_JOIN to what 'pictl token show --operator' prints to root" "$STATUS $ERR"
run as_other "$BIN/piworker" --once
same "piworker beside root's" "3 piworker: cannot reach the coordinator: you have no picoord running on this machine
hint: without --once this worker keeps trying" "$STATUS $ERR"
run as_other "$BIN/picoord" --ephemeral
same "picoord beside root's" "7 picoord: cannot listen on 127.0.0.1:31415: address already in use
hint: another user's picoord answers there: ask whoever runs it for a join string. Or choose --listen 127.0.0.1:0" "$STATUS $ERR"
run as_other env PI_JOIN="$("$BIN/pictl" token show --operator)" "$BIN/pictl" version
same "with root's join string" '0 ' "$STATUS $ERR"
