#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# SIGTERM, or its terminal closes: exit 0, and no lease is waited for.  SIGUSR2: the leases that are out are waited for.  A
# second signal ends at once.  The contact file goes with it.
. "$(dirname "$0")/checks.sh"

busy_fleet() { # worker | held_worker, its options
    coordinator
    "$1" ada --threads 1 "${@:2}"
    pictl submit --trials $ENDLESS --seed 1 >/dev/null 2>&1
    wait_until 60 holds_leases ada
}

AT=(env --default-signal=HUP) # whoever runs this
for signal in TERM INT HUP; do
    busy_fleet held_worker --once
    signal $signal picoord
    ended picoord 60
    same "exit status after SIG$signal" 0 "$STATUS"
    [[ ! -e $CONTACT ]] || fleet_fail 'the contact file is still there'
    ended ada 60
    same 'exit status of its --once worker' 0 "$STATUS"
done

# A terminal that closes says so to all, and maybe twice; under nohup nobody listens.
coordinator
worker ada --threads 1
wait_until 60 attached 1
signal HUP ada ada
ended ada 60
same 'exit status of a worker after SIGHUP' 0 "$STATUS"
signal STOP picoord
signal HUP picoord
signal HUP picoord
signal CONT picoord
ended picoord 60
same 'exit status after two of SIGHUP' 0 "$STATUS"
AT=(nohup)
coordinator
worker bea --threads 1
wait_until 60 attached 1
signal HUP bea picoord
signal TERM picoord
ended picoord 60
[[ $(grep stopping "$FLEET/picoord.log" | tail -1) == *Terminated* ]] || fleet_fail 'nohup is not heeded'
running bea || fleet_fail 'nohup is not heeded by a worker'
destroy bea
AT=()

# What was leased is counted before it goes.
busy_fleet worker --once
signal USR2 picoord
ended picoord 60
same 'exit status after SIGUSR2' 0 "$STATUS"

# A worker that comes to no end: SIGUSR2 waits for it, and refuses others; SIGTERM does not.
busy_fleet held_worker
signal USR2 picoord
wait_until 60 said picoord 'draining: waits for the leases'
run pictl status
matches 'pictl while it drains' '3 .*: the coordinator is stopping' "$STATUS $ERR"
running picoord || fleet_fail 'SIGUSR2 did not wait for the leases'
signal TERM picoord
ended picoord 60
same 'exit status of SIGTERM while it drains' 0 "$STATUS"
destroy ada

# Two signals that are there at once: the second does not wait for what the first began.
busy_fleet worker
signal STOP picoord
signal TERM picoord
signal INT picoord
signal CONT picoord
ended picoord 60
matches 'exit status of a second signal' '1(30|43)' "$STATUS"
[[ ! -e $CONTACT ]] || fleet_fail 'the contact file is still there'
destroy ada

# Without its coordinator a worker keeps trying, and can be told to leave.
coordinator
worker faithful --threads 1
wait_until 60 attached 1
destroy picoord
wait_until 60 said faithful 'connecting again'
running faithful || fleet_fail 'a worker left its coordinator'
signal TERM faithful
ended faithful 60
same 'exit status of a worker alone' 0 "$STATUS"
