#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# picoord is killed ten times during one job of five workers: it resumes by itself, the
# workers come back and go on with what they hold, and the count is that of one process.
. "$(dirname "$0")/checks.sh"

KILLS=10
STATE=$FLEET/state
trials=$(trials_for 2)

more_counted() { # than so many trials
    local now
    now=$(pictl status j-1 --json 2>/dev/null | sed 's/.*"job"://' | field 'done')
    ((${now:-0} > $1)) || job_is j-1 'done'
}

coordinator
for name in ada bob cleo dora eve; do
    worker "$name" --threads 1
done
pictl submit --trials "$trials" --seed 7 >/dev/null 2>&1
counted=0
for ((i = 1; i <= KILLS; i++)); do
    wait_until 60 more_counted "$counted"
    counted=$(job_field j-1 'done')
    destroy picoord
    "$BIN/picoord" --check --state "$STATE" >"$FLEET/check.log" ||
        fleet_fail "after kill $i: $(<"$FLEET/check.log")"
    coordinator
    # Nothing that was shown has gone.
    (($(job_field j-1 'done') >= counted)) || fleet_fail "fewer trials after kill $i"
done
wait_until 120 job_is j-1 'done'
hits=$(serial_hits "$trials" 7)
same 'hits' "$hits" "$(job_field j-1 hits)"

# What was computed twice, which is counted over all lives: at most two leases a thread
# and kill, of a quarter of a second each.
again=$(job_field j-1 computed_again)
allowed=$((2 * 5 * KILLS * (trials / 8)))
echo "computed twice in $KILLS kills: $again trials, $((1000 * again / trials)) thousandths of the job"
((again <= allowed)) || fleet_fail "$again trials were computed again"
said picoord 'resumed j-1 at' || fleet_fail 'nothing says that the job was resumed'
said ada 'connecting again' || fleet_fail 'ada never noticed'

# The directory outlives an orderly end as well: history, and a job that goes on.
signal TERM picoord
ended picoord 60
same 'exit status' 0 "$STATUS"
coordinator
matches 'history' "j-1 .*$trials .*" "$(pictl history | tail -n 1)"
pictl extend j-1 --trials $((trials + 1000000)) >/dev/null
wait_until 60 job_is j-1 'done'
more=$("$BIN/piworker" --serial 1000000 --seed 7 --first "$trials" --json | field hits)
same 'hits after extending' $((hits + more)) "$(job_field j-1 hits)"
same 'answers' 3 "$(pictl history | wc -l)"
