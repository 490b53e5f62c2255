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
    job=$(pictl submit --until-stderr "$small" --seed 5)
    pictl watch "$job" --timeout 100s >"$FLEET/watch"
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

begin=${EPOCHREALTIME/[.,]/}
run pictl submit --for 1s --seed 6 --wait --timeout 100s
took=$((${EPOCHREALTIME/[.,]/} - begin))
same 'submit --for' 0 "$STATUS"
((took > 950000)) || fleet_fail "--for 1s was over after $took us"
trials=$(job_field j-3 trials)
((trials > 0)) || fleet_fail 'nothing was counted in 1 s'
same 'hits of --for' "$(serial_hits "$trials" 6)" "$(job_field j-3 hits)"

# Extend: the processor time of the worker tells what was computed.
signal TERM bob
ended bob 60
cpu() { awk '{ print $14 }' "/proc/${FLEET_PIDS[ada]}/stat"; }
trials=$(trials_for 1)
start=$(cpu)
job=$(pictl submit --trials "$trials" --seed 8)
pictl watch "$job" --timeout 100s >"$FLEET/watch"
full=$(($(cpu) - start))
more=$((trials + trials / 8))
start=$(cpu)
run pictl extend "$job" --trials $more --wait
same 'extend' 0 "$STATUS"
extended=$(($(cpu) - start))
((2 * extended < full)) || fleet_fail "1/8 more took $extended ticks, all of it $full"
same 'hits after extend' "$(serial_hits $more 8) $more" \
    "$(job_field "$job" hits) $(job_field "$job" trials)"
same 'the last worker counted each trial once' "$(pictl ledger "$job" --json |
    grep -o '"name":"ada","trials":"[0-9]*"' | grep -o '[0-9]*')" "$more"
history=$(pictl history | awk -v job="$job" '$1 == job { print $2 }' | xargs)
same 'both answers' "$trials $more" "$history"
run pictl extend "$job" --trials "$trials"
same 'extend to fewer' 2 "$STATUS"
