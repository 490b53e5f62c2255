#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# piworker --serial: how far it is on a terminal, else only once how long it takes, and only
# if that is long; the answer alone on stdout.
. "$(dirname "$0")/checks.sh"

start long "$BIN/piworker" --serial 2^62 --seed 1
wait_until 60 said long 'piworker: about [0-9]* d [0-9]* h to go, at .*/s'
signal TERM long
ended long 60
same 'lines about it' 1 "$(wc -l <"$FLEET/long.log")"
same 'its answer' '' "$(<"$FLEET/long.out")"

# As long as chunks are counted apart, by several threads: the count is the same.
run "$BIN/piworker" --serial 2e7 --first 12345 --seed 7 --json
same 'one thread' 0 "$STATUS"
hits=$(field hits <<<"$OUT")
same 'what is said of a short one' '' "$ERR"
same 'three threads' "$hits" \
    "$("$BIN/piworker" --serial 2e7 --first 12345 --seed 7 --threads 3 --json | field hits)"
same 'in two halves' "$hits" $(($("$BIN/piworker" --serial 4200001 --first 12345 --seed 7 --json |
    field hits) + $("$BIN/piworker" --serial 15799999 --first 4212346 --seed 7 --json | field hits)))

if has 'the line of progress on a terminal' python3; then
    TERM=xterm run python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
        "$BIN/piworker" --serial "$(trials_for 1)"
    matches 'the line of progress' $'.*\r\e\[K *[0-9.]+ %  [0-9.]+ [kMG]/s  eta .*' "$OUT"
    matches 'the answer after it' $'.*\r\e\[Khits +[0-9]+.*' "$OUT"
fi
