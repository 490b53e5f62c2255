#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# pictl: what each verb prints, its exit status, and what it makes happen.
. "$(dirname "$0")/checks.sh"

coordinator

run pictl status
same 'status at first' 0 "$STATUS"
matches 'status at first' 'no job, no workers. Next: piworker.*, then pictl submit .*
coordinator 127\.0\.0\.1:.* ready.*' "$OUT"
run pictl jobs
same 'jobs at first' 0 "$STATUS"
run pictl workers
matches 'workers at first' 'no workers\. Next: piworker .*' "$OUT"
run pictl history
same 'history at first' 'no final answers yet' "$OUT"

# Without workers: the id on stdout, what is missing on stderr.
run pictl submit --trials $ENDLESS --seed 3 --name long
same 'submit' '0 j-1' "$STATUS $OUT"
same 'without workers' "pictl: job j-1 queued: no workers attached, nothing will run yet
hint: start piworker here, or elsewhere with the line that 'pictl token show' prints" "$ERR"
run pictl submit --trials 1e6 --wait --timeout "$(patience 2)s"
same 'a wait that is too short' '6 ' "$STATUS $OUT"
matches 'a wait that is too short' '.*time is up before job j-2 has ended; it goes on
hint: pictl watch j-2' "$ERR"
job_is j-2 queued || fleet_fail 'the job did not go on'
run pictl cancel j-2
same 'cancel' '0 j-2 cancelled' "$STATUS $OUT"
run pictl watch j-2
same 'watch of a cancelled one' 1 "$STATUS"

told_of() { grep -qs -- "$1" "$FLEET/follower.out"; } # words of an event
start follower "$BIN/pictl" --contact-file "$CONTACT" events --follow
wait_until 60 told_of 'job_cancelled job=j-2'
worker ada --threads 2
wait_until 60 told_of 'worker_joined worker=ada threads=2'
wait_until 60 holds_leases ada
run pictl watch j-1 --interval 100ms --timeout "$(patience 500)ms"
same 'watch' 6 "$STATUS"
line=${OUT##*$'\n'}
matches 'a line of watch' '20[0-9-]+T[0-9:]+Z j-1 running [0-9.]+% pi=3\.[0-9]+ pm=0\.0[0-9]* done=[0-9]+ hits=[0-9]+ trials=[0-9]+ rate=[0-9]+ eta=[0-9]+s' "$line"

run pictl status
matches 'status of a job' 'job j-1 long   running   [0-9.]+ %.*
  pi        3\.[0-9 ]+  .* 0\.[0-9 ]+   \(95 %\)
  trials    [0-9.]+ [kMG] of [0-9.]+ [MGT] +[0-9.]+ [kMG]/s
  hits      [0-9]+
  seed      3
(.*
)*coordinator 127.* ready
  workers   1 \(2 threads\) +[0-9.]+ [kMG]/s
  jobs      1 active' "$OUT"
run pictl workers
matches 'workers' 'NAME +ID +ADDRESS +THREADS +STATE +TRIALS +RATE +LAST SEEN +TRUST +KERNEL +VERSION *
ada +[0-9a-f]{16} +127\.0\.0\.1:[0-9]+ +2 +.*busy .*' "$OUT"
run pictl jobs
matches 'jobs' '.*j-1 .*running.*j-2 .*cancelled.*' "${OUT//$'\n'/ }"

# Pause: what is out counts, then nothing moves; resume goes on.
run pictl pause j-1
same 'pause' '0 j-1 paused' "$STATUS $OUT"
wait_until 60 unleased j-1
before=$(job_field j-1 'done')
run_to_end pictl submit --trials 1e6 --wait
same 'another job in the meantime' 0 "$STATUS"
same 'done while it is paused' "$before" "$(job_field j-1 'done')"
run pictl resume long
matches 'resume' '0 j-1 (queued|running)' "$STATUS $OUT"
wait_until 60 counted j-1 $((before + 1))

run pictl cancel j-1
same 'cancel' '0 j-1 cancelled' "$STATUS $OUT"
run pictl resume j-1
same 'resume of a cancelled one' 1 "$STATUS"
same 'resume of a cancelled one' 'pictl: job j-1 is cancelled: it cannot be resumed' "$ERR"

# The finished job is the answer of --wait, in both forms.
run_to_end pictl submit --trials 1e8 --seed 42 --wait
same 'submit --wait' 0 "$STATUS"
matches 'submit --wait' 'pi +3\.14162[0-9]+
hits +78540676
trials +100000000
seed +42
.*' "$OUT"
run_to_end pictl submit --trials 1e8 --seed 42 --wait --json
same 'submit --wait --json' '0 78540676 done' \
    "$STATUS $(field hits <<<"$OUT") $(field state <<<"$OUT")"
run pictl status j4 --get hits
same 'one field' '0 78540676' "$STATUS $OUT"
run pictl wait j-3 J-4
same 'wait for what has ended' '0 j-3 done
j-4 done' "$STATUS $OUT"
run pictl wait j-3 long
same 'wait, one of them cancelled' '1 j-3 done
j-1 cancelled' "$STATUS $OUT"
run_to_end pictl submit --until-digits 4 --seed 1 --wait
same 'submit --until-digits' 0 "$STATUS"
matches 'what it says' '.*
stderr +0\.000[12].*' "$OUT"
run pictl history
matches 'history' 'JOB +TRIALS +HITS .*
j-3 +1000000 .*
j-4 +100000000 +78540676 .*
j-5 +100000000 +78540676 .*
j-6 +.*' "$OUT"
python=''
! has 'whether all of it is JSON' python3 || python=1
for verb in status jobs workers history 'ledger j-3'; do
    # shellcheck disable=SC2086 # words
    run pictl --json $verb
    matches "pictl --json $verb" '\{.*\}' "$OUT"
    if [[ -n $python ]]; then
        python3 -m json.tool <<<"$OUT" >/dev/null || fleet_fail "not JSON: $OUT"
    fi
done

run pictl events
same 'events' 0 "$STATUS"
matches 'events' '20[0-9-]+T[0-9:]+Z job_submitted job=j-1 name=long
.* job_done job=j-6 .*' "$OUT"
run pictl events --json
matches 'events in JSON' '\{"what":"job_submitted","job":"j-1","name":"long",.*\}' "$OUT"
wait_until 60 told_of 'job_done job=j-6'

run pictl version
matches 'version' 'pictl [0-9.]+ \(.*\) protocol 1, .*
picoord [0-9.]+ protocol 1 at 127\.0\.0\.1:[0-9]+' "$OUT"
pictl completion bash >"$FLEET/completion"
bash -n "$FLEET/completion" || fleet_fail 'bash does not understand its completion'
completed() { # words of a line; the last one is completed
    # shellcheck disable=SC2016 # for that bash
    bash -c '. "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _pi "$1"; echo "${COMPREPLY[*]}"' \
        "$FLEET/completion" "$BIN/pictl" --contact-file "$CONTACT" "$@"
}
same 'completion of a command' submit "$(completed sub)"
same 'completion of jobs' 'j-1 j-2 j-3 j-4 j-5 j-6' "$(completed watch j-)"
same 'completion of a name' long "$(completed cancel lo)"
matches 'completion of a worker' '([0-9a-f]{16} )?ada' "$(completed kick a)"
run pictl help exit-codes
matches 'the exit codes' '.*6 .*' "${OUT//$'\n'/ }"

# A reader that has seen enough is no error.
pictl history | head -n 1 >/dev/null
