#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The ways in which a worker leaves: exit status 0, what it held is given back at once,
# nothing is lost.
. "$(dirname "$0")/checks.sh"

coordinator
job=$(pictl submit --trials $ENDLESS --seed 1 2>/dev/null)

computing() { # name, options: starts a worker and waits until it has work
    worker "$@" --threads 1
    wait_until 60 holds_leases "$1"
}

left() { # name: with exit status 0, without a loss
    ended "$1" 60
    same "exit status of $1" 0 "$STATUS"
    wait_until 60 worker_is "$1" left
    ! said picoord "worker lost.* name=$1" || fleet_fail "$1 was lost, it did not leave"
}

worker_is() { [[ $(worker_field "$1" state) == "$2" ]]; }

computing term
signal TERM term
left term
wait_until 60 unleased "$job"
same 'computed again' 0 "$(job_field "$job" computed_again)"

computing interrupted
signal INT interrupted
left interrupted

computing drained
computing kept
run pictl drain drained
matches 'pictl drain NAME' '0 [0-9a-f]{16} drained 127\.0\.0\.1:[0-9]+ drains' "$STATUS $OUT"
left drained
running kept || fleet_fail 'another worker left'
computing kept-2
run pictl drain --all
same 'pictl drain --all' '0 ' "$STATUS $ERR"
left kept
left kept-2
wait_until 60 unleased "$job"
run pictl drain --all
same 'pictl drain --all, of nobody' '0  pictl: no worker is attached' "$STATUS $OUT $ERR"

# With --grace it computes on.
held_worker graceful --grace "$(patience 20)s" --threads 1
wait_until 60 holds_leases graceful
before=$(worker_field graceful trials)
signal TERM graceful
wait_until 60 said graceful leaving
release graceful
left graceful
after=$(worker_field graceful trials)
((after > before)) || fleet_fail "--grace: $before trials before, $after after"

# So it leaves when its lifetime is over.
worker old --lifetime "$(patience 2)s" --threads 1
left old
said old 'lifetime is over' || fleet_fail 'it does not say why it left'

# A second signal does not wait.
held_worker hasty --grace "$(patience 20)s" --threads 1
wait_until 60 holds_leases hasty
signal TERM hasty
wait_until 60 said hasty leaving
signal TERM hasty
ended hasty 60
same 'second signal' 143 "$STATUS"

# Kicked: cut off, and told so.
computing kicked
run pictl kick kicked
same 'pictl kick' 0 "$STATUS"
ended kicked 60
same 'exit status of the kicked' 4 "$STATUS"
said kicked 'hint: it is not kept out, but ask who runs picoord there' ||
    fleet_fail "the kicked is told: $(<"$FLEET/kicked.log")"
same 'the kicked in JSON' kicked "$(worker_field kicked state)"
matches 'the kicked in pictl workers' '.* kicked .*' "$(pictl workers | grep '^kicked ')"
said picoord 'worker kicked name=kicked' || fleet_fail 'the log does not say who is kicked'
! said picoord 'worker lost.* name=kicked' || fleet_fail 'the log says that the kicked is lost'

pictl cancel "$job" >/dev/null
worker idle --exit-when-idle "$(patience 1)s" --threads 1
left idle

# Who never got in has not done its work.
for option in --once '--exit-when-idle 300ms'; do
    # shellcheck disable=SC2086 # words
    run_within 60 env PI_JOIN="$(join_at "$(pictl token show)" 127.0.0.1:1)" \
        "$BIN/piworker" $option --threads 1
    matches "a worker that never got in, $option" '3 .*piworker: cannot reach 127\.0\.0\.1:1: .*refused.*
hint: without --.*' "$STATUS $ERR"
done
run_within 60 "$BIN/piworker" --contact-file "$FLEET/none" --exit-when-idle 300ms --threads 1
same 'exit status of one that found none' 3 "$STATUS"

worker once --once --threads 1
wait_until 60 attached 1
signal TERM picoord
ended picoord 60
ended once 60
same 'exit status of --once' 0 "$STATUS"
