#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The state directory: --trials resumes or prints the job that it has, a second picoord
# is refused, --check tells sound from not, and a backup goes on where it was taken.
. "$(dirname "$0")/checks.sh"

STATE=$FLEET/state

# The tutorial's one command, kept: the second time it has nothing to compute.
run picoord --trials 2e7 --seed 3 --spawn 1 --exit-when-done --json
same 'exit status' 0 "$STATUS"
hits=$(field hits <<<"$OUT")
same 'hits' "$(serial_hits 20000000 3)" "$hits"
run picoord --trials 2e7 --exit-when-done --json
same 'exit status of the repeat' 0 "$STATUS"
same 'hits of the repeat' "$hits" "$(field hits <<<"$OUT")"
run picoord --trials 3e7 --exit-when-done
same 'exit status of another N' 2 "$STATUS"
matches 'another N' '.*state directory is j-1, with 20000000 trials and seed 3.*hint: .*' "$ERR"
run picoord --trials 2e7 --seed 4
same 'exit status of another seed' 2 "$STATUS"

# One at a time.
coordinator
run picoord
same 'exit status of a second picoord' 7 "$STATUS"
matches 'a second picoord' "picoord: the state directory $STATE is in use by picoord with pid ${FLEET_PIDS[picoord]}
hint: .*" "$ERR"
run "$BIN/picoord" --check --state "$STATE"
same 'exit status of --check beside it' 7 "$STATUS"

# A backup while it runs; of its files nobody else may read one.
pictl submit --trials 5e7 --seed 9 >/dev/null 2>&1
run pictl backup "$FLEET/backup.db"
same 'exit status of backup' 0 "$STATUS"
same 'mode of the backup' 600 "$(stat -c %a "$FLEET/backup.db")"
same 'left behind' "$FLEET/backup.db" "$(echo "$FLEET"/backup.db*)"
same 'modes of the state' '700 600' \
    "$(stat -c %a "$STATE") $(stat -c %a "$STATE"/state.db* | sort -u)"
run "$BIN/picoord" --check --state "$FLEET/backup.db"
same 'exit status of --check of a backup' 0 "$STATUS"
matches 'what it says' '.*/backup.db is sound: 2 jobs, .*' "$OUT"
same 'left behind by it' "$FLEET/backup.db" "$(echo "$FLEET"/backup.db*)"
run "$BIN/picoord" --check --state "$STATE/state.db"
same 'a file that is in use' "7 picoord: cannot check $STATE/state.db alone: it has a log
hint: name its directory: --state DIR" "$STATUS $ERR"
head -c 5000 "$FLEET/backup.db" >"$FLEET/half.db"
run "$BIN/picoord" --check --state "$FLEET/half.db"
same 'exit status of --check of half a backup' 1 "$STATUS"
run pictl backup "$FLEET/no/such/folder"
same 'exit status of a backup to nowhere' 7 "$STATUS"
signal TERM picoord
ended picoord 60

mkdir -m 700 "$FLEET/restored"
cp "$FLEET/backup.db" "$FLEET/restored/state.db"
run "$BIN/picoord" --check --state "$FLEET/restored"
same 'exit status of --check' 0 "$STATUS"
matches 'what --check says' '.*/restored/state.db is sound: 2 jobs, 1 done, .*' "$OUT"
STATE=$FLEET/restored
coordinator
worker ada --threads 1
wait_until 60 job_is j-2 'done'
same 'hits of the restored job' "$(serial_hits 50000000 9)" "$(job_field j-2 hits)"
signal TERM picoord
ended picoord 60

# Without --trials it leaves when jobs have ended since its start, not before.
coordinator --exit-when-done --json
has_looked() { # it does so each second
    running picoord || fleet_fail "it left with a job of another life: $(<"$FLEET/picoord.out")"
    (($(pictl status --json | field uptime_ms) > 2000))
}
wait_until 60 has_looked
run pictl submit --trials 1e6 --seed 5
same 'the job of this life' j-3 "$OUT"
ended picoord 60
same 'exit status of this life' 0 "$STATUS"
same 'hits that were printed' "$(serial_hits 1000000 5)" "$(field hits <"$FLEET/picoord.out")"
destroy ada

# In memory there is nothing to back up.
STATE=
coordinator
run pictl backup "$FLEET/none.db"
same 'exit status of a backup of nothing' 1 "$STATUS"
[[ ! -e $FLEET/none.db ]] || fleet_fail 'there is a backup of nothing'
destroy picoord

# What is no state is left alone, with a sentence.
STATE=$FLEET/foreign
mkdir -m 700 "$STATE"
echo 'my notes' >"$STATE/state.db"
run picoord
same 'exit status on a foreign file' 7 "$STATUS"
matches 'a foreign file' "picoord: $STATE/state.db is no state of picoord; it was left as it is
hint: .*" "$ERR"
same 'the foreign file' 'my notes' "$(<"$STATE/state.db")"
run "$BIN/picoord" --check --state "$STATE"
same 'exit status of --check on it' 1 "$STATUS"
head -c 20000 "$FLEET/backup.db" >"$STATE/state.db"
run picoord
same 'exit status on a torn file' 7 "$STATUS"
matches 'a torn file' '.* is damaged: .*; it was left as it is.hint: .*' "${ERR//$'\n'/.}"
run "$BIN/picoord" --check --state "$FLEET/nowhere"
same 'exit status of --check on nothing' 7 "$STATUS"
[[ ! -e $FLEET/nowhere ]] || fleet_fail '--check has made a directory'
