#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# State directories that earlier versions left when they were killed (tests/state): all
# that they had is there, and what was not done goes on.
. "$(dirname "$0")/checks.sh"
states=$(dirname "$0")/../state

# Nothing that this version may add, nothing that moves.
contents() {
    pictl jobs --json | grep -o '{"id[^{}]*}' | while read -r job; do
        for name in id name state seed trials 'done' hits verified_hits weight; do
            printf '%s ' "$(field "$name" <<<"$job")"
        done
        echo
    done
    pictl history | awk '{print $1, $2, $3}'
}

tried=0 truth=$(serial_hits 4000000000 6)
for folder in "$states"/*/; do
    STATE=$FLEET/$(basename "$folder")
    mkdir -m 700 "$STATE"
    cp "$folder"/state.db* "$STATE"
    chmod 600 "$STATE"/state.db*
    "$BIN/picoord" --check --state "$STATE" >/dev/null ||
        fleet_fail "the state of version $(basename "$folder") is not sound"
    coordinator
    same "what version $(basename "$folder") left" "$(<"$folder/expected")" "$(contents)"
    # When was not kept by versions before 4.
    for field in submitted started ended; do
        same "when j-1 was $field" null "$(pictl status j-1 --get $field)"
        [[ ! -s $folder/times ]] || pictl status j-8 --get $field
    done >"$FLEET/times"
    same 'what was kept of times' "$(cat "$folder/times" 2>/dev/null || true)" "$(<"$FLEET/times")"
    pictl cancel j-7 >/dev/null # it would never end
    worker ada --threads 2
    wait_until 60 job_is j-6 'done'
    same 'hits of the job that goes on' "$truth" "$(job_field j-6 hits)"
    signal TERM picoord
    ended picoord 60
    destroy ada
    "$BIN/picoord" --check --state "$STATE" >/dev/null || fleet_fail 'it is not sound any more'
    tried=$((tried + 1))
done
((tried > 0)) || fleet_fail 'there is no state in tests/state'
