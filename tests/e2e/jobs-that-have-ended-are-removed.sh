#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# `pictl rm` removes a job that has ended, with its answers, for good: its number is not
# used again, and the job of --trials is computed anew.
. "$(dirname "$0")/checks.sh"

STATE=$FLEET/state
ids() { pictl jobs --json | grep -o '"id":"j-[0-9]*"' | grep -o 'j-[0-9]*' | xargs; }

coordinator --trials 3e6 --seed 5
worker ada --threads 1
wait_until 60 job_is j-1 'done'
pictl submit --trials "$ENDLESS" >/dev/null 2>&1
run pictl rm j-2
same 'exit status for a job that goes on' 1 "$STATUS"
matches 'what it says' 'pictl: job j-2 is (queued|running): it cannot be removed
hint: pictl cancel ends it first' "$ERR"
run pictl rm j-9
same 'exit status for a job that is not there' 5 "$STATUS"
run pictl rm
same 'exit status for no job' 2 "$STATUS"
pictl cancel j-2 >/dev/null
run pictl rm j-2 # waits for what of it is being recomputed
same 'what it prints' '0 j-2 removed ' "$STATUS $OUT $ERR"
run pictl rm j-2
same 'exit status for the second time' 5 "$STATUS"
same 'jobs' j-1 "$(ids)"
run pictl rm j-1 --json
same 'in JSON' '0 {}' "$STATUS $OUT"
same 'jobs' '' "$(ids)"
same 'answers' '' "$(pictl history | sed 1d)"
grep -q 'INFO  job removed job=j-1 done=3000000' "$FLEET/picoord.log" ||
    fleet_fail 'the log does not say so'
destroy picoord

# Another life knows nothing of them but the number.
run "$BIN/picoord" --check --state "$STATE"
same 'what is left' "0 $STATE/state.db is sound: 0 jobs, 0 done, 0 rows, 0 answers, 0 excluded workers" \
    "$STATUS $OUT"
coordinator --trials 3e6 --seed 5
wait_until 60 job_is j-3 'done'
same 'hits of the job that was made anew' "$(serial_hits 3000000 5)" "$(job_field j-3 hits)"
same 'jobs' j-3 "$(ids)"
