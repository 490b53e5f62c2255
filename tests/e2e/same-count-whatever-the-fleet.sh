#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The hit count is the same integer for one process, one worker, five workers of
# different thread counts, and a fleet of which every worker is killed and replaced.
. "$(dirname "$0")/checks.sh"

trials=$(trials_for 1.5)
seed=42
expected=$(serial_hits "$trials" $seed)

# A known answer, so that all of them are not wrong alike.
run picoord --trials 1e8 --seed 42 --spawn 2 --exit-when-done --json
same 'known hits of 1e8 trials' 78540676 "$(field hits <<<"$OUT")"

count_with_fleet() { # title
    local job
    job=$(pictl submit --trials "$trials" --seed $seed 2>/dev/null)
    run_to_end pictl watch "$job"
    same "$1" "0 $expected" "$STATUS $(job_field "$job" hits)"
}

coordinator
worker alone --threads 2
count_with_fleet 'one worker'

for threads in 1 2 3 5; do
    worker "threads-$threads" --threads $threads
done
wait_until 60 attached 5
count_with_fleet 'five workers'

signal TERM alone threads-{1,2,3,5}
wait_until 60 attached 0

for name in ada bob eve; do
    held_worker $name --threads 1
done
wait_until 60 attached 3
job=$(pictl submit --trials "$trials" --seed $seed)
for name in ada bob eve; do
    wait_until 60 holds_leases $name
done
for name in ada bob eve; do
    destroy $name
    worker "$name-2" --threads 1
done
run_to_end pictl watch "$job"
same 'every worker killed and replaced' "0 $expected" "$STATUS $(job_field "$job" hits)"
(($(job_field "$job" computed_again) > 0)) || fleet_fail 'nothing was computed again'
