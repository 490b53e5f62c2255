#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# SIGTERM: exit 0 within 2 s.  SIGUSR2: the leases that are out are waited for.  A
# second signal ends at once.  The contact file goes with it.
. "$(dirname "$0")/checks.sh"

trials=$(trials_for 60)

busy_fleet() { # worker options
    coordinator
    worker ada --threads 1 "$@"
    pictl submit --trials "$trials" --seed 1 >/dev/null 2>&1
    wait_until 10 holds_leases ada
}

for signal in TERM INT; do
    busy_fleet --once
    begin=${EPOCHREALTIME/[.,]/}
    signal $signal picoord
    ended picoord 4
    took=$((${EPOCHREALTIME/[.,]/} - begin))
    same "exit status after SIG$signal" 0 "$STATUS"
    ((took < 2200000)) || fleet_fail "SIG$signal took $took us"
    [[ ! -e $CONTACT ]] || fleet_fail 'the contact file is still there'
    ended ada 5
    same 'exit status of its --once worker' 0 "$STATUS"
done

# What was leased is counted before it goes.
busy_fleet --once
signal USR2 picoord
ended picoord 10
same 'exit status after SIGUSR2' 0 "$STATUS"

# A worker that is stopped answers nothing: SIGUSR2 waits, a second signal does not.
busy_fleet
signal STOP ada
signal USR2 picoord
sleep 0.3
running picoord || fleet_fail 'SIGUSR2 did not wait for the leases'
signal TERM picoord
sleep 0.05
signal TERM picoord
ended picoord 1
destroy ada

# Without its coordinator a worker keeps trying, and can be told to leave.
coordinator
worker faithful --threads 1
wait_until 5 attached 1
destroy picoord
wait_until 5 said faithful 'connecting again'
running faithful || fleet_fail 'a worker left its coordinator'
signal TERM faithful
ended faithful 4
same 'exit status of a worker alone' 0 "$STATUS"
