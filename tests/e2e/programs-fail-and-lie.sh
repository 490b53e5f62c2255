#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What programs do wrong in a fleet: one that fails on a worker is dropped there and told, with
# its last words; another version gets nothing; one that lies is excluded from that program, not
# from pi; and nothing of it is counted.
. "$(dirname "$0")/checks.sh"

hash=$HERE/../programs/hash.sh
rate=$("$BIN/piworker" --try "hash=$hash" --json | field rate)
trials=$((2 * ${rate%%.*}))
expected=$("$BIN/piworker" --serial "$trials" --seed 42 --threads 2 --offer "hash=$hash" --json | field hits)

submitted() { pictl submit --seed 42 --program hash "$@" 2>/dev/null; }
programs_of() { # worker: its line with programs
    pictl workers | grep "^ *$1 "
}
says() { # worker, pattern
    [[ $(programs_of "$1") == *$2* ]]
}

# Without a program of picoord's own, and nobody trusted who has it, nothing could be checked.
coordinator
run pictl token show
worker_join=${OUT%%$'\n'*}
stranger() { # name, options: a worker that is not trusted
    start "$1" env "PI_JOIN=$worker_join" "$BIN/piworker" --name "$@" --threads 1
}
run pictl submit --program hash --trials 5
matches 'nothing to check it by' \
    "1 pictl: picoord has no program 'hash', .* hint: .*--offer hash=COMMAND.*--audit none" \
    "$STATUS ${ERR//$'\n'/ }"
worker without --threads 1
job=$(submitted --trials 1000 --audit none)
wait_until 60 attached 1
matches 'nobody has it' ".*no worker has the program 'hash'.*" "$(job_field "$job" reason)"
stranger ada --offer "hash=$hash"
run_to_end pictl watch "$job"
same 'unchecked, in so many words' 0 "$STATUS"
run pictl submit --program hash --trials 5 --audit all
same 'nothing to check all by' 1 "$STATUS"
destroy ada without picoord

coordinator --offer "hash=$hash"
run pictl token show
worker_join=${OUT%%$'\n'*}
job=$(submitted --trials "$trials")
endless=$(pictl submit --trials $ENDLESS 2>/dev/null)
FAIL=$FLEET/fail stranger weak --offer "hash=$hash"
wait_until 60 counted "$job" 1
: >"$FLEET/fail"
wait_until 60 says weak 'hash (failed)'
said weak 'a program has failed' || fleet_fail 'its log does not say so'
run pictl workers -v
matches 'why' ".*weak: program 'hash' failed.*exited with 3: \"there is a file .*/fail\".*" "$OUT"
matches 'its last words' ".*"$'\n'"    there is a file $FLEET/fail.*" "$OUT"
# Another version is another program: it gets no trial of that job.
stranger other --offer "hash=sh -c 'while read -r _ _ f n _; do echo \$f \$n; done'"
# shellcheck disable=SC2154
LIE=300 stranger liar --offer "hash=$hash"
stranger honest --offer "hash=$hash"
wait_until 60 says liar 'hash (excluded)'
run_to_end pictl watch "$job"
same 'the end of the job' 0 "$STATUS"
same 'its hits' "$expected" "$(job_field "$job" hits)"
for name in weak other liar; do
    wait_until 60 says "$name" busy # with pi
done
run pictl ledger "$job"
share_of() { # worker: trials and hits of it that count
    awk -v name="$1" '$2 == name { print $3, $4 }' <<<"$OUT"
}
same 'what counts of the other version' '' "$(share_of other)"
same 'what counts of the liar' '0 0' "$(share_of liar)"
[[ $(share_of honest) == [1-9]* ]] || fleet_fail "the honest one has nothing: $OUT"
pictl cancel "$endless" >/dev/null
