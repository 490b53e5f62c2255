#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What viewers ask is answered while a transaction waits for the disk, and is nobody
# else's question: no error of theirs is logged as picoord's own.
. "$(dirname "$0")/checks.sh"
needs curl

STATE=$FLEET/state
held_disk_begin
coordinator
worker w1 --threads 1
wait_until 60 attached 1

# A viewer of the events, of which there are 20 a second.
viewer() { # name
    start "$1" curl -sN "http://$ADDRESS/api/v1/events?hz=20"
    wait_until 60 has_seen "$1" hello 1
}
events() { grep -cs "^event: $2" "$FLEET/$1.out" || true; } # viewer, event
has_seen() { # viewer, event, at least so many times
    local n
    n=$(events "$1" "$2")
    ((${n:-0} >= $3))
}

# ---- no job, so that there is no ledger to show ----

viewer early
hold_disk
start trust "${PICTL[@]}" trust w1
wait_until 60 disk_waits
wait_until 60 has_seen early tick $(($(events early tick) + 50)) # it is asked for each second
same 'jobs while the disk stands still' '{"jobs":[]}' \
    "$(curl -sS --max-time "$(patience 20)" "http://$ADDRESS/api/v1/jobs" | tr -d ' \n')"
release_disk
ended trust 60
same 'exit status of trust' 0 "$STATUS"
wait_until 60 has_seen early tick $(($(events early tick) + 25))
! grep ' ERROR ' "$FLEET/picoord.log" || fleet_fail 'an error is logged that is nobody'\''s'
said picoord 'worker trusted' || fleet_fail 'who is trusted is not logged'
destroy early

# ---- the history of a job, of what is on the disk ----

pictl submit --trials $ENDLESS --seed 5 >/dev/null 2>&1
wait_until 60 counted j-1 $((1 << 22))
hold_disk
wait_until 60 disk_waits
viewer late
# In its first event, if there was somebody to whom it was shown before; else in one more.
has_first_point() { grep -qE '\["2097152","[0-9]+"\]' "$FLEET/late.out"; }
wait_until 60 has_first_point
release_disk
wait_until 60 counted j-1 $(($(job_field j-1 'done') + 1))
! grep ' ERROR ' "$FLEET/picoord.log" || fleet_fail 'an error is logged that is nobody'\''s'
same_count j-1
