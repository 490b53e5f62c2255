#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# SIGTERM, or its terminal closes: exit 0, and no lease is waited for.  SIGUSR2, and
# SIGTERM with --grace: the leases that are out are waited for.  A second signal ends at
# once.  The contact file goes with it.  An answer that was asked for and is not there is
# exit 6.
. "$(dirname "$0")/checks.sh"

OPTIONS=() # of picoord
began=1    # its log, this time
drains() { logged_since "$began" 'draining: waits for the leases'; }
busy_fleet() { # worker | held_worker, its options
    [[ ! -e $FLEET/picoord.log ]] || began=$(log_end)
    coordinator "${OPTIONS[@]}"
    "$1" ada --threads 1 "${@:2}"
    pictl submit --trials $ENDLESS --seed 1 >/dev/null 2>&1
    wait_until 60 holds_leases ada
}

for signal in TERM INT; do
    busy_fleet held_worker --once
    signal $signal picoord
    ended picoord 60
    same "exit status after SIG$signal" 0 "$STATUS"
    [[ ! -e $CONTACT ]] || fleet_fail 'the contact file is still there'
    ended ada 60
    same 'exit status of its --once worker' 0 "$STATUS"
done

# SIGHUP where no terminal can have closed, as under a service manager: both go on.
AT=(setsid env --default-signal=HUP)
coordinator
worker ada --threads 1
wait_until 60 attached 1
signal HUP picoord ada
wait_until 60 said picoord 'SIGHUP, but no terminal has closed'
wait_until 60 said ada 'SIGHUP, but no terminal has closed'
attached 1 || fleet_fail 'SIGHUP without a terminal has ended something'
destroy ada
signal TERM picoord
ended picoord 60

# A terminal that closes: as SIGTERM; under nohup nobody listens.  script(1) is a terminal
# that can be killed.
on_terminal() { # name, command
    start "$1-terminal" script -qec "exec ${*:2} >/dev/null 2>>'$FLEET/$1.log'" /dev/null
}
closes() { # words before the programs
    : >"$FLEET/picoord.log"
    : >"$FLEET/ada.log"
    on_terminal picoord "$@" "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$CONTACT"
    wait_until 60 test -s "$CONTACT"
    on_terminal ada "$@" "$BIN/piworker" --contact-file "$CONTACT" --threads 1 --once
    wait_until 60 attached 1
    destroy ada-terminal
}
if ! has 'a terminal that closes' script; then
    :
elif ! why=$(script -qec true /dev/null </dev/null 2>&1); then
    skip "a terminal that closes: ${why%%$'\n'*}"
else
    AT=(env --default-signal=HUP) # whoever runs this
    closes
    wait_until 60 said ada 'leaving why="on request"'
    wait_until 60 attached 0
    destroy picoord-terminal
    wait_until 60 said picoord 'stopping signal=Hangup'
    wait_until 60 test ! -e "$CONTACT"
    closes nohup
    destroy picoord-terminal
    kill -s TERM "$(field pid <"$CONTACT")"
    wait_until 60 test ! -e "$CONTACT"
    wait_until 60 said ada 'the connection has ended'
    ! said picoord Hangup || fleet_fail 'nohup is not heeded'
    ! said ada 'on request' || fleet_fail 'nohup is not heeded by a worker'
fi
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

# --grace: SIGTERM waits too, until they are answered ...
OPTIONS=(--grace "$(patience 100)s")
busy_fleet held_worker --once
signal TERM picoord
wait_until 60 drains
running picoord || fleet_fail 'SIGTERM did not wait for the leases'
release ada
ended picoord 60
same 'exit status of SIGTERM with --grace' 0 "$STATUS"
! logged_since "$began" 'leases are still out' || fleet_fail 'it did not wait until they were answered'
ended ada 60

# ... or the time is over, and so does SIGUSR2; a second SIGTERM ends at once.
for signal in TERM USR2; do
    OPTIONS=(--grace 300ms)
    busy_fleet held_worker
    signal $signal picoord
    ended picoord 60
    same "exit status of SIG$signal when the time is over" 0 "$STATUS"
    logged_since "$began" 'leases are still out: they are not waited for any longer' ||
        fleet_fail "SIG$signal did not wait with --grace"
    destroy ada
done
OPTIONS=(--grace "$(patience 100)s")
busy_fleet held_worker
signal TERM picoord
wait_until 60 drains
signal TERM picoord
ended picoord 60
same 'exit status of a second SIGTERM with --grace' 143 "$STATUS"
destroy ada
OPTIONS=()

# What it says last of a job is what the next one finds.
STATE=$FLEET/kept
busy_fleet worker
wait_until 60 counted j-1 1
signal USR2 picoord
ended picoord 60
stopped=$(tail -n "+$began" "$FLEET/picoord.log" | grep -o 'stopped j-1 at .*')
coordinator
same 'the last line and the next' "${stopped/stopped/resumed}" \
    "$(grep -o 'resumed j-1 at .*' "$FLEET/picoord.log")"
signal TERM picoord
ended picoord 60
destroy ada
STATE=

# --exit-when-done, and it is not done: exit 6, and no answer.
for signal in TERM INT USR2; do
    rm -f "$CONTACT"
    start picoord "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$CONTACT" \
        --trials $ENDLESS --spawn 1 --exit-when-done
    wait_until 60 fleet_listens
    wait_until 60 attached 1
    signal $signal picoord
    ended picoord 60
    same "exit status of --exit-when-done after SIG$signal" 6 "$STATUS"
done
same 'answers of those' '' "$(<"$FLEET/picoord.out")"

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
