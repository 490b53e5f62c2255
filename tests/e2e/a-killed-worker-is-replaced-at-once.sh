#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a worker held that is killed is leased again, before anything else, and counted.
. "$(dirname "$0")/checks.sh"

trials=$(trials_for 1.2)
expected=$(serial_hits "$trials" 7)

coordinator
worker ada --threads 1
held_worker bob --threads 1
wait_until 60 attached 2
job=$(pictl submit --trials "$trials" --seed 7)
wait_until 60 holds_leases bob
destroy bob
wait_until 60 said picoord 'worker lost.* name=bob'
wait_until 60 said picoord 'leased again .*worker=ada'

# The first range that bob lost is the first that somebody else gets.
lost=$(grep -A 20 'worker lost.* name=bob' "$FLEET/picoord.log")
matches 'the line about the loss' '.* name=bob .*ranges=[1-9][0-9]* trials=[1-9][0-9]*.*' "${lost%%$'\n'*}"
again=$(grep -m 1 'INFO  leased again' <<<"$lost")
matches 'who computes it now' '.* first=[0-9]+ trials=[0-9]+ worker=ada.*' "$again"

run_to_end pictl watch "$job"
same 'hits' "$expected" "$(job_field "$job" hits)"
again=$(job_field "$job" computed_again)
((again > 0 && again < trials)) || fleet_fail "computed again: $again of $trials"
same 'state of the one that was killed' lost "$(worker_field bob state)"
