#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A state file and its log belong together: neither is used without the other, or beside
# another one. The commands that `pictl backup` prints restore what it wrote.
. "$(dirname "$0")/checks.sh"

STATE=$FLEET/state

refused() { # what stderr says
    local before
    before=$(stat -c '%n %i %s %y' "$STATE"/state.db*)
    for check in '' --check; do
        # shellcheck disable=SC2086 # a word or nothing
        run timeout 60 "$BIN/picoord" --listen 127.0.0.1:0 --state "$STATE" $check
        matches "what picoord $check says" "7 picoord: $1
hint: .*" "$STATUS $ERR"
    done
    same 'the files' "$before" "$(stat -c '%n %i %s %y' "$STATE"/state.db*)"
}
trials() { job_field j-1 'done'; }

coordinator
warned() { grep -c "WARN  $1 state=$STATE\$" "$FLEET/picoord.log" || true; }
key='new key and tokens: earlier join strings do not work here'
empty='there was no state.db beside the key: the state is new and empty'
same 'warnings of the first start' '1 0' "$(warned "$key") $(warned "$empty")"
pictl submit --trials 1e15 --seed 3 >/dev/null 2>&1
worker ada --threads 1
wait_until 60 counted j-1 1
run pictl backup "$FLEET/backup.db"
same 'exit status of backup' 0 "$STATUS"
recipe=$(sed -n "s/^  //p" <<<"$ERR")
same 'the number of commands' 3 "$(wc -l <<<"$recipe")"
at_backup=$(trials)
wait_until 60 counted j-1 $((at_backup + 1))
acknowledged=$(trials)
destroy picoord ada
[[ -s $STATE/state.db-wal ]] || fleet_fail 'the killed one has left no log'

# The file moved away: its log is not thrown away with it.
mv "$STATE/state.db" "$FLEET/kept.db"
refused "$STATE/state\.db is missing, and its log is here: $STATE/state\.db-wal"
[[ ! -e $STATE/state.db ]] || fleet_fail 'a new file was made beside the log'

# A backup in its place: the log does not come into it.
cp "$FLEET/backup.db" "$STATE/state.db"
chmod 600 "$STATE/state.db"
refused "$STATE/state\.db-wal is the log of another file than $STATE/state\.db; both were left .*"

# Its own file put back, nothing is lost.
mv "$FLEET/kept.db" "$STATE/state.db"
coordinator
counted j-1 "$acknowledged" || fleet_fail "$(trials) of $acknowledged trials are left"
destroy picoord

# What was printed, word for word.
cd "$FLEET" || exit 1
PATH=$BIN:$PATH bash -e <<<"${recipe//DIR/$STATE}" >/dev/null ||
    fleet_fail "the commands do not do it: $recipe"
coordinator
restored=$(trials)
((restored > 0 && restored <= at_backup)) || fleet_fail "$restored trials of $at_backup"
destroy picoord

# Nothing but the key: a new state, which says so.
rm "$STATE"/state.db*
coordinator
same 'warnings of a start without a state' '1 1' "$(warned "$key") $(warned "$empty")"
same 'jobs' '' "$(pictl jobs --json | grep -o '"id"')"
