#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Whatever a program answers on standard output: where that is full it says so and exits
# with 7.  A reader that has seen enough is no failure, and kills nobody.
. "$(dirname "$0")/checks.sh"

[[ -c /dev/full ]] || {
    echo 'skipped: no /dev/full'
    exit 0
}

mkfifo "$FLEET/unread"
into_unread() { # command: into a pipe whose reader has gone
    (
        exec 8<>"$FLEET/unread"
        exec 9>"$FLEET/unread"
        exec 8<&-
        exec "$@" >&9
    )
}
into_full() { "$@" >/dev/full; }

STATE=$FLEET/state
run picoord --trials 1000 --seed 1 --spawn 1 --exit-when-done
same 'a first job' 0 "$STATUS"
picoord=("$BIN/picoord" --listen 127.0.0.1:0)

cannot() { # command
    run into_full "$@"
    same "exit status into a full device: ${*##*/}" 7 "$STATUS"
    matches "what it says of a full device: ${*##*/}" '.*cannot write the answer.*' "${ERR//$'\n'/ }"
    run into_unread "$@"
    same "exit status into a pipe that nobody reads: ${*##*/}" 0 "$STATUS"
}

cannot "${picoord[@]}" --ephemeral --trials 1000 --spawn 1 --exit-when-done
cannot "${picoord[@]}" --ephemeral --trials 1000 --spawn 1 --exit-when-done --json
cannot "${picoord[@]}" --state "$STATE" --trials 1000 --exit-when-done
cannot "$BIN/picoord" --check --state "$STATE"
cannot "$BIN/picoord" --print-config
cannot "$BIN/piworker" --serial 1000 --seed 1
cannot "$BIN/piworker" --serial 1000 --seed 1 --json
cannot "$BIN/piworker" --bench --seconds 10ms
cannot "$BIN/piworker" --bench --seconds 10ms --json
for program in picoord piworker pictl; do
    for option in -V --version -h --help; do
        cannot "$BIN/$program" "$option"
    done
done

coordinator
for command in status jobs workers history 'ledger j-1' 'verify j-1' 'token show' doctor version \
    'watch j-1' 'completion bash' 'help submit' 'submit --trials 1000 --seed 2'; do
    # shellcheck disable=SC2086 # they are words
    cannot "${PICTL[@]}" $command
    case $command in
    completion* | help*) continue ;;
    esac
    # shellcheck disable=SC2086
    cannot "${PICTL[@]}" $command --json
done

# A program that has nothing to answer has nothing to fail with.
run into_full "${PICTL[@]}" drain --all
same 'exit status of a command without an answer' 0 "$STATUS"
