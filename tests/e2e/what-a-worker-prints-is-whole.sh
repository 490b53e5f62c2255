#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What piworker prints, whole, against tests/golden (`make golden` writes it anew), and a
# few promises that only the program keeps: chance, its nice value, when it warns.
. "$(dirname "$0")/checks.sh"

golden() { # file; what was run last is in it, with what differs from run to run as *
    local file=$HERE/../golden/$1 said
    said=$(printf '%s\n' "$OUT" ${ERR:+"---- stderr"} ${ERR:+"$ERR"} "---- exit status $STATUS" |
        sed -E "s/127\.0\.0\.1:[0-9]+/127.0.0.1:*/g; s|$FLEET|FOLDER|g; s/in [0-9.]+ m?s/in */g")
    [[ ${GOLDEN:-} != renew ]] || printf '%s\n' "$said" >"$file"
    diff -u "$file" - <<<"$said" >&2 || fleet_fail "$1 differs; is that meant? make golden"
}

run "$BIN/piworker" --help
golden piworker-help.txt

coordinator
for form in '' --json; do
    # shellcheck disable=SC2086 # a word or none
    run piworker --doctor --name ada --kernel scalar $form
    golden "piworker-doctor${form#-}.txt"
done
run env XDG_RUNTIME_DIR="$FLEET/none" "$BIN/piworker" --doctor "$ADDRESS" --name ada --kernel scalar
golden piworker-doctor-no-token.txt
run env PI_JOIN="$(join_with_other token "$(pictl token show)")" "$BIN/piworker" --doctor
golden piworker-doctor-refused.txt
run "$BIN/piworker" --doctor --contact-file "$FLEET/none"
golden piworker-doctor-absent.txt

# Each process is a worker of its own, so that the name is not the same.
both_left() { (($(grep -c 'worker left name=ada' "$FLEET/picoord.log") >= 2)); }
wait_until 60 both_left
said picoord 'worker left name=ada-2 ' || fleet_fail 'two processes are one worker'

# Each count without a seed has its own.
seeds=$(for ((i = 0; i < 3; i++)); do "$BIN/piworker" --serial 10 --json | field seed; done | sort -u | wc -l)
same 'seeds that were drawn' 3 "$seeds"

# As many threads as there are cores are no reason for a warning, one more is.
idle() { run_within 60 "$BIN/piworker" --contact-file "$CONTACT" --exit-when-idle 10ms --threads "$1"; }
idle 300
[[ $ERR =~ 'on '([0-9]+)' usable core' ]] || fleet_fail "no warning for 300 threads: $ERR"
cores=${BASH_REMATCH[1]}
idle "$cores"
[[ $ERR != *warning* ]] || fleet_fail "a warning for $cores threads: $ERR"
idle $((cores + 1))
[[ $ERR == *"warning: $((cores + 1)) threads on $cores usable cores "* ]] ||
    fleet_fail "no warning for $((cores + 1)) threads: $ERR"

worker nice --nice 7 --threads 1
wait_until 60 attached 1
same 'its nice value' 7 "$(cut -d ' ' -f 19 "/proc/${FLEET_PIDS[nice]}/stat")"

# A new token is looked for where the old one was; a connection that is gone is lost.
heard() { ! running nice || said nice "$1"; }
pictl token rotate >/dev/null 2>&1
wait_until 60 heard 'the token has been rotated; a new one is there'
running nice || fleet_fail 'a new token has ended a worker that can read it'
wait_until 60 attached 1
destroy picoord
wait_until 60 heard 'connecting again\|retrying in'
said nice 'WARN  lost 127.*: .*; connecting again in' || fleet_fail "a lost connection: $(tail -n 1 "$FLEET/nice.log")"
destroy nice

# Nobody is there: it says so once, however often it looks.
run_within 60 "$BIN/piworker" --contact-file "$FLEET/none" --exit-when-idle 1s --threads 1
same 'exit status where nobody is' 3 "$STATUS"
same 'how often that is said' 1 "$(grep -c 'waiting for a coordinator' <<<"$ERR")"
