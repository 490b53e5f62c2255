#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# --until-stderr finds the same N on every fleet, --for stops in time, extend goes on
# without computing anything again.
. "$(dirname "$0")/checks.sh"

# 4 * sqrt(p (1 - p) / n) <= E, so n is about 2.7 / E^2.
small=$(awk -v n="$(trials_for 0.5)" 'BEGIN { printf "%.2e", sqrt(2.7 / n) }')

until_stderr() { # fleet's name: prints the answer
    local job
    job=$(pictl submit --until-stderr "$small" --seed 5 2>/dev/null)
    run_to_end pictl watch "$job"
    printf '%s %s' "$(job_field "$job" trials)" "$(job_field "$job" hits)"
}

coordinator
worker ada --threads 1
one=$(until_stderr)
worker bob --threads 3
wait_until 60 attached 2
two=$(until_stderr)
same 'trials and hits of --until-stderr on another fleet' "$one" "$two"
trials=${one% *}
same 'its hits' "${one#* }" "$(serial_hits "$trials" 5)"
enough=$(job_field j-1 stderr)
awk -v e="$small" -v got="$enough" -v n="$trials" \
    'BEGIN { exit !(got <= e && got > 0.9 * e && n > 0) }' ||
    fleet_fail "a stderr of $enough, asked for $small"

run_to_end pictl submit --for 1s --seed 6 --wait
same 'submit --for' 0 "$STATUS"
trials=$(job_field j-3 trials)
((trials > 0)) || fleet_fail 'nothing was counted in 1 s'
same 'hits of --for' "$(serial_hits "$trials" 6)" "$(job_field j-3 hits)"

# Extend: what the worker has counted tells what was computed.
signal TERM bob
ended bob 60
trials=$(trials_for 1)
job=$(pictl submit --trials "$trials" --seed 8)
run_to_end pictl watch "$job"
more=$((trials + trials / 8))
before=$(worker_field ada trials)
run_to_end pictl extend "$job" --trials $more --wait
same 'extend' 0 "$STATUS"
same 'what was computed for 1/8 more' $((more - trials)) $(($(worker_field ada trials) - before))
same 'hits after extend' "$(serial_hits $more 8) $more" \
    "$(job_field "$job" hits) $(job_field "$job" trials)"
same 'the last worker counted each trial once' "$(pictl ledger "$job" --json |
    grep -o '"name":"ada","trials":"[0-9]*"' | grep -o '[0-9]*')" "$more"
history=$(pictl history | awk -v job="$job" '$1 == job { print $2 }' | xargs)
same 'both answers' "$trials $more" "$history"
run pictl extend "$job" --trials "$trials"
same 'extend to fewer' 2 "$STATUS"
