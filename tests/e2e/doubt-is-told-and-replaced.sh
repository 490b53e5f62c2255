#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A worker is found to lie after a job that trusted it has ended: the answer stays, says
# that it is in doubt, in words and in JSON, before and after a restart; `extend`
# computes again what is in doubt, and the count is that of one process.
. "$(dirname "$0")/checks.sh"

STATE=$FLEET/state
trials=$((1 << 22))
coordinator
start liar env LIE=always "$(rogue)" --contact-file "$CONTACT" --name liar --threads 1
run pictl submit --trials $trials --seed 5 --audit none --wait
same 'exit code of a job that trusts' 0 "$STATUS"
job=j-1 wrong=$(job_field j-1 hits)
[[ $wrong != $(serial_hits $trials 5) ]] || fleet_fail 'the liar has told the truth'
same 'doubt before anything is known' 0 "$(job_field $job doubtful)"

endless=$(pictl submit --trials $ENDLESS --audit all 2>/dev/null)
ended liar 60
in_doubt() { [[ $(job_field $job doubtful) == "$trials" ]]; }
wait_until 60 in_doubt
said picoord 'an answer that was given is in doubt job=j-1' || fleet_fail 'no log line says so'
pictl cancel "$endless" >/dev/null

for life in 1 2; do
    same 'its answer' "done $wrong" "$(job_field $job state) $(job_field $job hits)"
    [[ $(pictl status $job) == *'in doubt  '*"pictl extend $job replaces them"* ]] ||
        fleet_fail 'status does not say so'
    run pictl jobs
    [[ $OUT == *'done?'* && $ERR == *"pictl status $job says why"* ]] ||
        fleet_fail 'jobs does not mark it'
    run_to_end pictl watch $job
    same 'exit code of watch' 0 "$STATUS"
    [[ $ERR == *"job $job is in doubt: $trials trials"* ]] || fleet_fail "watch says: $ERR"
    [[ $(pictl ledger $job) == *"in doubt: $trials trials from 0"* ]] ||
        fleet_fail 'its ledger does not say so'
    ((life == 2)) && break
    signal KILL picoord
    ended picoord 60
    coordinator
done

worker honest --threads 2
run pictl extend $job --trials $((trials + 65536))
same 'pictl extend' 0 "$STATUS"
run_to_end pictl watch $job
same 'the answer then' "0 $(serial_hits $((trials + 65536)) 5)" "$STATUS $(job_field $job hits)"
same 'doubt then' 0 "$(job_field $job doubtful)"
signal TERM picoord
ended picoord 60
"$BIN/picoord" --check --state "$STATE" >/dev/null || fleet_fail 'the state is not sound'
