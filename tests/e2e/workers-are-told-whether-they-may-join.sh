#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# piworker --doctor: a line a step, what to do about the first that is wrong, and an exit
# code that says which kind of wrong it is.
. "$(dirname "$0")/checks.sh"

coordinator
join=$(field join <"$CONTACT")
doctor() { # exit code, lines, hints, arguments
    local code=$1 lines=$2 hints=$3
    shift 3
    run_within 60 "$BIN/piworker" --doctor --threads 1 "$@"
    same "exit code of --doctor $*" "$code" "$STATUS"
    matches "--doctor $*" "$lines" "$OUT"
    matches "hints of --doctor $*" "$hints" "$ERR"
}
version='[0-9]+, picoord [0-9.]+'

export PI_JOIN=$join
doctor 0 "name      ok       127\.0\.0\.1
port      ok       $ADDRESS takes connections
protocol  ok       $version
token     ok       it lets a worker in" '' --name asked
has_left() { [[ $(worker_field asked state) == left ]]; }
wait_until 60 has_left
! said picoord 'worker lost' || fleet_fail 'it was lost'
doctor 0 '.*"token":\{"state":"ok","text":"it lets a worker in","hint":""\}\}' '' --json
doctor 0 "name      ok       localhost is .*
port      ok       localhost:${ADDRESS##*:} takes connections
(.*
){1}token     ok .*" '' "localhost:${ADDRESS##*:}"

PI_JOIN=$(join_with_other token "$join")
doctor 4 "name      ok .*
port      ok .*
protocol  ok       it answers
token     wrong    .*" 'hint: .*'
PI_JOIN=$(join_with_other pin "$join")
doctor 4 "name      ok .*
port      ok .*
protocol  wrong    .*
token     -        not tried" 'hint: is the join string that of the picoord there?.*'
PI_JOIN=$join
doctor 3 "name      ok       127\.0\.0\.1
port      wrong    127\.0\.0\.1:1: connection refused.*
protocol  -        not tried
token     -        not tried" 'hint: is picoord running there, .*' 127.0.0.1:1
doctor 3 "name      wrong    no-such-host\.invalid: .*
port      -        not tried
(.*
)token     -        not tried" 'hint: .*' no-such-host.invalid
PI_JOIN=pi1.rubbish
doctor 2 '' 'piworker: PI_JOIN holds no join string: .*'

# Without a join string it looks as far as that goes.
unset PI_JOIN
XDG_RUNTIME_DIR=$FLEET/elsewhere
mkdir -m 700 "$XDG_RUNTIME_DIR"
doctor 4 "name      ok       127\.0\.0\.1
port      ok       $ADDRESS takes connections
protocol  ok       it is a picoord, with TLS
token     none     there is no join string for $ADDRESS" \
    'hint: set PI_JOIN to .*' "$ADDRESS"
doctor 3 '' 'piworker: you have no picoord running on this machine.*'
