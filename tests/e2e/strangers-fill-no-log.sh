#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who tries again and again is told each time, and is a few lines of the log; what others
# do is said all the same.
. "$(dirname "$0")/checks.sh"

coordinator
wrong=$(join_with_other token "$(pictl token show | head -n 1)")
for ((i = 0; i < 12; i++)); do
    run_within 30 env PI_JOIN="$wrong" "$BIN/piworker" --once --threads 1
    same 'exit code of a stranger' 4 "$STATUS"
done
all_told() { (($(told 'peer refused') == 12)); }
wait_until 30 all_told
refused=$(grep -c 'peer refused' "$FLEET/picoord.log")
((refused <= 2 + SECONDS / 10)) || fleet_fail "12 refusals are $refused lines in $SECONDS s"
matches 'status' '.*no workers attached, 12 refused: wrong token.*' "$(pictl status --json)"

run_within 30 "$BIN/piworker" --plaintext --once "$ADDRESS"
same 'exit code of another one' 4 "$STATUS"
wait_until 30 said picoord 'speaks in the clear'

# The ranges of a worker that is lost are leased again: a line, however many they are.
job=$(pictl submit --trials $ENDLESS)
held_worker bob --threads 16
wait_until 60 holds_leases bob
worker ada --threads 1
wait_until 60 said picoord 'worker joined name=ada'
since=$(log_end)
destroy bob
wait_until 60 logged_since "$since" 'worker lost.* name=bob'
wait_until 60 logged_since "$since" 'leased again .*worker=ada'
lost=$(grep -o 'worker lost.* name=bob.*' "$FLEET/picoord.log")
matches 'what is lost' '.* ranges=[1-9][0-9]+ trials=[0-9]+' "$lost"
again() { (($(job_field "$job" computed_again) >= ${lost##*trials=})); }
wait_until 60 again
same 'lines of one loss' 1 "$(tail -n "+$since" "$FLEET/picoord.log" | grep -c 'leased again')"
