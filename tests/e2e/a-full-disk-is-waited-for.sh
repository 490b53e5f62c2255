#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# No room: nothing is acknowledged, a sentence says so, and it goes on by itself once
# there is.  A write that fails for another reason: exit 7, and the next start has all
# that was acknowledged.
. "$(dirname "$0")/checks.sh"

# A second job has no end, so that there is something to write until it fails.
trials=$(trials_for 1)

# Of a file may be written so much and no more: to picoord a disk that fails.
STATE=$FLEET/limited
rm -f "$CONTACT"
start picoord bash -c 'ulimit -f 256; exec "$@"' - "$BIN/picoord" --state "$STATE" \
    --listen 127.0.0.1:0 --contact-file "$CONTACT" --trials "$trials" --seed 5
wait_until 30 fleet_listens
pictl submit --trials $ENDLESS >/dev/null 2>&1
worker ada --threads 1
ended picoord 60
same 'exit status when a write fails' 7 "$STATUS"
said picoord "cannot save progress to $STATE/state.db: " ||
    fleet_fail 'nothing says what has failed'
"$BIN/picoord" --check --state "$STATE" >/dev/null || fleet_fail 'the state is not sound'
coordinator
pictl cancel j-2 >/dev/null
wait_until 60 job_is j-1 'done'
hits=$(serial_hits "$trials" 5)
same 'hits after a failed write' "$hits" "$(job_field j-1 hits)"
signal TERM picoord
ended picoord 60
destroy ada

if [[ $(id -u) != 0 ]] || ! mkdir "$FLEET/small" ||
    ! mount -t tmpfs -o size=8m,mode=700 none "$FLEET/small" 2>/dev/null; then
    skip 'a disk that is full: it mounts one, which needs root'
    exit
fi
# A shell's one trap is taken: the mount goes before the folder does.
fleet_end_first() {
    local status=$?
    set +e
    destroy picoord ada
    umount "$FLEET/small"
    (exit "$status")
    fleet_end
}
trap fleet_end_first EXIT

degraded() { [[ $(pictl status --json | field state) == degraded ]]; }

STATE=$FLEET/small/state
coordinator
worker ada --threads 1
pictl submit --trials $ENDLESS --seed 5 >/dev/null 2>&1
wait_until 60 counted j-1 1
dd if=/dev/zero of="$FLEET/small/ballast" bs=64k 2>/dev/null || true
wait_until 60 degraded
matches 'the reason' 'disk full, nothing is acknowledged' "$(job_field j-1 reason)"
counted=$(job_field j-1 'done')
said picoord "cannot save progress to $STATE/state.db: no space left on device (0 B free) hint=\"nothing since ..:..:.. UTC is acknowledged; workers keep their results. Free 10 MB: it goes on by itself\"" ||
    fleet_fail "the sentence is another: $(grep 'cannot save' "$FLEET/picoord.log")"
run pictl submit --trials 1000
same 'exit status of submit' 7 "$STATUS"
matches 'submit' '.*cannot save anything: disk full.*' "$ERR"
run pictl token rotate
same 'exit status of token rotate' 7 "$STATUS"
matches 'token rotate' '.*the token cannot be rotated: .*' "$ERR"
same 'what is shown stands still' "$counted" "$(job_field j-1 'done')"

# Killed now, it has all that was acknowledged.
destroy picoord
rm "$FLEET/small/ballast"
coordinator
(($(job_field j-1 'done') >= counted)) || fleet_fail 'what was acknowledged is gone'

# And without a restart in between; with a log that is new, and so has to grow.
signal TERM picoord
ended picoord 60
coordinator
wait_until 60 counted j-1 $((counted + 1))
dd if=/dev/zero of="$FLEET/small/ballast" bs=64k 2>/dev/null || true
wait_until 60 degraded
counted=$(job_field j-1 'done')
rm "$FLEET/small/ballast"
wait_until 60 counted j-1 $((counted + 1))
said picoord 'progress is saved again' || fleet_fail 'nothing says that it goes on'
same_count j-1

# Told to drain it does not wait for room for ever.
dd if=/dev/zero of="$FLEET/small/ballast" bs=64k 2>/dev/null || true
start resume "$BIN/pictl" --contact-file "$CONTACT" resume j-1 # its answer waits for room
wait_until 60 degraded
signal USR2 picoord
ended picoord 60
same 'exit status of a drain on a full disk' 0 "$STATUS"
said picoord 'the disk is still full: leases are not waited for' ||
    fleet_fail 'nothing says why it does not wait'
destroy resume
