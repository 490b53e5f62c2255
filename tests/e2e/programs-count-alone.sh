#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Programs without a coordinator: piworker --serial --offer gets the same integer however
# it is cut, and --try says what is wrong with those that break the rules.
. "$(dirname "$0")/checks.sh"

hash=$HERE/../programs/hash.sh
serial() { # arguments: its hits
    "$BIN/piworker" --serial "$@" --offer "hash=$hash" --json | field hits
}

hits=$(serial 20000 --seed 42 --first 7)
same 'three threads' "$hits" "$(serial 20000 --seed 42 --first 7 --threads 3)"
same 'in two parts' "$hits" \
    $(($(serial 12345 --seed 42 --first 7) + $(serial 7655 --seed 42 --first 12352)))
same 'another text' yes "$([[ $(serial 20000 --seed 42 --arg 900) -gt $((hits + 5000)) ]] && echo yes)"
run "$BIN/piworker" --serial 1000 --seed 42 --offer "hash=$hash"
same 'serial' 0 "$STATUS"
matches 'its answer' $'hits +[0-9]+\ntrials +1000\np +0\.[0-9]+\n.*rate .*1 thread, hash\)' "$OUT"

run "$BIN/piworker" --try "hash=$hash" --json
same 'a good one' 0 "$STATUS"
matches 'what is found' '.*"test":"[0-9a-f]{16}".*"score":false.*' "$OUT"
test=$(field test <<<"$OUT")
same 'its test each time' "$test" "$("$BIN/piworker" --try "hash=$hash" --json | field test)"

tried() { # command, sentence
    run "$BIN/piworker" --try "x=$1"
    same "exit code of $1" 1 "$STATUS"
    matches "what is said of $1" "$2" "${ERR%%$'\n'*}"
}
tried 'echo oh >&2; exit 3' 'piworker: program '\''x'\'' exited with 3: "oh"'
tried no-such-thing '.*exited with 127 \(no such command\).*'
tried "LIE=5 $hash" ".* (does not add up|counts .* differently each time): .*"
# shellcheck disable=SC2016 # for the program's shell
tried 'while read -r c s f n; do echo $f $((n / 2)); done' '.* does not add up: .*'
tried 'while read -r c s f n; do echo hello; done' '.* answered "hello", which is no answer'

# A command may be more than one word, and its folder is ours.
cp "$hash" "$FLEET/own.sh"
cd "$FLEET"
same 'in this folder' "$hits" "$("$BIN/piworker" --serial 20000 --first 7 --seed 42 \
    --offer 'own=nice sh ./own.sh' --json | field hits)"
same 'from the environment' "$hits" "$(PI_OFFER='own=sh ./own.sh' "$BIN/piworker" --serial 20000 \
    --first 7 --seed 42 --json | field hits)"

# A program that fails on the way fails the count.
start counts env FAIL=fail "$BIN/piworker" --serial 1e9 --seed 1 --offer 'own=sh ./own.sh'
wait_until 60 said counts 'to go, at'
: >fail
ended counts 60
same 'exit code of a count by a program that fails' 7 "$STATUS"
said counts "program 'own' exited with 3: \"there is a file fail\"" || fleet_fail 'it does not say why'
rm fail own.sh
