#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A worker with eight threads a core, all of them computing, and beside it one with a
# thread a core: for longer than a silent worker is given, neither loses its connection.
. "$(dirname "$0")/../checks.sh"

coordinator
worker many --threads $((8 * $(nproc)))
worker few --threads "$(nproc)"
wait_until 60 attached 2
uptime_ms() { pictl status --json | field uptime_ms; }
job=$(pictl submit --trials $ENDLESS --seed 17)
wait_until 60 holds_leases many
wait_until 60 holds_leases few
begin=$(uptime_ms)
longer_than_silence() { (($(uptime_ms) > begin + 8000)); }
wait_until 60 longer_than_silence
same_count "$job"
same 'workers' 2 "$(grep -c 'worker joined' "$FLEET/picoord.log")"
if said picoord 'worker lost'; then
    fleet_fail 'a worker was lost'
fi
