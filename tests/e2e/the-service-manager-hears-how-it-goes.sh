#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What picoord says of itself: READY, a ping for each half of the watchdog's time, STOPPING;
# and its descriptors, connections and clock, as the system sees them.
. "$(dirname "$0")/checks.sh"
needs python3

cat >"$FLEET/manager.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listens", flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
END
heard() { (($(grep -c "^$1" "$FLEET/manager.out") >= $2)); }
start manager python3 "$FLEET/manager.py" "$FLEET/notify"
wait_until 60 heard listens 1

export NOTIFY_SOCKET=$FLEET/notify WATCHDOG_USEC=400000
coordinator
wait_until 5 heard WATCHDOG=1 3
same 'how often it was ready' 1 "$(grep -c '^READY=1' "$FLEET/manager.out")"
heard 'STATUS=no job yet 0 workers' 1 || fleet_fail 'no status is told'
pictl submit --trials $ENDLESS >/dev/null 2>&1
wait_until 5 heard 'STATUS=queued 0 workers' 1

# One connection asks, and it is one of the descriptors that it counts.
ask() {
    local fd
    exec {fd}<>"/dev/tcp/${ADDRESS/://}"
    printf '%s\n' "$1" >&"$fd"
    cat <&"$fd"
    exec {fd}>&-
}
metric() { sed -n "s/^$1 //p" <<<"$METRICS"; }
alone() { METRICS=$(ask metrics) && [[ $(metric picoord_connections) == 1 ]]; }
one_less_is_open() {
    local fds
    fds=$(find "/proc/${FLEET_PIDS[picoord]}/fd" -mindepth 1 | wc -l)
    ((fds == $(metric process_open_fds) - 1))
}
for _ in 1 2; do
    wait_until 20 alone
    same 'viewers' 1 "$(metric picoord_viewers)"
    wait_until 5 one_less_is_open
done
limit=$(ulimit -Hn)
[[ $limit != unlimited ]] && ((limit < 1048576)) || limit=1048576
same 'the limit of descriptors' "$limit" "$(metric process_max_fds)"
time_ms=$(pictl status --json | field time_ms)
((time_ms / 1000 >= $(date +%s) - 600 && time_ms / 1000 <= $(date +%s) + 600)) ||
    fleet_fail "the time is told as $time_ms"

! heard STOPPING=1 1 || fleet_fail 'it has not begun to stop'
signal TERM picoord
ended picoord 60
same 'exit status' 0 "$STATUS"
same 'how often it said that it stops' 1 "$(grep -c '^STOPPING=1' "$FLEET/manager.out")"
