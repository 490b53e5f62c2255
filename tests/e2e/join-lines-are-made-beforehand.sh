#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# picoord --init makes key and tokens and prints the join lines, before anything runs and
# as often as one likes; --advertise is the address in them, and in all that others get.
. "$(dirname "$0")/checks.sh"

state=$FLEET/kept
init() { run "$BIN/picoord" --init --state "$state" "$@"; }
join_of() { sed -n "s/^PI_JOIN=\(pi1\..*\) $1\$/\1/p" <<<"$OUT"; } # program

init
same 'the first time' "0 picoord: new key and tokens in $state" "$STATUS $ERR"
matches 'the lines' 'PI_JOIN=pi1\.127\.0\.0\.1:31415\.[a-z2-7]{52}\.[a-z2-7]{26} piworker
PI_JOIN=pi1\.127\.0\.0\.1:31415\.[a-z2-7]{52}\.[a-z2-7]{26} pictl' "$OUT"
[[ $(join_of piworker) != "$(join_of pictl)" ]] || fleet_fail 'workers get in as operators'
same 'what there is' 'certificate.pem key.pem lock state.key tokens' "$(cd "$state" && echo *)"
first=$OUT
init
same 'again' "0 picoord: there are key and tokens in $state
$first" "$STATUS $ERR
$OUT"
init --listen 127.0.0.5:777
same 'the address of --listen' "${first//127.0.0.1:31415/127.0.0.5:777}" "$OUT"
init --advertise lab.example:8080
same 'the address of --advertise' "${first//127.0.0.1:31415/lab.example:8080}" "$OUT"
init --listen 127.0.0.5:777 --advertise lab.example
same 'its port' "${first//127.0.0.1:31415/lab.example:777}" "$OUT"
init --advertise '[fd00::7]:8080'
same 'another version of IP' "${first//127.0.0.1:31415/[fd00::7]:8080}" "$OUT"

# Who was given a line beforehand gets in, at the address that is advertised only.
OUT=$first
workers=$(join_of piworker) operators=$(join_of pictl)
STATE=$state
coordinator --advertise localhost
port=${ADDRESS##*:}
same 'what the contact file names' "localhost:$port" "$ADDRESS"
PI_JOIN=$(join_at "$workers" "127.0.0.1:$port") start early "$BIN/piworker" --name early --threads 1
wait_until 60 attached 1
PI_JOIN=$(join_at "$operators" "localhost:$port") run_within 60 "$BIN/pictl" jobs
same 'an operator' 0 "$STATUS"
run "$BIN/pictl" token show
matches 'what others are told first' "[^ ]*pi1\.localhost:$port\..*" "$(sed 1q <<<"$OUT")"
run_within 60 "$BIN/pictl" workers # found on this machine
same 'who is of this machine' 0 "$STATUS"
init
same 'while it runs' 7 "$STATUS"
matches 'its reason' 'picoord: the state directory .* is in use by picoord with pid .*' "$ERR"
