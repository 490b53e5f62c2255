#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# `pictl token rotate` in the middle of a job: who holds nothing but the old token is sent
# away for good; who finds the new one by itself goes on; the count is right.
. "$(dirname "$0")/checks.sh"

coordinator --spawn 1
workers=$(pictl token show)
umask 077
echo "$workers" >"$FLEET/join"
start by-string env PI_JOIN="$workers" "$BIN/piworker" --name by-string --threads 1
start by-file "$BIN/piworker" --name by-file --threads 1 --join-file "$FLEET/join"
worker by-contact --threads 1
start by-rendezvous "$BIN/piworker" --name by-rendezvous --threads 1
PI_JOIN=$(pictl token show --operator) start by-operator "$BIN/piworker" --name by-operator --threads 1
wait_until 60 attached 6
job=$(pictl submit --trials $ENDLESS --seed 31)
for name in by-string by-contact by-rendezvous; do
    wait_until 60 holds_leases $name
done

since=$(log_end)
run pictl token rotate
same 'exit code of rotate' 0 "$STATUS"
same 'the new join string' "$(pictl token show)" "$OUT"
same 'its key' "${workers%.*}" "${OUT%.*}"
matches 'what rotate says' 'pictl: the old worker token no longer works; 4 connections ended' "$ERR"
wait_until 60 logged_since "$since" 'INFO  token rotated role=worker connections=4'

# Those that were told once and for all leave.
for name in by-string by-file; do
    ended $name 60
    same "exit code of $name" 4 "$STATUS"
    matches "what $name says" ".*
piworker: $ADDRESS refused this worker: (the|this) token has been rotated( away)?
hint: on the coordinator's machine run 'pictl token show', here set PI_JOIN or --join-file" \
        "$(tail -n 3 "$FLEET/$name.log")"
done

# Those that look for it are back, the spawned one was never away; the operators' token is as before.
wait_until 60 attached 4
for name in by-contact by-rendezvous by-operator; do
    running $name || fleet_fail "$name has left: $(tail -n 2 "$FLEET/$name.log")"
done
! said by-operator 'connecting again' || fleet_fail 'an operator was sent away'
before=$(job_field "$job" 'done')
wait_until 60 counted "$job" $((before + 1))
same_count "$job"

# The old one is told apart from one that never was.
run env PI_JOIN="$workers" "$BIN/piworker" --once
matches 'the old token' "4 piworker: .*: this token has been rotated away
hint: .*" "$STATUS $ERR"

# The operators' token: whoever asks is answered before being sent away.
old=$(pictl token show --operator)
start watcher env PI_JOIN="$old" "$BIN/pictl" watch "$(pictl submit --trials $ENDLESS 2>/dev/null)"
watching() { [[ -s $FLEET/watcher.out ]]; }
wait_until 60 watching
run env PI_JOIN="$old" "$BIN/pictl" token rotate --operator
same 'exit code of rotate --operator' 0 "$STATUS"
same 'what it prints' "$(pictl token show --operator)" "$OUT"
ended watcher 60
same 'exit code of who watched by the old one' 4 "$STATUS"
run env PI_JOIN="$old" "$BIN/pictl" status
same 'exit code by the old one' 4 "$STATUS"
