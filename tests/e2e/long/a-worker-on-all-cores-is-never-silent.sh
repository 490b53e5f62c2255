#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A worker with eight threads a core, all of them computing, and beside it one with a
# thread a core: for longer than a silent worker is given, neither loses its connection.
. "$(dirname "$0")/../checks.sh"

trials=$(trials_for $((8 * $(nproc))))
coordinator
worker many --threads $((8 * $(nproc)))
worker few --threads "$(nproc)"
wait_until 60 attached 2
job=$(pictl submit --trials "$trials" --seed 17)
wait_until 60 holds_leases many
wait_until 60 holds_leases few
run pictl watch "$job" --timeout 120s
same 'exit status' 0 "$STATUS"
same 'workers' 2 "$(grep -c 'worker joined' "$FLEET/picoord.log")"
if said picoord 'worker lost'; then
    fleet_fail 'a worker was lost'
fi
