#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who waits for a job waits on while the coordinator is away, and finds it on another
# port; a watch ends as soon as nobody reads it, even with nothing to say.
. "$(dirname "$0")/checks.sh"

STATE=$FLEET/state

# ---- a coordinator that is killed and comes back elsewhere ----

# --contact-file is looked into anew, and so is the folder where they meet.
coordinator
start waiter "${PICTL[@]}" submit --trials 1e7 --seed 7 --wait --json
wait_until 60 said waiter 'job j-1 queued: no workers'
start watcher "$BIN/pictl" watch j-1 --json
wait_until 60 grep -q '"state":"queued"' "$FLEET/watcher.out"
start late "${PICTL[@]}" watch j-1 --timeout 1s
ended late 60
same 'exit status of --timeout' 6 "$STATUS"
before=$ADDRESS
destroy picoord
for name in waiter watcher; do
    wait_until 60 said $name "\"lost the connection to $before: .*; trying again\""
done
run "$BIN/pictl" watch j-1
same 'exit status of a first connection' 3 "$STATUS"
coordinator
[[ $ADDRESS != "$before" ]] || fleet_fail 'the same port, by chance: try again'
for name in waiter watcher; do
    wait_until 60 said $name "\"$ADDRESS is back"
    same "how often $name said so" '1 1' \
        "$(grep -c 'trying again' "$FLEET/$name.log") $(grep -c 'is back' "$FLEET/$name.log")"
done
worker ada --threads 1
ended waiter 60
same 'exit status of submit --wait' 0 "$STATUS"
same 'hits of submit --wait' "$(serial_hits 10000000 7)" "$(field hits <"$FLEET/waiter.out")"
ended watcher 60
same 'exit status of watch' 0 "$STATUS"
destroy ada

# One in its place that has no such job ends that.
pictl submit --trials 1e15 --seed 8 >/dev/null 2>&1
start stranded "${PICTL[@]}" watch j-2 --json
wait_until 60 test -s "$FLEET/stranded.out"
destroy picoord
wait_until 60 said stranded 'trying again'
STATE=
coordinator
ended stranded 60
same 'exit status at another coordinator' 5 "$STATUS"

# ---- a reader that leaves ----

# One line is read, then nobody reads; nothing more is printed for a minute.
read_one_line() { # name, arguments of watch
    mkfifo "$FLEET/$1.pipe"
    # shellcheck disable=SC2016 # of the inner shell
    start "$1" bash -c '"${@:2}" >"$1"' watch "$FLEET/$1.pipe" "${PICTL[@]}" watch "${@:2}"
    head -n 1 "$FLEET/$1.pipe" >"$FLEET/$1.line"
    [[ -s $FLEET/$1.line ]] || fleet_fail "watch ${*:2} has printed nothing"
    ended "$1" 60
    same "exit status of watch ${*:2} without a reader" 0 "$STATUS"
}

pictl submit --trials 1e15 --seed 9 >/dev/null 2>&1
read_one_line queued --interval 60s
read_one_line queued-json --interval 60s --json
worker ada --threads 1
wait_until 60 holds_leases ada
read_one_line running --interval 100ms
pictl pause j-1 >/dev/null
read_one_line paused --interval 60s j-1
read_one_line paused-json --interval 60s j-1 --json

# Also while the coordinator is away.
mkfifo "$FLEET/away.pipe"
# shellcheck disable=SC2016
start away bash -c '"${@:2}" >"$1"' watch "$FLEET/away.pipe" "${PICTL[@]}" watch --interval 60s
exec 7<"$FLEET/away.pipe"
read -r -t 60 <&7
destroy picoord
wait_until 60 said away 'trying again'
exec 7<&-
ended away 60
same 'exit status while the coordinator is away' 0 "$STATUS"
