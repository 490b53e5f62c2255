#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Workers that die at random (--volatility) and are started again by whoever runs them:
# the count is that of one process.  The job goes on until two deaths have been seen.
. "$(dirname "$0")/../checks.sh"

coordinator
lost() { grep -c 'worker lost' "$FLEET/picoord.log" || true; }

names=()
for ((i = 0; i < 40; i++)); do
    names+=("w$i")
    worker "w$i" --threads 1 --volatility 1
done
revive() {
    local name
    for name in "${names[@]}"; do
        running "$name" || worker "$name" --threads 1 --volatility 1
    done
}

trials=$(trials_for 2)
job=$(pictl submit --trials "$trials" --seed 13)
over() {
    revive
    job_is "$job" 'done'
}
wait_until 60 over
while (($(lost) < 2)); do
    ((trials < $(trials_for 40))) || fleet_fail 'hardly a worker died'
    trials=$((trials + $(trials_for 2)))
    pictl extend "$job" --trials "$trials" >/dev/null
    wait_until 60 over
done
same 'hits' "$(serial_hits "$trials" 13)" "$(job_field "$job" hits)"
