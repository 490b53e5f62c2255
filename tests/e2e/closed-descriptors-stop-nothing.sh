#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Standard input, output and error may be closed, in every combination: no program ends
# by a signal or writes into a descriptor of something else.  An answer that nobody can
# get is no success.
. "$(dirname "$0")/checks.sh"

closing() { # descriptors, command and arguments; none of them a function
    local fd
    (
        for fd in $1; do eval "exec $fd>&-"; done
        exec "${@:2}"
    )
}

# Descriptor 0, 1 and 2 of a program that runs are not of its own making.
has_its_three() { # what, process
    local fd
    for fd in 0 1 2; do
        [[ $(readlink "/proc/$2/fd/$fd") != *[a-z]:* ]] ||
            fleet_fail "$1: $fd is $(readlink "/proc/$2/fd/$fd")"
    done
}

coordinator
for closed in 0 1 2 '0 1' '0 2' '1 2' '0 1 2'; do
    answered=0
    [[ $closed != *1* ]] || answered=7

    # exit status, program, arguments
    while read -r expected program arguments; do
        # shellcheck disable=SC2086 # they are words
        run closing "$closed" "$BIN/$program" $arguments
        same "$program $arguments without $closed" "$expected" "$STATUS"
    done <<EOT
$answered pictl --contact-file $CONTACT jobs
$answered pictl --contact-file $CONTACT status --json
$answered pictl --version
0 pictl --contact-file $CONTACT drain --all
2 pictl --contact-file $CONTACT nonsense
$answered piworker --serial 1000 --seed 1
$answered piworker --help
0 piworker --contact-file $CONTACT --threads 1 --exit-when-idle 100ms
$answered picoord --ephemeral --listen 127.0.0.1:0 --trials 1000 --spawn 1 --exit-when-done
$answered picoord --print-config
EOT

    rm -f "$FLEET/other"
    start other bash -c "for fd in $closed; do eval \"exec \$fd>&-\"; done; exec \"\$@\"" other \
        "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$FLEET/other" --spawn 1
    wait_until 60 test -s "$FLEET/other"
    has_its_three "picoord without $closed" "${FLEET_PIDS[other]}"
    run "$BIN/pictl" --contact-file "$FLEET/other" submit --trials 1000 --seed 1 --wait
    same "a job of a picoord without $closed" 0 "$STATUS"
    signal TERM other
    ended other 60
    same "picoord without $closed" 0 "$STATUS"
done
