#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Two programs and pi at once, in one fleet in which a worker and the coordinator are
# killed: each count is the integer that one process gets alone.
. "$(dirname "$0")/checks.sh"

hash=$HERE/../programs/hash.sh
# Quick at any number of trials: every third one hits.
# shellcheck disable=SC2016 # for the program's shell
thirds='while read -r _ _ f n _; do echo $f $(((f + n + 2) / 3 - (f + 2) / 3)); done'
alone() { # trials, program, more: hits of one process
    "$BIN/piworker" --serial "$1" --seed 42 --threads 2 --offer "$2" --json "${@:3}" | field hits
}

rate=$("$BIN/piworker" --try "hash=$hash" --json | field rate)
trials=$((2 * ${rate%%.*}))

coordinator --state "$FLEET/state" --offer "hash=$hash" --offer "thirds=$thirds"
worker ada --threads 1 --offer "hash=$hash" --offer "thirds=$thirds"
worker bob --threads 1 --offer "hash=$hash"
worker eve --threads 1
submitted() { # more: the job
    pictl submit --seed 42 "$@" 2>/dev/null
}
by_hash=$(submitted --program hash --trials "$trials" --arg 700)
by_thirds=$(submitted --program thirds --trials 1e9 --scale 3)
pi=$(submitted --trials "$(trials_for 2)")
wait_until 60 counted "$by_hash" 10000
destroy ada
worker new --threads 1 --offer "hash=$hash" --offer "thirds=$thirds"
destroy picoord
coordinator --state "$FLEET/state" --offer "hash=$hash" --offer "thirds=$thirds"
for job in $by_hash $by_thirds $pi; do
    run_to_end pictl watch "$job"
    same "the end of $job" 0 "$STATUS"
done
same 'hits of the first program' "$(alone "$trials" "hash=$hash" --arg 700)" "$(job_field "$by_hash" hits)"
same 'hits of the second' 333333334 "$(job_field "$by_thirds" hits)"
same 'hits of pi' "$(serial_hits "$(job_field "$pi" trials)" 42)" "$(job_field "$pi" hits)"
matches 'three times a third' '1(\.0+[0-9]*)?' "$(job_field "$by_thirds" pi)"

# What is shown of them.
run pictl status "$by_hash"
matches 'status' $'job .*\n  program   hash 700   test [0-9a-f]{16}\n  p         0\\.[0-9 ]+  .*' "$OUT"
run pictl jobs
matches 'jobs' '.*PROGRAM +ESTIMATE.*hash 700.*' "$OUT"
run pictl history
matches 'history' '.*PROGRAM +ESTIMATE.* hash .*' "$OUT"
run pictl workers
matches 'workers' '.*PROGRAMS.*new .*hash, thirds.*' "$OUT"
run pictl workers -v
matches 'their speed' ".*bob: program 'hash' [0-9.]+ k?/s a thread, test [0-9a-f]{16}.*" "$OUT"

# Anybody who has the program can recompute the ledger, with or without a coordinator.
run pictl verify "$by_hash"
same 'verify without the program' 2 "$STATUS"
run pictl verify "$by_hash" --offer "hash=$hash" --sample 2
same 'verify' 0 "$STATUS"
matches 'what it proves' '2 of 2 identical\..*' "${OUT##*$'\n'}"
pictl ledger "$by_hash" --json >"$FLEET/ledger.json"
run pictl verify "$FLEET/ledger.json" --offer "hash=$hash" --all
same 'verify of a file' 0 "$STATUS"
run pictl verify "$FLEET/ledger.json" --offer "hash=$thirds"
same 'verify by another program' 7 "$STATUS"
matches 'what is said of it' "pictl: this 'hash' is another one: its test is .*" "$ERR"
